"""The commands and the Python code of README and documents do what they say."""

import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from workflow.ilp_files import write_project

from napari_objclass.io.writers import write_image
from napari_objclass.workflow import sources

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
DOCS = {
    name: (ROOT / "docs" / f"{name}.md").read_text("utf-8") for name in ("files", "coming-from-ilastik", "large-images")
}


def blocks(text):
    """Languages and content of the blocks of code."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(text):
    """Lines that start with objclass, continued lines joined; but for those that are cut short."""
    code = "".join(code for language, code in blocks(text) if not language).replace("\\\n", " ")
    inline = re.findall(r"`(objclass [^`]+)`", text)
    return [line for line in code.splitlines() + inline if line.startswith("objclass ") and "…" not in line]


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
    rows = [f"plate/{name}_raw.tif,plate/{name}_labels.tif,{dose}" for name, dose in (("a", 0), ("b", 10))]
    Path("plate.csv").write_text("\n".join(["raw,labels,dose", *rows]), "utf-8")
    write_project("cells.ilp", "labels", [("raw.tif", "labels.tif")], tree=(0, 300), labels=[{0: [0, 1, 2]}])
    return Path()


def test_the_tour(objclass, folder):
    tour = [command for command in commands(README) if command != "objclass demo"]
    assert len(tour) >= 6
    for command in tour:
        words = shlex.split(command.replace("FILE", "demo.objclass"))[1:]
        result = objclass(*words)
        assert result.code == 0, f"{command}: {result.err}"
    assert sorted(path.name for path in (folder / "results").iterdir() if "record" not in path.name) == [
        "a_raw_Object Predictions.tiff",
        "a_raw_Uncertainty.tiff",
        "all.csv",
        "b_raw_Object Predictions.tiff",
        "b_raw_Uncertainty.tiff",
        "run.json",
        "summary.csv",
    ]
    assert "dose,10,1,160," in (folder / "doses" / "summary_groups.csv").read_text("utf-8")
    assert (folder / "exported" / "raw_Object Predictions.ome.zarr").is_dir()
    assert (folder / "exported" / "nuclei.xlsx").exists()
    assert (folder / "cells_table.csv").exists()
    assert len((folder / "large" / "large.csv").read_text("utf-8").splitlines()) == 161
    assert (folder / "large" / "raw_Object Predictions.ome.zarr").is_dir()


def test_large_images(objclass, folder):
    for command in [each for each in commands(README) if " annotate nuclei" in each or " train " in each]:
        assert objclass(*shlex.split(command)[1:]).code == 0
    (command,) = [each for each in commands(DOCS["large-images"]) if " --raw-data " in each]
    assert command in commands(README)
    dry = objclass(*shlex.split(command)[1:], "--dry-run")
    assert "512 x 512 voxels in 1 block of 512 x 512 voxels" in dry.err
    assert not Path("large").exists()
    names = {}
    exec(next(code for language, code in blocks(DOCS["large-images"]) if language == "python"), names)
    result = names["result"]
    assert len(result.classes) == len(result.table.ids) == 160
    assert sorted(path.name for path in result.paths) == ["image_Object Predictions.ome.zarr", "image_table.csv"]
    assert result.report.n_blocks == 1


def test_coming_from_ilastik(objclass, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("stack").mkdir()
    objects = np.zeros((4, 20, 20), np.uint8)
    objects[1:3, 2:5, 2:5] = objects[0:2, 10:16, 9:15] = 1
    for z, plane in enumerate(objects):
        write_image(f"stack/{z}.png", plane * 50, "yx")
    write_image("segmentation.h5/data", objects, "zyx")
    radii = {"Standard Object Features": ["RegionRadii"]}
    lanes, labels = [(objects * 50, objects)], [{0: [0, 1, 2]}]
    write_project("cells.ilp", "segmentation", lanes, axes="zyx", features=radii, tree=(0, 1.5), labels=labels)
    tour = [command for command in commands(DOCS["coming-from-ilastik"]) if command != "objclass predict"]
    assert len(tour) == 3
    for command in tour:
        result = objclass(*shlex.split(command)[1:])
        assert result.code == 0, f"{command}: {result.err}"
    assert len(Path("cells_table.csv").read_text("utf-8").splitlines()) == 3
    assert Path("cells.objclass").exists()


def test_the_python_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, results, thresholds, second = (code for language, code in blocks(README) if language == "python")
    names = {}
    exec(first, names)
    assert Path("nuclei.objclass").exists()
    sample = names["sample"]
    table = names["session"].table(0)
    exec(results, names)
    assert Path("image_Uncertainty.ome.zarr").is_dir()
    names["session"].close()
    Path("image.h5").rename("nuclei.h5")
    exec(next(code for language, code in blocks(DOCS["files"]) if language == "python"))
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


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", *(f"docs/{name}.md" for name in DOCS)])
def test_pictures_and_pages_exist(name):
    page = ROOT / name
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), target


def test_sources_formats_and_flags_are_told(objclass):
    for name in (*sources.SOURCES, *sources.FORMATS):
        assert f"`{name}`" in DOCS["files"], name
    known = objclass("predict", "--help").out
    for flag in re.findall(r"`(--[a-z-]+)", DOCS["files"] + DOCS["large-images"]):
        assert flag in known, flag
