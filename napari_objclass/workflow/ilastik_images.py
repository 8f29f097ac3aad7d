"""Images of an ilastik project as records of lanes: where they are, their axes, and the range of their values."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from napari_objclass.errors import FileError, ObjClassError
from napari_objclass.io.formats import ILASTIK_SUFFIX, split
from napari_objclass.io.image import Stack
from napari_objclass.io.stack import open_files
from napari_objclass.thresholding import AS_IS
from napari_objclass.workflow import input_data
from napari_objclass.workflow.lane import PROBABILITIES, RAW, ROLES, UNKNOWN, LaneRecord, Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_objclass.io.ilp import IlpDataset, IlpLane, IlpProject


def lanes(
    project: IlpProject, notes: list[str], *, look: bool
) -> tuple[tuple[LaneRecord, ...], tuple[int, int] | None]:
    """Records of all images, and the dimensions and channels of the first that is known; None if none is.

    Parameters
    ----------
    look
        Whether to read the images: those that are not read are of unknown content.
    """
    folder = project.path.parent
    found = [_lane(lane, number, folder, notes, look=look) for number, lane in enumerate(project.lanes, 1)]
    extents = (extent for _, extent in found if extent is not None)
    return tuple(record for record, _ in found), next(extents, None) or _declared_extent(project)


def _lane(
    lane: IlpLane, number: int, folder: Path, notes: list[str], *, look: bool
) -> tuple[LaneRecord, tuple[int, int] | None]:
    """Record of an image with its dimensions and channels; of unknown content, without them, if it is not opened."""
    if "atlas" in lane.datasets:
        notes.append("the atlas was left out: values of an atlas are not measured here")
    datasets = {role: lane.datasets[role] for role in ROLES if role in lane.datasets}
    name = next((each.nickname for each in datasets.values() if each.nickname), f"image {number}")
    if not look:
        return _unread(name, datasets, folder), None
    try:
        sources = {role: _found(dataset) for role, dataset in datasets.items()}
        axes = {role: letters for role, dataset in datasets.items() if (letters := _letters(dataset))}
        dranges = {role: _drange(role, dataset) for role, dataset in datasets.items()}
        record, _, images = input_data.describe(sources, axes=axes, name=name, dranges=dranges)
    except ObjClassError:
        return _unread(name, datasets, folder), None
    stored = {role: replace(source, stored=_is_inside(source)) for role, source in record.sources.items()}
    return replace(record, sources=stored), images.extent


def _unread(name: str, datasets: Mapping[str, IlpDataset], folder: Path) -> LaneRecord:
    """Record of an image whose pixels are unknown; its voxel size is known if the files are there."""
    sources = {role: _unknown(role, dataset, folder) for role, dataset in datasets.items()}
    spacing = units = None
    for dataset in datasets.values():
        with suppress(ObjClassError):
            image = open_files(_found(dataset))
            spacing, units = spacing or input_data.voxel_size(image), units or image.units
    return LaneRecord(uuid4().hex, name, sources, spacing=spacing, units=units)


def _declared_extent(project: IlpProject) -> tuple[int, int] | None:
    """Spatial dimensions and channels of the raw images as the project says; None if it does not."""
    for lane in project.lanes:
        raw = lane.datasets.get(RAW)
        if raw is not None and raw.shape and len(raw.shape) == len(raw.axes):
            lengths = dict(zip(raw.axes, raw.shape, strict=True))
            return 3 if lengths.get("z", 1) > 1 else 2, lengths.get("c", 1)
    return None


def _found(dataset: IlpDataset) -> str | Stack:
    """What to open.

    Raises
    ------
    FileError
        If it is not where the project says, nor beside the project.
    """
    if not dataset.found:
        raise FileError(f"{' and '.join(dataset.sought or dataset.files)} cannot be found")
    return dataset.found[0] if len(dataset.found) == 1 else Stack(dataset.found, dataset.along)


def _letters(dataset: IlpDataset) -> str:
    """Axes of the array in the file: ilastik names a channel axis where there is none, too."""
    n_dims = open_files(_found(dataset)).data.ndim
    letters = dataset.axes
    if len(letters) == n_dims + 1:
        letters = letters.replace("c", "")
    return letters if len(letters) == n_dims else ""


def _unknown(role: str, dataset: IlpDataset, folder: Path) -> Source:
    """Pixels where they are, or else where the project awaits them: in its folder if this system has no such place."""
    files = [split(file) for file in dataset.found or dataset.files]
    places = [(path if path.is_absolute() else folder / path.name, inner) for path, inner in files]
    parts = [Source("", UNKNOWN, str(path), inner) for path, inner in places]
    parts = [replace(part, stored=_is_inside(part)) for part in parts]
    whole = replace(parts[0], axes=dataset.axes, drange=_drange(role, dataset))
    return whole if len(parts) == 1 else replace(whole, parts=tuple(parts), along=dataset.along)


def _drange(role: str, dataset: IlpDataset) -> tuple[float, float] | None:
    """Values that count as 0 and 1 in what is thresholded: ilastik takes integers as they are if nothing says more."""
    if role != PROBABILITIES:
        return None
    told = None
    with suppress(ObjClassError):
        told = open_files(_found(dataset)).drange or AS_IS
    return dataset.drange or told


def _is_inside(source: Source) -> bool:
    """Whether the project itself holds the pixels; they are then stored beside ours when that is saved."""
    return source.path is not None and Path(source.path).suffix.lower() == ILASTIK_SUFFIX
