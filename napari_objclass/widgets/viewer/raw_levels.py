"""Raw as a layer shows it: the levels that its file has, and limits of contrast; for another thread than the GUI's."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_objclass.axes import RAW
from napari_objclass.io.arranged import arranged
from napari_objclass.io.ome_zarr import ZarrArray, levels
from napari_objclass.io.readers import open_image
from napari_objclass.workflow.chain import LANES_HELD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_objclass.io.image import LazyArray
    from napari_objclass.workflow.input_data import Images
    from napari_objclass.workflow.lane import Pixels

    Array = NDArray[Any] | LazyArray

#: A level of at most so many pixels is shown in 3D, and looked at for its contrast.
SMALL = 1 << 24


class RawLevels(NamedTuple):
    """Raw as it is shown.

    Attributes
    ----------
    data
        ``tzyxc``, from the finest to the coarsest.
    limits
        Values that are black and white.
    """

    data: list[Array]
    limits: tuple[float, float]


@lru_cache(maxsize=LANES_HELD)
def of(images: Images) -> RawLevels | None:
    """Levels of raw; None without raw.

    A volume that is too large for 3D, and has no small level, ends with one of a single pixel: nothing to be seen.
    """
    raw = images.raw
    if raw is None or images.raw_pixels is None:
        return None
    if not images.is_large:
        return RawLevels([raw], _contrast(raw))
    found = [raw, *_coarser(images.raw_pixels)]
    limits = _contrast(found[-1] if found[-1].size <= SMALL else _planes(raw))
    if raw.shape[1] > 1 and found[-1].size > SMALL:
        found.append(np.zeros((raw.shape[0], 1, 1, 1, raw.shape[-1]), raw.dtype))
    return RawLevels(found, limits)


def _coarser(pixels: Pixels) -> list[Array]:
    """The coarser levels of a pyramid."""
    data = pixels.data
    if not isinstance(data, ZarrArray):
        return []
    sizes = levels(data.path, data.inner)
    own = sizes.get(data.inner, ())
    coarser = [inner for inner, shape in sizes.items() if shape != own and not np.greater(shape, own).any()]
    coarser.sort(key=lambda inner: sizes[inner], reverse=True)
    return [arranged(open_image(f"{data.path}/{inner}", axes=pixels.axes).data, pixels.axes, RAW) for inner in coarser]


def _planes(raw: Array) -> NDArray[Any]:
    """The middle of some planes."""
    t, z, *lengths, _ = raw.shape
    rows, columns = (slice(max(0, each // 2 - 256), each // 2 + 256) for each in lengths)
    places = sorted({z // 4, z // 2, 3 * z // 4})
    return np.concatenate([raw[t // 2 : t // 2 + 1, at : at + 1, rows, columns] for at in places], axis=1)


def _contrast(raw: Array) -> tuple[float, float]:
    """Limits that leave out the darkest and brightest thousandth of some pixels."""
    some = np.asarray(raw[tuple(slice(None, None, max(1, length // 64)) for length in raw.shape[:-1])])
    some = some[np.isfinite(some)].astype(np.float64)
    low, high = (float(each) for each in np.percentile(some, [0.1, 99.9])) if len(some) else (0.0, 1.0)
    return (low, high) if low < high else (low, low + 1)
