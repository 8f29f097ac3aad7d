"""What to do next in the step Classify, in one sentence."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from napari_objclass.widgets.objects import warning
from napari_objclass.widgets.parts.key_tips import with_key
from napari_objclass.workflow.marks import AnnotationState

if TYPE_CHECKING:
    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.claims import Claims


def hint(shared: ViewerSession, *, outdated: bool) -> str:
    """The next thing to do; ``outdated`` says that the prediction is older than the labels."""
    shown = shared.shown
    if shown is None:
        return "Add an image with objects in Images first."
    if shown.objects is None or shown.claims is None:
        cannot_be_read = shared.problem("input_data")  # Images says what to do then
        return "" if cannot_be_read else "The objects of this image are being read."
    if not len(shown.objects.ids):
        if shared.record is not None and shared.record.is_thresholded:
            return "This image has no objects; lower the threshold in Objects."
        return "This image has no objects; choose another one in Images."
    return (
        _about_waiting(shown.claims)
        or _about_first_clicks(shared, shown.claims)
        or _about_prediction(shared, outdated=outdated)
    )


def _about_waiting(claims: Claims) -> str:
    n = n_to_confirm(claims)
    if not n:
        return ""
    objects = "1 object waits" if n == 1 else f"{n} objects wait"
    return f"{objects} for one click that confirms or decides the class: open Labels."


def _about_first_clicks(shared: ViewerSession, claims: Claims) -> str:
    classes = shared.session.classes
    odd, record = "", shared.record
    if shared.shown and shared.shown.objects and record:
        odd = warning(shared.shown.objects, found=record.is_thresholded)
    if odd and not claims.marks:
        return odd
    if shared.session.can_classify:
        return ""
    if not shared.tool.active:
        return f"Turn on {with_key('Annotate', 'annotate')} to label objects by clicking them."
    if len(classes) < 2:
        return "Add a second class, so that there is something to tell apart."
    if not shared.session.n_annotated_classes:
        return f"Click a few objects of {classes[min(shared.tool.cls, len(classes)) - 1].name}."
    labelled = set(claims.active.values())
    number, other = next(((n, each) for n, each in enumerate(classes, 1) if each.uuid not in labelled), (1, classes[0]))
    return f"Now choose {other.name} (key {number}) and click some of those."


def _about_prediction(shared: ViewerSession, *, outdated: bool) -> str:
    shown = shared.shown
    assert shown is not None
    if shown.table is None:
        return "Go on labelling; predictions come when the features are measured."
    if not shared.live and (outdated or shown.prediction is None):
        return "Press Update to predict with your latest labels, or turn on Live."
    if shown.prediction is None:
        return "" if shared.problem("object_classification") else "Learning from your labels."
    forest = shown.forest
    if forest is not None and not forest.imported and sum(n > 0 for n in forest.n_samples) < 2:
        return "Only labels of one class have objects now: label others, or choose other values in Objects."
    return f"Look at {with_key('unsure objects', 'next_unsure')}, or export in Results."


def n_to_confirm(claims: Claims | None) -> int:
    """Number of objects whose labels count only after a confirming click."""
    if claims is None or not claims.marks:
        return 0
    states = Counter(claims.states)
    if not states[AnnotationState.CHANGED] + states[AnnotationState.CONFLICT]:
        return 0
    waiting = {AnnotationState.CHANGED, AnnotationState.CONFLICT}
    return len({(mark.t, object_id) for mark, object_id, state, _ in claims.rows() if state in waiting})
