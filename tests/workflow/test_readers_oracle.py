"""Files written by other programs and libraries are read as what they say."""

from __future__ import annotations

import csv
from pathlib import Path

import h5py
import numpy as np
import PIL.Image
import pytest
import tifffile

from napari_objclass.io.readers import open_image

DATA = Path(__file__).parents[1] / "data"


def counted(*shape: int, dtype: str = "uint16") -> np.ndarray:
    return np.arange(np.prod(shape), dtype=np.int64).astype(dtype).reshape(shape)


def test_class_image_written_by_ilastik_agrees_with_its_table() -> None:
    image = open_image(DATA / "nuclei2d" / "object_predictions.h5")
    with (DATA / "nuclei2d" / "table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert (image.axes, image.inner, image.spacing) == ("yxc", "exported_data", None)
    pixels = np.asarray(image.data)[..., 0]
    for number, name in ((1, "class A"), (2, "class B")):
        sizes = [float(row["Size in pixels"]) for row in rows if row["Predicted Class"] == name]
        assert np.count_nonzero(pixels == number) == sum(sizes)


def test_ome_tiff_axes_spacing_and_channel_names(tmp_path: Path) -> None:
    data = counted(3, 2, 5, 6, 7)
    path = tmp_path / "a.ome.tif"
    metadata = {
        "axes": "TCZYX",
        "PhysicalSizeX": 250,
        "PhysicalSizeXUnit": "nm",
        "PhysicalSizeY": 0.25,
        "PhysicalSizeYUnit": "µm",
        "PhysicalSizeZ": 0.001,
        "PhysicalSizeZUnit": "mm",
        "Channel": {"Name": ["DAPI", "tubulin"]},
    }
    tifffile.imwrite(path, data, metadata=metadata, photometric="minisblack")
    image = open_image(path)
    assert (image.axes, image.units, image.channel_names) == ("tczyx", "µm", ("DAPI", "tubulin"))
    assert image.spacing == pytest.approx((1.0, 0.25, 0.25), rel=1e-12)
    np.testing.assert_array_equal(image.data, data)


def test_imagej_hyperstack_axes_and_calibration(tmp_path: Path) -> None:
    data = counted(4, 2, 6, 7)
    path = tmp_path / "a.tif"
    metadata = {"axes": "ZCYX", "spacing": 1.5, "unit": "um"}
    tifffile.imwrite(path, data, imagej=True, resolution=(4, 2), metadata=metadata)
    image = open_image(path)
    assert (image.axes, image.units, image.spacing) == ("zcyx", "µm", (1.5, 0.5, 0.25))
    np.testing.assert_array_equal(image.data, data)


@pytest.mark.parametrize(
    ("shape", "photometric", "axes"),
    [
        ((6, 7), "minisblack", "yx"),
        ((5, 6, 7), "minisblack", "zyx"),
        ((3, 5, 6, 7), "minisblack", "tzyx"),
        ((6, 7, 3), "rgb", "yxc"),
        ((5, 6, 7, 3), "rgb", "zyxc"),
    ],
)
@pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
def test_plain_tiff(
    tmp_path: Path, shape: tuple[int, ...], photometric: str, axes: str, compression: str | None
) -> None:
    data = counted(*shape)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, data, photometric=photometric, compression=compression)
    image = open_image(path)
    assert (image.axes, image.spacing) == (axes, None)  # the resolution of a plain TIFF is about printing
    np.testing.assert_array_equal(image.data, data)


@pytest.mark.parametrize(
    ("mode", "shape", "dtype", "axes"),
    [("L", (6, 7), "uint8", "yx"), ("I;16", (6, 7), "uint16", "yx"), ("RGB", (6, 7, 3), "uint8", "yxc")],
)
def test_png(tmp_path: Path, mode: str, shape: tuple[int, ...], dtype: str, axes: str) -> None:
    data = counted(*shape, dtype=dtype)
    PIL.Image.fromarray(data).save(tmp_path / "a.png")
    image = open_image(tmp_path / "a.png")
    assert image.axes == axes
    assert image.data.dtype == dtype
    np.testing.assert_array_equal(image.data, data)


@pytest.mark.parametrize("channels", [2, 4])
def test_alpha_of_a_png_is_left_out_with_a_note(tmp_path: Path, channels: int) -> None:
    data = counted(6, 7, channels, dtype="uint8")
    PIL.Image.fromarray(data, {2: "LA", 4: "RGBA"}[channels]).save(tmp_path / "a.png")
    image = open_image(tmp_path / "a.png")
    assert "alpha" in image.note
    np.testing.assert_array_equal(image.data, data[..., 0] if channels == 2 else data[..., :3])


def test_jpeg_of_one_colour(tmp_path: Path) -> None:
    PIL.Image.new("RGB", (16, 8), (200, 60, 60)).save(tmp_path / "a.jpg", quality=100)
    image = open_image(tmp_path / "a.jpg")
    assert (image.axes, image.data.shape) == ("yxc", (8, 16, 3))
    assert np.abs(np.asarray(image.data, int) - (200, 60, 60)).max() <= 2


def test_hdf5_attributes(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        dataset = file.create_dataset("deep/inside", data=counted(2, 5, 6, 7))
        dataset.attrs["drange"] = (0, 4095)
        dataset.attrs["axistags"] = (
            '{"axes": [{"key": "c", "typeFlags": 1, "resolution": 0, "description": ""},'
            '{"key": "z", "typeFlags": 2, "resolution": 2.0, "description": ""},'
            '{"key": "y", "typeFlags": 2, "resolution": 0.5, "description": ""},'
            '{"key": "x", "typeFlags": 2, "resolution": 0.25, "description": ""}]}'
        )
    image = open_image(f"{path}/deep/inside")
    assert (image.axes, image.spacing, image.units, image.drange) == ("czyx", (2.0, 0.5, 0.25), None, (0.0, 4095.0))


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((6, 7), "yx"),
        ((50, 60, 55), "zyx"),
        ((10, 20, 4), "yxc"),
        ((10, 20, 5), "zyx"),
        ((5, 6, 7, 2), "zyxc"),
        ((3, 5, 6, 7, 2), "tzyxc"),
    ],
)
@pytest.mark.parametrize("suffix", [".h5", ".npy"])
def test_axes_of_a_file_that_names_none_are_those_of_ilastik(
    tmp_path: Path, shape: tuple[int, ...], axes: str, suffix: str
) -> None:
    path = tmp_path / f"a{suffix}"
    if suffix == ".npy":
        np.save(path, np.zeros(shape, "u1"))
    else:
        with h5py.File(path, "w") as file:
            file["data"] = np.zeros(shape, "u1")
    assert open_image(path).axes == axes
