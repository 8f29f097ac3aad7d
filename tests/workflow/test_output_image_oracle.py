"""What is written of an image is what numpy makes of it: region, range, pixel type and order of axes."""

from __future__ import annotations

import numpy as np
import pytest

from napari_objclass.errors import AxesError, DtypeError, ObjClassError, ParameterError
from napari_objclass.io.image import Picture
from napari_objclass.workflow.export import Export
from napari_objclass.workflow.output_image import clipping, prepared
from napari_objclass.workflow.sources import DTYPES

RNG = np.random.default_rng(0)
VOLUME = Picture(
    RNG.random((4, 30, 20, 2)).astype("f4"),
    "zyxc",
    spacing=(2.0, 0.5, 0.25),
    units="µm",
    drange=(0.0, 1.0),
    channel_names=("a", "b"),
    offset=(1, 10, 100),
)
CLASSES = Picture(RNG.integers(0, 4, (30, 20), dtype="u1"), "yx", colors={1: "#ff0000"})


def test_nothing_to_do_copies_nothing() -> None:
    assert prepared(VOLUME, Export()).data.base is VOLUME.data
    assert prepared(CLASSES, Export(dtype="uint8")).colors == {1: "#ff0000"}


def test_region_moves_the_offset() -> None:
    part = prepared(VOLUME, Export(region=(("x", 5, 12), ("z", 1, None), ("c", 1, 2), ("t", 0, 1), ("y", None, 99))))
    np.testing.assert_array_equal(part.data, VOLUME.data[1:, :, 5:12, 1:])
    assert (part.offset, part.spacing, part.channel_names) == ((2, 10, 105), (2.0, 0.5, 0.25), ("b",))
    assert prepared(CLASSES, Export(region=(("y", 3, 5),))).offset == (3, 0)
    assert prepared(CLASSES, Export(region=(("y", 0, 5),))).offset is None


def test_region_beyond_the_image_is_clipped_and_told() -> None:
    region = (("x", 5, 99), ("y", 0, 30), ("t", 0, 7))
    np.testing.assert_array_equal(prepared(CLASSES, Export(region=region)).data, CLASSES.data[:, 5:])
    assert clipping(CLASSES, region) == "the region was clipped to the image, which ends along x at 20"
    assert clipping(CLASSES, region[1:]) == ""
    with pytest.raises(ParameterError, match="axis x begins at 20, but the image ends at 20"):
        prepared(CLASSES, Export(region=(("x", 20, 30),)))
    with pytest.raises(ParameterError, match="axis c begins at 1, but the image ends at 1"):
        prepared(CLASSES, Export(region=(("c", 1, 2),)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_renormalized_to_every_dtype(dtype: str) -> None:
    picture = prepared(VOLUME, Export(renormalize=(0, 1, 10, 110), dtype=dtype))
    expected = 10 + VOLUME.data.astype("f8") * 100
    if np.dtype(dtype).kind != "f":
        expected = np.rint(expected)
    assert picture.data.dtype == dtype
    np.testing.assert_array_equal(picture.data, expected.astype(dtype))
    assert picture.drange == (10.0, 110.0)


def test_renormalized_without_a_dtype_keeps_that_of_the_source() -> None:
    picture = prepared(CLASSES, Export(renormalize=(0, 3, 0, 255)))
    np.testing.assert_array_equal(picture.data, CLASSES.data * 85)
    assert (picture.data.dtype, picture.colors) == (np.uint8, None)
    assert prepared(VOLUME, Export(renormalize=(0, 2, 1, 0))).data.dtype == np.float32


def test_no_span_gives_a_constant() -> None:
    assert np.unique(prepared(VOLUME, Export(renormalize=(0.5, 0.5, 7, 9), dtype="uint8")).data).tolist() == [7]


def test_parts_of_a_large_image_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = prepared(VOLUME, Export(dtype="uint8", renormalize=(0, 1, 0, 255))).data
    monkeypatch.setattr("napari_objclass.io.image._SLAB_BYTES", 100)
    np.testing.assert_array_equal(prepared(VOLUME, Export(dtype="uint8", renormalize=(0, 1, 0, 255))).data, whole)


@pytest.mark.parametrize(
    ("value", "source", "dtype", "fits"),
    [
        (255, "u4", "uint8", True), (256, "u4", "uint8", False), (0, "i8", "uint64", True), (-1, "i8", "uint64", False),
        (2**64 - 1, "u8", "uint64", True), (2**63, "u8", "int64", False), (2**63 - 1, "u8", "int64", True),
        (2**24, "u4", "float32", True), (2**24 + 2, "u4", "float32", False), (2**53, "u8", "float64", True),
        (2**53 + 2, "u8", "float64", False), (0.7, "f4", "uint8", True), (255.5, "f4", "uint8", False),
        (np.nan, "f4", "uint8", False), (np.nan, "f4", "float64", True), (2.0**64, "f8", "uint64", False),
        (-128.4, "f8", "int8", True), (-128.6, "f8", "int8", False),
    ],
)  # fmt: skip
def test_values_are_never_clipped_in_silence(value: float, source: str, dtype: str, fits: bool) -> None:
    picture = Picture(np.full((2, 2), value, source), "yx")
    if fits:
        found = prepared(picture, Export(dtype=dtype)).data
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, np.rint(picture.data) if found.dtype.kind in "iu" else picture.data)
    else:
        with pytest.raises(DtypeError, match=f"do not fit into {dtype}; choose another dtype, or renormalize"):
            prepared(picture, Export(dtype=dtype))


@pytest.mark.parametrize("axes", ["zyxc", "czyx", "cxyz", "tczyx", "xyzct"])
def test_order_of_axes(axes: str) -> None:
    picture = prepared(VOLUME, Export(axes=axes))
    np.testing.assert_array_equal(
        picture.data, np.einsum(f"zyxc->{axes.replace('t', '')}", VOLUME.data).reshape(picture.data.shape)
    )
    by_letter = {"z": (2.0, 1), "y": (0.5, 10), "x": (0.25, 100)}
    assert list(zip(picture.spacing, picture.offset, strict=True)) == [by_letter[k] for k in axes if k in by_letter]
    assert (picture.axes, picture.channel_names) == (axes, ("a", "b"))
    assert picture.data.shape == tuple({"t": 1, "c": 2, "z": 4, "y": 30, "x": 20}[letter] for letter in axes)


def test_axes_of_length_one_come_and_go() -> None:
    picture = Picture(np.ones((1, 3, 4)), "zyx", spacing=(9.0, 2.0, 3.0), offset=(5, 6, 7))
    flat = prepared(picture, Export(axes="xy"))
    assert (flat.data.shape, flat.spacing, flat.offset) == ((4, 3), (3.0, 2.0), (7, 6))
    deep = prepared(flat, Export(axes="tzyxc"))
    assert (deep.data.shape, deep.spacing, deep.offset) == ((1, 1, 3, 4, 1), (1.0, 2.0, 3.0), (0, 6, 7))
    with pytest.raises(AxesError, match="2 long along c, which the order of axes 'zyx' lacks"):
        prepared(VOLUME, Export(axes="zyx"))
    assert prepared(VOLUME, Export(axes="zyx", region=(("c", 0, 1),))).data.shape == (4, 30, 20)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"dtype": "complex64"}, "dtype 'complex64'; choose one of uint8"),
        ({"dtype": "unit8"}, "dtype 'unit8'"),
        ({"axes": "yxq"}, "unknown axis 'q'"),
        ({"axes": "yxx"}, "twice"),
        ({"axes": "zx"}, "lacks y or x"),
        ({"region": (("q", 0, 1),)}, "unknown axis 'q' in the region"),
        ({"region": (("x", 5, 5),)}, "axis x from 5 to 5 is empty"),
        ({"region": (("x", None, 0),)}, "axis x from 0 to 0 is empty"),
        ({"region": (("x", -1, 5),)}, "at -1; give whole numbers"),
        ({"region": (("x", 0, 1.5),)}, "at 1.5; give whole numbers"),
        ({"region": (("x", 0, 5), ("x", 0, 5))}, "names an axis twice"),
        ({"renormalize": (0, 1, 0)}, "in low, in high, out low and out high"),
        ({"renormalize": (0, 1, 0, float("inf"))}, "in low, in high, out low and out high"),
        ({"format": "gif"}, "not written as 'gif'; the nearest format is 'png'"),
        ({"format": "JPEG sequence"}, "the nearest format is 'png sequence'"),
        ({"format": "compressed n5"}, "OME-Zarr"),
        ({"format": "tiffs"}, "unknown format 'tiffs'; known are compressed hdf5"),
        ({"images": "classes"}, "unknown source 'classes'"),
        ({"images": "Pixel probabilities"}, "the nearest source is 'Object Probabilities'"),
    ],
)
def test_settings_that_cannot_be(fields: dict[str, object], says: str) -> None:
    with pytest.raises(ObjClassError, match=says) as caught:
        Export(**fields)
    assert "\n" not in str(caught.value)


def test_settings_go_through_json_and_names_have_any_case() -> None:
    import json

    settings = Export(
        images=("object identities", "UNCERTAINTY"),
        format="Multi-Scale ome-zarr",
        region=[("x", np.int64(1), None)],
        dtype=np.uint16,
        renormalize=[0, 1, 0, 255],
        axes="TZYXC",
        table="{nickname}.csv",
    )
    assert settings.images == ("Object Identities", "Uncertainty")
    assert (settings.format, settings.dtype, settings.axes) == ("multi-scale OME-Zarr", "uint16", "tzyxc")
    assert Export.from_json(json.loads(json.dumps(settings.to_json()))) == settings
