"""The applet that brings images in: checks what the user gives, and opens the pixels of a lane in canonical form."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import permutations
from typing import TYPE_CHECKING, Any, Unpack
from uuid import uuid4

import numpy as np

from napari_objclass import axes as axis_letters, kernels, memory
from napari_objclass.errors import DtypeError, FileError, ObjClassError, ParameterError, ShapeError
from napari_objclass.io.arranged import Arranged, arranged, basic
from napari_objclass.io.fingerprint import fingerprint
from napari_objclass.io.image import Image, LazyArray, Wrapped, is_lazy, spatial
from napari_objclass.io.stack import Stacked, along, in_files, open_files, stacked, whole_axes
from napari_objclass.labels import as_ids
from napari_objclass.thresholding import AS_IS, range_of
from napari_objclass.workflow import image_axes
from napari_objclass.workflow.blockwise.sources import fitting_level
from napari_objclass.workflow.data_folder import DATASET, store_data
from napari_objclass.workflow.lane import (
    LABELS,
    PROBABILITIES,
    RAW,
    SEGMENTATION,
    UNKNOWN,
    LaneRecord,
    Pixels,
    Source,
    open_source,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import EllipsisType

    from numpy.typing import NDArray

    from napari_objclass.thresholding import Channels
    from napari_objclass.workflow.applet import RunOptions

ID = "input_data"

#: Raw in memory of more bytes than this is stored on request only: a save should not take minutes unasked.
LARGE_RAW = 1 << 30

#: Voxels of a large image in which thresholds are fitted.
MIDDLE = 1 << 24

#: Roles that objects can come from, one of them an image; raw alone is thresholded.
OBJECT_ROLES = {LABELS, SEGMENTATION, PROBABILITIES}

Given = dict[str, "NDArray[Any] | LazyArray"]
ArrayOrPath = Any

#: Bytes per pixel of a label image that is made here.
_LABEL_BYTES = 4


@dataclass(frozen=True, eq=False)
class Images:
    """The pixels of a lane; those of a large one are read where they are sliced.

    Attributes
    ----------
    shape
        Length of ``tzyx``.
    axes
        Letters of the label image as the user knows it.
    objects
        Label image or segmentation, ``tzyx``; None where the objects are found by thresholding.
    is_large
        Whether they are too many to be held in memory, so that the image is worked on block by block.
    value_range
        Values that count as 0 and 1 in what is thresholded.
    raw_shape
        Length of ``tzyxc``; None without raw.
    problem
        One sentence when a file has other content than when it was annotated.
    notes
        Sentences about what was done to fit the images.
    """

    shape: tuple[int, ...]
    axes: str
    objects: NDArray[Any] | LazyArray | None = None
    is_large: bool = False
    value_range: tuple[float, float] = AS_IS
    raw_shape: tuple[int, ...] | None = None
    problem: str | None = None
    notes: tuple[str, ...] = ()
    _raw: Pixels | None = None
    _probabilities: Pixels | None = None

    @cached_property
    def thresholded(self) -> Channels | None:
        """What is thresholded, ``tzyxc``: probabilities, else raw; None where the objects are given."""
        if self.objects is not None:
            return None
        if self.is_large:
            return SlicedChannels(self.sliced)
        return self.raw if self._probabilities is None else LazyChannels(self._probabilities)

    @property
    def sliced(self) -> LazyArray:
        """What is thresholded, ``tzyxc``, read where it is sliced."""
        assert self.objects is None
        pixels = self._probabilities or self._raw
        assert pixels is not None
        return Arranged(pixels.data, pixels.axes, axis_letters.RAW)

    @cached_property
    def middle(self) -> Channels:
        """What is thresholded, as far as thresholds need to see it: of a large image, a box in its middle."""
        assert self.thresholded is not None
        if not self.is_large:
            return self.thresholded
        n_frames, *lengths = self.shape
        sides = zip(lengths, _sides(lengths), strict=True)
        box = [slice((length - side) // 2, (length + side) // 2) for length, side in sides]
        return self.sliced[(slice(n_frames // 2, n_frames // 2 + 1), *box)]

    @cached_property
    def raw(self) -> NDArray[Any] | LazyArray | None:
        """``tzyxc``, read when it is first asked for, or where it is sliced; None without raw."""
        if self._raw is None:
            return None
        if self.is_large:
            return Arranged(self._raw.data, self._raw.axes, axis_letters.RAW)
        return axis_letters.to_canonical(np.asarray(self._raw.data), self._raw.axes)

    @property
    def raw_pixels(self) -> Pixels | None:
        """Raw as its file has it; None without raw."""
        return self._raw

    @property
    def extent(self) -> tuple[int, int]:
        """Number of spatial dimensions and of channels (0 without raw)."""
        return 3 if self.shape[1] > 1 else 2, 0 if self.raw_shape is None else self.raw_shape[-1]


class LazyChannels:
    """An image ``tzyxc`` of which a channel is read when it is first asked for: files often have some that nobody uses.

    Attributes
    ----------
    shape
        Length of ``tzyxc``.
    """

    def __init__(self, pixels: Pixels) -> None:
        self.shape = image_axes.canonical_shape(pixels.data, pixels.axes, axis_letters.RAW)
        self._pixels = pixels
        self._read: dict[int, NDArray[Any]] = {}

    def __getitem__(self, key: tuple[EllipsisType, int]) -> NDArray[Any]:
        """Return a channel ``tzyx``, given ``..., channel``."""
        _, channel = key
        if channel not in self._read:
            data, letters = self._pixels.data, self._pixels.axes
            part = np.asarray(data[tuple(channel if letter == "c" else slice(None) for letter in letters)])
            self._read[channel] = axis_letters.to_canonical(
                part, axis_letters.without_channel(letters), axis_letters.LABELS
            )
        return self._read[channel]


class SlicedChannels:
    """An image ``tzyxc`` whose channels are read where they are sliced.

    Attributes
    ----------
    image
        The image.
    shape
        Length of ``tzyxc``.
    """

    def __init__(self, image: LazyArray) -> None:
        self.image, self.shape = image, image.shape

    def __getitem__(self, key: tuple[EllipsisType, int]) -> Any:
        """Return a channel ``tzyx``, given ``..., channel``; it is read where it is sliced."""
        _, channel = key
        return _Channel(self.image, channel)


class _Channel(LazyArray):
    """One channel ``tzyx`` of an image ``tzyxc``."""

    def __init__(self, image: LazyArray, channel: int) -> None:
        super().__init__(image.shape[:-1], image.dtype)
        self._image, self._channel = image, channel

    def __getitem__(self, key: Any) -> NDArray[Any]:
        return self._image[(*basic(key, self.shape), self._channel)]


def describe(
    sources: Mapping[str, ArrayOrPath],
    *,
    axes: str | Mapping[str, str] | None = None,
    name: str | None = None,
    spacing: Sequence[float] | None = None,
    units: str | None = None,
    offset: Sequence[int] | None = None,
    channel_names: Sequence[str] | None = None,
    dranges: Mapping[str, tuple[float, float] | None] | None = None,
    uuid: str | None = None,
    recognizable: bool = True,
    budget: int | None = None,
) -> tuple[LaneRecord, Given, Images]:
    """Make the record of a lane out of arrays and paths by role, with the pixels that no file holds, and all pixels.

    Parameters are those of ``Session.add_lane``; ``dranges``, :attr:`Source.drange` by role; ``recognizable``,
    whether to sample the pixels, so that they are known again in another session; and ``budget``, the bytes of memory
    that images may take, see :func:`is_large`.

    Raises
    ------
    ObjClassError
        In one sentence, when the images do not fit together.
    """
    sources = {role: source for role, source in sources.items() if source is not None}
    known = {role: drange for role, drange in (dranges or {}).items() if drange is not None}
    role = _role_of_objects(sources)
    named = image_axes.by_role(axes, sources, role)
    letter = {each: along(source) for each, source in sources.items()}
    several = {each for each in sources if letter[each] == "c"}
    files = {each: open_files(source, axes=named.get(each)) for each, source in sources.items() if in_files(source)}
    given: Given = {
        each: stacked(source) if each in several else Wrapped(source) if is_lazy(source) else np.asarray(source)
        for each, source in sources.items()
        if each not in files
    }
    if not is_large({**given, **{each: image.data for each, image in files.items()}}, budget):
        given = {each: np.asarray(array) for each, array in given.items()}
    arrays = given | {each: image.data for each, image in files.items()}
    named |= {each: whole_axes(axes, letter[each]) for each, axes in named.items() if letter[each]}
    try:
        letters = image_axes.choose(arrays, role, named, {each: image.axes for each, image in files.items()}, several)
    except ShapeError as error:
        read = {each: image.axes for each, image in files.items()} | named
        guessed = {each: read.get(each) or axis_letters.guess(array.shape) for each, array in arrays.items()}
        raise _with_level(str(error), {each: Pixels(arrays[each], guessed[each]) for each in arrays}) from None
    prints = {each: fingerprint(arrays[each], letters[each]) for each in sources if recognizable}
    told = next(((size, image.units) for image in files.values() if (size := voxel_size(image))), (None, None))
    record = LaneRecord(
        uuid=uuid or uuid4().hex,
        name=name or next((image.path.stem for image in files.values()), "image"),
        sources={
            each: _source(
                files.get(each),
                arrays[each],
                Source(letters[each], prints.get(each, UNKNOWN), drange=known.get(each)),
                letter[each],
            )
            for each in sources
        },
        spacing=triple(spacing) or told[0],
        offset=_whole_triple(
            next((each.offset for each in files.values() if each.offset), None) if offset is None else offset
        ),
        units=units or (told[1] if spacing is None else None),
        channel_names=tuple(channel_names or ()) or (files[RAW].channel_names if RAW in files else None),
    )
    ranges = {each: image.drange for each, image in files.items()} | known
    opened = {each: Pixels(array, letters[each], drange=ranges.get(each)) for each, array in arrays.items()}
    fitted = _fit(record, opened, budget)
    return _with_fitting_names(record, fitted, asked=bool(channel_names)), given, fitted


def describe_again(
    old: LaneRecord,
    given: Given,
    sources: Mapping[str, ArrayOrPath],
    axes: str | Mapping[str, str] | None,
    offset: Sequence[int] | None = None,
    budget: int | None = None,
) -> tuple[LaneRecord, Given, Images]:
    """Make the record of a lane some of whose sources are others; like :func:`describe`, identity and name stay."""
    new = {role: source for role, source in sources.items() if source is not None}
    kept = [role for role in old.sources if role not in new and (role == RAW or not OBJECT_ROLES & set(new))]
    letters = {role: old.sources[role].axes for role in kept if old.sources[role].axes}
    if isinstance(axes, str):
        axes = {RAW if RAW in new else next(iter(new), RAW): axes}
    return describe(
        {role: _again(old.sources[role], given.get(role)) for role in kept} | new,
        axes=letters | dict(axes or {}),
        name=old.name,
        spacing=old.spacing,
        units=old.units,
        offset=old.offset if offset is None else offset,
        channel_names=old.channel_names if RAW in kept else None,
        dranges={role: source.drange for role, source in old.sources.items() if role in kept or source.is_unknown},
        uuid=old.uuid,
        budget=budget,
    )


def again(old: LaneRecord, new: LaneRecord, name: str | None) -> LaneRecord:
    """Record of a lane that is added a second time: it stays what it is, with what is newly said about it."""
    return replace(
        new,
        uuid=old.uuid,
        name=name or old.name,
        spacing=new.spacing or old.spacing,
        units=new.units or old.units,
        offset=new.offset if any(new.offset) else old.offset,
        channel_names=new.channel_names or old.channel_names,
    )


def _again(source: Source, given: NDArray[Any] | LazyArray | None) -> ArrayOrPath:
    return given if source.path is None else source.place


def with_files(
    record: LaneRecord, given: Given, project: Path, *, moved: bool, store_raw: bool
) -> tuple[LaneRecord, Given]:
    """Write what no file holds into the data folder of ``project``, and if that ``moved``, what its old one holds.

    Returns
    -------
    LaneRecord, Given
        The lane with its files, and what still has none: raw above ``LARGE_RAW`` bytes unless ``store_raw``, and what
        does not fit into memory.
    """
    sources, left = dict(record.sources), dict(given)
    for role, source in record.sources.items():
        held = given.get(role)
        is_unasked = role == RAW and held is not None and held.nbytes > LARGE_RAW and not store_raw
        if isinstance(held, LazyArray):
            continue
        if (source.path is None and not is_unasked) or (source.stored and moved):
            try:
                pixels = np.asarray(open_source(record, role, given).data)
            except FileError:
                continue  # lost in a crash, or moved away: its annotations wait for it
            path = store_data(project, f"{record.uuid}-{role}", pixels, source.axes)
            sources[role] = replace(source, path=str(project.parent / path), inner=DATASET, stored=True)
            left.pop(role, None)
    return replace(record, sources=sources), left


def left_out(record: LaneRecord) -> str:
    """What is said of a lane whose raw was too large to be stored unasked."""
    return f"raw of {record.name!r} is only in memory: more than 1 GB is stored on request only"


def open_images(record: LaneRecord, given: Mapping[str, NDArray[Any] | LazyArray], budget: int | None = None) -> Images:
    """Open the pixels of a lane, those that no file holds from ``given``; ``budget`` as for :func:`describe`.

    Raises
    ------
    FileError
        When they cannot be read, or do not fit together any more.
    """
    opened = {role: open_source(record, role, given) for role in record.sources}
    problem = next((pixels.problem for pixels in opened.values() if pixels.problem), None)
    try:
        images = _fit(record, opened, budget)
    except ObjClassError as error:
        raise FileError(problem or str(error)) from error
    return replace(images, problem=problem)


def is_large(arrays: Mapping[str, NDArray[Any] | LazyArray], budget: int | None = None) -> bool:
    """Whether images, with a label image of theirs, take more bytes of memory than ``budget``.

    Default: half of what is left, since some steps need as much again for what they compute.
    """
    needed = sum(array.nbytes for array in arrays.values())
    needed += _LABEL_BYTES * max((array.size for array in arrays.values()), default=0)
    return needed > (memory.available() // 2 if budget is None else budget)


def label_image(record: LaneRecord, images: Images, **run: Unpack[RunOptions]) -> NDArray[Any]:
    """Return the label image ``tzyx``: ids as they are, or those of the connected components of a segmentation."""
    assert isinstance(images.objects, np.ndarray)
    if SEGMENTATION in record.sources:
        components: NDArray[Any] = kernels.connected_components(images.objects, **run)
        return components
    return images.objects


def _source(image: Image | None, array: NDArray[Any] | LazyArray, found: Source, letter: str) -> Source:
    """Add where pixels come from that are in memory, a file, or several along an axis."""
    if image is None:
        return found
    found = replace(found, path=str(image.path.absolute()), inner=image.inner)
    if not isinstance(array, Stacked):
        return found
    of_part = found.axes.replace(letter, "")
    parts = (Source(of_part, "", str(part.path.absolute()), part.inner) for part in array.images)
    return replace(found, parts=tuple(parts), along=letter)


def _with_fitting_names(record: LaneRecord, images: Images, *, asked: bool) -> LaneRecord:
    """Drop names of channels that do not fit; refuse them if the user gave them."""
    n_channels = 0 if images.raw_shape is None else images.raw_shape[-1]
    if record.channel_names is None or len(record.channel_names) == n_channels:
        return record
    if asked:
        raise ParameterError(
            f"{len(record.channel_names)} channel names for the {n_channels} channels of {record.name!r}; "
            "give one for each, or none"
        )
    return replace(record, channel_names=None)


def _role_of_objects(sources: Mapping[str, ArrayOrPath]) -> str:
    """What the objects come from; raw if there is nothing else."""
    roles = [role for role in (LABELS, SEGMENTATION, PROBABILITIES) if role in sources]
    if len(roles) > 1 or not sources:
        raise ParameterError(
            "the objects of an image come from one of labels=, segmentation= and probabilities=, or from raw= alone"
        )
    if not roles:
        return RAW
    if roles[0] != PROBABILITIES and along(sources[roles[0]]) == "c":
        raise ParameterError(f"{roles[0]}= is one image; only raw and probabilities can be a list of channels")
    return roles[0]


def _fit(record: LaneRecord, opened: Mapping[str, Pixels], budget: int | None) -> Images:
    """Bring the images of a lane into canonical form, or say in words why they do not fit."""
    role = _role_of_objects(opened)
    objects, raw = opened[role], opened.get(RAW)
    large = is_large({each: pixels.data for each, pixels in opened.items()}, budget)
    if role in {PROBABILITIES, RAW}:
        return replace(_fit_thresholded(record, objects, raw, role), is_large=large)
    data = objects.data if large else np.asarray(objects.data)
    canonical = arranged(data, objects.axes, axis_letters.LABELS)
    raw_shape = None if raw is None else image_axes.canonical_shape(raw.data, raw.axes, axis_letters.RAW)
    if raw is not None and raw_shape is not None and raw_shape[:4] != canonical.shape:
        raise _other_shape(record, role, raw, objects)
    if not canonical.size:
        raise ShapeError(f"the images of {record.name!r} have no pixels, their shape is {objects.data.shape}")
    if raw is not None and np.dtype(raw.data.dtype).kind not in "buif":
        raise DtypeError(f"raw of {record.name!r} is {raw.data.dtype}; give real numbers, such as its magnitude")
    canonical, notes = _integers(canonical, record, role)
    letters = axis_letters.without_channel(objects.axes)
    return Images(canonical.shape, letters, canonical, large, raw_shape=raw_shape, notes=notes, _raw=raw)


def _fit_thresholded(record: LaneRecord, source: Pixels, raw: Pixels | None, role: str) -> Images:
    """The same for an image whose objects are found by thresholding."""
    shape = image_axes.canonical_shape(source.data, source.axes, axis_letters.RAW)
    raw_shape = None if raw is None else image_axes.canonical_shape(raw.data, raw.axes, axis_letters.RAW)
    if raw is not None and raw_shape is not None and raw_shape[:4] != shape[:4]:
        raise _other_shape(record, role, raw, source)
    if 0 in shape:
        raise ShapeError(f"the images of {record.name!r} have no pixels, their shape is {source.data.shape}")
    for each, what in ((source, role), (raw, RAW)):
        if each is not None and (
            np.dtype(each.data.dtype).kind not in "buif" or np.dtype(each.data.dtype).itemsize > 8
        ):
            raise DtypeError(f"{what} of {record.name!r} is {each.data.dtype}; give real numbers of up to 64 bit")
    return Images(
        shape[:4],
        axis_letters.without_channel(source.axes),
        value_range=_value_range(source) if role == PROBABILITIES else AS_IS,
        raw_shape=raw_shape,
        _raw=raw,
        _probabilities=source if role == PROBABILITIES else None,
    )


def _other_shape(record: LaneRecord, role: str, raw: Pixels, objects: Pixels) -> ShapeError:
    """What is said of images of different shapes."""
    message = (
        f"raw of shape {raw.data.shape} ({raw.axes}) and {role} of shape {objects.data.shape} ({objects.axes}) "
        f"of {record.name!r} differ; give images of one size, or name their axes"
    )
    return _with_level(message, {RAW: raw, role: objects})


def _with_level(message: str, images: Mapping[str, Pixels]) -> ShapeError:
    """An error, with the level of one image that fits another one, if there is one."""
    for one, other in permutations(images.values(), 2):
        shape = image_axes.canonical_shape(other.data, other.axes, axis_letters.RAW)
        level = fitting_level(one.data, one.axes, shape[:4]) if shape else None
        if level is not None:
            return ShapeError(f"{message}; {level} would fit")
    return ShapeError(message)


def _sides(lengths: Sequence[int]) -> list[int]:
    """Lengths of a box of at most ``MIDDLE`` voxels in an image: planes as large as they may be, then several."""
    sides, room = [], MIDDLE
    for length, left in zip(reversed(lengths), (2, 1, 1), strict=True):
        sides.append(max(1, min(length, round(room ** (1 / left)) if left > 1 else room)))
        room //= sides[-1]
    return sides[::-1]


def _value_range(source: Pixels) -> tuple[float, float]:
    """Values that count as 0 and 1: as the file declares, if it makes sense; else as the type does."""
    low, high = source.drange or (0.0, 0.0)
    return (low, high) if math.isfinite(low) and math.isfinite(high) and low < high else range_of(source.data.dtype)


def _integers(
    objects: NDArray[Any] | LazyArray, record: LaneRecord, role: str
) -> tuple[NDArray[Any] | LazyArray, tuple[str, ...]]:
    what = f"the {role} image of {record.name!r}"
    if isinstance(objects, LazyArray):
        return objects, ()  # checked block by block, when it is read
    ids = as_ids(objects, what)
    if role == LABELS and ids.dtype.kind == "i" and ids.size and ids.min() < 0:
        raise ParameterError(f"{what} has negative ids; 0 is background and ids start at 1")
    is_float = objects.dtype.kind == "f"
    return ids, (f"{what} is {objects.dtype}; its whole numbers were taken as ids",) if is_float else ()


def voxel_size(image: Image) -> tuple[float, float, float] | None:
    """Size of a voxel along z, y, x as a file says; None if it does not."""
    by_letter = dict(zip(spatial(image.axes), image.spacing or (), strict=False))
    return triple([by_letter[letter] for letter in "zyx" if letter in by_letter]) if by_letter else None


def triple(spacing: Sequence[float] | None) -> tuple[float, float, float] | None:
    """Spacing in order z, y, x; for 2D, (y, x) is enough.

    Raises
    ------
    ParameterError
        For anything else.
    """
    if spacing is None:
        return None
    values = [float(each) for each in np.ravel(spacing)]
    if len(values) not in {2, 3} or not all(math.isfinite(each) and each > 0 for each in values):
        raise ParameterError(f"spacing is (y, x) or (z, y, x) of positive numbers, got {spacing}")
    return (values[-3] if len(values) == 3 else 1.0, values[-2], values[-1])


def _whole_triple(offset: Sequence[int] | None) -> tuple[int, int, int]:
    values = [0, 0, 0] if offset is None else [int(each) for each in np.ravel(offset)]
    if len(values) not in {2, 3}:
        raise ParameterError(f"offset is (y, x) or (z, y, x), got {offset}")
    return (values[-3] if len(values) == 3 else 0, values[-2], values[-1])
