"""A file is there whole or not at all, and nothing of the user's is overwritten by mistake."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

from napari_objclass.errors import AxesError, DtypeError, FileError, ObjClassError, ShapeError
from napari_objclass.io.formats import FORMATS, WRITABLE
from napari_objclass.io.image import Picture
from napari_objclass.io.readers import open_image
from napari_objclass.io.tables import check_table_path, write_table
from napari_objclass.io.whole_files import remove_leftovers, replacing
from napari_objclass.io.writers import write_image, write_sequence

if TYPE_CHECKING:
    from collections.abc import Callable

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


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let the n-th image that is written, counted from 1, be the last."""
    from napari_objclass.io import hdf5, npy, picture, tiff

    def after(n: int) -> None:
        calls = itertools.count(1)
        for module in (hdf5, npy, picture, tiff):

            def write(*args: object, original: object = module.write, **named: object) -> None:
                original(*args, **named)
                if next(calls) == n:
                    raise KeyboardInterrupt

            monkeypatch.setattr(module, "write", write)

    return after


@pytest.mark.parametrize("suffix", [".tif", ".h5", ".npy", ".png"])
def test_interrupted_image(tmp_path: Path, interrupted: Callable[[int], None], suffix: str) -> None:
    interrupted(1)
    with pytest.raises(KeyboardInterrupt):
        write_image(tmp_path / f"a{suffix}", IMAGE, "yx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".tif", ".h5", ".npy", ".png"])
def test_read_only_folder(tmp_path: Path, suffix: str) -> None:
    if os.name != "posix" or os.geteuid() == 0:
        folder = Path("/proc/self")  # where root cannot write either
        if not folder.is_dir():
            pytest.skip("the superuser may write everywhere, and there is no /proc")
    else:
        folder = tmp_path
        folder.chmod(0o500)
    with pytest.raises(FileError, match="cannot be written: ") as caught:
        write_image(folder / f"a{suffix}", IMAGE, "yx")
    assert "\n" not in str(caught.value)
    assert not (folder / f"a{suffix}").exists()


@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_interrupted_sequence(tmp_path: Path, interrupted: Callable[[int], None], suffix: str) -> None:
    (tmp_path / f"a_0{suffix}").write_text("old")
    interrupted(3)
    with pytest.raises(KeyboardInterrupt):
        write_sequence(tmp_path / f"a_{{slice_index}}{suffix}", Picture(np.zeros((5, 6, 7), "u1"), "zyx"))
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(f"a_0{suffix}", "old")]


def test_sequence_that_cannot_be_written(tmp_path: Path) -> None:
    wide = np.zeros((3, 6, 7), "u4")
    wide[2] = 2**16
    for picture, says in ((Picture(IMAGE, "yx"), "which is y in 'yx'"), (Picture(wide, "zyx"), "from 65536 to 65536")):
        with pytest.raises(ObjClassError, match=says):
            write_sequence(tmp_path / "a_{slice_index}.png", picture)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("image", "axes", "says"),
    [
        (IMAGE.astype("f4"), "yx", "choose the dtype uint8 or uint16 and renormalize, or another format"),
        (IMAGE.astype("i2") - 1, "yx", "int16 values from -1 to 40"),
        (IMAGE.astype("u8") + 2**16, "yx", "from 65536 to 65577"),
        (np.zeros((6, 7, 2), "u1"), "yxc", r"longer than 1 along c \(2\) too; export a region of it, a png sequence"),
        (np.zeros((2, 3, 6, 7), "u1"), "tzyx", r"along t \(2\), z \(3\) too"),
    ],
)
def test_what_has_no_png(tmp_path: Path, image: np.ndarray, axes: str, says: str) -> None:
    with pytest.raises(ObjClassError, match=says) as caught:
        write_image(tmp_path / "a.png", image, axes)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_missing_folders_are_made_and_only_then(tmp_path: Path) -> None:
    with pytest.raises(AxesError):
        write_image(tmp_path / "a" / "b" / "c.tif", IMAGE, "zyx")
    assert list(tmp_path.iterdir()) == []
    path = write_image(tmp_path / "a" / "b" / "c.tif", IMAGE, "yx")
    np.testing.assert_array_equal(open_image(path).data, IMAGE)


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
        (FileError, (tmp_path / "a.jpg", IMAGE, "yx"), {}),
        (FileError, (tmp_path / "a.xyz", IMAGE, "yx"), {}),
        (FileError, (Path(__file__) / "a" / "b.tif", IMAGE, "yx"), {}),
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
    with pytest.raises(FileError, match="is not a folder"):
        check_table_path(Path(__file__) / "a.csv")
    assert check_table_path(str(tmp_path / "a.csv")) == tmp_path / "a.csv"
    assert check_table_path(tmp_path / "missing" / "a.csv") == tmp_path / "missing" / "a.csv"
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
from napari_objclass.io.image import Picture
from napari_objclass.io.writers import write_image, write_sequence
from napari_objclass.workflow.data_folder import store_data

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
noise = np.random.default_rng(0).integers(0, 2**16, (1000, 1000), "u2")
for write in (
    lambda: write_image(f"{sys.argv[1]}/a.{sys.argv[2]}", noise, "yx"),
    lambda: write_sequence(
        f"{sys.argv[1]}/a_{{slice_index}}.{sys.argv[2]}", Picture(np.stack([noise * 0, noise]), "zyx")
    ),
    lambda: store_data(f"{sys.argv[1]}/p.objclass", "noise", noise, "yx"),
):
    try:
        write()
    except FileError as error:
        print(error, error.__cause__.errno is not None)
"""


@pytest.mark.skipif(os.name != "posix", reason="a full disk is imitated by a limit of POSIX")
@pytest.mark.parametrize("suffix", ["h5", "tif", "npy", "png", "zarr"])
def test_a_full_disk_is_an_error_and_no_crash(tmp_path: Path, suffix: str) -> None:
    words = [sys.executable, "-c", FILL_THE_DISK, str(tmp_path), suffix]
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert len(lines) == 3
    assert all(line.endswith("True") for line in lines)  # by that a batch knows that it is full
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_name_that_is_too_long_is_told_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / f"{'n' * 245}.npy"  # a temporary name has some letters more
    with pytest.raises(FileError, match=r"/n{245}\.npy cannot be written"):
        write_image(path, np.ones((2, 2), "u1"), "yx")


def test_an_interrupt_while_folders_are_swapped_brings_the_old_one_back(tmp_path: Path, monkeypatch) -> None:
    write_image(tmp_path / "a.zarr", np.ones((2, 2), "u1"), "yx")
    replace = Path.replace

    def interrupted(path: Path, target: Path) -> Path:
        if path.suffix == ".part":
            raise KeyboardInterrupt
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_image(tmp_path / "a.zarr", np.zeros((3, 3), "u1"), "yx")
    assert [path.name for path in tmp_path.iterdir()] == ["a.zarr"]
    assert open_image(tmp_path / "a.zarr").data.shape == (2, 2)


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    kept, other = tmp_path / "a.zarr", tmp_path / ".b.npy.01234567.part"
    for folder in (kept, tmp_path / ".a.zarr.01234567.old", tmp_path / ".a.zarr.89abcdef.part"):
        (folder / "0").mkdir(parents=True)
    for file in (other, tmp_path / ".a.zarr"):
        file.touch()
    remove_leftovers([kept])
    assert sorted(path.name for path in tmp_path.iterdir()) == [".a.zarr", other.name, "a.zarr"]
