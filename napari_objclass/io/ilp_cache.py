"""What ilastik computed and kept in a project: label images, features and probabilities, read frame by frame."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_objclass.io.ilp_forest import MOST_CLASSES
from napari_objclass.io.ilp_values import Frames, attribute, groups_and_values, numbered, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import h5py
    from numpy.typing import NDArray

    #: (Plug-in, feature id) → values.
    Features = dict[tuple[str, str], NDArray[np.float32]]

Box = tuple[slice, ...]


class _Part(NamedTuple):
    """A block of a label image in the file, ``box`` in its own order of axes, and the part of it that is a frame."""

    name: str
    axes: str
    box: Box
    inside: int


def label_images(file: h5py.File, path: Path, lane: int) -> Mapping[int, NDArray[Any]]:
    """Label images ``zyx`` with ilastik's ids of the frames that are stored as a whole."""
    parts: dict[int, list[_Part]] = defaultdict(list)
    for block in _blocks(file, "ObjectExtraction/LabelImage_v2", lane):
        _add(parts, block, "txyzc")
    for block in _blocks(file, "ObjectExtraction/RelabelData", lane):
        _add(parts, block["array"], "tzyxc")
    ends = [[slice_.stop for slice_ in _spatial(part)] for each in parts.values() for part in each]
    shape = tuple(np.max(ends, axis=0).tolist()) if ends else ()
    whole = {frame: (shape, each) for frame, each in parts.items() if _covers(each, shape)}
    return Frames(path, whole, _assembled)


def original_ids(file: h5py.File, path: Path, lane: int) -> Mapping[int, NDArray[np.int64]]:
    """Of given label images: (n, 2) ilastik's id and the given one, background left out."""
    names = {}
    for block in _blocks(file, "ObjectExtraction/RelabelData", lane):
        start, stop = _numbers(text(attribute(block, "serialization_key")))[:2]
        if stop - start == 1 and "dict" in block:
            names[start] = block["dict"].name
    return Frames(path, names, _ids)


def features(file: h5py.File, path: Path, lane: int) -> Mapping[int, Features]:
    """(Plug-in, feature id) → (n_objects + 1, n_values)."""
    frames = _of_lane(file, "ObjectExtraction/RegionFeatures", lane)
    names = {}
    for name, group in groups_and_values(frames):
        start, stop = _numbers(name)
        if stop - start == 1:
            names[start] = group.name
    return Frames(path, dict(sorted(names.items())), _features)


def probabilities(file: h5py.File, path: Path, lane: int) -> Mapping[int, NDArray[np.float32]]:
    """(n_objects + 1, n_classes)."""
    frames = _of_lane(file, "ObjectClassification/CachedProbabilities", lane)
    names = {frame: f"{frames.name}/{name}" for frame, name in numbered(frames).items()}
    return Frames(path, names, lambda file, name: file[name][()].astype(np.float32))


def labels(file: h5py.File, lane: int) -> dict[int, NDArray[np.int64]]:
    """Class number of every object by frame; what is no class of ilastik's counts as none."""
    frames = _of_lane(file, "ObjectClassification/LabelInputs", lane)
    return {frame: _class_numbers(frames[name][()]) for frame, name in numbered(frames).items()}


def _class_numbers(stored: NDArray[Any]) -> NDArray[np.int64]:
    numbers = np.ravel(stored)
    return np.where((numbers >= 1) & (numbers <= MOST_CLASSES), numbers, 0).astype(np.int64)


def _of_lane(file: h5py.File, name: str, lane: int) -> Any:
    """Group of a lane in a group of all; {} if there is none."""
    group = file.get(name, {})
    return group.get(numbered(group).get(lane, ""), {})


def _blocks(file: h5py.File, name: str, lane: int) -> list[Any]:
    return [block for _, block in groups_and_values(_of_lane(file, name, lane))]


def _add(parts: dict[int, list[_Part]], block: h5py.Dataset, axes: str) -> None:
    """Note a block for each of the frames it has a part of; it has the box that its attribute says, or begins at 0."""
    stored = attribute(block, "blockSlice")
    numbers = _numbers(text(stored)) if stored is not None else [n for length in block.shape for n in (0, length)]
    box = tuple(slice(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True))
    if tuple(each.stop - each.start for each in box) != block.shape or len(box) != len(axes):
        raise ValueError(f"{block.name} has not the shape that it says")
    for inside, frame in enumerate(range(box[0].start, box[0].stop)):
        parts[frame].append(_Part(block.name, axes, box, inside))


def _spatial(part: _Part) -> Box:
    """Box along z, y, x."""
    return tuple(part.box[part.axes.index(axis)] for axis in "zyx")


def _covers(parts: list[_Part], shape: tuple[int, ...]) -> bool:
    """Whether blocks, which do not overlap, fill the image."""
    sizes = [np.prod([each.stop - each.start for each in _spatial(part)]) for part in parts]
    return bool(np.sum(sizes) == np.prod(shape))


def _assembled(file: h5py.File, place: tuple[tuple[int, ...], list[_Part]]) -> NDArray[Any]:
    shape, parts = place
    image = np.zeros(shape, file[parts[0].name].dtype)
    for part in parts:
        block = file[part.name][part.inside][..., 0]
        order = [part.axes[1:-1].index(axis) for axis in "zyx"]
        image[_spatial(part)] = block.transpose(order)
    return image


def _ids(file: h5py.File, name: str) -> NDArray[np.int64]:
    pairs: NDArray[np.int64] = np.reshape(file[name][()], (-1, 2))[:, ::-1].astype(np.int64)
    is_object = (pairs != 0).all(axis=1)
    return np.ascontiguousarray(pairs[is_object])


def _features(file: h5py.File, name: str) -> Features:
    return {
        (plugin, feature): values[()].astype(np.float32)
        for plugin, group in groups_and_values(file[name])
        for feature, values in groups_and_values(group)
    }


def _numbers(text: str) -> list[int]:
    return [int(each) for each in re.findall(r"\d+", text)]
