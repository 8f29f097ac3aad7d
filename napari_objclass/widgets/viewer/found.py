"""What image files hold, looked at before they are added; for another thread than the GUI's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from napari_objclass.errors import FileError, ObjClassError
from napari_objclass.io.formats import IMAGES, is_zarr, locate, split
from napari_objclass.io.readers import open_image
from napari_objclass.labels import is_mask
from napari_objclass.workflow.lane import LABELS, RAW, SEGMENTATION
from napari_objclass.workflow.pairing import LEFT_OUT, role_by_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CONTAINERS = (".h5", ".hdf5", ".zarr")


@dataclass(frozen=True)
class Found:
    """An image file or a dataset in one.

    Attributes
    ----------
    place
        Path; for HDF5 with the inner path.
    name
        For the user.
    role
        What it is guessed to be: a role of a lane, or "" to leave it out.
    text
        Shape, type and axes in words.
    problem
        Why it cannot be used, in one sentence.
    """

    place: str
    name: str
    role: str = LEFT_OUT
    text: str = ""
    problem: str | None = None


def look(paths: Iterable[str | Path]) -> list[Found]:
    """Look at files, at the datasets in them, and at all image files in folders and their folders."""
    found: list[Found] = []
    for path in map(Path, paths):
        files = sorted(_in_folder(path)) if path.is_dir() and not is_zarr(path) else [path]
        if not files:
            found.append(Found(str(path), path.name, problem=f"there is no image file in {path}"))
        for file in files:
            found += _look_into(file)
    return found


def _in_folder(folder: Path) -> Iterator[Path]:
    for each in folder.iterdir():
        if each.is_dir() and not is_zarr(each):
            yield from _in_folder(each)
        elif each.suffix.lower() in IMAGES:
            yield each


def _look_into(file: Path) -> list[Found]:
    try:
        inner = locate(file).module.datasets(file) if file.suffix.lower() in CONTAINERS else []
    except OSError:
        inner = []  # opening it as an image tells what is wrong
    if len(inner) < 2:
        return [_look_at(str(file))]
    found = [each for each in (_look_at(f"{file}/{name}") for name in inner) if each.problem is None]
    if not found:
        return [Found(str(file), file.name, problem=f"no dataset in {file} is an image")]
    named = [each for each in found if each.role == RAW and role_by_name(each.place) == RAW]
    images = named or [each for each in found if each.role == RAW]
    return [replace(each, role=LEFT_OUT) if each.role == RAW and each is not images[0] else each for each in found]


def _look_at(place: str) -> Found:
    file, inner = split(place)
    name = f"{file.name}/{inner}" if inner else file.name
    try:
        image = open_image(place)
        role = role_by_name(place)
        dtype = image.data.dtype
        if role is None:  # no camera has pixels of 32 bit integers
            role = LABELS if dtype.kind == "b" or (dtype.kind in "iu" and dtype.itemsize >= 4) else RAW
        if role == LABELS and is_mask(image.data):
            role = SEGMENTATION
    except ObjClassError as error:
        return Found(place, name, problem=str(error))
    except (OSError, ValueError) as error:
        return Found(place, name, problem=str(FileError(f"{file} cannot be read: {error}")))
    return Found(place, name, role, f"{' × '.join(map(str, image.data.shape))} {dtype} {image.axes}")
