"""What a batch will do: its images, what their results are called, and where they go; nothing is opened."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_objclass.errors import FileError, ParameterError
from napari_objclass.io.formats import split
from napari_objclass.io.image import Stack
from napari_objclass.workflow.export import Files, check_overwriting
from napari_objclass.workflow.lane import RAW

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from napari_objclass.workflow.export import Export

#: Column of a table of all images that says which one a row is from.
IMAGE_COLUMN = "image"


@dataclass(frozen=True)
class ImageSet:
    """Files that make one image.

    Attributes
    ----------
    images
        What :meth:`Session.add_lane` takes for each role: a path, a list of paths, or a ``Stack``.
    name
        What results are called after; the name of its first file if not given.
    axes
        Axes of raw, or axes by role; those of the files if not given.
    columns
        What a table of inputs says about it: text by column, carried into results.
    """

    images: Mapping[str, Any]
    name: str | None = None
    axes: str | Mapping[str, str] | None = None
    columns: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def files(self) -> list[str]:
        """Paths of all files, with inner paths."""
        return [file for source in self.images.values() for file in paths(source)]

    @cached_property
    def title(self) -> str:
        """What results are called after."""
        return self.name or (split(self._own[0])[0].stem if self._own else "image")

    @property
    def folder(self) -> Path:
        """Folder of raw, or of the objects without raw; the current one if no file holds them."""
        return split(self._own[0])[0].absolute().parent if self._own else Path.cwd()

    @property
    def _own(self) -> list[str]:
        """Paths of all files, those of raw first, whatever the order of the roles."""
        return [*paths(self.images.get(RAW)), *self.files]


@dataclass(frozen=True)
class Planned:
    """An image of a batch, and where its results go."""

    image: ImageSet
    files: Files

    @property
    def name(self) -> str:
        """What results are called after."""
        return self.image.title


@dataclass(frozen=True)
class Plan:
    """What a batch will do.

    Attributes
    ----------
    images
        The images, in order.
    settings
        What is written of each.
    table
        The one table for all images; None if each has its own, or there is none.
    folder
        The folder that all results are in.
    """

    images: tuple[Planned, ...]
    settings: Export
    table: Path | None
    folder: Path

    @property
    def files(self) -> list[Path]:
        """All results, and all files that are read."""
        results = [path for each in self.images for path in each.files.all]
        joined = [] if self.table is None else [self.table]
        return [*results, *joined, *(_place(file) for each in self.images for file in each.image.files)]

    def shard(self, number: int, of: int) -> Plan:
        """Return the part of a plan that one of several runs does; ``number`` counts from 1.

        Raises
        ------
        ParameterError
            If there is no such part.
        """
        if not 1 <= number <= of:
            raise ParameterError(f"there is no part {number} of {of}; parts are numbered from 1")
        return replace(self, images=self.images[number - 1 :: of])


def plan(
    image_sets: Sequence[ImageSet],
    settings: Export,
    *,
    folder: Path | None = None,
    protected: Iterable[tuple[str, Path]] = (),
) -> Plan:
    """Say what a batch will write, or why it cannot be done.

    Parameters
    ----------
    image_sets, settings
        What to classify, and what to write of each. A table whose template has neither ``{nickname}`` nor
        ``{dataset_dir}`` is one for all images, if there are several.
    folder
        Where reports of the run go; default: the common folder of all results.
    protected
        Role and path of other files that must not be overwritten.

    Raises
    ------
    ObjClassError
        If there is nothing to do, two results would be one file or an image, or a file cannot be written there.
    """
    if not image_sets or not (settings.images or settings.table):
        raise ParameterError("there is nothing to do; name images, and an export source or a table")
    table = _table_of_all(settings) if len(image_sets) > 1 else None
    own = settings if table is None else replace(settings, table=None)
    images = tuple(Planned(each, own.files(each.title, each.folder)) for each in image_sets)
    results = [each.files.all for each in images] + [[] if table is None else [table]]
    inputs = [(role, _place(path)) for each in image_sets for role in each.images for path in paths(each.images[role])]
    check_overwriting(results, [*inputs, *protected])
    folders = dict.fromkeys(path.absolute().parent for files in results for path in files)
    for target in folders:  # those that are not there are made
        if not os.access(next(each for each in (target, *target.parents) if each.exists()), os.W_OK):
            raise FileError(f"{target} is write-protected; name another folder for the results")
    return Plan(images, settings, table, folder or _common(folders))


def _common(folders: Iterable[Path]) -> Path:
    """Folder that all folders are in; the first where they are on several drives."""
    try:
        return Path(os.path.commonpath(folders))
    except ValueError:
        return next(iter(folders))


def _table_of_all(settings: Export) -> Path | None:
    template = settings.table
    if template is None or "{nickname}" in template or "{dataset_dir}" in template:
        return None
    return settings.files("", Path()).table


def paths(source: Any) -> list[str]:
    """Paths of the files of one role; none for arrays."""
    parts = source.files if isinstance(source, Stack) else source if isinstance(source, list | tuple) else [source]
    return [str(Path(part).expanduser()) for part in parts if isinstance(part, str | os.PathLike)]


def _place(path: str) -> Path:
    return split(path)[0].absolute()
