"""Image sets of a batch: files in order, folders paired by names, or the rows of a table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from napari_objclass.errors import FileError, ParameterError
from napari_objclass.io import text_table
from napari_objclass.io.formats import IMAGES, split
from napari_objclass.workflow import sources
from napari_objclass.workflow.batch_plan import IMAGE_COLUMN, ImageSet
from napari_objclass.workflow.lane import LABELS, PROBABILITIES, RAW, SEGMENTATION
from napari_objclass.workflow.pairing import File, pair, role_by_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# Names that columns of a table of inputs go by, ours first, then those of ilastik's roles.
_COLUMNS = {
    RAW: ("raw", "raw data"),
    LABELS: ("labels", "label image"),
    SEGMENTATION: ("segmentation", "segmentation image"),
    PROBABILITIES: ("probabilities", "prediction maps"),
}
_NAME = ("name", "nickname")

# Columns that every exported table has, and those of the summary.
_TAKEN = {IMAGE_COLUMN, "object_id", "timestep", "labelimage_oid", "User Label", "Predicted Class", "original_oid"}
_TAKEN |= {"status", "objects"}
_TAKEN_WITH_CLASS = ("Probability of ", "Number of ", "Share of ")


@dataclass(frozen=True)
class Inputs:
    """Image sets, and files of folders for which no partner was found."""

    image_sets: list[ImageSet]
    unpaired: list[str]


def from_files(given: Mapping[str, Sequence[str]], axes: str | None = None) -> Inputs:
    """Image sets of files and folders by role; with folders, those belong together that are named alike.

    Parameters
    ----------
    given
        Paths by role: raw, and what objects come from, or one of them alone. A folder may be given for both.
    axes
        Axes of raw.

    Raises
    ------
    ParameterError
        If lists of files differ in length.
    FileError
        If a folder has no images.
    """
    given = {role: given[role] for role in sorted(given, key=lambda role: role != RAW)}  # raw gives the name
    folders = {role: [Path(path).is_dir() and not _is_image(path) for path in paths] for role, paths in given.items()}
    if len(given) == 1:
        [(role, paths)] = given.items()
        return Inputs([ImageSet({role: file}, axes=axes) for path in paths for file in _listed(path)], [])
    numbers = [len(paths) for paths in given.values()]
    if not any(map(any, folders.values())):
        if len(set(numbers)) > 1:
            told = " but ".join(f"{len(paths)} for {role}" for role, paths in given.items())
            raise ParameterError(f"there are {told}; give one of each per image, in the same order")
        rows = zip(*given.values(), strict=True)
        return Inputs([ImageSet(dict(zip(given, row, strict=True)), axes=axes) for row in rows], [])
    groups: list[dict[str, Sequence[str]]] = [dict(given)]
    if all(map(all, folders.values())) and len(set(numbers)) == 1:  # every folder has its partner
        groups = [dict(zip(given, ([path] for path in row), strict=True)) for row in zip(*given.values(), strict=True)]
    found = [_paired(group, axes) for group in groups]
    return Inputs([each for group in found for each in group.image_sets], [each for g in found for each in g.unpaired])


def from_table(path: Path, axes: str | None = None) -> list[ImageSet]:
    """Image sets of the rows of a CSV table; paths are relative to its folder.

    Columns are named for roles (raw, labels, segmentation, probabilities, or as ilastik calls them) and ``name``;
    all others are carried into results.

    Raises
    ------
    FileError
        If it cannot be read, or a row cannot be understood.
    """
    (_, names), *rows = text_table.rows(path)
    named = {number: name for number, name in enumerate(names) if name}
    if len(set(named.values())) < len(named):
        twice = next(name for name in names if name and names.count(name) > 1)
        raise FileError(f"{path} has two columns {twice!r}; name them apart")
    roles = {n: role for n, name in named.items() for role, known in _COLUMNS.items() if _plain(name) in known}
    if not roles:
        raise FileError(f"{path} has no column of images; name one of {', '.join(_COLUMNS)} in its first line")
    if len(set(roles.values())) < len(roles):
        role = next(role for role in _COLUMNS if list(roles.values()).count(role) > 1)
        twice = " and ".join(repr(names[n]) for n in roles if roles[n] == role)
        raise FileError(f"{path} has the columns {twice} for one image; leave all but one out")
    title = next((n for n, name in named.items() if _plain(name) in _NAME), None)
    extra = {n: name for n, name in named.items() if n not in roles and n != title}
    taken = [name for name in extra.values() if name in _TAKEN or name.startswith(_TAKEN_WITH_CLASS)]
    if taken:
        raise FileError(f"{path} has a column {taken[0]!r}, as results do; call it something else")
    image_sets = []
    for line, told in rows:
        cells = told + [""] * (len(names) - len(told))
        images = {role: _beside(path, cells[n]) for n, role in sorted(roles.items(), key=_raw_first) if cells[n]}
        objects = set(images) - {RAW}
        if not images or len(objects) > 1 or any(cell and n not in named for n, cell in enumerate(cells)):
            why = "no image" if not images else "objects from two images" if len(objects) > 1 else "a cell too many"
            raise FileError(f"line {line} of {path} has {why}; mend the table")
        columns = {name: cells[n] for n, name in extra.items()}
        image_sets.append(ImageSet(images, (cells[title] if title is not None else "") or None, axes, columns))
    if not image_sets:
        raise FileError(f"{path} has a first line and no images below it; add a row for each")
    return image_sets


def _raw_first(item: tuple[int, str]) -> tuple[bool, int]:
    number, role = item
    return role != RAW, number


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())


def _beside(table: Path, place: str) -> str:
    return place if "://" in place else str(table.absolute().parent / Path(place).expanduser())


def _paired(given: Mapping[str, Sequence[str]], axes: str | None) -> Inputs:
    """Files of two roles, some from folders, that are named alike."""
    listed = [File(file, role) for role, paths in given.items() for path in paths for file in _listed(path)]
    times = Counter(each.place for each in listed)
    # In one folder for both, names tell which is which.
    files = [each for each in listed if times[each.place] == 1 or (each.role == RAW) == _is_raw(each.place)]
    paired, left = pair(files, last=len(files) == len(given))
    alone = [each.objects.place for each in paired if not each.raw] + [each.place for each in left]
    return Inputs([ImageSet(each.arguments, axes=axes) for each in paired if each.raw], alone)


def _is_raw(file: str) -> bool:
    return role_by_name(file) in (None, RAW)


def _listed(path: str) -> list[str]:
    """Images in a folder, without those that are named as results are beside them; a file stands for itself."""
    folder = Path(path)
    if not folder.is_dir() or _is_image(path):
        return [path]
    files = [str(file) for file in sorted(folder.iterdir()) if _is_image(file) and not file.name.startswith(".")]
    images = [file for file in files if not _is_result(file)] or files
    if not images:
        raise FileError(f"there are no images in the folder {folder}; name the one that they are in")
    return images


def _is_image(path: str | Path) -> bool:
    """Whether it is named as an image, or lies in one: levels of OME-Zarr are folders, too."""
    file, _ = split(str(path))
    return file.suffix.lower() in IMAGES


def _is_result(file: str) -> bool:
    name = Path(file).name
    return any(f"_{source}." in name for source in sources.SOURCES)


def without_results(unpaired: Iterable[str], results: Iterable[Path]) -> list[str]:
    """Files without partner that are no results of an earlier run."""
    own = {path.resolve() for path in results}
    return [file for file in unpaired if Path(file).resolve() not in own]
