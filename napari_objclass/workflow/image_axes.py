"""Which axes the images of a lane have: as the user named them, as their files do, or as they fit together."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from napari_objclass import axes as axis_letters
from napari_objclass.errors import AxesError
from napari_objclass.workflow.lane import PROBABILITIES, RAW

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_objclass.io.image import LazyArray


def by_role(axes: str | Mapping[str, str] | None, sources: Mapping[str, object], role: str) -> dict[str, str]:
    """Axes that the user named; a single string describes raw, or the objects when there is no raw."""
    if axes is None:
        return {}
    if isinstance(axes, str):
        return {RAW if RAW in sources else role: axes}
    stray = sorted(set(axes) - set(sources))
    if stray:
        raise AxesError(f"axes names the role {stray[0]!r}, but no such image was given")
    return dict(axes)


def choose(
    arrays: Mapping[str, NDArray[Any] | LazyArray],
    role: str,
    named: Mapping[str, str],
    read: Mapping[str, str],
    several: Collection[str],
) -> dict[str, str]:
    """Axes of every image: as named; as read from its file, where they fit; or guessed from the other image.

    Images of the roles in ``several`` were stacked from channels.
    """
    if role in {PROBABILITIES, RAW}:
        return _letters_with_channels(arrays, named, read, several)
    objects, raw = arrays[role], arrays.get(RAW)
    letters = named.get(role)
    if letters is None and RAW in named and len(axis_letters.without_channel(named[RAW])) == objects.ndim:
        letters = axis_letters.without_channel(named[RAW])
    if letters is None and role in read and canonical_shape(objects, read[role], axis_letters.LABELS):
        letters = read[role]
    letters = axis_letters.check(letters or axis_letters.label_axes(objects.ndim), objects.ndim)
    if raw is None:
        return {role: letters}
    raw_letters = named.get(RAW)
    if raw_letters is None and RAW in read:
        shape = canonical_shape(objects, letters, axis_letters.LABELS)
        raw_letters = read[RAW] if canonical_shape(raw, read[RAW], axis_letters.RAW)[:4] == shape else None
    if raw_letters is None and RAW in several:
        raw_letters = letters + "c"
    raw_letters = raw_letters or axis_letters.raw_axes(raw.shape, objects.shape, letters)
    return {role: letters, RAW: axis_letters.check(raw_letters, raw.ndim)}


def _letters_with_channels(
    arrays: Mapping[str, NDArray[Any] | LazyArray],
    named: Mapping[str, str],
    read: Mapping[str, str],
    several: Collection[str],
) -> dict[str, str]:
    """Axes where all images may have channels: as named, as read, or guessed, so that the images agree if they can."""
    first, alike = {}, len(arrays) > len({array.shape for array in arrays.values()})
    for role, array in arrays.items():
        known = named.get(role) or read.get(role)
        if known is None and role in several:
            known = axis_letters.label_axes(array.ndim - 1) + "c"
        first[role] = axis_letters.check(known or _guess(array.shape, alike=alike), array.ndim)
    for letters in (first, *_other_letters(arrays, first, fixed={*named, *several})):
        if len({canonical_shape(array, letters[role], axis_letters.RAW)[:4] for role, array in arrays.items()}) == 1:
            return letters
    return first


def _other_letters(
    arrays: Mapping[str, NDArray[Any] | LazyArray], first: Mapping[str, str], fixed: Collection[str]
) -> Iterator[dict[str, str]]:
    """Axes that images may have instead of their first guess: those of one of them, with or without channels.

    Those of the roles in ``fixed`` stay.
    """
    own = [first[role] for role in arrays if role in fixed] or [first[role] for role in sorted(arrays, key=_raw_first)]
    bases = [axis_letters.without_channel(letters) for letters in own]
    bases += ["".join(sorted(base, key=axis_letters.LABELS.index)) for base in bases]
    if not fixed:
        bases += [axis_letters.without_channel(axis_letters.guess(array.shape)) for array in arrays.values()]
    for base in bases:
        options = [
            [first[role]] if role in fixed else axis_letters.with_channel(base, array.ndim)
            for role, array in arrays.items()
        ]
        yield from (dict(zip(arrays, letters, strict=True)) for letters in product(*options))


def _guess(shape: Sequence[int], *, alike: bool) -> str:
    """Axes by shape; where images are alike, a short first axis has planes rather than as many channels in each."""
    letters = axis_letters.guess(shape)
    return axis_letters.label_axes(len(shape)) if alike and letters[0] == "c" and len(shape) < 5 else letters


def _raw_first(role: str) -> bool:
    return role != RAW


def canonical_shape(array: NDArray[Any] | LazyArray, letters: str, target: str) -> tuple[int, ...]:
    """Canonical shape of an array with these axes, () if they have no place in ``target``."""
    lengths = dict(zip(letters, array.shape, strict=True))
    if any(length > 1 for letter, length in lengths.items() if letter not in target):
        return ()
    return tuple(lengths.get(letter, 1) for letter in target)
