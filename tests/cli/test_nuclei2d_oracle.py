"""``objclass --headless`` on a project of ilastik writes what ilastik's headless mode wrote with the same flags."""

import csv
import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

DATA = Path(__file__).parents[1] / "data" / "nuclei2d"

#: Ilastik numbers objects anew, in the order in which they are met; here they keep the ids of the label image, so
#: that rows have another order. ``original_oid`` is the same in both.
NUMBERS = {"object_id", "labelimage_oid"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The project with its images, and no more, somewhere else."""
    folder = tmp_path_factory.mktemp("nuclei2d")
    for name in ("nuclei2d.ilp", "nuclei2d_raw.h5", "nuclei2d_seg.h5"):
        shutil.copy(DATA / name, folder / name)
        (folder / name).chmod(0o444)
    return folder


@pytest.fixture
def written(objclass, folder, monkeypatch):
    """Names of the files that a run left in the folder."""

    def run(*words):
        before = {path.name for path in folder.iterdir()}
        monkeypatch.chdir(folder)
        result = objclass("--headless", "--project=nuclei2d.ilp", *words)
        assert result.code == 0, result.err
        return {path.name for path in folder.iterdir()} - before

    return run


IMAGES = ("--raw_data", "nuclei2d_raw.h5/data", "--label_image", "nuclei2d_seg.h5/data")


def rows(path):
    with path.open(newline="") as file:
        return {row["original_oid"]: row for row in csv.DictReader(file)}


def test_predictions_and_table_of_ilastik(written, folder):
    names = written(*IMAGES, "--table_filename=nuclei2d.csv")
    assert names == {"nuclei2d_raw-data_Object Predictions.h5", "nuclei2d_table.csv"}

    with (
        h5py.File(DATA / "object_predictions.h5") as theirs,
        h5py.File(folder / "nuclei2d_raw-data_Object Predictions.h5") as ours,
    ):
        assert ours["exported_data"].shape == theirs["exported_data"].shape
        assert ours["exported_data"].dtype == theirs["exported_data"].dtype
        np.testing.assert_array_equal(ours["exported_data"], theirs["exported_data"])
        assert list(ours["exported_data"].attrs["DIMENSION_LABELS"]) == ["y", "x", "c"]
        facts = dict(theirs["exported_data"].attrs)
        assert set(facts) == {"axistags", "display_mode", "DIMENSION_LABELS"}
        assert json.loads(ours["exported_data"].attrs["axistags"]) == json.loads(facts["axistags"])
        assert ours["exported_data"].attrs["display_mode"] == facts["display_mode"]

    theirs, ours = rows(DATA / "table.csv"), rows(folder / "nuclei2d_table.csv")
    assert theirs.keys() == ours.keys()
    assert len(theirs) == 220
    columns = set(theirs["1"])
    assert columns == set(ours["1"])
    differing = [
        (object_id, column, theirs[object_id][column], ours[object_id][column])
        for object_id in theirs
        for column in columns - NUMBERS
        if theirs[object_id][column] != ours[object_id][column]
    ]
    assert not differing
    assert [row["object_id"] for row in ours.values()] == [str(number) for number in range(220)]
    assert all(row["labelimage_oid"] == row["original_oid"] for row in ours.values())


def test_leading_columns_are_those_of_ilastik_in_its_order(written, folder):
    assert written(*IMAGES, "--table_only", "--table_filename=leading.csv") == {"leading_table.csv"}
    with (DATA / "table.csv").open() as theirs, (folder / "leading_table.csv").open() as ours:
        assert next(csv.reader(ours))[:7] == next(csv.reader(theirs))[:7]


def test_the_project_alone_is_enough(objclass, tmp_path):
    (tmp_path / "alone").mkdir()
    shutil.copy(DATA / "nuclei2d.ilp", tmp_path / "alone" / "p.ilp")
    for name in ("raw", "seg"):
        shutil.copy(DATA / f"nuclei2d_{name}.h5", tmp_path / f"new_{name}.h5")
    before = (tmp_path / "alone" / "p.ilp").read_bytes()
    result = objclass(
        "--headless", "--project", tmp_path / "alone" / "p.ilp", "--table_only", "--table_filename", tmp_path / "t.h5",
        "--raw_data", tmp_path / "new_raw.h5", "--label_image", tmp_path / "new_seg.h5",
    )  # fmt: skip
    assert result.code == 0, result.err
    assert result.err == ""
    assert (tmp_path / "alone" / "p.ilp").read_bytes() == before
    assert [path.name for path in (tmp_path / "alone").iterdir()] == ["p.ilp"]
    theirs = rows(DATA / "table.csv")
    with h5py.File(tmp_path / "t.h5") as file:
        table = file["table"]
        found = dict(zip(table["original_oid"].tolist(), table["Predicted Class"].tolist(), strict=True))
    assert found == {int(number): row["Predicted Class"].encode() for number, row in theirs.items()}
