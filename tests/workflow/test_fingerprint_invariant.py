"""The same pixels have the same fingerprint however they are stored; other pixels have another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp

from napari_objclass.io.fingerprint import WHOLE_BYTES, fingerprint
from napari_objclass.io.readers import open_image

if TYPE_CHECKING:
    from pathlib import Path

SMALL = (5, 60, 70)
LARGE = (9, 1100, 1000)


def noise(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 2**16, shape, dtype="u2")


@pytest.fixture(scope="module", params=[SMALL, LARGE], ids=["small", "large"])
def image(request: pytest.FixtureRequest) -> np.ndarray:
    return noise(request.param)


def test_memory_layout_does_not_matter(image: np.ndarray) -> None:
    padded = np.zeros([2 * length for length in image.shape], image.dtype)
    strided = padded[::2, 1::2, ::2]
    strided[...] = image
    for same in (image.astype(">u2"), np.asfortranarray(image), strided, image[::-1].copy()[::-1]):
        assert fingerprint(same, "zyx") == fingerprint(image, "zyx")


def test_storage_does_not_matter(image: np.ndarray, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "plain.tif", image)
    tifffile.imwrite(tmp_path / "packed.tif", image, compression="zlib")
    np.save(tmp_path / "a.npy", image)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("data", data=image, chunks=(1, 20, 20), compression="lzf")
    for name in ("plain.tif", "packed.tif", "a.npy", "a.h5"):
        assert fingerprint(open_image(tmp_path / name).data, "zyx") == fingerprint(image, "zyx")


def test_shape_type_axes_and_pixels_matter(image: np.ndarray) -> None:
    brighter = image + np.uint16(1)
    others = [
        fingerprint(image.reshape(image.shape[0], image.shape[2], image.shape[1]), "zyx"),
        fingerprint(image.view("i2"), "zyx"),
        fingerprint(image, "tyx"),
        fingerprint(brighter, "zyx"),
        fingerprint(np.roll(image, 1, axis=0), "zyx"),
    ]
    assert len({fingerprint(image, "zyx"), *others}) == 6


def test_every_pixel_of_a_small_image_matters() -> None:
    image = noise((7, 9))
    seen = {fingerprint(image, "yx")}
    for place in np.ndindex(image.shape):
        other = image.copy()
        other[place] += 1
        seen.add(fingerprint(other, "yx"))
    assert len(seen) == 1 + image.size


@settings(derandomize=True, deadline=None, max_examples=50)
@given(hnp.arrays(st.sampled_from(["u1", "i8", "f4", "?"]), hnp.array_shapes(min_dims=2, max_dims=5, max_side=4)))
def test_any_small_image_in_either_byte_order(image: np.ndarray) -> None:
    axes = "tzyxc"[: image.ndim]
    assert fingerprint(image, axes) == fingerprint(image.astype(image.dtype.newbyteorder(">")), axes)


def test_large_images_are_sampled() -> None:
    class Counting:
        shape, dtype, read = (40, 5000, 6000), np.dtype("u1"), 0

        def __getitem__(self, key: tuple[slice, ...]) -> np.ndarray:
            tile = np.zeros([len(range(*part.indices(n))) for part, n in zip(key, self.shape, strict=True)], "u1")
            self.read += tile.size
            self.places.append(tuple(part.start for part in key))
            return tile

        places: list[tuple[int, ...]] = []  # noqa: RUF012

    image = Counting()
    fingerprint(image, "zyx")
    assert np.prod(image.shape) > WHOLE_BYTES
    assert image.read == 64 * 64 * 64
    assert image.places == sorted(set(image.places))
    spread = np.array(image.places) / (40 - 1, 5000 - 64, 6000 - 64)
    for axis in range(3):  # no gap along any axis is longer than a tenth of it
        assert np.diff(np.sort(spread[:, axis]), prepend=0, append=1).max() < 0.1


def test_text_says_what_differs() -> None:
    assert fingerprint(np.zeros((3, 4), ">f4"), "yx").startswith("yx 3x4 float32 ")
