"""``objclass gui``: napari with the workbench, on a project or on images."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from napari_objclass.commands._inputs import OBJECT_ROLES, expand
from napari_objclass.errors import ObjClassError, ParameterError
from napari_objclass.io.formats import PROJECT_SUFFIX, is_zarr

if TYPE_CHECKING:
    import argparse


class ToOpen(NamedTuple):
    """What the command line names: a project, or images and folders of images.

    Attributes
    ----------
    images
        Arguments of ``Session.add_lane`` for each.
    """

    project: Path | None = None
    images: tuple[dict[str, Any], ...] = ()
    folders: tuple[str, ...] = ()


def run(args: argparse.Namespace) -> int:
    """Start napari."""
    wanted = what_to_open(args)
    if find_spec("napari") is None:
        raise ObjClassError('napari is not installed; run: pip install "napari-objclass[all]"')
    from napari_objclass.widgets.launch import launch

    launch(*wanted)
    return 0


def what_to_open(args: argparse.Namespace) -> ToOpen:
    """Project, images and folders that the command line names.

    Raises
    ------
    ParameterError
        If it names a project and more, or raw images and objects that are no pairs.
    FileError
        If objects cannot be read.
    """
    named = expand(args.files)
    projects = [Path(name) for name in named if name.endswith(PROJECT_SUFFIX)]
    folders = tuple(name for name in named if Path(name).is_dir() and not is_zarr(Path(name)))
    files = [name for name in named if name not in folders]
    given = [(role, expand(getattr(args, role))) for role in OBJECT_ROLES if getattr(args, role)]
    if projects:
        if len(named) > 1 or given:
            raise ParameterError("name one project, or images; not both")
        return ToOpen(projects[0])
    return ToOpen(None, _in_order(files, *given[0]) if given else _by_name(files), folders)


def _in_order(raw: list[str], role: str, objects: list[str]) -> tuple[dict[str, Any], ...]:
    """Every raw image with the objects at the same position."""
    if not raw:
        return tuple({role: own} for own in objects)
    if len(raw) != len(objects):
        raise ParameterError(f"{len(raw)} images need as many of their objects, got {len(objects)}; name both in order")
    return tuple({"raw": image, role: own} for image, own in zip(raw, objects, strict=True))


def _by_name(files: list[str]) -> tuple[dict[str, Any], ...]:
    """Every raw image with the objects whose name is like its own."""
    from napari_objclass.io.readers import open_image
    from napari_objclass.labels import is_mask
    from napari_objclass.workflow.lane import LABELS, PROBABILITIES, RAW, SEGMENTATION
    from napari_objclass.workflow.pairing import File, pair, role_by_name

    by_name = {file: role_by_name(_without_folder(file)) for file in files}
    if not {LABELS, PROBABILITIES} & set(by_name.values()):  # all may have one name, such as raw/a.tif and labels/a.tif
        by_name = {file: role_by_name(file) for file in files}

    def role(file: str) -> str:
        if by_name[file] != LABELS:
            return PROBABILITIES if by_name[file] == PROBABILITIES else RAW
        return SEGMENTATION if is_mask(open_image(file).data) else LABELS

    paired, alone = pair([File(file, role(file)) for file in files])
    if alone:
        raise ParameterError(
            f"which file has the objects of {alone[0].place}? name it with --labels, --segmentation or --probabilities"
        )
    return tuple(each.arguments for each in paired)


def _without_folder(file: str) -> str:
    from napari_objclass.io.formats import split

    path, inner = split(file)
    return f"{path.name}/{inner}" if inner else path.name
