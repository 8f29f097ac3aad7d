"""What is written is read back by other libraries, and numbers are printed as numpy prints them."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import h5py
import imageio.v3
import numpy as np
import pandas as pd
import PIL.Image
import PIL.ImageSequence
import pytest
import skimage.io
import tifffile

from napari_objclass.io import tiff
from napari_objclass.io.image import Picture
from napari_objclass.io.readers import open_image
from napari_objclass.io.writers import write_image, write_picture, write_sequence, write_table

if TYPE_CHECKING:
    from pathlib import Path

CASES = [("yx", (6, 7)), ("zyx", (5, 6, 7)), ("yxc", (6, 7, 3)), ("tzyxc", (2, 3, 6, 7, 4)), ("cyx", (3, 6, 7))]


@pytest.mark.parametrize(("axes", "shape"), CASES)
def test_tiff_is_an_ome_tiff(tmp_path: Path, axes: str, shape: tuple[int, ...]) -> None:
    data = np.arange(np.prod(shape), dtype="u2").reshape(shape)
    names = ["a", "b", "c", "d"][: shape[axes.index("c")]] if "c" in axes else None
    spacing = [2.0, 0.5, 0.25][-sum(letter in "zyx" for letter in axes) :]
    write_image(tmp_path / "a.tif", data, axes, spacing=spacing, channel_names=names)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.is_ome
        assert file.pages.first.compression != 1
        series = file.series[0]
        order = [axes.upper().index(letter) for letter in series.axes]
        np.testing.assert_array_equal(series.asarray(), data.transpose(order))
        root = ElementTree.fromstring(file.ome_metadata)
    pixels = next(node for node in root.iter() if node.tag.endswith("Pixels"))
    assert float(pixels.get("PhysicalSizeX")) == 0.25
    assert float(pixels.get("PhysicalSizeY")) == 0.5
    assert pixels.get("PhysicalSizeXUnit") == "µm"
    assert (pixels.get("PhysicalSizeZ") is not None) == ("z" in axes)
    if names:
        assert [node.get("Name") for node in pixels if node.tag.endswith("Channel")] == names


@pytest.mark.parametrize(("axes", "shape"), CASES)
def test_hdf5_has_the_axistags_of_ilastik(tmp_path: Path, axes: str, shape: tuple[int, ...]) -> None:
    data = np.arange(np.prod(shape), dtype="f4").reshape(shape)
    write_image(tmp_path / "a.h5", data, axes)
    with h5py.File(tmp_path / "a.h5") as file:
        dataset = file["exported_data"]
        tags = json.loads(dataset.attrs["axistags"])["axes"]
        np.testing.assert_array_equal(dataset, data)
        assert dataset.compression == "gzip"
    flags = {"c": 1, "z": 2, "y": 2, "x": 2, "t": 8}
    assert tags == [{"key": k, "typeFlags": flags[k], "resolution": 0, "description": ""} for k in axes]


@pytest.mark.parametrize("compressed", [True, False])
def test_hdf5_has_attributes_of_all_that_is_known(tmp_path: Path, compressed: bool) -> None:
    picture = Picture(
        np.asfortranarray(np.arange(24, dtype="u1").reshape(2, 3, 4)),
        "zyx",
        spacing=(2000.0, 500.0, 250.0),
        units="nm",
        drange=(0.0, 255.0),
        offset=(1, 20, 30),
        colors={1: "#ff0000", 2: "#00ff00"},
    )
    write_picture(tmp_path / "a.h5", picture, inner="deep/inside", compressed=compressed)
    with h5py.File(tmp_path / "a.h5") as file:
        dataset = file["deep/inside"]
        tags = json.loads(dataset.attrs["axistags"])["axes"]
        np.testing.assert_array_equal(dataset, picture.data)
        assert dataset.compression == ("gzip" if compressed else None)
        assert (dataset.chunks is None) == (not compressed)
        assert dataset.attrs["drange"].tolist() == [0, 255]
        assert dataset.attrs["offset"].tolist() == [1, 20, 30]
        assert json.loads(dataset.attrs["colors"]) == {"1": "#ff0000", "2": "#00ff00"}
    assert [(tag["resolution"], tag["description"]) for tag in tags] == [(2000, "nm"), (500, "nm"), (250, "nm")]


@pytest.mark.parametrize(
    ("units", "stored"),
    [
        ("µm", "µm"), ("um", "µm"), ("micrometer", "µm"), ("nm", "nm"), ("mm", "mm"), ("Å", "Å"), ("inch", "in"),
        (None, "reference frame"), ("furlong", "reference frame"),
    ],
)  # fmt: skip
def test_ome_tiff_has_unit_and_place(tmp_path: Path, units: str | None, stored: str) -> None:
    picture = Picture(np.ones((2, 3, 4, 5), "u1"), "tzyx", spacing=(3, 2, 1), units=units, offset=(1, 20, 30))
    write_picture(tmp_path / "a.ome.tiff", picture)
    with tifffile.TiffFile(tmp_path / "a.ome.tiff") as file:
        root = ElementTree.fromstring(file.ome_metadata)
    pixels = next(node for node in root.iter() if node.tag.endswith("Pixels"))
    assert [(pixels.get(f"PhysicalSize{k}"), pixels.get(f"PhysicalSize{k}Unit")) for k in "ZYX"] == [
        (size, stored) for size in ("3.0", "2.0", "1.0")
    ]
    planes = [node for node in pixels if node.tag.endswith("Plane")]
    assert len(planes) == 6
    for plane in planes:
        assert [(plane.get(f"Position{k}"), plane.get(f"Position{k}Unit")) for k in "ZYX"] == [
            (start, "pixel") for start in ("1", "20", "30")
        ]


@pytest.mark.parametrize(
    ("spacing", "units", "expected"),
    [
        ((500, 250), "nm", (40_000, 20_000)), ((0.5, 0.25), "µm", (40_000, 20_000)), ((0.5, 0.25), None, None),
        ((0.001, 0.001), "pm", None),
    ],
)  # fmt: skip
def test_resolution_of_a_tiff(
    tmp_path: Path, spacing: tuple[float, float], units: str | None, expected: tuple[float, float] | None
) -> None:
    write_picture(tmp_path / "a.tif", Picture(np.ones((4, 5), "u1"), "yx", spacing=spacing, units=units))
    with PIL.Image.open(tmp_path / "a.tif") as image:
        tags = image.tag_v2
        if expected is None:
            assert tags.get(296, 1) == 1  # no unit
        else:
            assert (float(tags[282]), float(tags[283]), tags[296]) == (*expected, 3)  # per centimetre


def test_stage_positions_are_no_offset(tmp_path: Path) -> None:
    plane = {"PositionX": [10.0], "PositionXUnit": ["µm"], "PositionY": [20.0], "PositionYUnit": ["µm"]}
    metadata = {"axes": "YX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5, "Plane": plane}
    tifffile.imwrite(tmp_path / "a.ome.tif", np.ones((4, 5), "u1"), metadata=metadata)
    assert open_image(tmp_path / "a.ome.tif").offset is None


@pytest.mark.parametrize(("limit", "big"), [(1000, True), (tiff.LARGEST_CLASSIC, False)])
def test_more_than_a_classic_tiff_holds_is_a_bigtiff(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, big: bool
) -> None:
    monkeypatch.setattr(tiff, "LARGEST_CLASSIC", limit)
    data = np.arange(6000, dtype="u2").reshape(2, 60, 50)
    write_image(tmp_path / "a.tif", data, "zyx")
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.is_bigtiff == big
        np.testing.assert_array_equal(file.asarray(), data)


@pytest.mark.parametrize("dtype", ["u1", ">u2", "u4", "i4", "f4", "f8"])
def test_other_libraries_read_the_tiff(tmp_path: Path, dtype: str) -> None:
    data = (np.arange(20 * 30) * 7 % 251).astype(dtype).reshape(20, 30)
    write_image(tmp_path / "a.tif", data, "yx", spacing=(0.5, 0.25))
    np.testing.assert_array_equal(skimage.io.imread(tmp_path / "a.tif"), data)
    np.testing.assert_array_equal(imageio.v3.imread(tmp_path / "a.tif"), data)
    if dtype in {"u1", ">u2", "f4"}:
        with PIL.Image.open(tmp_path / "a.tif") as image:
            np.testing.assert_array_equal(np.array(image), data)


def test_pages_of_a_tiff_are_read_by_pillow(tmp_path: Path) -> None:
    data = np.arange(3 * 20 * 30, dtype="u2").reshape(3, 20, 30)
    write_image(tmp_path / "a.tif", data, "zyx")
    with PIL.Image.open(tmp_path / "a.tif") as image:
        for number, page in enumerate(PIL.ImageSequence.Iterator(image)):
            np.testing.assert_array_equal(np.array(page), data[number])
        assert image.n_frames == 3


@pytest.mark.parametrize(
    ("dtype", "largest", "stored"),
    [
        ("?", 1, "u1"), ("u1", 255, "u1"), ("i1", 127, "u1"), ("u2", 65535, "u2"), (">u2", 300, "u2"),
        ("u4", 200, "u2"), ("u4", 65535, "u2"), ("i8", 65535, "u2"),
    ],
)  # fmt: skip
def test_png_is_read_by_pillow_and_imageio(tmp_path: Path, dtype: str, largest: int, stored: str) -> None:
    data = np.linspace(0, largest, 42).astype(dtype).reshape(1, 6, 7)
    write_image(tmp_path / "a.png", data, "zyx")
    for found in (np.array(PIL.Image.open(tmp_path / "a.png")), imageio.v3.imread(tmp_path / "a.png")):
        assert found.dtype == stored
        np.testing.assert_array_equal(found, data[0])


def test_png_of_a_transposed_image(tmp_path: Path) -> None:
    data = np.arange(42, dtype="u1").reshape(6, 7)
    write_image(tmp_path / "a.png", data, "xy")
    np.testing.assert_array_equal(np.array(PIL.Image.open(tmp_path / "a.png")), data.T)


@pytest.mark.parametrize(("suffix", "axes"), [(".png", "zyx"), (".tif", "zyx"), (".tif", "tzyx"), (".png", "cyx")])
def test_sequence_has_one_file_for_each_slice(tmp_path: Path, suffix: str, axes: str) -> None:
    data = np.arange(12 * 5 * 6 * 7, dtype="u2").reshape(12, 5, 6, 7)
    data = data if len(axes) == 4 else data[:, 0]
    spacing = (2.0, 0.5, 0.25)[-sum(letter in "zyx" for letter in axes) :]
    picture = Picture(data, axes, spacing=spacing, units="µm", offset=(3, 2, 1)[-len(spacing) :])
    paths = write_sequence(tmp_path / f"a {{slice_index}}{suffix}", picture, first=95)
    assert [path.name for path in paths] == [f"a {i:03}{suffix}" for i in range(95, 107)]
    assert sorted(tmp_path.iterdir()) == paths
    for plane, path in zip(data, paths, strict=True):
        np.testing.assert_array_equal(skimage.io.imread(path), plane)
    if suffix == ".tif":
        image = open_image(paths[0])
        assert (image.axes, image.spacing) == (axes[1:], spacing[-len(axes) + 1 :])
        assert image.offset == (3, 2, 1)[-len(axes) + 1 :]


@pytest.mark.parametrize(("axes", "shape"), CASES)
@pytest.mark.parametrize("suffix", [".tif", ".h5"])
def test_our_readers_give_back_what_is_known(tmp_path: Path, suffix: str, axes: str, shape: tuple[int, ...]) -> None:
    n_spatial = sum(letter in "zyx" for letter in axes)
    names = ("a", "b", "c", "d")[: shape[axes.index("c")]] if "c" in axes else None
    picture = Picture(
        np.arange(np.prod(shape), dtype="u2").reshape(shape),
        axes,
        spacing=(2.0, 0.5, 0.25)[-n_spatial:],
        units="µm",
        channel_names=names,
        offset=(4, 5, 6)[-n_spatial:],
    )
    write_picture(tmp_path / f"a{suffix}", picture)
    found = open_image(tmp_path / f"a{suffix}")
    assert (found.spacing, found.units, found.channel_names, found.offset) == (
        picture.spacing, "µm", names, picture.offset,
    )  # fmt: skip


def test_npy(tmp_path: Path) -> None:
    data = np.arange(42, dtype=">u8").reshape(6, 7)
    write_image(tmp_path / "a.npy", data, "yx")
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), data)


def plain(value: np.float32) -> str:
    """Shortest text of a float32, positional between 1e-4 and 1e16 as ``str`` of a float is."""
    if np.isfinite(value) and (value == 0 or 1e-4 <= abs(value) < 1e16):
        return np.format_float_positional(value, unique=True, trim="0")
    return repr(float(str(value)))


def test_float32_is_printed_in_its_fewest_digits(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    powers = [np.ldexp(np.float32(1), np.arange(-149, 128)), 10.0 ** np.arange(-45, 39)]
    values = np.concatenate(
        [
            rng.integers(0, 255 << 23, 20_000, dtype="u4").view("f4"),  # any finite bits
            rng.normal(size=20_000).astype("f4"),
            np.round(rng.random(20_000) * 1000, 2).astype("f4"),
            rng.integers(0, 2**26, 20_000).astype("f4"),
            *(np.nextafter(np.concatenate(powers, dtype="f4"), np.float32(toward)) for toward in (0, np.inf)),
            np.concatenate(powers, dtype="f4"),
            np.array([0.0, -0.0, np.inf, -np.inf, np.nan], "f4"),
        ]
    )
    write_table(tmp_path / "a.csv", {"x": values})
    printed = (tmp_path / "a.csv").read_text().splitlines()[1:]
    assert printed == [plain(value) for value in values]


def test_table_is_read_by_pandas_and_csv(tmp_path: Path) -> None:
    columns = {
        "object_id": np.array([1, 2**53 + 1, 2**64 - 1], "u8"),
        "name, with comma": np.array(['plain, or "not"', "two\nlines", "µm"]),
        "x": np.array([0.1, np.nan, -1e300]),
        "y": np.array([0.1, 3, 1e-7], "f4"),
    }
    path = write_table(tmp_path / "a.csv", columns)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == list(columns)
    assert rows[1] == ["1", 'plain, or "not"', "0.1", "0.1"]
    assert rows[2] == [str(2**53 + 1), "two\nlines", "nan", "3.0"]
    frame = pd.read_csv(path)
    assert frame["object_id"].tolist() == columns["object_id"].tolist()
    assert frame["name, with comma"].tolist() == columns["name, with comma"].tolist()
    np.testing.assert_array_equal(frame["y"].astype("f4"), columns["y"])
