"""``objclass annotate``: label objects of a project from a table or an image of classes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_objclass.commands._inputs import OBJECT_ROLES, thresholds_raw
from napari_objclass.errors import ParameterError, ProjectError

if TYPE_CHECKING:
    import argparse

    from napari_objclass.workflow.session import Session

MOST_CLASSES = 255
"""More would be ids or grey values that were taken for classes."""


def run(args: argparse.Namespace) -> int:
    """Open or make the project, add the image if one is given, label, save."""
    from napari_objclass.workflow.annotation_import import read_annotations
    from napari_objclass.workflow.session import Session

    path = Path(args.project)
    is_new = not path.exists()
    gives_objects = any(getattr(args, role) is not None for role in OBJECT_ROLES)
    if is_new and not gives_objects:
        raise ProjectError(
            f"{path} does not exist; give --labels, --segmentation or --probabilities (and --raw) to make it"
        )
    with Session(recover=False) if is_new else Session.open(path) as session:
        if session.read_only:
            raise ProjectError(session.notes[0])
        with session.all_or_nothing():
            gives_image = gives_objects or (args.raw is not None and thresholds_raw(session))
            lane = _add_lane(session, args) if gives_image else _find_lane(session, args.image)
            found = read_annotations(args.source, session.label_image(lane), session.axes(lane))
            if is_new:
                for number, name in enumerate(found.names[:2], 1):
                    session.rename_class(number, name)
            _add_classes(session, found.classes)
            session.annotate_many(lane, ids=found.ids, at=found.at, classes=found.classes, t=found.frames)
        session.save(path)
        active = Counter(each.cls for each in session.annotations if each.state == "active")
        names = [each.name for each in session.classes]
    print(f"{path}: {len(found.classes)} labels read; labelled objects now:")
    for number, name in enumerate(names, 1):
        print(f"  {name}: {active[number]}")
    return 0


def _add_lane(session: Session, args: argparse.Namespace) -> int:
    """Add the image, or give the one of its name these files."""
    images: dict[str, Any] = {role: getattr(args, role) for role in ("raw", *OBJECT_ROLES)}
    if any(lane.name == args.image for lane in session.lanes):
        lane = _find_lane(session, args.image)
        session.relink_lane(lane, **images, axes=args.axes)
        return lane
    return session.add_lane(**images, axes=args.axes, name=args.image)


def _find_lane(session: Session, name: str | None) -> int:
    """Position of the image of this name, or of the only one."""
    names = [lane.name for lane in session.lanes]
    if name is None and len(names) == 1:
        return 0
    if name not in names:
        raise ParameterError(f"name one of the project's images with --image: {', '.join(names) or 'it has none'}")
    if names.count(name) > 1:
        raise ParameterError(f"{names.count(name)} images of the project are called {name!r}; name it by its files")
    return names.index(name)


def _add_classes(session: Session, wanted: list[int | str]) -> None:
    """Make the classes that are missing: names as they come, numbers up to the largest."""
    largest = max((cls for cls in wanted if isinstance(cls, int)), default=0)
    if largest > MOST_CLASSES:
        raise ParameterError(f"class {largest} is no class number: they count from 1 to at most {MOST_CLASSES}")
    known = {each.name for each in session.classes}
    for name in dict.fromkeys(cls for cls in wanted if isinstance(cls, str)):
        if name not in known:
            session.add_class(name)
    while len(session.classes) < largest:
        session.add_class()
