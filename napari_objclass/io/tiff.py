"""TIFF: OME-TIFF, ImageJ hyperstacks and plain stacks."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_OID, uuid5
from xml.etree import ElementTree

import numpy as np

from napari_objclass.errors import AxesError, DtypeError
from napari_objclass.io.fingerprint import fingerprint
from napari_objclass.io.image import Image, LazyArray, Picture, spatial
from napari_objclass.io.tiff_pages import TiffPages

if TYPE_CHECKING:
    from pathlib import Path

    import tifffile
    from numpy.typing import NDArray

#: More bytes of pixels than this go into a BigTIFF; the rest of what a classic one can hold is for its tables.
LARGEST_CLASSIC = 2**32 - 2**25

#: A page of at most this many bytes that has no tiles is read at once.
_AT_ONCE = 2**26

_MICROMETRES = {
    "pm": 1e-6, "Å": 1e-4, "nm": 1e-3, "µm": 1.0, "mm": 1e3, "cm": 1e4, "in": 25400.0, "dm": 1e5, "m": 1e6, "km": 1e9,
}  # fmt: skip
_ABBREVIATIONS = {
    "μm": "µm", "um": "µm", "micron": "µm", "microns": "µm", "\\u00B5m": "µm", "inch": "in",
    "angstrom": "Å", "nanometer": "nm", "micrometer": "µm", "millimeter": "mm", "centimeter": "cm", "meter": "m",
}  # fmt: skip
_NO_UNIT = "reference frame"  # OME's name for lengths that have a ratio and nothing else
_OME_ORDER = "tczyx"

# What is wrong with a file is said in one sentence, by an error; tifffile says it on stderr as well.
logging.getLogger("tifffile").addHandler(logging.NullHandler())


def read(path: Path, inner: str) -> Image:
    """Read the first series: mapped into memory if it is stored as one block, page by page otherwise."""
    import tifffile

    with tifffile.TiffFile(path) as file:
        series = file.series[0]
        if series.dtype is None or series.dtype.kind not in "biuf":
            raise DtypeError(f"{path} holds {series.dtype} values; an image has integer or float pixels")
        axes = _axes(series.axes, path)
        spacing, units = _ome_spacing(file, axes) if file.is_ome else _imagej_spacing(file, axes)
        return Image(
            data=_data(path, series),
            axes=axes,
            path=path,
            spacing=spacing,
            units=units,
            channel_names=_channel_names(file, series, axes),
            offset=_offset(file, axes),
            note=f"the first of {len(file.series)} images in the file was taken" if len(file.series) > 1 else "",
        )


def write(path: Path, picture: Picture, inner: str, *, compressed: bool) -> None:
    """Write a compressed OME-TIFF; its axes are in the order tczyx, and those of length 1 are not read back.

    64-bit integers, which OME-TIFF lacks, are stored in 32 bits if the values allow it, else refused. The offset is
    the position of every plane, in pixels: positions in a unit are those of a stage.
    """
    import tifffile

    order = "".join(letter for letter in _OME_ORDER if letter in picture.axes)
    data = _storable(np.asarray(picture.data)).transpose([picture.axes.index(letter) for letter in order])
    leading = data.shape[:-2]
    # The identity that OME wants is made of the content, so that the same image gives the same file.
    identity = str(uuid5(NAMESPACE_OID, fingerprint(data, order)))
    tifffile.imwrite(
        path,
        (np.ascontiguousarray(data[place]) for place in np.ndindex(leading)),  # not a copy of the whole
        shape=data.shape,
        dtype=data.dtype,
        bigtiff=data.nbytes > LARGEST_CLASSIC,
        ome=True,
        photometric="minisblack",
        compression="zlib",
        metadata={"axes": order.upper(), "UUID": identity} | _ome_metadata(picture, math.prod(leading)),
        **_resolution(picture),
    )


def _ome_metadata(picture: Picture, n_planes: int) -> dict[str, Any]:
    """Size of a pixel, names of channels, and position of all planes."""
    metadata: dict[str, Any] = {}
    letters = spatial(picture.axes).upper()
    unit = _ABBREVIATIONS.get(picture.units or "", picture.units)
    for letter, size in zip(letters, picture.spacing or (), strict=False):
        metadata[f"PhysicalSize{letter}"] = size
        metadata[f"PhysicalSize{letter}Unit"] = unit if unit in _MICROMETRES else _NO_UNIT
    if picture.channel_names:
        metadata["Channel"] = {"Name": list(picture.channel_names)}
    if picture.offset is not None and any(picture.offset):
        starts = dict(zip(letters, picture.offset, strict=True))
        metadata["Plane"] = {f"Position{letter}": [start] * n_planes for letter, start in starts.items()}
        metadata["Plane"] |= {f"Position{letter}Unit": ["pixel"] * n_planes for letter in starts}
    return metadata


def _resolution(picture: Picture) -> dict[str, Any]:
    """Pixels per centimetre in x and y: what programs look at that do not read OME's metadata."""
    sizes = dict(zip(spatial(picture.axes), picture.spacing or (), strict=False))
    scale = _micrometres(picture.units or "")
    if not sizes or not scale:
        return {}
    per_centimetre = tuple(1e4 / (sizes[letter] * scale) for letter in "xy")
    fits = all(1e-6 < each < 2**31 for each in per_centimetre)  # it is a fraction of 32-bit integers
    return {"resolution": per_centimetre, "resolutionunit": "CENTIMETER"} if fits else {}


def _data(path: Path, series: tifffile.TiffPageSeries) -> NDArray[Any] | LazyArray:
    import tifffile

    if series.dataoffset is not None and series.keyframe.is_memmappable:
        return tifffile.memmap(path, series=0, mode="r")
    n_pages, page_shape = len(series.pages), series.keyframe.shape
    leading = series.shape[: len(series.shape) - len(page_shape)]
    is_large = n_pages > 1 or series.keyframe.is_tiled or series.nbytes > _AT_ONCE
    if is_large and series.shape == (*leading, *page_shape) and math.prod(leading) == n_pages:
        return TiffPages(path, series)
    return series.asarray()


def _axes(stored: str, path: Path) -> str:
    """Our letters for tifffile's: samples are channels, unnamed axes are z, t, c counted from the last."""
    letters = stored.lower()
    if "s" in letters:
        if "c" in letters:
            raise AxesError(f"{path} has both channels and colour samples (axes {stored}); save it with one of them")
        letters = letters.replace("s", "c")
    free = iter(letter for letter in "ztc" if letter not in letters)
    named = [letter if letter in "tczyx" else next(free, letter) for letter in reversed(letters)]
    return "".join(reversed(named))


def _ome_pixels(file: tifffile.TiffFile) -> ElementTree.Element | None:
    root = ElementTree.fromstring(file.ome_metadata or "<OME/>")
    return next((node for node in root.iter() if node.tag.endswith("Pixels")), None)


def _ome_spacing(file: tifffile.TiffFile, axes: str) -> tuple[tuple[float, ...] | None, str | None]:
    """Size of a pixel in µm; without unit where the file has none."""
    pixels = _ome_pixels(file)
    if pixels is None:
        return None, None
    names = [f"PhysicalSize{letter.upper()}" for letter in spatial(axes)]
    units = [pixels.get(f"{name}Unit", "µm") for name in names]
    bare = set(units) == {_NO_UNIT}
    scales = [1.0 if bare else _micrometres(unit) for unit in units]
    sizes = tuple(float(pixels.get(name, 0)) * scale for name, scale in zip(names, scales, strict=True))
    return (sizes, None if bare else "µm") if all(sizes) else (None, None)


def _micrometres(unit: str) -> float:
    """Length of a unit; 0 if it is unknown."""
    return _MICROMETRES.get(_ABBREVIATIONS.get(unit, unit), 0.0)


def _offset(file: tifffile.TiffFile, axes: str) -> tuple[int, ...] | None:
    """Position of the first plane if it is in pixels, as we write it."""
    pixels = _ome_pixels(file) if file.is_ome else None
    plane = None if pixels is None else next((node for node in pixels if node.tag.endswith("}Plane")), None)
    if plane is None or any(plane.get(f"Position{letter}Unit") != "pixel" for letter in spatial(axes).upper()):
        return None
    return tuple(round(float(plane.get(f"Position{letter}", 0))) for letter in spatial(axes).upper())


def _imagej_spacing(file: tifffile.TiffFile, axes: str) -> tuple[tuple[float, ...] | None, str | None]:
    """ImageJ's calibration in µm; the resolution of other files is about printing and says nothing."""
    metadata = file.imagej_metadata
    scale = _micrometres(str((metadata or {}).get("unit", "")))
    if metadata is None or not scale:
        return None, None
    tags = file.pages.first.tags
    sizes = {"z": float(metadata.get("spacing", 0)) * scale}
    for letter in "yx":
        pixels, length = tags.valueof(f"{letter.upper()}Resolution", (0, 1))
        sizes[letter] = length / pixels * scale if pixels else 0.0
    spacing = tuple(sizes[letter] for letter in spatial(axes))
    return (spacing, "µm") if all(spacing) else (None, None)


def _channel_names(file: tifffile.TiffFile, series: tifffile.TiffPageSeries, axes: str) -> tuple[str, ...] | None:
    if "c" not in axes:
        return None
    n_channels = series.shape[axes.index("c")]
    names: list[str | None] = []
    if file.is_ome and (pixels := _ome_pixels(file)) is not None:
        names = [node.get("Name") for node in pixels if node.tag.endswith("Channel")]
    elif file.imagej_metadata and axes == "cyx":  # ImageJ names pages, which are channels in this case only
        names = list(file.imagej_metadata.get("Labels", []))
    named = tuple(name for name in names if name)
    return named if len(named) == n_channels else None


def _storable(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype == np.bool_:
        return array.astype(np.uint8)
    if array.dtype == np.float16:
        return array.astype(np.float32)
    if array.dtype.kind not in "iu" or array.dtype.itemsize < 8:
        return array.astype(array.dtype.newbyteorder("="), copy=False)
    narrow = np.dtype(f"{array.dtype.kind}4")
    limits = np.iinfo(narrow)
    if array.size and (array.min() < limits.min or array.max() > limits.max):
        raise DtypeError(
            f"TIFF readers know integers of up to 32 bit and this image has values up to {array.max()}; "
            "write it as .h5 or .npy"
        )
    return array.astype(narrow)
