"""Writing an image as OME-Zarr 0.5: the image itself, and if wanted smaller and smaller ones for viewers."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_objclass.io.image import Picture, spatial

if TYPE_CHECKING:
    from collections.abc import Iterator
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


class Level(NamedTuple):
    """Pixels, and how many of the full image each of them stands for along each axis."""

    pixels: NDArray[Any]
    factors: tuple[int, ...]


def write(path: Path, picture: Picture, inner: str, *, compressed: bool, multiscale: bool = True) -> None:
    """Write a folder with the image, axes in the order tczyx, and unless ``multiscale`` is False its halved copies.

    Label images and other integers are halved by leaving out pixels, so that ids stay ids; the rest by averaging.
    Labels say that they are, and have their colours with them.
    """
    import zarr
    from zarr.storage import MemoryStore

    picture = _in_order(picture)
    levels = list(_levels(picture)) if multiscale else [Level(_native(picture.data), (1,) * len(picture.axes))]
    # Were zarr to write to disk itself, it would go on in the background after a full disk or an interrupt.
    composed: dict[str, Any] = {}
    group = zarr.create_group(MemoryStore(composed), zarr_format=3, attributes={"ome": _metadata(picture, levels)})
    is_volume = dict(zip(picture.axes, levels[0].pixels.shape, strict=True)).get("z", 1) > 1
    edge = 64 if is_volume else 256
    for number, level in enumerate(levels):
        array = group.create_array(
            str(number),
            shape=level.pixels.shape,
            dtype=level.pixels.dtype,
            chunks=tuple(
                min(edge, length) if letter in "zyx" else 1
                for letter, length in zip(picture.axes, level.pixels.shape, strict=True)
            ),
            compressors="auto" if compressed else None,
            dimension_names=list(picture.axes),
        )
        array[...] = level.pixels
    for name, content in composed.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content.to_bytes())


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


def _levels(picture: Picture) -> Iterator[Level]:
    pixels, factors = _native(picture.data), [1] * len(picture.axes)
    averaged = picture.colors is None and pixels.dtype.kind == "f"
    most = [{"z": FEW_PLANES, "y": 1, "x": 1}.get(letter, math.inf) for letter in picture.axes]
    yield Level(pixels, tuple(factors))
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
