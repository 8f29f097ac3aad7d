"""A file is there whole or not at all, and nothing of the user's is overwritten by mistake."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

from napari_objclass.errors import AxesError, DtypeError, FileError, ObjClassError, ShapeError
from napari_objclass.io.formats import FORMATS, WRITABLE
from napari_objclass.io.readers import open_image
from napari_objclass.io.tables import check_table_path, write_table
from napari_objclass.io.writers import replacing, write_image

if TYPE_CHECKING:
    from pathlib import Path

IMAGE = np.arange(42, dtype="u2").reshape(6, 7)


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError, ValueError])
def test_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, failure: type[BaseException]) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")

    def fail() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise failure

    with pytest.raises(FileError if failure is OSError else failure):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", [".tif", ".h5", ".npy"])
def test_interrupted_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    import napari_objclass.io.hdf5 as hdf5
    import napari_objclass.io.npy as npy
    import napari_objclass.io.tiff as tiff

    for module in (hdf5, npy, tiff):

        def write(*args: object, original: object = module.write) -> None:
            original(*args)
            raise KeyboardInterrupt

        monkeypatch.setattr(module, "write", write)
    with pytest.raises(KeyboardInterrupt):
        write_image(tmp_path / f"a{suffix}", IMAGE, "yx")
    assert list(tmp_path.iterdir()) == []


def test_failing_column_leaves_nothing(tmp_path: Path) -> None:
    class Torn:
        def __str__(self) -> str:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_table(tmp_path / "a.csv", {"x": np.zeros(3), "y": np.array([Torn()] * 3)})
    assert list(tmp_path.iterdir()) == []


def test_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    write_table(tmp_path / "link.csv", {"x": np.arange(2)})
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "x\n0\n1\n"


def test_hdf5_with_other_datasets_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["raw"] = IMAGE
    for target in (path, f"{path}/labels"):
        with pytest.raises(FileError, match="'raw', which would be lost"):
            write_image(target, IMAGE, "yx")
    write_image(f"{path}/raw", IMAGE + 1, "yx")
    np.testing.assert_array_equal(open_image(path).data, IMAGE + 1)
    path.write_text("not HDF5, but somebody's")
    with pytest.raises(FileError, match="no HDF5 file"):
        write_image(path, IMAGE, "yx")
    assert path.read_text() == "not HDF5, but somebody's"


@pytest.mark.parametrize("dtype", ["u8", "i8"])
def test_wide_integers_in_tiff(tmp_path: Path, dtype: str) -> None:
    write_image(tmp_path / "a.tif", IMAGE.astype(dtype), "yx")
    found = open_image(tmp_path / "a.tif")
    assert found.data.dtype == f"{dtype[0]}4"
    np.testing.assert_array_equal(found.data, IMAGE)
    with pytest.raises(DtypeError, match=r"write it as \.h5 or \.npy"):
        write_image(tmp_path / "b.tif", IMAGE.astype(dtype) + 2**32, "yx")
    assert not (tmp_path / "b.tif").exists()
    write_image(tmp_path / "b.h5", IMAGE.astype(dtype) + 2**32, "yx")
    np.testing.assert_array_equal(open_image(tmp_path / "b.h5").data, IMAGE.astype(dtype) + 2**32)


def test_what_cannot_be_written(tmp_path: Path) -> None:
    cases: list[tuple[type[ObjClassError], tuple[object, ...], dict[str, object]]] = [
        (FileError, (tmp_path / "a.png", IMAGE, "yx"), {}),
        (FileError, (tmp_path / "a.xyz", IMAGE, "yx"), {}),
        (FileError, (tmp_path / "no folder" / "a.tif", IMAGE, "yx"), {}),
        (AxesError, (tmp_path / "a.tif", IMAGE, "zyx"), {}),
        (ShapeError, (tmp_path / "a.tif", IMAGE[:0], "yx"), {}),
        (ShapeError, (tmp_path / "a.tif", IMAGE, "yx"), {"spacing": (1, 1, 1)}),
        (ShapeError, (tmp_path / "a.tif", IMAGE, "yx"), {"channel_names": ["a"]}),
    ]
    for error, args, named in cases:
        with pytest.raises(error) as caught:
            write_image(*args, **named)
        assert "\n" not in str(caught.value)
    (tmp_path / "folder.tif").mkdir()
    with pytest.raises(FileError, match="not a file"):
        write_image(tmp_path / "folder.tif", IMAGE, "yx")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.tif"]


def test_tables_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ShapeError, match="one length"):
        write_table(tmp_path / "a.csv", {"x": np.zeros(2), "y": np.zeros(3)})
    with pytest.raises(FileError, match=r"\.csv"):
        write_table(tmp_path / "a.parquet", {"x": np.zeros(2)})
    with pytest.raises(FileError, match="no folder"):
        check_table_path(tmp_path / "missing" / "a.csv")
    assert check_table_path(str(tmp_path / "a.csv")) == tmp_path / "a.csv"
    assert list(tmp_path.iterdir()) == []


def test_table_without_rows_has_its_header(tmp_path: Path) -> None:
    write_table(tmp_path / "a.csv", {"x": np.zeros(0), "y": np.zeros(0, "U3")})
    assert (tmp_path / "a.csv").read_bytes() == b"x,y\n"


def test_rows_beyond_one_part(tmp_path: Path) -> None:
    write_table(tmp_path / "a.csv", {"x": np.arange(25_001)})
    assert (tmp_path / "a.csv").read_text().split() == ["x", *map(str, range(25_001))]


def test_writable_formats_have_a_writer() -> None:
    import importlib

    for suffix, name in FORMATS.items():
        module = importlib.import_module(f"napari_objclass.io.{name}")
        assert hasattr(module, "read")
        assert hasattr(module, "write") or suffix not in WRITABLE


FILL_THE_DISK = """
import resource, signal, sys
import numpy as np
from napari_objclass.errors import FileError
from napari_objclass.io.writers import write_image
from napari_objclass.workflow.data_folder import store_data

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
noise = np.random.default_rng(0).random((1000, 1000))
for write in (
    lambda: write_image(f"{sys.argv[1]}/a.{sys.argv[2]}", noise, "yx"),
    lambda: store_data(f"{sys.argv[1]}/p.objclass", "noise", noise, "yx"),
):
    try:
        write()
    except FileError as error:
        print(error)
"""


@pytest.mark.skipif(os.name != "posix", reason="a full disk is imitated by a limit of POSIX")
@pytest.mark.parametrize("suffix", ["h5", "tif", "npy"])
def test_a_full_disk_is_an_error_and_no_crash(tmp_path: Path, suffix: str) -> None:
    words = [sys.executable, "-c", FILL_THE_DISK, str(tmp_path), suffix]
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert len(result.stdout.splitlines()) == 2
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
