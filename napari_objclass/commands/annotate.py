"""``objclass annotate``: label objects of a project from a table, an image of classes or another project."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_objclass.commands._inputs import OBJECT_ROLES, find_lane, thresholds_raw
from napari_objclass.errors import ProjectError
from napari_objclass.io.formats import PROJECT_SUFFIX

if TYPE_CHECKING:
    import argparse

    from napari_objclass.workflow.session import Session


def run(args: argparse.Namespace) -> int:
    """Open or make the project, add the image if one is given, label, save."""
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
            lane = _lane(session, args, gives_image=gives_image)
            if is_new:
                _name_classes(session, args.source)
            came = session.import_annotations(lane, args.source, conflicts=args.conflicts, source_lane=args.from_image)
        session.save(path)
        active = Counter(each.cls for each in session.annotations if each.state == "active")
        names = [each.name for each in session.classes]
    print(f"{path}: {came}; labelled objects now:")
    for number, name in enumerate(names, 1):
        print(f"  {name}: {active[number]}")
    return 0


def _lane(session: Session, args: argparse.Namespace, *, gives_image: bool) -> int | None:
    """Position of the image to be labelled; None for all that another project has too."""
    if gives_image:
        return _add_lane(session, args)
    is_project = Path(args.source).suffix == PROJECT_SUFFIX
    return None if is_project and args.image is None else find_lane(session, args.image)


def _name_classes(session: Session, source: str) -> None:
    """Give the classes that every project begins with the first names that occur in ``source``."""
    from napari_objclass.workflow.annotation_import import read_annotations

    if Path(source).suffix == PROJECT_SUFFIX:
        with type(session).open(source, read_only=True) as other:
            names = [each.name for each in other.classes]
    else:
        names = read_annotations(source, session.label_image(0), session.axes(0)).names
    for number, name in enumerate(names[: len(session.classes)], 1):
        if name not in {each.name for each in session.classes}:
            session.rename_class(number, name)


def _add_lane(session: Session, args: argparse.Namespace) -> int:
    """Add the image, or give the one of its name these files."""
    images: dict[str, Any] = {role: getattr(args, role) for role in ("raw", *OBJECT_ROLES)}
    if any(lane.name == args.image for lane in session.lanes):
        lane = find_lane(session, args.image)
        session.relink_lane(lane, **images, axes=args.axes)
        return lane
    return session.add_lane(**images, axes=args.axes, name=args.image)
