"""OME-Zarr: what is written, the reference reader reads; what others write, we read."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr

from napari_objclass.io.image import Picture
from napari_objclass.io.readers import open_image
from napari_objclass.io.writers import write_picture

if TYPE_CHECKING:
    from pathlib import Path

RANDOM = np.random.default_rng(0)
CASES = [
    ("yx", (6, 7)),
    ("yx", (601, 301)),
    ("zyx", (70, 300, 90)),
    ("zyx", (5, 300, 90)),
    ("tyx", (3, 60, 70)),
    ("yxc", (300, 70, 3)),
    ("tzyxc", (2, 3, 6, 7, 4)),
    ("xyz", (5, 6, 7)),
]


def reader_nodes(path: Path) -> list[Any]:
    """What the reference implementation finds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries that it stands on
        from ome_zarr.io import parse_url
        from ome_zarr.reader import Reader

        return list(Reader(parse_url(path))())


def in_order(data: np.ndarray, axes: str) -> np.ndarray:
    return data.transpose([axes.index(letter) for letter in "tczyx" if letter in axes])


@pytest.mark.parametrize("multiscale", [True, False])
@pytest.mark.parametrize(("axes", "shape"), CASES)
@pytest.mark.parametrize("dtype", ["u1", ">u2", "u8", "f4"])
def test_the_reference_reader_finds_pixels_axes_and_sizes(
    tmp_path: Path, axes: str, shape: tuple[int, ...], dtype: str, multiscale: bool
) -> None:
    data = (RANDOM.random(shape) * 200).astype(dtype)
    space = [letter for letter in axes if letter in "zyx"]
    spacing = tuple({"z": 2.0, "y": 0.5, "x": 0.25}[letter] for letter in space)
    offset = tuple({"z": 3, "y": 10, "x": 0}[letter] for letter in space)
    picture = Picture(data, axes, spacing=spacing, units="µm", offset=offset)
    path = write_picture(tmp_path / "a.ome.zarr", picture, multiscale=multiscale, compressed=multiscale)
    (node,) = reader_nodes(path)
    np.testing.assert_array_equal(node.data[0], in_order(data, axes))
    order = "".join(letter for letter in "tczyx" if letter in axes)
    assert "".join(axis["name"] for axis in node.metadata["axes"]) == order
    assert {axis.get("unit") for axis in node.metadata["axes"] if axis["name"] in "zyx"} == {"micrometer"}
    sizes = dict(zip(space, spacing, strict=True))
    places = dict(zip(space, offset, strict=True))
    scale, translation = node.metadata["coordinateTransformations"][0]
    assert scale["scale"] == [sizes.get(letter, 1) for letter in order]
    assert translation["translation"] == [places.get(letter, 0) * sizes.get(letter, 1) for letter in order]
    assert (len(node.data) == 1) == (not multiscale or max(shape) <= 256)
    image = open_image(path)
    assert (image.axes, image.units, image.colors) == (order, "µm", None)
    assert dict(zip((letter for letter in order if letter in "zyx"), image.spacing, strict=True)) == sizes
    assert dict(zip((letter for letter in order if letter in "zyx"), image.offset, strict=True)) == places
    assert image.data.dtype == np.dtype(dtype).newbyteorder("=")
    np.testing.assert_array_equal(image.data, in_order(data, axes))


def test_ids_stay_ids_and_probabilities_are_averaged(tmp_path: Path) -> None:
    ids = RANDOM.integers(0, 2**40, (100, 1025), np.uint64)
    write_picture(tmp_path / "ids.ome.zarr", Picture(ids, "yx", colors={}))
    share = RANDOM.random((100, 1024), np.float32)
    write_picture(tmp_path / "p.ome.zarr", Picture(share, "yx"))
    for level in (1, 2, 3):
        step = 2**level
        np.testing.assert_array_equal(open_image(tmp_path / f"ids.ome.zarr/{level}").data, ids[::step, ::step])
        if level < 3:
            mean = share.reshape(100 // step, step, -1, step).mean(axis=(1, 3))
            np.testing.assert_allclose(open_image(tmp_path / f"p.ome.zarr/{level}").data, mean, rtol=1e-6)
    assert sorted(each.name for each in (tmp_path / "p.ome.zarr").iterdir()) == ["0", "1", "2", "zarr.json"]


def test_levels_say_where_they_are(tmp_path: Path) -> None:
    volume = Picture(np.zeros((100, 300, 5), "u1"), "zyx", spacing=(2.0, 0.5, 0.5), offset=(0, 4, 0))
    write_picture(tmp_path / "a.ome.zarr", volume)
    (node,) = reader_nodes(tmp_path / "a.ome.zarr")
    assert [each.shape for each in node.data] == [(100, 300, 5), (50, 150, 3)]
    scale, translation = node.metadata["coordinateTransformations"][1]
    assert scale["scale"] == [4.0, 1.0, 1.0]
    assert translation["translation"] == [1.0, 2.25, 0.25]  # the middle of the pixels that the first one stands for


@pytest.mark.parametrize("colors", [{}, {1: "#ff0000", 2: "#00ff7f"}])
def test_labels_are_labels_with_their_colours(tmp_path: Path, colors: dict[int, str]) -> None:
    classes = RANDOM.integers(0, 3, (300, 40), np.uint8)
    path = write_picture(tmp_path / "a.ome.zarr", Picture(classes, "yx", colors=colors))
    (node,) = reader_nodes(path)
    shown = {value: [round(255 * part) for part in color] for value, color in node.metadata.get("color", {}).items()}
    assert shown == {value: [*bytes.fromhex(color[1:]), 255] for value, color in colors.items()}
    assert "image-label" in zarr.open_group(path).attrs["ome"]
    assert open_image(path).colors == colors


def test_channels_have_names_and_contrast(tmp_path: Path) -> None:
    share = RANDOM.random((30, 40, 2), np.float32)
    path = write_picture(tmp_path / "a.ome.zarr", Picture(share, "yxc", channel_names=("mitosis", "interphase")))
    (node,) = reader_nodes(path)
    assert node.metadata["channel_names"] == ["mitosis", "interphase"]
    assert node.metadata["contrast_limits"] == [[0, 1], [0, 1]]
    assert open_image(path).channel_names == ("mitosis", "interphase")


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_images_of_the_reference_writer(tmp_path: Path, version: str) -> None:
    data = RANDOM.integers(0, 60000, (2, 5, 64, 48), np.uint16)
    ids = (data[0] // 1000).astype(np.uint32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ome_zarr.format import format_from_version
        from ome_zarr.writer import write_labels, write_multiscale

        form = format_from_version(version)
        group = zarr.open_group(str(tmp_path / "a.zarr"), mode="w", zarr_format=2 if version == "0.4" else 3)
        axes: list[dict[str, str]] = [{"name": "c", "type": "channel"}]
        axes += [{"name": letter, "type": "space", "unit": "nanometer"} for letter in "zyx"]
        full = [
            {"type": "scale", "scale": [1, 2000, 250, 125]},
            {"type": "translation", "translation": [0, 0, 500, 250]},
        ]
        half = [{"type": "scale", "scale": [1, 2000, 500, 250]}]
        write_multiscale([data, data[..., ::2, ::2]], group, form, axes, [full, half])
        colors = {"colors": [{"label-value": 3, "rgba": [255, 0, 255, 128]}]}
        write_labels(ids, group, "cells", None, [2], fmt=form, axes=axes[1:], label_metadata=colors)
    image = open_image(tmp_path / "a.zarr")
    np.testing.assert_array_equal(image.data, data)
    assert (image.axes, image.spacing, image.units, image.offset) == ("czyx", (2000, 250, 125), "nm", (0, 2, 2))
    level = open_image(tmp_path / "a.zarr" / "s1")
    assert (level.data.shape, level.spacing, level.offset) == ((2, 5, 32, 24), (2000, 500, 250), None)
    for inner in ("labels", "labels/cells", "labels/cells/s0"):
        labels = open_image(tmp_path / "a.zarr" / inner)
        np.testing.assert_array_equal(labels.data, ids)
        assert (labels.axes, labels.colors) == ("zyx", {3: "#ff00ff"})
