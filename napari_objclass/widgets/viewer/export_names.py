"""Names of exported files: their template as a folder and a name, and what it makes of an image; looks at no disk."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from napari_objclass.workflow.export import expand_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_objclass.workflow.export import Export
    from napari_objclass.workflow.lane import LaneRecord

#: Folder of each image.
BESIDE = "{dataset_dir}"
NAME = "{nickname}_{result_type}"

#: What templates may have, and what it stands for.
PLACEHOLDERS = {
    "dataset_dir": "the folder of the image",
    "nickname": "the name of the image",
    "result_type": "what is in the file",
    "x_start": "where the region begins along x; also y, z, t, c",
    "x_stop": "where it ends",
    "roi": "the whole region",
    "slice_index": "the number of a file of a sequence",
}
_KNOWN = {*PLACEHOLDERS, *(f"{axis}_{end}" for axis in "tzyxc" for end in ("start", "stop"))}


def parted(template: str) -> tuple[str, str]:
    """Folder and name of a template; the folder is "" where that is the folder of each image."""
    folder, slash, name = template.replace("\\", "/").rpartition("/")
    if not slash:
        folder = "."
    return "" if folder == BESIDE else folder or "/", name


def joined(folder: str, name: str) -> str:
    """Inverse of :func:`parted`."""
    begin = folder.rstrip("/\\") if folder else BESIDE
    return f"{begin}/{name or NAME}"


def beside_images(filename: str) -> str:
    """Template of a table that is named as the images are, without suffix."""
    return expand_template(filename, {"result_type": "table"})


def unknown_placeholder(template: str) -> str | None:
    """Say what is wrong with a template, in one sentence; None if nothing is."""
    wrong = next((name for name in re.findall(r"\{([^{}/]*)\}", template) if name not in _KNOWN), None)
    if wrong is None:
        return None
    return f"{{{wrong}}} is not known; known are {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}."


def examples(settings: Export, record: LaneRecord, sizes: Mapping[str, int]) -> tuple[str, ...]:
    """Paths of the first image and the table that an image of a session gets, as far as they are wanted.

    Parameters
    ----------
    settings
        What is written.
    record
        The image.
    sizes
        Its length along each axis, by letter.
    """
    fields = {"dataset_dir": record.folder.as_posix(), "nickname": record.name, **_ends(settings, sizes)}
    image = [expand_template(settings.filename, {**fields, "result_type": source}) for source in settings.images[:1]]
    table = [] if settings.table is None else [expand_template(settings.table, fields)]
    return (*(_absolute(path) + settings.suffix for path in image), *map(_absolute, table))


def _ends(settings: Export, sizes: Mapping[str, int]) -> dict[str, str]:
    """Where the region begins and ends along every axis."""
    ends = {axis: (0, size) for axis, size in sizes.items()}
    for axis, start, stop in settings.region:
        if axis in sizes:
            ends[axis] = (start or 0, sizes[axis] if stop is None else min(stop, sizes[axis]))
    return {
        f"{axis}_{end}": str(at) for axis, both in ends.items() for end, at in zip(("start", "stop"), both, strict=True)
    }


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())
