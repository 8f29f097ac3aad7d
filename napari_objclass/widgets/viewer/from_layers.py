"""From layers of the viewer to an image of the session: what fits, which axes and voxel size, which files.

What can be told from attributes of layers is told at once (:func:`suggest`, :func:`read`); their pixels may be in files
or far away, and are touched in :meth:`Reading.arguments` only, which is for another thread than the GUI's.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels

from napari_objclass import axes as axis_letters
from napari_objclass.errors import ObjClassError
from napari_objclass.io.image import is_lazy
from napari_objclass.widgets.viewer.layer_files import file_of, level_0, without_alpha
from napari_objclass.workflow.input_data import is_large
from napari_objclass.workflow.lane import LABELS, RAW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from napari.layers import Layer

COLOURS = ("red", "green", "blue")

_LETTER_OF = {
    "t": "t", "time": "t", "frame": "t", "c": "c", "channel": "c",
    "z": "z", "plane": "z", "y": "y", "row": "y", "x": "x", "column": "x",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Choice:
    """What the user takes from the viewer.

    Attributes
    ----------
    objects
        The layer that has the objects, or in which they are found.
    raw
        Image layers, whose channels are the channels of the image, in this order; with the role ``"raw"`` the first of
        them is ``objects``.
    role
        What ``objects`` is: ``"labels"``, ``"segmentation"``, ``"probabilities"``, or ``"raw"``: the image itself.
    names
        Names of the channels; those of the layers if empty.
    axes
        Axes of ``objects``; those of the layers, or a guess, if empty.
    more
        Further layers of probabilities, a channel each.
    """

    objects: Labels | Image
    raw: tuple[Image, ...] = ()
    role: str = LABELS
    names: tuple[str, ...] = ()
    axes: str = ""
    more: tuple[Image, ...] = ()


@dataclass(frozen=True, eq=False)
class Reading:
    """What layers say about an image, before any pixel is read.

    Attributes
    ----------
    choice
        The layers.
    name
        Of the image.
    axes
        Letters by role.
    guessed
        Whether no layer names its axes, and the user did not.
    spacing, units
        Size of a voxel in array order, and its unit; None if the layers say nothing.
    channels
        One name per channel; () if there is no image.
    problem
        Why the layers cannot be used, in one sentence.
    note
        What the user should know before using them, in one sentence.
    """

    choice: Choice
    name: str
    axes: dict[str, str] = field(default_factory=dict)
    guessed: bool = False
    spacing: tuple[float, ...] | None = None
    units: str | None = None
    channels: tuple[str, ...] = ()
    problem: str | None = None
    note: str | None = None

    def arguments(self) -> dict[str, Any]:
        """Read the pixels and return the arguments of ``Session.add_lane``; for another thread than the GUI's.

        A layer whose pixels are those of its file is named by the file. Objects are copied otherwise: the user may go
        on painting in the layer, which must not change under the hands of the session.
        """
        choice, letters = self.choice, self.axes[self.choice.role]
        found: dict[str, Any] = {"axes": {}}
        if choice.role != RAW:
            objects = [self._objects(layer, letters) for layer in (choice.objects, *choice.more)]
            found = {choice.role: objects if choice.more else objects[0], "axes": {choice.role: letters}}
        raw = list(self._raw(axis_letters.without_channel(letters)))
        if raw:
            found[RAW] = raw if len(raw) > 1 else raw[0]
            found["channel_names"] = self.channels
        if len(raw) == 1:
            found["axes"][RAW] = self.axes[RAW]
        elif choice.role == RAW:
            found["axes"][RAW] = axis_letters.without_channel(letters)
        return found | {"name": self.name, "spacing": self.spacing, "units": self.units}

    @staticmethod
    def _objects(layer: Labels | Image, letters: str) -> Any:
        """File or array of a layer that has objects."""
        file = file_of(layer, letters, whole=isinstance(layer, Labels))
        if file is not None:
            return file
        pixels = level_0(layer)
        return pixels if _stays(pixels) else np.array(pixels)

    def _raw(self, letters: str) -> Iterator[Any]:
        """Files or arrays of the image layers; of several layers each channel on its own."""
        for layer in self.choice.raw:
            own = self.axes[RAW] if layer is self.choice.objects else _axes_of_image(layer, letters, self.choice)
            file = file_of(layer, own)
            if file is not None and ("c" not in own or len(self.choice.raw) == 1):
                yield file
            elif "c" in own and len(self.choice.raw) > 1:
                pixels = without_alpha(layer)
                yield from (np.asarray(pixels[at]) for at in _places(own, pixels.shape[own.index("c")]))
            else:
                pixels = without_alpha(layer)
                yield pixels if _stays(pixels) else np.asarray(pixels)


def _stays(pixels: Any) -> bool:
    """Whether pixels are read where they are sliced, for there are too many of them."""
    return is_lazy(pixels) and is_large({"pixels": pixels})


def sort(layers: Iterable[Layer]) -> tuple[list[Labels], list[Image]]:
    """Labels and Image layers, which can be objects and image."""
    layers = list(layers)
    return [each for each in layers if isinstance(each, Labels)], [each for each in layers if isinstance(each, Image)]


def suggest(layers: Iterable[Layer], objects: Labels | None = None) -> Choice | None:
    """Choose all Image layers that fit the objects, by default the topmost Labels layer; None if there is none."""
    labels, images = sort(layers)
    if objects is None:
        if not labels:
            return None
        objects = next((each for each in reversed(labels) if any(map(_fitter(each), images))), labels[-1])
    return Choice(objects, tuple(filter(_fitter(objects), images)))


def fits(image: Image, objects: Labels | Image) -> bool:
    """Whether an image has the pixels of the objects, with or without channels."""
    choice = Choice(objects, role=LABELS if isinstance(objects, Labels) else RAW)
    try:
        letters = axis_letters.without_channel(_axes(choice, ())[0])
        _axes_of_image(image, letters, choice)
    except ObjClassError:
        return False
    return True


def read(choice: Choice, viewer_axes: Sequence[str] = ()) -> Reading:
    """Tell what layers say about the image they make.

    Parameters
    ----------
    choice
        The layers.
    viewer_axes
        Axis labels of the viewer, for layers that have none of their own.
    """
    name = choice.raw[0].name if len(choice.raw) == 1 else choice.objects.name
    try:
        axes, guessed = _axes(choice, viewer_axes)
        letters = axis_letters.without_channel(axes)
        own = [axes if each is choice.objects else _axes_of_image(each, letters, choice) for each in choice.raw]
        if sum("c" in each for each in own) and len({each.replace("c", "") for each in own}) > 1:
            raise ObjClassError("the images have their axes in different orders; choose one of them")
    except ObjClassError as error:
        return Reading(choice, name, problem=str(error))
    by_role = {choice.role: axes}
    if choice.raw and choice.role != RAW:
        by_role[RAW] = own[0] if len(own) == 1 else f"c{letters}"
    spacing, units, note = _voxel(choice, axes, own)
    channels = _channel_names(choice, own)
    if choice.names and len(choice.names) == len(channels):
        channels = choice.names
    return Reading(choice, name, by_role, guessed, spacing, units, channels, note=note)


def named_axes(layer: Layer) -> str:
    """Letters of a layer whose axis labels mean something to us, else ""."""
    return _letters(getattr(layer, "axis_labels", ()), layer.ndim)


def _axes(choice: Choice, viewer_axes: Sequence[str]) -> tuple[str, bool]:
    """Axes of the objects, and whether they are a guess."""
    objects, shape = choice.objects, without_alpha(choice.objects).shape
    if choice.axes:
        return axis_letters.check(choice.axes, len(shape)), False
    colours = "c" if getattr(objects, "rgb", False) else ""
    with_names = (each for each in (objects, *choice.raw) if each.ndim == objects.ndim and named_axes(each))
    named = next(map(named_axes, with_names), "") or _letters(tuple(viewer_axes)[-objects.ndim :], objects.ndim)
    if named:
        return named + colours, False
    if objects.ndim > len(axis_letters.LABELS) + isinstance(objects, Image):
        raise ObjClassError(f"“{objects.name}” has {objects.ndim} axes; write one letter for each, such as tczyx")
    if isinstance(objects, Labels) or objects.rgb or choice.more:
        return axis_letters.label_axes(objects.ndim) + colours, objects.ndim > 2
    return axis_letters.guess(shape), objects.ndim > 2


def _letters(labels: Sequence[str], ndim: int) -> str:
    letters = "".join(_LETTER_OF.get(str(label).strip().lower(), "?") for label in labels)
    try:
        return axis_letters.check(letters, ndim)
    except ObjClassError:
        return ""


def _axes_of_image(image: Image, letters: str, choice: Choice) -> str:
    """Axes of the pixels of an image that belongs to objects with axes ``letters`` beside those of channels."""
    objects = choice.objects
    shape, expected = tuple(without_alpha(image).shape), tuple(without_alpha(objects).shape)
    if len(expected) > len(letters):
        axes, _ = _axes(choice, ())
        expected = tuple(n for letter, n in zip(axes, expected, strict=True) if letter != "c")
    if image.rgb and shape[:-1] == expected:
        return letters + "c"
    if not image.rgb:
        named = named_axes(image)
        if "c" in named and shape[: named.index("c")] + shape[named.index("c") + 1 :] == expected:
            position = named.index("c")
            return letters[:position] + "c" + letters[position:]
        if not named or len(shape) == len(expected):
            with suppress(ObjClassError):
                return axis_letters.raw_axes(shape, expected, letters)
    raise ObjClassError(
        f"“{image.name}” ({_size(shape)}) and “{objects.name}” ({_size(expected)}) are not of one size; "
        "choose layers that belong together"
    )


def _fitter(objects: Labels | Image) -> Callable[[Image], bool]:
    return lambda image: fits(image, objects)


def _size(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))


def _places(axes: str, n_channels: int) -> Iterator[tuple[Any, ...]]:
    for channel in range(n_channels):
        yield tuple(channel if letter == "c" else slice(None) for letter in axes)


def _channel_names(choice: Choice, axes: Sequence[str]) -> tuple[str, ...]:
    """Names of layers for their channels; colours of RGB; a number behind the name where a layer has several."""
    names: list[str] = []
    alone = len(choice.raw) == 1
    for layer, own in zip(choice.raw, axes, strict=True):
        if layer.rgb:
            names += COLOURS if alone else (f"{layer.name} {colour}" for colour in COLOURS)
        elif "c" in own:
            n_channels = level_0(layer).shape[own.index("c")]
            names += [f"c{i}" if alone else f"{layer.name} {i}" for i in range(n_channels)]
        else:
            names.append(layer.name)
    return distinct(names)


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Names with a number behind each that was there before."""
    found: list[str] = []
    for name in names:
        number, unique = 2, name
        while unique in found:
            number, unique = number + 1, f"{name} {number}"
        found.append(unique)
    return tuple(found)


def _voxel(choice: Choice, axes: str, own: Sequence[str]) -> tuple[tuple[float, ...] | None, str | None, str | None]:
    """Voxel size and unit, of the objects or, if they have none, of an image; and what is odd about them."""
    layers: list[Layer] = [choice.objects, *choice.raw]
    spatial = [[each.index(letter) for letter in "zyx" if letter in each] for each in (axes, *own)]
    sizes = list(map(_size_and_unit, layers, spatial))
    used = next((at for at, size in enumerate(sizes) if size != (None, None)), 0)
    note = None
    for layer, places, size in zip(layers, spatial, sizes, strict=True):
        if size != sizes[0]:
            note = (
                f"“{layer.name}” and “{layers[0].name}” have different voxel sizes in the viewer; "
                f"that of “{layers[used].name}” is used."
            )
        elif not np.array_equal(layer.translate[places], layers[0].translate[spatial[0]]):
            note = f"“{layer.name}” is shifted against “{layers[0].name}” in the viewer; they are used pixel on pixel."
    return *sizes[used], note


def _size_and_unit(layer: Layer, spatial: Sequence[int]) -> tuple[tuple[float, ...] | None, str | None]:
    """Voxel size along some axes; None for what napari assumes where nothing is said."""
    scale = tuple(abs(float(layer.scale[i])) for i in spatial)
    units = [layer.units[i] for i in spatial]
    if all(unit.is_compatible_with("meter") for unit in units):
        common = units[-1]
        lengths = (float((size * unit).to(common).magnitude) for size, unit in zip(scale, units, strict=True))
        # Which of the two letters it is depends on the version of pint; files have the micro sign.
        return tuple(lengths), f"{common:~}".replace("\N{GREEK SMALL LETTER MU}", "\N{MICRO SIGN}")
    return (None, None) if set(scale) == {1.0} else (scale, None)
