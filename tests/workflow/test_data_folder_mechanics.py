"""Data without a file: stored once, readable by others, never half."""

import json
import os
import stat

import h5py
import numpy as np
import pytest

from napari_objclass.errors import AxesError, FileError
from napari_objclass.workflow import data_folder
from napari_objclass.workflow.data_folder import DATASET, store_data


@pytest.fixture
def project(tmp_path):
    return tmp_path / "my project.objclass"


@pytest.mark.parametrize(
    ("array", "axes"),
    [
        (np.arange(12, dtype=np.uint16).reshape(3, 4), "yx"),
        (np.arange(120, dtype=">i8").reshape(2, 3, 4, 5)[:, ::-1], "tzyx"),
        (np.asfortranarray(np.random.default_rng(0).random((5, 4, 3), dtype=np.float32)), "yxc"),
        (np.eye(7, dtype=bool), "xy"),
        (np.zeros((0, 5), np.uint32), "yx"),
        (np.random.default_rng(1).integers(0, 99, (3, 600, 700), np.uint32), "zyx"),
    ],
)
def test_h5py_reads_what_was_stored_with_its_axes(project, array, axes):
    relative = store_data(project, "nuclei é/1", array, axes)
    assert relative.startswith("my project.objclass.data/nuclei_1-")
    with h5py.File(project.parent / relative, "r") as file:
        dataset = file[DATASET]
        assert dataset.dtype == array.dtype
        assert np.array_equal(dataset[()], array)
        assert "".join(tag["key"] for tag in json.loads(dataset.attrs["axistags"])["axes"]) == axes
        if array.size:
            assert (dataset.compression, dataset.shuffle) == ("gzip", True)


def test_the_same_data_are_written_once_and_other_data_beside_them(project, monkeypatch):
    array = np.arange(12, dtype=np.uint16).reshape(3, 4)
    first = store_data(project, "nuclei", array, "yx")
    others = {
        store_data(project, "nuclei", array + 1, "yx"),
        store_data(project, "nuclei", array.astype(np.uint32), "yx"),
        store_data(project, "nuclei", array.reshape(4, 3), "yx"),
        store_data(project, "nuclei", array, "xy"),
    }
    assert len({first, *others}) == 5
    monkeypatch.setattr(data_folder, "_write", None)
    assert store_data(project, "nuclei", np.asfortranarray(array), "yx") == first


def test_a_failed_write_leaves_nothing(project, monkeypatch):
    def fail(path, array, letters):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(data_folder, "_write", fail)
    with pytest.raises(FileError, match="No space left") as error:
        store_data(project, "nuclei", np.zeros((3, 3), np.uint8), "yx")
    assert "\n" not in str(error.value)
    assert list((project.parent / "my project.objclass.data").iterdir()) == []


def test_wrong_axes_are_refused(project):
    with pytest.raises(AxesError):
        store_data(project, "nuclei", np.zeros((3, 3), np.uint8), "zyx")
    assert list(project.parent.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="Windows gives files no rights by umask")
def test_stored_data_can_be_read_by_whom_the_umask_allows(project):
    old = os.umask(0o022)
    try:
        relative = store_data(project, "nuclei", np.zeros((3, 3), np.uint8), "yx")
    finally:
        os.umask(old)
    assert stat.S_IMODE((project.parent / relative).stat().st_mode) == 0o644
