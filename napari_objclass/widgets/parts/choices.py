"""What can be painted on the objects: class, uncertainty, probabilities, features, nothing; and their extremes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_objclass.widgets.viewer.column_names import column_names
from napari_objclass.widgets.viewer.display import Kind, Show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_objclass.features import FeatureTable
    from napari_objclass.widgets.viewer.shown import Shown
    from napari_objclass.workflow.classes import ObjectClass


class Choice(NamedTuple):
    """One thing to paint, and what it is called."""

    name: str
    kind: Kind
    cls: int = 1
    column: str = ""

    def is_painted(self, show: Show) -> bool:
        """Whether this is what is painted."""
        return (
            show.kind is self.kind
            and (self.kind is not Kind.PROBABILITY or show.cls == self.cls)
            and (self.kind is not Kind.FEATURE or show.column == self.column)
        )


def choices(classes: Sequence[ObjectClass], table: FeatureTable | None, channels: Sequence[str] = ()) -> list[Choice]:
    """All that can be painted, features last; with the names of the channels."""
    features = [] if table is None else zip(table.columns, column_names(table.specs, channels), strict=True)
    return [
        Choice("Class", Kind.CLASS),
        Choice("Uncertainty", Kind.UNCERTAINTY),
        Choice("Nothing", Kind.NOTHING),
        *(Choice(f"Probability of {each.name}", Kind.PROBABILITY, cls=n) for n, each in enumerate(classes, 1)),
        *(Choice(name, Kind.FEATURE, column=column) for column, name in features),
    ]


def extremes(show: Show, shown: Shown) -> tuple[float, float] | None:
    """Smallest and largest value of the feature that is painted; None if it has none."""
    table = shown.table
    if table is None or show.column not in table.columns:
        return None
    values = table.values[:, table.columns.index(show.column)]
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if len(values) else None
