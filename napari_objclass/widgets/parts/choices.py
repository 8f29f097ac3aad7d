"""What can be painted on the objects: class, uncertainty, probabilities, features, nothing; and their extremes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_objclass.widgets.viewer.column_names import LONG, full_name, value_names
from napari_objclass.widgets.viewer.display import Kind, Show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_objclass.features import FeatureSpec, FeatureTable
    from napari_objclass.widgets.viewer.shown import Shown
    from napari_objclass.workflow.classes import ObjectClass


class Choice(NamedTuple):
    """One thing to paint, and what it is called.

    Attributes
    ----------
    column
        Of a feature; the first one of a feature of many values.
    values
        Of such a feature: what its values are called, and their columns.
    """

    name: str
    kind: Kind
    cls: int = 1
    column: str = ""
    values: tuple[tuple[str, str], ...] = ()

    def is_painted(self, show: Show) -> bool:
        """Whether this is what is painted."""
        return (
            show.kind is self.kind
            and (self.kind is not Kind.PROBABILITY or show.cls == self.cls)
            and (self.kind is not Kind.FEATURE or self.place_of(show.column) is not None)
        )

    def place_of(self, column: str) -> int | None:
        """Which of its values is in a column; None if none is."""
        columns = [each for _, each in self.values] or [self.column]
        return columns.index(column) if column in columns else None


def choices(classes: Sequence[ObjectClass], table: FeatureTable | None, channels: Sequence[str] = ()) -> list[Choice]:
    """All that can be painted, features last; with the names of the channels."""
    features = [] if table is None else [each for spec in table.specs for each in _of_feature(spec, channels)]
    return [
        Choice("Class", Kind.CLASS),
        Choice("Uncertainty", Kind.UNCERTAINTY),
        Choice("Nothing", Kind.NOTHING),
        *(Choice(f"Probability of {each.name}", Kind.PROBABILITY, cls=n) for n, each in enumerate(classes, 1)),
        *features,
    ]


def _of_feature(spec: FeatureSpec, channels: Sequence[str]) -> list[Choice]:
    """One choice for each value, or one for all if they are many."""
    values = tuple(zip(value_names(spec, channels), spec.columns, strict=True))
    if spec.n_values > LONG:
        return [Choice(spec.display, Kind.FEATURE, column=spec.columns[0], values=values)]
    return [Choice(full_name(spec, name), Kind.FEATURE, column=column) for name, column in values]


def extremes(show: Show, shown: Shown) -> tuple[float, float] | None:
    """Smallest and largest value of the feature that is painted; None if it has none."""
    table = shown.table
    if table is None or show.column not in table.columns:
        return None
    values = table.values[:, table.columns.index(show.column)]
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if len(values) else None
