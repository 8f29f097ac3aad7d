"""Names of exported files: their template as a folder and a name, and what it makes of an image; looks at no disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_objclass.workflow.file_names import expand_template, filled_in, has_gap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_objclass.workflow.export import Export
    from napari_objclass.workflow.lane import LaneRecord

#: Folder of each image.
BESIDE = "{dataset_dir}"
NAME = "{nickname}_{result_type}"

#: What may be in a template, and what it stands for.
PLACEHOLDERS = {
    "{dataset_dir}": "the folder of the image",
    "{nickname}": "the name of the image",
    "{result_type}": "what is in the file",
    "{x_start}, {x_stop}": "where the region begins and ends; also y, z, t, c",
    "{roi}": "the whole region",
    "{slice_index}": "the number of a slice, for one file per slice",
}


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
    """Template of a table that is beside images, without suffix; a table has no region that could be in its name."""
    folder, name = parted(filename)
    template = joined("" if has_gap(Path(folder)) else folder, NAME if has_gap(Path(name)) else name)
    return expand_template(template, {"result_type": "table"})


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

    Raises
    ------
    ParameterError
        If two results would be in one file.
    """
    planned = settings.planned(record.name, record.folder)
    region = {axis: (0, size) for axis, size in sizes.items()}
    for axis, start, stop in settings.region:
        if axis in sizes:
            region[axis] = (start or 0, sizes[axis] if stop is None else min(stop, sizes[axis]))
    paths = [filled_in(path, region) for path in planned.images.values()][:1]
    paths += [] if planned.table is None else [planned.table]
    return tuple(expand_template(str(path.absolute()), {"slice_index": 0}) for path in paths)
