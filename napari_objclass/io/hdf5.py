"""HDF5: datasets with ilastik's attributes, such as ``axistags``; offset, names and colours in ones of ours."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass.errors import FileError
from napari_objclass.io.damage import reading
from napari_objclass.io.disk_file import disk_file
from napari_objclass.io.image import Image, LazyArray, Picture, slabs, spatial

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import h5py
    from numpy.typing import NDArray

    from napari_objclass.io.disk_file import DiskFile

DEFAULT_INNER = "exported_data"

#: Shorter pieces of rows cost more time than their pixels.
_PIECE = 256

_TYPE_FLAGS = {"c": 1, "z": 2, "y": 2, "x": 2, "t": 8}  # VIGRA's AxisType: channels, space, time


class Hdf5Array(LazyArray):
    """A dataset of an HDF5 file."""

    def __init__(self, path: Path, inner: str, dataset: h5py.Dataset) -> None:
        super().__init__(dataset.shape, dataset.dtype)
        self.chunks = dataset.chunks
        self.path = path
        self.inner = inner

    def __getitem__(self, key: Any) -> NDArray[Any]:
        import h5py

        with reading(f"{self.path}/{self.inner}"), h5py.File(self.path, "r") as file:
            pixels: NDArray[Any] = file[self.inner][key]
            return pixels


def read(path: Path, inner: str) -> Image:
    """Find the dataset ``inner`` (or the only one there is) and read its attributes."""
    import h5py

    with h5py.File(path, "r") as file:
        inner = _find(file, path, inner)
        dataset = file[inner]
        axes, spacing, units = _axistags(dataset)
        return Image(
            data=Hdf5Array(path, inner, dataset),
            axes=axes,
            path=path,
            inner=inner,
            spacing=spacing,
            units=units,
            drange=_drange(dataset),
            channel_names=_channel_names(dataset),
            offset=_offset(dataset),
            colors=_colors(dataset),
        )


def write(path: Path, picture: Picture, inner: str, *, compressed: bool) -> None:
    """Write one dataset with axistags; the unit of the spacing goes into their descriptions.

    ``offset`` (whole pixels along the axes of space) is an attribute of numbers; ``channel_names``, and ``colors`` by
    value, are attributes of JSON.
    """
    data = np.asarray(picture.data)
    # In one piece, an array in another order of memory would be copied.
    parts = [slice(None)] if data.flags.c_contiguous else slabs(data)
    with begin(path, picture, inner, compressed=compressed) as dataset:
        for part in parts:
            dataset.write((part,), data[part])


@contextmanager
def begin(path: Path, outline: Picture, inner: str, *, compressed: bool) -> Iterator[Dataset]:
    """Lend a dataset that is written part by part, by one thread; it has what :func:`write` says of an image.

    Of the pixels of ``outline``, only number and type count.

    Raises
    ------
    OSError
        If the disk is full.
    """
    import h5py

    sizes = dict(zip(spatial(outline.axes), outline.spacing or (), strict=False))
    form: dict[str, Any] = {"chunks": True, "compression": "gzip", "compression_opts": 1, "shuffle": True}
    shape, dtype = outline.data.shape, outline.data.dtype
    with disk_file(path) as composed, h5py.File(composed, "w") as file:
        dataset = file.create_dataset(inner or DEFAULT_INNER, shape, dtype, **form if compressed else {})
        yield Dataset(dataset, composed)
        dataset.attrs["axistags"] = axistags(outline.axes, sizes, outline.units)
        dataset.attrs["display_mode"] = "default"
        for dimension, letter in zip(dataset.dims, outline.axes, strict=True):
            dimension.label = letter
        if outline.drange is not None:
            dataset.attrs["drange"] = outline.drange
        if outline.offset is not None:
            dataset.attrs["offset"] = np.array(outline.offset, np.int64)
        if outline.channel_names:
            dataset.attrs["channel_names"] = json.dumps(outline.channel_names)
        if outline.colors is not None:
            dataset.attrs["colors"] = json.dumps(dict(outline.colors))


class Dataset:
    """Pixels on their way into a file."""

    def __init__(self, dataset: h5py.Dataset, file: DiskFile) -> None:
        self._dataset, self._file = dataset, file

    @property
    def chunks(self) -> tuple[int, ...]:
        """Lengths of the parts in which it is stored; of what is stored as a whole, a piece of a row."""
        chunks: tuple[int, ...] | None = self._dataset.chunks
        return chunks or (*(1,) * (self._dataset.ndim - 1), min(_PIECE, self._dataset.shape[-1]))

    def write(self, place: tuple[slice, ...], pixels: NDArray[Any]) -> None:
        """Write a part; an OSError if the disk is full."""
        self._dataset[place] = pixels
        self._file.check()


def datasets(path: Path) -> list[str]:
    """Paths of all datasets in the file."""
    import h5py

    with h5py.File(path, "r") as file:
        return list(_walk(file))


def axistags(axes: str, sizes: Mapping[str, float], unit: str | None) -> str:
    """What axes are, as VIGRA's JSON; those with a size of pixels have its unit as description."""
    tags = [
        {
            "key": letter,
            "typeFlags": _TYPE_FLAGS[letter],
            "resolution": sizes.get(letter, 0),
            "description": unit or "" if letter in sizes else "",
        }
        for letter in axes
    ]
    return json.dumps({"axes": tags})


def _find(file: h5py.File, path: Path, inner: str) -> str:
    import h5py

    if inner and isinstance(file.get(inner), h5py.Dataset):
        return inner
    found = list(_walk(file))
    if not inner and len(found) == 1:
        return found[0]
    if not found:
        raise FileError(f"{path} holds no dataset")
    shown = ", ".join(found[:12]) + (f" and {len(found) - 12} more" if len(found) > 12 else "")
    if inner:
        raise FileError(f"{path} has no dataset {inner!r}; it has {shown}")
    raise FileError(f"{path} holds several datasets; append one of them to the path: {shown}")


def _walk(group: h5py.Group, prefix: str = "") -> Iterator[str]:
    import h5py

    for name in group:
        link = group.get(name)  # None for a link that leads nowhere
        if isinstance(link, h5py.Dataset):
            yield prefix + name
        elif isinstance(link, h5py.Group):
            yield from _walk(link, f"{prefix}{name}/")


def _axistags(dataset: h5py.Dataset) -> tuple[str, tuple[float, ...] | None, str | None]:
    text = dataset.attrs.get("axistags")
    if text is None:
        return "", None, None
    tags = json.loads(text)["axes"]
    axes = "".join(tag["key"] for tag in tags)
    space = [tag for tag in tags if tag["key"] in "zyx"]
    spacing = tuple(float(tag.get("resolution", 0)) for tag in space)
    if not all(spacing):
        return axes, None, None
    units = {tag.get("description", "") for tag in space}
    return axes, spacing, units.pop() or None if len(units) == 1 else None


def _drange(dataset: h5py.Dataset) -> tuple[float, float] | None:
    value = np.ravel(dataset.attrs.get("drange", ()))
    return (float(value[0]), float(value[1])) if len(value) == 2 else None


def _channel_names(dataset: h5py.Dataset) -> tuple[str, ...] | None:
    text = dataset.attrs.get("channel_names")
    return tuple(json.loads(text)) if isinstance(text, str) else None


def _offset(dataset: h5py.Dataset) -> tuple[int, ...] | None:
    values = np.ravel(dataset.attrs.get("offset", ()))
    whole = len(values) > 0 and values.dtype.kind in "iu"
    return tuple(values.tolist()) if whole else None


def _colors(dataset: h5py.Dataset) -> dict[int, str] | None:
    text = dataset.attrs.get("colors")
    return {int(value): color for value, color in json.loads(text).items()} if isinstance(text, str) else None
