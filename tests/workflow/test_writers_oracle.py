"""What is written is read back by other libraries, and numbers are printed as numpy prints them."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import h5py
import numpy as np
import pandas as pd
import pytest
import tifffile

from napari_objclass.io.tables import write_table
from napari_objclass.io.writers import write_image

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
