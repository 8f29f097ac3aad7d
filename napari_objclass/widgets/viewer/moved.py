"""Files of images that are gone, and where they may be now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_objclass.io.image import Stack
    from napari_objclass.workflow.lane import LaneRecord, Source


def gone(lane: LaneRecord) -> list[str]:
    """Roles of an image of which a file is not where it was; looks at the disk."""
    return [role for role, source in lane.sources.items() if not _is_there(source)]


def moved(lane: LaneRecord, folders: Sequence[Path]) -> dict[str, str | Stack]:
    """Where files that are gone are, by role, if they lie in one of some folders under their names."""
    places = ((role, _in_folder(lane.sources[role], folder)) for role in gone(lane) for folder in folders)
    return {role: source.place for role, source in places if _is_there(source)}


def _is_there(source: Source) -> bool:
    return all(Path(each.path or "").exists() for each in source.files)


def _in_folder(source: Source, folder: Path) -> Source:
    """As if all files of a source lay in a folder."""
    files = tuple(replace(each, path=str(folder / Path(each.path or "").name)) for each in source.files)
    return replace(files[0], parts=files, along=source.along) if source.parts else files[0]
