"""The README's commands and its Python code do what they say."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands():
    """Lines of the README that start with objclass, continued lines joined."""
    text = "".join(code for language, code in BLOCKS if not language).replace("\\\n", " ")
    inline = re.findall(r"`(objclass [^`]+)`", README)
    return [line for line in text.splitlines() + inline if line.startswith("objclass ")]


@pytest.fixture
def folder(objclass, tmp_path, monkeypatch):
    """Where the tour takes place: beside the results of the demo."""
    monkeypatch.chdir(tmp_path)
    assert objclass("demo").code == 0
    monkeypatch.chdir(tmp_path / "objclass-demo")
    Path("plate").mkdir()
    for name in ("a", "b"):
        shutil.copy("raw.tif", f"plate/{name}_raw.tif")
        shutil.copy("labels.tif", f"plate/{name}_labels.tif")
    return Path()


def test_the_tour(objclass, folder):
    tour = [command for command in commands() if command != "objclass demo"]
    assert len(tour) >= 6
    for command in tour:
        words = shlex.split(command.replace("FILE", "demo.objclass"))[1:]
        result = objclass(*words)
        assert result.code == 0, f"{command}: {result.err}"
    assert sorted(path.name for path in (folder / "plate").glob("*Predictions.tiff")) == [
        "a_raw_Object Predictions.tiff",
        "b_raw_Object Predictions.tiff",
    ]
    assert (folder / "a_raw.csv").exists()


def test_the_python_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, thresholds, second = (code for language, code in BLOCKS if language == "python")
    names = {}
    exec(first, names)
    assert Path("nuclei.objclass").exists()
    sample = names["sample"]
    table = names["session"].table(0)
    names["session"].close()
    exec(thresholds, names)
    assert names["session"].object_classes(0)
    given = {
        "oc": names["oc"], "labels": sample.labels, "raw": sample.raw, "segmentation": sample.labels,
        "probabilities": names["oc"].sample.probabilities(sample),
        "X": table.values, "y": table["num_pixels"][:, 0] > 200,
    }  # fmt: skip
    exec(second, given)
    assert len(given["table"]) == len(table)
    names["session"].close()


def test_its_pictures_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (Path(__file__).parents[2] / target).exists(), target
