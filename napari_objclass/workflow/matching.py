"""Which image of one project is an image of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_objclass.errors import ParameterError
from napari_objclass.workflow import classes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_objclass.workflow.classes import Classes, ObjectClass
    from napari_objclass.workflow.lane import LaneRecord


def counterpart(lane: LaneRecord, own: Sequence[LaneRecord], others: Sequence[LaneRecord]) -> LaneRecord | None:
    """Image of another project that is ``lane``: the one with its pixels, else the only one of its name.

    Parameters
    ----------
    lane
        One of ``own``.
    own, others
        All images of the two projects.

    Returns
    -------
    LaneRecord or None
        Of several with the same raw, the one with the same objects, else that of the same name; None if that does not
        tell, or if a name means several.
    """
    same = [each for each in others if each.looks == lane.looks]
    same = [each for each in same if each.content == lane.content] or same
    if len(same) == 1:
        return same[0]
    namesakes = [each for each in same or others if each.name == lane.name]
    is_clear = len(namesakes) == 1 and sum(each.name == lane.name for each in own) == 1
    return namesakes[0] if is_clear else None


def named(lanes: Sequence[LaneRecord], name: str) -> LaneRecord:
    """The image of this name or uuid.

    Raises
    ------
    ParameterError
        If it is none, or several.
    """
    found = [lane for lane in lanes if name in (lane.name, lane.uuid)]
    if len(found) != 1:
        raise ParameterError(
            f"the other project has {len(found) or 'no'} images {name!r}; name one of {listed(lanes) or 'none'}"
        )
    return found[0]


def listed(lanes: Sequence[LaneRecord]) -> str:
    """Names of images, for a sentence."""
    return ", ".join(repr(lane.name) for lane in lanes)


def joined(own: Classes, others: Sequence[ObjectClass]) -> tuple[Classes, dict[str, str]]:
    """Add those classes of another project that are missing here, by name.

    Returns
    -------
    Classes, dict
        All classes, and the uuid here of each of the other classes by its uuid there.
    """
    for each in others:
        if each.name not in {known.name for known in own}:
            is_free = each.color.lower() not in {known.color.lower() for known in own}
            own = classes.added(own, each.name, each.color if is_free else None, ignore=each.ignore)
    uuids = {each.name: each.uuid for each in own}
    return own, {each.uuid: uuids[each.name] for each in others}
