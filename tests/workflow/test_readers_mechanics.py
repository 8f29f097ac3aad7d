"""Paths, laziness, and the sentences of files that cannot be read."""

from __future__ import annotations

import os
import pickle
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest
import tifffile

from napari_objclass.errors import AxesError, DtypeError, FileError, ObjClassError
from napari_objclass.io.image import LazyArray, Stack
from napari_objclass.io.readers import open_image
from napari_objclass.io.stack import open_files
from napari_objclass.io.writers import write_image

if TYPE_CHECKING:
    from pathlib import Path

VOLUME = np.arange(5 * 6 * 7, dtype="u2").reshape(5, 6, 7)


@pytest.fixture
def h5(tmp_path: Path) -> Path:
    path = tmp_path / "with spaces and ünicode.h5"
    with h5py.File(path, "w") as file:
        file["volume/data"] = VOLUME
        file["other"] = VOLUME[0]
        file["text"] = "not an image"
        file["complex"] = np.zeros((3, 3), complex)
        file["line"] = np.zeros(3)
    return path


def sentence(error: pytest.ExceptionInfo[ObjClassError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    assert len(text) < 400
    return text


@pytest.mark.parametrize("inner", ["/volume/data", "/volume/data/", "\\volume\\data"])
def test_inner_path_with_either_slash(h5: Path, inner: str) -> None:
    image = open_image(f"{h5}{inner}")
    assert image.inner == "volume/data"
    np.testing.assert_array_equal(image.data, VOLUME)


def test_folder_that_is_called_like_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "run.h5"
    folder.mkdir()
    with h5py.File(folder / "a.hdf5", "w") as file:
        file["x/y"] = VOLUME
    np.testing.assert_array_equal(open_image(f"{folder}/a.hdf5/x/y").data, VOLUME)


def test_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    np.save(tmp_path / "a.npy", VOLUME)
    assert open_image("~/a.npy").path == tmp_path / "a.npy"


def test_suffix_in_capitals(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "A.TIF", VOLUME)
    np.testing.assert_array_equal(open_image(tmp_path / "A.TIF").data, VOLUME)


def test_several_datasets_are_listed(h5: Path) -> None:
    with pytest.raises(FileError) as error:
        open_image(h5)
    assert "volume/data" in sentence(error)
    assert "other" in sentence(error)


def test_missing_inner_path_lists_what_there_is(h5: Path) -> None:
    with pytest.raises(FileError) as error:
        open_image(f"{h5}/volume/dat")
    assert "'volume/dat'" in sentence(error)
    assert "volume/data" in sentence(error)


def test_missing_file_folder_unknown_suffix_and_address(tmp_path: Path) -> None:
    for source in (
        tmp_path / "no.tif",
        tmp_path / "no.h5" / "data",
        tmp_path,
        tmp_path / "a.xyz",
        "",
        "http://a/b.tif",
    ):
        with pytest.raises(FileError) as error:
            open_image(source)
        assert str(source) in sentence(error) or "no.h5" in sentence(error)


@pytest.mark.parametrize("suffix", [".h5", ".tif", ".npy", ".png", ".jpg"])
@pytest.mark.parametrize("content", [b"", b"this is no image at all", b"\x89PNG\r\n\x1a\n", b"II*\0\xff\xff\xff\x7f"])
def test_broken_files(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"broken{suffix}"
    path.write_bytes(content)
    with pytest.raises(FileError) as error:
        open_image(path)
    assert str(path) in sentence(error)


@pytest.mark.parametrize("suffix", [".h5", ".tif", ".npy", ".png"])
def test_file_cut_in_the_middle(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"cut{suffix}"
    noise = np.random.default_rng(0).integers(0, 2**16, (64, 64), dtype="u2")
    if suffix == ".h5":
        with h5py.File(path, "w") as file:
            file["data"] = noise
    elif suffix == ".tif":
        tifffile.imwrite(path, noise)
    elif suffix == ".npy":
        np.save(path, noise)
    else:
        import imagecodecs

        path.write_bytes(imagecodecs.png_encode(noise))
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(FileError) as error:
        open_image(path)
    assert "damaged" in sentence(error)


def test_values_that_are_no_pixels(h5: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "objects.npy", np.array([[{}, None]], object), allow_pickle=True)
    np.save(tmp_path / "complex.npy", np.zeros((3, 3), complex))
    for source in (f"{h5}/text", f"{h5}/complex", tmp_path / "objects.npy", tmp_path / "complex.npy"):
        with pytest.raises(DtypeError) as error:
            open_image(source)
        sentence(error)


def test_axes_that_do_not_fit(h5: Path) -> None:
    for source, axes in ((f"{h5}/line", None), (f"{h5}/other", "zyx"), (f"{h5}/other", "yy"), (f"{h5}/other", "qx")):
        with pytest.raises(AxesError) as error:
            open_image(source, axes=axes)
        sentence(error)


def test_given_axes_win_and_carry_the_spacing_of_their_letters(tmp_path: Path) -> None:
    metadata = {"axes": "ZYX", "PhysicalSizeX": 0.1, "PhysicalSizeY": 0.2, "PhysicalSizeZ": 0.3}
    tifffile.imwrite(tmp_path / "a.tif", VOLUME, ome=True, metadata=metadata)
    assert open_image(tmp_path / "a.tif", axes="tyx").spacing == pytest.approx((0.2, 0.1), rel=1e-12)
    assert open_image(tmp_path / "a.tif", axes="xyz").spacing == pytest.approx((0.1, 0.2, 0.3), rel=1e-12)


def test_first_of_several_images_is_taken_with_a_note(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as tif:
        tif.write(VOLUME[0])
        tif.write(VOLUME)
    image = open_image(tmp_path / "a.tif")
    assert "first of 2" in image.note
    np.testing.assert_array_equal(image.data, VOLUME[0])


KEYS = [
    np.s_[...],
    np.s_[2],
    np.s_[-1, 3],
    np.s_[1:3],
    np.s_[::2, 1:4, 2],
    np.s_[..., 2:5],
    np.s_[1, ..., 0],
    np.s_[0:0],
    np.s_[3, 4, 5],
]


@pytest.mark.parametrize("kind", ["tiff", "tiles", "strips", "hdf5", "zarr", "stack"])
@pytest.mark.parametrize("key", KEYS, ids=str)
def test_lazy_arrays_slice_like_numpy(tmp_path: Path, kind: str, key: object) -> None:
    if kind == "tiff":
        path = tmp_path / "a.tif"
        tifffile.imwrite(path, VOLUME, compression="zlib")
    elif kind == "tiles":
        path = tmp_path / "a.tif"
        tifffile.imwrite(path, VOLUME, tile=(16, 16))
    elif kind == "strips":
        path = tmp_path / "a.tif"
        tifffile.imwrite(path, VOLUME, compression="zlib", rowsperstrip=2)
    elif kind == "zarr":
        path = write_image(tmp_path / "a.zarr", VOLUME, "zyx")
    elif kind == "stack":
        path = Stack(tuple(write_image(tmp_path / f"{z}.npy", plane, "yx") for z, plane in enumerate(VOLUME)))
    else:
        path = tmp_path / "a.h5"
        with h5py.File(path, "w") as file:
            file["data"] = VOLUME
    data = pickle.loads(pickle.dumps(open_files(path).data))
    assert isinstance(data, LazyArray)
    assert (data.ndim, data.size, data.nbytes, len(data)) == (3, 210, 420, 5)
    np.testing.assert_array_equal(data[key], VOLUME[key])


def test_compressed_tiff_decodes_only_the_pages_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tifffile.imwrite(tmp_path / "a.tif", VOLUME, compression="zlib")
    data = open_image(tmp_path / "a.tif").data
    decoded = []
    original = tifffile.TiffFile.asarray
    monkeypatch.setattr(
        tifffile.TiffFile, "asarray", lambda *args, **named: decoded.append(named["key"]) or original(*args, **named)
    )
    np.testing.assert_array_equal(data[1:3, 2], VOLUME[1:3, 2])
    np.testing.assert_array_equal(data[2, 1:], VOLUME[2, 1:])  # the page decoded last is at hand
    assert decoded == [1, 2]


TILED = {
    "tiles": {"tile": (32, 48), "compression": "zlib", "predictor": True},
    "raw tiles": {"tile": (32, 48)},
    "strips": {"rowsperstrip": 7, "compression": "zlib"},
    "colours": {"tile": (32, 48), "photometric": "rgb"},
    "colours apart": {"tile": (32, 48), "photometric": "rgb", "planarconfig": "separate"},
    "big-endian": {"tile": (32, 48), "byteorder": ">"},
}


@pytest.mark.parametrize("form", TILED)
@pytest.mark.parametrize("n_pages", [1, 3])
def test_windows_of_tiled_tiff(tmp_path: Path, form: str, n_pages: int) -> None:
    shape = (n_pages, 3, 100, 130) if "apart" in form else (n_pages, 100, 130, *(3,) * ("colours" in form))
    volume = np.random.default_rng(1).integers(0, 60000, shape[0 if n_pages > 1 else 1 :]).astype("u2")
    tifffile.imwrite(tmp_path / "a.tif", volume, **{"photometric": "minisblack", **TILED[form]})
    data = open_image(tmp_path / "a.tif").data
    y = volume.shape.index(100)
    window = (slice(None),) * y + (slice(30, 71, 2), slice(120, 40, -3))
    np.testing.assert_array_equal(data[window], volume[window])
    np.testing.assert_array_equal(np.asarray(data), volume)
    assert data[(*window[:y], slice(9, 9), slice(3))].size == 0
    if "strips" not in form or n_pages > 1:
        assert data.chunks[y : y + 2] == ((7, 130) if form == "strips" else (32, 48))


@pytest.mark.parametrize("n_pages", [1, 3])
def test_a_window_of_a_tiled_tiff_reads_only_its_tiles(tmp_path: Path, n_pages: int) -> None:
    path = tmp_path / "a.tif"
    volume = np.random.default_rng(1).integers(0, 99, (n_pages, 64, 96)).astype("u2")
    tifffile.imwrite(
        path, volume if n_pages > 1 else volume[0], tile=(16, 16), compression="zlib", photometric="minisblack"
    )
    with tifffile.TiffFile(path) as file:
        page = file.pages[n_pages - 1]
        places = list(zip(page.dataoffsets, page.databytecounts, strict=True))
    kept = {1 * 6 + 2, 1 * 6 + 3, 2 * 6 + 2, 2 * 6 + 3}
    with path.open("r+b") as file:
        for index, (offset, n_bytes) in enumerate(places):
            if index not in kept:
                file.seek(offset)
                file.write(b"\xff" * n_bytes)
    data = open_image(path).data
    last = () if n_pages == 1 else (n_pages - 1,)
    np.testing.assert_array_equal(data[*last, 16:48, 40:60], volume[-1, 16:48, 40:60])
    with pytest.raises(Exception, match=r".+"):
        data[*last, 15:48, 40:60]


def test_no_file_is_held_open(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["data"] = VOLUME
    data = open_image(path).data
    with h5py.File(path, "r+") as file:
        file["data"][...] = 7
    assert (np.asarray(data) == 7).all()


def _as_h5(folder: Path) -> tuple[Path, Path, int]:
    with h5py.File(folder / "a.h5", "w") as file:
        dataset = file.create_dataset("data", data=VOLUME, chunks=(1, 6, 7), compression="gzip")
        place = dataset.id.get_chunk_info(3).byte_offset
    return folder / "a.h5" / "data", folder / "a.h5", place


def _as_tiff(folder: Path) -> tuple[Path, Path, int]:
    tifffile.imwrite(folder / "a.tif", VOLUME, compression="zlib", metadata={"axes": "ZYX"})
    with tifffile.TiffFile(folder / "a.tif") as file:
        return folder / "a.tif", folder / "a.tif", file.pages[3].dataoffsets[0]


@pytest.mark.parametrize("written", [_as_h5, _as_tiff])
def test_damage_is_told_where_it_is_read(tmp_path: Path, written) -> None:
    name, path, place = written(tmp_path)
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"\xff" * 8)
    data = open_image(name).data
    np.testing.assert_array_equal(data[2], VOLUME[2])
    with pytest.raises(FileError, match=r"a\.(h5/data|tif) is damaged \(.*make it again") as caught:
        data[3]
    sentence(caught)


@pytest.mark.parametrize("written", [_as_h5, _as_tiff])
def test_a_file_that_went_away_is_told(tmp_path: Path, written) -> None:
    name, path, _ = written(tmp_path)
    data = open_image(name).data
    path.unlink()
    with pytest.raises(FileError, match="cannot be read: ") as caught:
        data[0]
    sentence(caught)


def test_pixels_are_those_of_the_file_wherever_they_are_read(tmp_path: Path, monkeypatch) -> None:
    _as_tiff(tmp_path)
    monkeypatch.chdir(tmp_path)
    data = open_image("a.tif").data
    monkeypatch.chdir("/")
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(data))[1], VOLUME[1])
