"""All that is known about one object, in the words of the screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_objclass.splice import find_rows
from napari_objclass.widgets.viewer import answers
from napari_objclass.widgets.viewer.column_names import LONG, column_names
from napari_objclass.workflow.marks import AnnotationState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_objclass.widgets.viewer.shown import Shown
    from napari_objclass.workflow.classes import ObjectClass

NOT_LABELLED = "not labelled"


class Value(NamedTuple):
    """A feature value: its name, why it is missing if it is NaN, and the feature of many values that it is one of."""

    name: str
    value: float
    missing: str | None
    feature: str = ""

    @property
    def text(self) -> str:
        """The value as it is read; for a missing one, why."""
        return f"missing: {self.missing}" if self.missing else f"{self.value:.6g}"


@dataclass(frozen=True)
class AboutObject:
    """What is known about one object at this moment.

    Attributes
    ----------
    t, object_id
        Frame and id.
    title
        "Object 57", and the frame if there are several.
    label
        What is said of its class, in words.
    cls
        Number of the class it is labelled as; 0 for none.
    to_confirm
        Number of the class that waits for a confirming click, as the object changed; 0 if none does.
    predicted
        Number of the predicted class; 0 for none.
    probabilities
        Name and probability of each class, most probable first.
    uncertainty
        Of the prediction; None without one.
    values
        All feature values.
    """

    t: int
    object_id: int
    title: str
    label: str
    cls: int
    to_confirm: int
    predicted: int
    probabilities: tuple[tuple[str, float], ...]
    uncertainty: float | None
    values: tuple[Value, ...]

    @property
    def missing(self) -> list[Value]:
        """Values that are missing."""
        return [value for value in self.values if value.missing]

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Name and text of everything."""
        return self.facts + [(value.name, value.text) for value in self.values]

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Name and text of everything but the values."""
        found = [("object", str(self.object_id)), ("frame", str(self.t)), ("label", self.label)]
        if self.probabilities:
            found.append(("predicted", self.probabilities[0][0]))
            found += [(f"probability of {name}", f"{probability:.4g}") for name, probability in self.probabilities]
        if self.uncertainty is not None:
            found.append(("uncertainty", f"{self.uncertainty:.4g}"))
        return found

    @property
    def text(self) -> str:
        """Name and text of everything, separated by tabs, one per line."""
        return "".join(f"{name}\t{text}\n" for name, text in self.rows)


def about(
    shown: Shown, classes: Sequence[ObjectClass], t: int, object_id: int, channels: Sequence[str] = ()
) -> AboutObject:
    """Look up an object of the image shown; ``classes`` and names of ``channels`` are the session's."""
    several = shown.objects is not None and len(shown.objects.labels) > 1
    label, cls, to_confirm = _label(shown, classes, t, object_id)
    predicted, probabilities, uncertainty = _prediction(shown, classes, t, object_id)
    return AboutObject(
        t=t,
        object_id=object_id,
        title=f"Object {object_id} (frame {t})" if several else f"Object {object_id}",
        label=label,
        cls=cls,
        to_confirm=to_confirm,
        predicted=predicted,
        probabilities=probabilities,
        uncertainty=uncertainty,
        values=_values(shown, t, object_id, channels),
    )


def _label(shown: Shown, classes: Sequence[ObjectClass], t: int, object_id: int) -> tuple[str, int, int]:
    """The label in words, its class, and the class to confirm."""
    claims, states, numbers = shown.claims, set(), set()
    number_of = {each.uuid: number for number, each in enumerate(classes, 1)}
    for i in [] if claims is None else np.flatnonzero(claims.object_ids == object_id).tolist():
        assert claims is not None
        if claims.marks[i].t == t and claims.marks[i].cls in number_of:
            states.add(claims.states[i])
            numbers.add(number_of[claims.marks[i].cls])
    names = ", ".join(classes[number - 1].name for number in sorted(numbers))
    if AnnotationState.CONFLICT in states:
        return f"two classes here: {names}", 0, 0
    if AnnotationState.CHANGED in states:
        return f"object changed — please confirm {names}", 0, min(numbers)
    return (f"labelled {names}", min(numbers), 0) if numbers else (NOT_LABELLED, 0, 0)


def _prediction(
    shown: Shown, classes: Sequence[ObjectClass], t: int, object_id: int
) -> tuple[int, tuple[tuple[str, float], ...], float | None]:
    """Predicted class, probabilities, most probable first, and uncertainty."""
    found = answers.prediction(shown)
    row = -1 if found is None else _row(found.frames, found.ids, t, object_id)
    if found is None or row < 0:
        return 0, (), None
    order = np.argsort(-found.probabilities[row], kind="stable").tolist()
    probabilities = tuple((found.class_names[k], float(found.probabilities[row, k])) for k in order)
    return int(answers.predicted(shown, classes)[row]), probabilities, float(found.uncertainty[row])


def _values(shown: Shown, t: int, object_id: int, channels: Sequence[str]) -> tuple[Value, ...]:
    table = shown.table
    row = -1 if table is None else _row(table.frames, table.ids, t, object_id)
    if table is None or row < 0:
        return ()
    reasons, names = table.reasons(row), column_names(table.specs, channels)
    of_many = [spec.display if spec.n_values > LONG else "" for spec in table.specs for _ in spec.columns]
    values = zip(names, table.columns, table.values[row].tolist(), of_many, strict=True)
    return tuple(Value(name, value, reasons.get(column), feature) for name, column, value, feature in values)


def _row(frames: np.ndarray, ids: np.ndarray, t: int, object_id: int) -> int:
    return int(find_rows(frames, ids, np.array([t]), np.array([object_id], np.uint64))[0])
