"""Datasets of an ilastik project, and where their files are by now."""

from __future__ import annotations

import glob
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from napari_objclass.io.formats import split
from napari_objclass.io.ilp_values import Notes, plain, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import h5py

#: What ilastik calls a role, and what we do.
ROLES = {
    "raw data": "raw",
    "prediction maps": "probabilities",
    "segmentation image": "segmentation",
    "label image": "labels",
    "atlas": "atlas",
}

LOCAL_DATA = "Input Data/local_data"

#: One path of several that are joined by the separator of the system the project was saved on.
_ONE_PATH = re.compile(r"(?:[A-Za-z]:(?=[\\/]))?[^:;]+")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


@dataclass(frozen=True)
class IlpDataset:
    """One role of one image.

    Attributes
    ----------
    files
        Where the project says that it is, each absolute and with inner path; several for a stack.
    found
        Where it is, each for :func:`~napari_objclass.io.readers.open_image`; () if any of the files is missing.
    sought
        Files that were looked for in vain; () if all were found, or are at a web address.
    axes
        Letters, "" if the project does not say.
    shape
        () if unknown.
    nickname
        What ilastik calls it.
    along
        Axis along which several files lie.
    drange
        Range of values.
    """

    files: tuple[str, ...]
    found: tuple[str, ...]
    sought: tuple[str, ...] = ()
    axes: str = ""
    shape: tuple[int, ...] = ()
    nickname: str = ""
    along: str = "z"
    drange: tuple[float, float] | None = None


def read_datasets(lane: h5py.Group, title: str, project: Path, notes: Notes) -> dict[str, IlpDataset]:
    """Datasets of a lane by our roles; notes call it ``title``."""
    found = {}
    for name in lane:
        role = ROLES.get(name.lower())
        info = lane.get(name)
        if role is None:
            notes.append(f"{name} of {title} was left out, because this role is unknown")
        elif info:  # groups without anything in them stand for roles without data
            what = f"{name} of {title}"
            dataset = notes.attempt(f"{what} was", None, _read, info, what, project, notes)
            if dataset is not None:
                found[role] = dataset
    return found


def _read(info: h5py.Group, what: str, project: Path, notes: Notes) -> IlpDataset | None:
    facts = {name: plain(info[name][()]) for name in info if hasattr(info[name], "shape")}
    axes, shape = notes.attempt(f"Axes of {what} were", "", _axes, facts), _shape(facts.get("shape"))
    places = _places(info, facts, project)
    if not places:
        return None
    if _ADDRESS.match(places[0][0]):
        notes.append(f"{what} is at a web address, {places[0][0]}; download it and choose the copy")
    if facts.get("subvolume_roi"):
        notes.append(f"ilastik used only a part of {what}; here all of it counts")
    searched = [_find(file, inner, project) for file, inner in places]
    found = [place for each, _ in searched for place in each]
    is_complete = all(each for each, _ in searched)
    return IlpDataset(
        files=tuple(_joined(_at_home(file, project), inner) for file, inner in places),
        found=tuple(found) if is_complete else (),
        sought=tuple(dict.fromkeys(place for each, sought in searched if not each for place in sought)),
        axes=axes,
        shape=shape,
        nickname=str(facts.get("nickname", "")),
        along=_along(axes, shape, len(found) if is_complete else len(places)),
        drange=_drange(facts.get("drange")),
    )


def _places(info: h5py.Group, facts: dict[str, Any], project: Path) -> list[tuple[str, str]]:
    """Files with inner paths as the project says; data in the project as those of its own file."""
    stored = str(facts.get("filePath") or "")
    if _is_internal(facts):
        own = [facts.get("inner_path"), f"{LOCAL_DATA}/{facts.get('datasetId')}", stored]
        inner = next((place for place in own if place and place in info.file), own[0] or own[1])
        return [(str(project), str(inner).strip("/"))]
    if _ADDRESS.match(stored):
        return [(_from_address(stored), "")]
    file, inner = whole = _split(stored)
    if stored and not re.search("[:;]", inner) and _exists(_at_home(file, project)):
        return [whole]  # the name of one file may have separators in it
    return [_split(each) for each in _ONE_PATH.findall(stored)]


def _is_internal(facts: dict[str, Any]) -> bool:
    kind = str(facts.get("__class__") or facts.get("location"))
    return kind.startswith(("ProjectInternal", "PreloadedArray"))


def _from_address(address: str) -> str:
    """Path of a ``file://`` address; others as they are."""
    parts = urlsplit(address)
    return unquote(parts.path) if parts.scheme == "file" else address


def _split(stored: str) -> tuple[str, str]:
    """File, with slashes, and inner path."""
    path, inner = split(stored.replace("\\", "/"))
    return str(path), inner


def _joined(file: str, inner: str) -> str:
    return f"{file}/{inner}" if inner else file


def _find(file: str, inner: str, project: Path) -> tuple[list[str], list[str]]:
    """Where a file is, several for a pattern, or none; and where it was sought."""
    sought = []
    for place in _candidates(file, project):
        if _exists(place):
            return [_joined(place, inner)], []
        matches = sorted(glob.glob(place)) if glob.has_magic(place) else []  # noqa: PTH207 (the pattern is absolute)
        if matches:
            return [_joined(match, inner) for match in matches], []
        sought.append(place)
    return [], sought


def _candidates(file: str, project: Path) -> Iterator[str]:
    """As stored, else relative to the project, else the longest tail of the path that exists beside the project."""
    if _ADDRESS.match(file):
        return
    parts = [part for part in PurePosixPath(file).parts if part not in {"/", "//", ".", ".."} and part[1:] != ":"]
    tails = (str(project.parent.joinpath(*parts[i:])) for i in range(len(parts)))
    yield from dict.fromkeys([_at_home(file, project), *tails])


def _at_home(file: str, project: Path) -> str:
    """Take a relative path from the project's folder."""
    return file if _is_absolute(file) or _ADDRESS.match(file) else os.path.normpath(project.parent / file)


def _is_absolute(file: str) -> bool:
    return PurePosixPath(file).is_absolute() or PureWindowsPath(file).is_absolute()


def _exists(place: str) -> bool:
    return os.path.exists(place)  # noqa: PTH110 (that of Path raises where a folder may not be entered)


def _axes(facts: dict[str, Any]) -> str:
    tags = facts.get("axistags")
    letters = "".join(tag["key"] for tag in json.loads(tags)["axes"]) if tags else text(facts.get("axisorder", ""))
    return letters if set(letters) <= set("tczyx") else ""


def _shape(shape: Any) -> tuple[int, ...]:
    return tuple(int(each) for each in shape) if isinstance(shape, tuple) else ()


def _along(axes: str, shape: tuple[int, ...], n_files: int) -> str:
    """Axis of a stack: the only one it can be, or the one that is as long as there are files."""
    if n_files == 1:
        return "z"
    candidates = [axis for axis in "ztc" if axis in axes] or ["z"]
    lengths = dict(zip(axes, shape, strict=False))
    return next((axis for axis in candidates if lengths.get(axis) == n_files), candidates[0])


def _drange(value: Any) -> tuple[float, float] | None:
    return (float(value[0]), float(value[1])) if isinstance(value, tuple) and len(value) == 2 else None
