"""OME-Zarr images of versions 0.4 and 0.5, with what they say of themselves, and plain zarr arrays."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass.errors import FileError
from napari_objclass.io.damage import reading
from napari_objclass.io.formats import is_zarr
from napari_objclass.io.image import Image, LazyArray
from napari_objclass.io.ome_zarr_pyramid import SYMBOLS, write

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import zarr
    from numpy.typing import NDArray
    from ome_zarr_models.v05.multiscales import Dataset, Multiscale

__all__ = ["ZarrArray", "datasets", "is_only_an_image", "levels", "read", "write"]

_FORMATS = {"0.4": "v04", "0.5": "v05"}
_METADATA = {"zarr.json", ".zgroup", ".zattrs", ".zmetadata"}
_LETTERS = {"time": "t", "channel": "c"}
#: Offsets of whole pixels are products of decimal numbers.
_ROUNDING = 1e-3


class ZarrArray(LazyArray):
    """An array in a zarr folder: only the chunks that a slice touches are read."""

    def __init__(self, path: Path, inner: str, array: zarr.Array[Any]) -> None:
        super().__init__(array.shape, array.dtype)
        self.chunks = array.chunks
        self.path = path
        self.inner = inner

    def __getitem__(self, key: Any) -> NDArray[Any]:
        with reading(_named(self.path, self.inner)):
            return np.asarray(_node(self.path, self.inner)[key])


def read(path: Path, inner: str) -> Image:
    """Find the array that ``inner`` leads to, of an image the finest, and what the image says of it."""
    if not path.is_dir():
        raise FileError(f"{path} is a file, and zarr images are folders; unpack it")
    inner, array, note = _find(path, inner)
    names = getattr(array.metadata, "dimension_names", None) or ()
    letters = "".join(filter(None, names))
    plain = Image(
        data=ZarrArray(path, inner, array),
        axes=letters if len(letters) == array.ndim and set(letters) <= set("tczyx") else "",
        path=path,
        inner=inner,
        note=note,
    )
    try:
        return _described(plain)
    except FileError as error:  # the array was named, so it is opened with or without its metadata
        return replace(plain, note=str(error))


def datasets(path: Path) -> list[str]:
    """Paths of the image and of the label images in a folder.

    Raises
    ------
    FileError
        If it does not hold one image, or its metadata are damaged.
    """
    labels = _ome(_node(path, "labels")).get("labels", ()) if is_zarr(path / "labels") else ()
    return [_find(path, "")[0], *(f"labels/{name}" for name in labels)]


def levels(path: Path, inner: str) -> dict[str, tuple[int, ...]]:
    """Shapes of all levels of the image that the array ``inner`` is a level of, by their paths; {} if it is none."""
    parts = inner.split("/")
    for depth in reversed(range(len(parts))):
        above = "/".join(parts[:depth])
        group = _node(path, above)
        if hasattr(group, "members") and "multiscales" in _ome(group):
            found = [_joined(above, each.path) for each in _multiscale(group, _named(path, above)).datasets]
            return {each: _node(path, each).shape for each in found} if inner in found else {}
    return {}


def is_only_an_image(folder: Path) -> bool:
    """Whether a folder is an OME-Zarr image and nothing else: no label images in it, no plate, no other files."""
    if not is_zarr(folder):
        return False
    try:
        datasets = _ome(_node(folder, ""))["multiscales"][0]["datasets"]
        known = {each["path"].strip("/").partition("/")[0] for each in datasets}
    except (AttributeError, KeyError, IndexError, TypeError, ValueError, FileError):
        return False
    return {each.name for each in folder.iterdir()} <= known | _METADATA


def _find(path: Path, inner: str) -> tuple[str, zarr.Array[Any], str]:
    """Follow a path to an array: its own path, the array, and a note if there was a choice."""
    node, name = _node(path, inner), _named(path, inner)
    if not hasattr(node, "members"):
        return inner, node, ""
    ome = _ome(node)
    if "plate" in ome:
        well = next((each["path"] for each in ome["plate"].get("wells", ())), "A/1")
        raise FileError(f"{name} is a plate; name the image of one field, such as {name}/{well}/0")
    if "well" in ome:
        field = next((each["path"] for each in ome["well"].get("images", ())), "0")
        raise FileError(f"{name} is a well of a plate; name the image of one field, such as {name}/{field}")
    if "multiscales" in ome:
        n_images = len(ome["multiscales"])
        note = f"the first of {n_images} images in {name} was taken" if n_images > 1 else ""
        inner = _joined(inner, _multiscale(node, name).datasets[0].path)
        return inner, _node(path, inner), note
    if "bioformats2raw.layout" in ome:
        note = f"the first image in {name} was taken" if is_zarr(path / inner / "1") else ""
        return *_find(path, _joined(inner, "0"))[:2], note
    inside = [*map(str, ome.get("labels", ()))] or [key for key, each in node.members() if not hasattr(each, "members")]
    if len(inside) == 1:
        return _find(path, _joined(inner, inside[0]))
    if not inside:
        raise FileError(f"{name} holds no image; name one inside it, if there is one further down")
    raise FileError(f"{name} holds several images; append one of them to the path: {_list(inside)}")


def _described(image: Image) -> Image:
    """Add what the OME-Zarr image says whose level an array is, if there is one."""
    parts = image.inner.split("/")
    for depth in reversed(range(len(parts))):
        group = _node(image.path, "/".join(parts[:depth]))
        ome = _ome(group)
        if hasattr(group, "members") and "multiscales" in ome:
            multiscale = _multiscale(group, _named(image.path, "/".join(parts[:depth])))
            for dataset in multiscale.datasets:
                if dataset.path.strip("/") == "/".join(parts[depth:]):
                    return _with_metadata(image, ome, multiscale, dataset)
    return image


def _with_metadata(image: Image, ome: dict[str, Any], multiscale: Multiscale, dataset: Dataset) -> Image:
    axes = "".join(_letter(axis.name, axis.type) for axis in multiscale.axes)
    space = [number for number, letter in enumerate(axes) if letter in "zyx"]
    scale, shift = _transform(multiscale, dataset)
    spacing, unit, of_sizes = _sizes(scale[space], {multiscale.axes[number].unit for number in space})
    offset, of_place = (None, "") if shift is None else _place(shift[space], scale[space])
    return replace(
        image,
        axes=axes,
        spacing=spacing,
        units=unit,
        offset=offset,
        channel_names=_channel_names(ome, axes, image.data.shape),
        colors=_colors(ome),
        note="; ".join(filter(None, (image.note, of_sizes, of_place))),
    )


def _sizes(scale: NDArray[Any], units: set[Any]) -> tuple[tuple[float, ...] | None, str | None, str]:
    """Pixel sizes, their unit, and a note if they were left out; 1 without a unit is what is written for unknown."""
    if len(units) > 1:
        return None, None, "pixel sizes were left out, because the units of the axes differ"
    (unit,) = units
    if not (scale > 0).all() or (unit is None and (scale == 1).all()):
        return None, None, ""
    return tuple(scale.tolist()), None if unit is None else SYMBOLS.get(str(unit), str(unit)), ""


def _place(shift: NDArray[Any], scale: NDArray[Any]) -> tuple[tuple[int, ...] | None, str]:
    """Offset in pixels, and a note if it was left out."""
    pixels = np.divide(shift, scale, out=np.full(len(scale), np.nan), where=scale > 0)
    if (np.abs(pixels - np.rint(pixels)) < _ROUNDING).all():
        return tuple(int(each) for each in np.rint(pixels)), ""
    return None, "its translation was left out, because it is no whole number of pixels"


def _letter(name: str | None, kind: str | None) -> str:
    letter = (name or "").lower()
    return letter if letter in set("tczyx") else _LETTERS.get(kind or "", letter or "?")


def _transform(multiscale: Multiscale, dataset: Dataset) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Size of a pixel, 1 if unknown, and position of the first, None if unknown; an entry per axis."""
    scale, shift = np.ones(multiscale.ndim), None
    for transforms in (dataset.coordinateTransformations, multiscale.coordinateTransformations or ()):
        for each in transforms:
            values = getattr(each, each.type, None)
            if not isinstance(values, list | tuple):
                return np.ones(multiscale.ndim), None  # it is in an array of its own
            if each.type == "scale":
                scale, shift = scale * values, None if shift is None else shift * values
            else:
                shift = np.add(np.zeros(multiscale.ndim) if shift is None else shift, values)
    return scale, shift


def _channel_names(ome: dict[str, Any], axes: str, shape: Iterable[int]) -> tuple[str, ...] | None:
    omero = ome.get("omero")
    channels = omero.get("channels", ()) if isinstance(omero, dict) else ()
    names = tuple(str(each["label"]) for each in channels if isinstance(each, dict) and each.get("label"))
    return names if names and len(names) == dict(zip(axes, shape, strict=False)).get("c") else None


def _colors(ome: dict[str, Any]) -> dict[int, str] | None:
    label = ome.get("image-label")
    if not isinstance(label, dict):
        return None
    rgba = {each.get("label-value"): each.get("rgba") for each in label.get("colors") or ()}
    return {int(value): "#{:02x}{:02x}{:02x}".format(*color[:3]) for value, color in rgba.items() if color}


def _multiscale(group: zarr.Group, name: str) -> Multiscale:
    from pydantic import ValidationError

    entry = _ome(group)["multiscales"][0]
    told = _ome(group).get("version") or entry.get("version") or ("0.5" if "ome" in group.attrs else "0.4")
    hint = f"name one of its arrays, such as {name}/0"
    if told not in _FORMATS:
        raise FileError(f"{name} is OME-Zarr of version {told}, and {' and '.join(_FORMATS)} are known; {hint}")
    models = importlib.import_module(f"ome_zarr_models.{_FORMATS[told]}.multiscales")
    try:
        multiscale: Multiscale = models.Multiscale.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(each) for each in first["loc"])
        reason = f"{place}: {first['msg']}".splitlines()[0]
        raise FileError(f"the OME-Zarr metadata of {name} are damaged ({reason}); {hint}") from error
    return multiscale


def _ome(group: Any) -> dict[str, Any]:
    """What a group says in the vocabulary of OME-Zarr."""
    attributes = dict(group.attrs)
    found: dict[str, Any] = attributes.get("ome", attributes)
    return found


def _node(path: Path, inner: str) -> Any:
    """Group or array inside a zarr folder."""
    import zarr

    try:
        return zarr.open(path, path=inner, mode="r")
    except FileNotFoundError as error:
        there = sorted(each.name for each in path.iterdir() if is_zarr(each))
        hint = f"it has {_list(there)}" if there else "check the name"
        raise FileError(f"{path} has no image {inner!r}; {hint}") from error


def _list(names: list[str]) -> str:
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def _joined(inner: str, name: str) -> str:
    return f"{inner}/{name.strip('/')}".strip("/")


def _named(path: Path, inner: str) -> str:
    return f"{path}/{inner}" if inner else str(path)
