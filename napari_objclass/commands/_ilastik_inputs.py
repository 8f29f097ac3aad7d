"""Images as they are named to ilastik's headless mode: patterns and joined names are stacks, axes are the project's."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from napari_objclass.commands._inputs import OBJECT_ROLES
from napari_objclass.errors import FileError, ObjClassError, ParameterError
from napari_objclass.io import hdf5
from napari_objclass.io.formats import matching, split, with_numbers
from napari_objclass.io.image import Image, Stack
from napari_objclass.io.readers import open_image
from napari_objclass.io.stack import whole_axes
from napari_objclass.workflow.batch import ImageSet

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    Volume = str | Stack

ROLES = ("raw", *OBJECT_ROLES)


class Ordered(NamedTuple):
    """An image set, and the order of axes that its results are written in; "" if it cannot be opened."""

    images: ImageSet
    axes: str


class _Seen(NamedTuple):
    """The first file of an image, and the axes that the files give it."""

    first: Image
    axes: str


def ordered_images(args: argparse.Namespace, training: Mapping[str, str]) -> list[Ordered]:
    """Images named on the command line, with their names and axes as ilastik takes them.

    Parameters
    ----------
    args
        Words by role (``raw``, ``labels``, ``segmentation``, ``probabilities``), ``axes`` and ``stack_along``.
    training
        Axes by role of the images of the project; they hold where their number is right.

    Raises
    ------
    ParameterError
        If the roles have different numbers of images, or there are none.
    """
    words = {role: getattr(args, role) for role in ROLES if getattr(args, role)}
    if not words:
        raise ParameterError("name images: --raw-data, and --label-image, --segmentation-image or --prediction-maps")
    if len({len(each) for each in words.values()}) > 1:
        told = " but ".join(f"{len(each)} images for {role}" for role, each in words.items())
        raise ParameterError(f"{told}; give one of each per image, a stack as a pattern in quotes")
    volumes = ([volume(word, args.stack_along) for word in each] for each in words.values())
    told_axes = _by_role(args.axes or [])
    return [_ordered(dict(zip(words, each, strict=True)), told_axes, training) for each in zip(*volumes, strict=True)]


def volume(word: str, along: str) -> Volume:
    """One image: a file; or a stack, if the word is a pattern or joins files with the path separator of the system."""
    parts = [word] if "://" in word or Path(word).exists() else [part for part in word.split(os.pathsep) if part]
    files = tuple(dataset for part in parts for file in matching(part) for dataset in _datasets(file))
    return word if files == (word,) else Stack(files, along)


def nickname(image: Image) -> str:
    """What ilastik calls an image: the name of its file, and of the dataset inside it."""
    inner = image.inner.strip("/").replace("/", "-")
    return (f"{image.path.stem}-{inner}" if inner else image.path.stem).replace("*", "")


def _ordered(volumes: Mapping[str, Volume], told: Mapping[str, str], training: Mapping[str, str]) -> Ordered:
    seen = {role: found for role, each in volumes.items() if (found := _look(each)) is not None}
    axes = {role: told[role] for role in volumes if role in told}
    for role, found in seen.items():
        if role not in told and len(training.get(role, "")) == len(found.axes):
            axes[role] = training[role]
    role = next(iter(volumes))
    if role not in seen:  # it is said why when its turn comes
        return Ordered(ImageSet(volumes, axes=axes), "")
    return Ordered(ImageSet(volumes, nickname(seen[role].first), axes or None), axes.get(role, seen[role].axes))


def _look(volume: Volume) -> _Seen | None:
    """Look into the first file of an image; None if that cannot be read."""
    file, along = (volume, "") if isinstance(volume, str) else (volume.files[0], volume.along)
    try:
        first = open_image(file)
    except ObjClassError:
        return None
    return _Seen(first, whole_axes(first.axes, along) if along else first.axes)


def _by_role(axes: Sequence[str]) -> dict[str, str]:
    """Axes of raw and of the objects, with commas or spaces between; one for all."""
    told = [letters.strip().lower() for word in axes for letters in word.split(",")]
    raw, objects = (told * 2)[:2] if len(told) == 1 else [*told, "", ""][:2]
    by_role = {"raw": raw} | dict.fromkeys(OBJECT_ROLES, objects)
    return {role: letters for role, letters in by_role.items() if letters not in ("", "none")}


def _datasets(file: str) -> tuple[str, ...]:
    """Datasets of an HDF5 file that match a pattern behind its name; the file itself without a pattern."""
    path, inner = split(file)
    if not set("*?[") & set(inner):
        return (file,)
    found = [name for name in hdf5.datasets(path) if fnmatchcase(name, inner)]
    if not found:
        raise FileError(f"{path} has no dataset that matches {inner!r}; objclass info {path} says what it has")
    return tuple(f"{path}/{name}" for name in sorted(found, key=with_numbers))
