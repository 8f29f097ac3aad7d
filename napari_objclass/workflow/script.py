"""A session as a Python script that makes it again, without napari."""

from __future__ import annotations

from collections import Counter
from pprint import pformat
from typing import TYPE_CHECKING, Any

from napari_objclass import __version__
from napari_objclass.workflow import classes
from napari_objclass.workflow.marks import AnnotationState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_objclass.io.image import LazyArray
    from napari_objclass.workflow.annotations import Annotation
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.session import Session

_WIDTH = 110


def script(session: Session) -> str:
    """Images, classes, annotations and settings of a session as a script.

    It runs as it is when all pixels are in files. Annotations that decide nothing at present are left out, and counted.
    """
    annotations = session.annotations
    active = [each for each in annotations if each.state is AnnotationState.ACTIVE]
    parts = [
        f'"""Objects of {session.path.name if session.path else "a new project"}, classified by '
        f'napari-objclass {__version__}."""',
        "import napari_objclass as oc",
        "session = oc.Session(recover=False)  # keeps nothing on disk until it is saved",
        _classes(session),
        *(_image(record) for record in session.lanes),
        _thresholding(session),
        f"session.feature_selection = {_call(session.feature_selection)}\n"
        f"session.classifier = {_call(session.classifier)}",
        *(_annotations(session, lane, active) for lane in range(len(session.lanes))),
    ]
    if len(active) < len(annotations):
        parts.append(f"# Left out: {len(annotations) - len(active)} annotations that decide no object at present.")
    n_edits = sum(session.edits(lane).applied for lane in range(len(session.lanes)))
    if n_edits:
        parts.append(f"# Left out: {n_edits} edits of objects by hand, which only the project has.")
    if active:
        parts.append(_PREDICT)
    return "\n\n".join(filter(None, parts)) + "\n"


_PREDICT = """for lane, image in enumerate(session.lanes):
    prediction = session.predict(lane)
    counts = [int((prediction.classes == number).sum()) for number in range(1, len(session.classes) + 1)]
    print(image.name, dict(zip(prediction.class_names, counts, strict=True)))"""


def _classes(session: Session) -> str:
    """Make the classes that every session begins with into those of this one."""
    wanted, begun = session.classes, [(each.name, each.color) for each in classes.DEFAULT]
    lines = []
    if {name for name, _ in begun} & {each.name for each in wanted} and wanted[0].name != begun[0][0]:
        begun = [(f"first {number}", color) for number, (_, color) in enumerate(begun, 1)]  # their names are wanted
        lines += [f"session.rename_class({number}, {name!r})" for number, (name, _) in enumerate(begun, 1)]
    for number, (each, (name, color)) in enumerate(zip(wanted, begun, strict=False), 1):
        if each.name != name:
            lines.append(f"session.rename_class({number}, {each.name!r})")
        if each.color != color:
            lines.append(f"session.recolour_class({number}, {each.color!r})")
        if each.ignore:
            lines.append(f"session.ignore_class({number})")
    for each in wanted[len(begun) :]:
        ignore = ", ignore=True" if each.ignore else ""
        lines.append(f"session.add_class({each.name!r}, {each.color!r}{ignore})")
    lines += [f"session.delete_class({number})" for number in range(len(begun), len(wanted), -1)]
    return "\n".join(lines)


def _image(record: LaneRecord) -> str:
    lines, arguments = [], {}
    for role, source in record.sources.items():
        if source.path is None:
            lines.append(f"{role} = ...  # is only in memory; put an array here, with axes {source.axes}")
            arguments[role] = role
        else:
            arguments[role] = f"oc.{source.place}" if source.parts else repr(source.place)
    arguments["axes"] = repr({role: source.axes for role, source in record.sources.items()})
    arguments["name"] = repr(record.name)
    if record.spacing is not None:
        arguments["spacing"] = repr(record.spacing)
    if record.units is not None:
        arguments["units"] = repr(record.units)
    if record.channel_names is not None:
        arguments["channel_names"] = repr(record.channel_names)
    if any(record.offset):
        arguments["offset"] = repr(record.offset)
    return "\n".join([*lines, "session.add_lane(", *(f"    {key}={value}," for key, value in arguments.items()), ")"])


def _thresholding(session: Session) -> str:
    found = any(lane.is_thresholded for lane in session.lanes)
    return f"session.thresholding = {_call(session.thresholding)}" if found else ""


def _annotations(session: Session, lane: int, active: list[Annotation]) -> str:
    """Annotate where the marks are; by its id, an object that has moved away from under the middle of its mark."""
    own = [each for each in active if each.lane == lane]
    if not own:
        return ""
    labels = session.objects(lane).labels
    calls = []
    for by, chosen in (
        ("at", [each for each in own if _label_at(labels, (each.t, *each.anchor)) == each.object_id]),
        ("ids", [each for each in own if _label_at(labels, (each.t, *each.anchor)) != each.object_id]),
    ):
        places = [tuple(map(int, each.anchor)) if by == "at" else each.object_id for each in chosen]
        if places:
            calls.append(
                f"session.annotate_many(\n    {lane},\n    {by}={_list(places)},\n"
                f"    classes={_list([each.cls for each in chosen])},\n    t={_frames([each.t for each in chosen])},\n)"
            )
    return "\n".join(calls)


def _label_at(labels: NDArray[Any] | LazyArray, place: tuple[int, ...]) -> int:
    """Label at a place ``tzyx``, 0 outside the image."""
    inside = all(0 <= each < length for each, length in zip(place, labels.shape, strict=True))
    return int(labels[place]) if inside else 0


def _frames(frames: list[int]) -> str:
    return str(frames[0]) if len(Counter(frames)) == 1 else _list(frames)


def _list(values: Sequence[object]) -> str:
    return pformat(values, width=_WIDTH, compact=True).replace("\n", "\n    ")


def _call(settings: object) -> str:
    return f"oc.{settings!r}"
