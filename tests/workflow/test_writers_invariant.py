"""Writing and reading gives the same image; the order of axes is free."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp

from napari_objclass.axes import to_canonical
from napari_objclass.io.readers import open_image
from napari_objclass.io.writers import write_image

DTYPES = ["u1", "i1", "u2", ">u2", "i2", "u4", "i4", "f4", ">f4", "f8", "?"]


@st.composite
def images(draw: st.DrawFn) -> tuple[np.ndarray, str]:
    axes = "".join(draw(st.permutations("yx" + "".join(draw(st.sets(st.sampled_from("tzc")))))))
    shape = tuple(draw(st.integers(1, 5)) for _ in axes)
    return draw(hnp.arrays(draw(st.sampled_from(DTYPES)), shape)), axes


@settings(derandomize=True, deadline=None, max_examples=60)
@given(image=images(), suffix=st.sampled_from([".tif", ".h5", ".h5/a/b", ".npy"]))
def test_round_trip(image: tuple[np.ndarray, str], suffix: str) -> None:
    array, axes = image
    with tempfile.TemporaryDirectory() as folder:
        write_image(f"{folder}/a{suffix}", array, axes)
        found = open_image(f"{folder}/a{suffix}", axes=axes if suffix == ".npy" else None)
        shape = dict(zip(found.axes, found.data.shape, strict=True))
        assert {k: n for k, n in shape.items() if n > 1} == {
            k: n for k, n in zip(axes, array.shape, strict=True) if n > 1
        }
        pixels = to_canonical(np.asarray(found.data), found.axes)
        np.testing.assert_array_equal(pixels, to_canonical(array, axes))
        del found, pixels
        assert [path.name for path in Path(folder).iterdir()] == [f"a{suffix.split('/')[0]}"]


@settings(derandomize=True, deadline=None, max_examples=30)
@given(axes=st.permutations("zyx"), suffix=st.sampled_from([".tif", ".h5"]))
def test_spacing_stays_with_its_axis(axes: list[str], suffix: str) -> None:
    sizes = {"z": 2.0, "y": 0.5, "x": 0.25}
    with tempfile.TemporaryDirectory() as folder:
        write_image(f"{folder}/a{suffix}", np.ones((2, 3, 4)), "".join(axes), spacing=[sizes[k] for k in axes])
        found = open_image(f"{folder}/a{suffix}")
        assert dict(zip(found.axes, found.spacing, strict=True)) == sizes
        assert found.units == "µm"


@settings(derandomize=True, deadline=None, max_examples=20)
@given(image=images(), suffix=st.sampled_from([".tif", ".h5", ".npy"]))
def test_the_same_image_gives_the_same_file(image: tuple[np.ndarray, str], suffix: str) -> None:
    array, axes = image
    with tempfile.TemporaryDirectory() as folder:
        files = [write_image(f"{folder}/{name}{suffix}", array, axes) for name in "ab"]
        assert files[0].read_bytes() == files[1].read_bytes()
