"""``objclass gui``: napari with the workbench, on a project or on images."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from napari_objclass.commands._inputs import OBJECT_ROLES, expand
from napari_objclass.errors import ObjClassError, ParameterError

if TYPE_CHECKING:
    import argparse

    from napari_objclass.workflow.session import Session

PROJECT_SUFFIX = ".objclass"

#: Names that segmentation tools give to images of objects.
_OBJECTS = re.compile(r"label|mask|seg", re.IGNORECASE)


@dataclass(frozen=True)
class ImageFiles:
    """Files of one image: its objects, with their role (None to tell from the pixels), and raw, if there is one."""

    objects: str
    role: str | None
    raw: str | None

    def add_to(self, session: Session) -> None:
        """Add the image to a session."""
        role = self.role or _role_of(self.objects)
        session.add_lane(raw=self.raw, **{role: self.objects})  # type: ignore[arg-type]


def run(args: argparse.Namespace) -> int:
    """Start napari."""
    project, images = what_to_open(args)
    if find_spec("napari") is None:
        raise ObjClassError('napari is not installed; run: pip install "napari-objclass[all]"')
    from napari_objclass.widgets.launch import launch

    launch(project, images)
    return 0


def what_to_open(args: argparse.Namespace) -> tuple[Path | None, list[ImageFiles]]:
    """Project, or images, that the command line names.

    Raises
    ------
    ParameterError
        If it names both, or raw images and objects that are no pairs.
    """
    files = expand(args.files)
    projects = [Path(file) for file in files if file.endswith(PROJECT_SUFFIX)]
    given = [(role, expand(getattr(args, role))) for role in OBJECT_ROLES if getattr(args, role)]
    if projects:
        if len(files) > 1 or given:
            raise ParameterError("name one project, or images; not both")
        return projects[0], []
    if given:
        role, objects = given[0]
        return None, _paired(files, objects, role)
    named = [file for file in files if _OBJECTS.search(Path(file).name)]
    return None, _paired([file for file in files if file not in named], named, None)


def _paired(raw: list[str], objects: list[str], role: str | None) -> list[ImageFiles]:
    """Every raw image with the objects at the same position."""
    if raw and not objects:
        raise ParameterError(f"which file has the objects of {raw[0]}? name it with --labels or --segmentation")
    if raw and len(raw) != len(objects):
        raise ParameterError(f"{len(raw)} images need as many of their objects, got {len(objects)}; name both in order")
    without_raw: list[str | None] = [None] * len(objects)
    return [ImageFiles(own, role, image) for own, image in zip(objects, raw or without_raw, strict=True)]


def _role_of(objects: str) -> str:
    """A mask has one value beside 0, a label image several."""
    import numpy as np

    from napari_objclass.io.readers import open_image

    pixels = np.asarray(open_image(objects).data)
    highest = pixels.max(initial=0)
    return "segmentation" if ((pixels == 0) | (pixels == highest)).all() else "labels"
