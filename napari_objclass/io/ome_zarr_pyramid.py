"""Writing an image as OME-Zarr 0.5, at once or part by part: itself, and if wanted smaller and smaller copies."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_objclass.io.image import Picture, spatial

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

#: Symbols of the units that OME-Zarr spells out.
SYMBOLS = {
    "angstrom": "Å",
    "nanometer": "nm",
    "micrometer": "µm",
    "millimeter": "mm",
    "centimeter": "cm",
    "meter": "m",
}
#: Images of at most this many pixels along y and x are not halved.
SMALLEST = 256
#: Stacks of at most this many planes keep them all.
FEW_PLANES = 64

_NAMES = {symbol: name for name, symbol in SYMBOLS.items()} | {"μm": "micrometer", "um": "micrometer"}
_TYPES = {"t": "time", "c": "channel"}
_ORDER = "tczyx"
_DESCRIBED = "zarr.json"


class Level(NamedTuple):
    """Pixels, and how many of the full image each of them stands for along each axis."""

    pixels: NDArray[Any]
    factors: tuple[int, ...]


def write(path: Path, picture: Picture, inner: str, *, compressed: bool, multiscale: bool = True) -> None:
    """Write a folder with the image, axes in the order tczyx, and unless ``multiscale`` is False its halved copies.

    Label images and other integers are halved by leaving out pixels, so that ids stay ids; the rest by averaging.
    Labels say that they are, and have their colours with them.
    """
    picture = _in_order(picture)
    levels = list(_levels(picture, averaged=_averaged(picture))) if multiscale else [_full(picture)]
    _begin(path, picture, levels, compressed=compressed)
    for number, level in enumerate(levels):
        write_part(path, number, (0,) * level.pixels.ndim, level.pixels)


def begin(path: Path, outline: Picture, *, compressed: bool, multiscale: bool = True) -> list[Step]:
    """Write what :func:`write` says of an image, and no pixels of it yet; :func:`write_part` adds them.

    Parameters
    ----------
    path
        The folder; what is there of an image of the same outline stays.
    outline
        The image with the axes as they will be in the file; of its pixels, only number and type count.
    compressed, multiscale
        As for :func:`write`.

    Returns
    -------
    list of Step
        The full image, and from each level to the next smaller one.
    """
    blank = replace(outline, data=np.broadcast_to(np.zeros((), outline.data.dtype), outline.data.shape))
    blank = _in_order(blank)
    levels = list(_levels(blank, averaged=False)) if multiscale else [_full(blank)]
    _begin(path, blank, levels, compressed=compressed)
    return [
        Step(
            number,
            blank.axes,
            level.pixels.shape,
            _chunks(blank.axes, level.pixels.shape, levels[0].pixels.shape),
            tuple(b // a for a, b in zip(levels[max(0, number - 1)].factors, level.factors, strict=True)),
            averaged=_averaged(blank),
        )
        for number, level in enumerate(levels)
    ]


class Step(NamedTuple):
    """A level that is to be filled with pixels.

    Attributes
    ----------
    level, axes
        Its number, 0 for the full image, and the letters of its axes.
    shape, chunks
        Its lengths, and those of the parts in which it is stored; parts that are written at a time are whole chunks.
    factors
        By how much it is smaller than the level before it: 1 or 2 along each axis.
    averaged
        Whether pixels are means of those of the level before it; otherwise they are some of them.
    """

    level: int
    axes: str
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    factors: tuple[int, ...]
    averaged: bool

    def halve(self, path: Path, start: Sequence[int], stop: Sequence[int]) -> None:
        """Fill the box from ``start`` to ``stop`` from the level before, which has to be complete there."""
        import zarr

        before = zarr.open_array(path / str(self.level - 1), mode="r")
        sides = zip(start, stop, self.factors, strict=True)
        pixels = np.asarray(before[tuple(slice(low * factor, high * factor) for low, high, factor in sides)])
        for axis, factor in enumerate(self.factors):
            if factor > 1:
                pixels = _halved(pixels, axis, averaged=self.averaged)
        write_part(path, self.level, start, pixels)


def write_part(path: Path, level: int, start: Sequence[int], pixels: NDArray[Any]) -> None:
    """Write pixels into a level of an image that was begun: whole chunks, the first pixel at ``start``.

    Any number of processes may write, each chunks of its own.
    """
    import zarr
    from zarr.core.buffer import default_buffer_prototype
    from zarr.storage import MemoryStore

    described = (path / str(level) / _DESCRIBED).read_bytes()
    # Were zarr to write to disk itself, it would go on in the background after a full disk or an interrupt.
    composed: dict[str, Any] = {_DESCRIBED: default_buffer_prototype().buffer.from_bytes(described)}
    array = zarr.open_array(MemoryStore(composed), mode="r+")
    array[tuple(slice(low, low + length) for low, length in zip(start, pixels.shape, strict=True))] = pixels
    composed.pop(_DESCRIBED)
    _store(path / str(level), composed)


def _begin(path: Path, picture: Picture, levels: list[Level], *, compressed: bool) -> None:
    import zarr
    from zarr.storage import MemoryStore

    composed: dict[str, Any] = {}
    group = zarr.create_group(MemoryStore(composed), zarr_format=3, attributes={"ome": _metadata(picture, levels)})
    for number, level in enumerate(levels):
        group.create_array(
            str(number),
            shape=level.pixels.shape,
            dtype=level.pixels.dtype,
            chunks=_chunks(picture.axes, level.pixels.shape, levels[0].pixels.shape),
            compressors="auto" if compressed else None,
            dimension_names=list(picture.axes),
        )
    _store(path, composed)


def _store(folder: Path, composed: dict[str, Any]) -> None:
    for name, content in composed.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content.to_bytes())


def _chunks(axes: str, shape: tuple[int, ...], full: tuple[int, ...]) -> tuple[int, ...]:
    """Cubes of a volume, squares of an image."""
    edge = 64 if dict(zip(axes, full, strict=True)).get("z", 1) > 1 else 256
    return tuple(min(edge, length) if letter in "zyx" else 1 for letter, length in zip(axes, shape, strict=True))


def _in_order(picture: Picture) -> Picture:
    """The same image with the axes as OME-Zarr demands them."""
    axes = "".join(letter for letter in _ORDER if letter in picture.axes)
    places = [spatial(picture.axes).index(letter) for letter in spatial(axes)]
    data = np.asarray(picture.data).transpose([picture.axes.index(letter) for letter in axes])
    return replace(
        picture,
        data=data.astype(np.uint8) if data.dtype == np.bool_ else data,
        axes=axes,
        spacing=None if picture.spacing is None else tuple(picture.spacing[place] for place in places),
        offset=None if picture.offset is None else tuple(picture.offset[place] for place in places),
    )


def _full(picture: Picture) -> Level:
    return Level(_native(picture.data), (1,) * len(picture.axes))


def _averaged(picture: Picture) -> bool:
    """Whether smaller copies are made by averaging: not those of labels."""
    return picture.colors is None and picture.data.dtype.kind == "f"


def _levels(picture: Picture, *, averaged: bool) -> Iterator[Level]:
    yield (level := _full(picture))
    pixels, factors = level.pixels, list(level.factors)
    most = [{"z": FEW_PLANES, "y": 1, "x": 1}.get(letter, math.inf) for letter in picture.axes]
    while any(pixels.shape[picture.axes.index(letter)] > SMALLEST for letter in "yx"):
        for axis in range(pixels.ndim):
            if pixels.shape[axis] > most[axis]:
                pixels = _halved(pixels, axis, averaged=averaged)
                factors[axis] *= 2
        yield Level(pixels, tuple(factors))


def _halved(array: NDArray[Any], axis: int, *, averaged: bool) -> NDArray[Any]:
    """Every other pixel along an axis, or the means of pairs; a last one without a partner stays."""
    pixels = np.moveaxis(array, axis, 0)
    even, odd = pixels[::2], pixels[1::2]
    if averaged:
        even = even.copy()
        even[: len(odd)] += (odd - even[: len(odd)]) / 2
    return np.moveaxis(even, 0, axis)


def _native(data: Any) -> NDArray[Any]:
    array = np.asarray(data)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _metadata(picture: Picture, levels: list[Level]) -> dict[str, Any]:
    from ome_zarr_models.v05.axes import Axis
    from ome_zarr_models.v05.multiscales import Dataset, Multiscale

    unit = {} if picture.units is None else {"unit": _NAMES.get(picture.units, picture.units)}
    multiscale = Multiscale(
        axes=[
            Axis.model_validate(
                {"name": letter, "type": _TYPES.get(letter, "space")} | (unit if letter in "zyx" else {})
            )
            for letter in picture.axes
        ],
        datasets=tuple(
            Dataset.build(path=str(number), **_transform(picture, level.factors)) for number, level in enumerate(levels)
        ),
    )
    ome: dict[str, Any] = {"version": "0.5", "multiscales": [multiscale.model_dump(exclude_none=True)]}
    if picture.colors is not None:
        ome["image-label"] = _image_label(picture.colors)
    if picture.channel_names is not None:
        ome["omero"] = _omero(picture.channel_names, levels[0].pixels.dtype, picture.drange)
    return ome


def _transform(picture: Picture, factors: tuple[int, ...]) -> dict[str, list[float]]:
    """Size of a pixel, and where the middle of the first is: in the middle of the pixels that it stands for."""
    sizes = dict(zip(spatial(picture.axes), picture.spacing or (), strict=False))
    first = dict(zip(spatial(picture.axes), picture.offset or (), strict=False))
    scale, translation = [], []
    for letter, factor in zip(picture.axes, factors, strict=True):
        size = sizes.get(letter, 1.0)
        scale.append(float(size * factor))
        translation.append(float((first.get(letter, 0) + (factor - 1) / 2) * size))
    return {"scale": scale, "translation": translation}


def _image_label(colors: Any) -> dict[str, Any]:
    if not colors:
        return {}
    rgba = {value: [*bytes.fromhex(color.lstrip("#")[:6]), 255] for value, color in colors.items()}
    return {"colors": [{"label-value": int(value), "rgba": color} for value, color in sorted(rgba.items())]}


def _omero(names: tuple[str, ...], dtype: np.dtype[Any], drange: tuple[float, float] | None) -> dict[str, Any]:
    """Names of the channels; colour and contrast, which viewers insist on, are grey and the whole range."""
    if drange is None:
        drange = (0.0, 1.0) if dtype.kind == "f" else (float(np.iinfo(dtype).min), float(np.iinfo(dtype).max))
    window = {"min": drange[0], "max": drange[1], "start": drange[0], "end": drange[1]}
    return {"channels": [{"label": name, "color": "FFFFFF", "window": window, "active": True} for name in names]}
