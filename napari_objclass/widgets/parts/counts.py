"""How many objects of each class are labelled and predicted, and how often the two agree."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_objclass.widgets.viewer.shown import Shown
    from napari_objclass.workflow.classes import ObjectClass
    from napari_objclass.workflow.object_classification import TrainedForest

#: Labels of each of two classes from which on agreement means something.
ENOUGH = 3


class Counts(NamedTuple):
    """Objects of one class: labelled and predicted in the image shown, learnt from in all images; None if unknown."""

    labelled: int = 0
    predicted: int | None = None
    learnt: int | None = None


def count(shown: Shown | None, classes: Sequence[ObjectClass]) -> list[Counts]:
    """Count the objects of each class."""
    if shown is None:
        return [Counts()] * len(classes)
    labelled = Counter(shown.claims.active.values() if shown.claims else ())
    predicted, learnt = _predicted(shown), _learnt(shown.forest)
    return [Counts(labelled[uuid], _of(predicted, uuid), _of(learnt, uuid)) for uuid in (each.uuid for each in classes)]


def _of(counts: dict[str, int] | None, uuid: str) -> int | None:
    return None if counts is None else counts.get(uuid, 0)


def _predicted(shown: Shown) -> dict[str, int] | None:
    prediction, forest = shown.prediction, shown.forest
    # A forest comes before its prediction; until then the numbers of the old one may be those of other classes.
    if prediction is None or forest is None or len(forest.classes) != len(prediction.class_names):
        return None
    counts = np.bincount(prediction.classes, minlength=len(forest.classes) + 1)[1:].tolist()
    return dict(zip((each.uuid for each in forest.classes), counts, strict=True))


def _learnt(forest: TrainedForest | None) -> dict[str, int] | None:
    if forest is None:
        return None
    return dict(zip((each.uuid for each in forest.classes), forest.n_samples, strict=True))


class Agreement(NamedTuple):
    """How often trees that did not learn from a labelled object agree with its label.

    Attributes
    ----------
    confusion
        (n_classes, n_classes) objects: rows as labelled, columns as predicted.
    """

    confusion: NDArray[np.uint64]

    @property
    def right(self) -> int:
        """Objects predicted as labelled."""
        return int(np.trace(self.confusion))

    @property
    def total(self) -> int:
        """Objects that were judged."""
        return int(self.confusion.sum())

    @property
    def sentence(self) -> str:
        """Such as "Agreement on objects not used for training: 94 % (31/33)"."""
        return f"Agreement on objects not used for training: {self.percent} ({self.right}/{self.total})"

    @property
    def percent(self) -> str:
        """Share of agreement, such as "94 %"."""
        return f"{self.right / self.total:.0%}".replace("%", " %")


def agreement(forest: TrainedForest | None) -> Agreement | None:
    """Agreement of a forest with the labels it learnt from; None while there are too few."""
    if forest is None or sum(n >= ENOUGH for n in forest.n_samples) < 2:
        return None
    found = Agreement(forest.oob_confusion)
    return found if found.total else None
