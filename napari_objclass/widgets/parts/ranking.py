"""Which features matter to the forest: importance by feature, and an order that stays while features are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_objclass.features import FeatureSpec
    from napari_objclass.workflow.object_classification import TrainedForest


class Ranking:
    """Importance of features, learnt from one forest after the other.

    Features that a forest does without keep the importance they had in the last one that used them. The order follows
    forests that use all features; one that uses fewer changes it only where nothing was known before.

    Attributes
    ----------
    importance
        Share of each feature in the work of the forest, summed over its columns; those never used are not in it.
    used
        Features that the last forest used.
    order
        All features, the most important first.
    """

    def __init__(self) -> None:
        self.importance: dict[str, float] = {}
        self.used: frozenset[str] = frozenset()
        self.order: tuple[str, ...] = ()

    def offer(self, features: Sequence[str]) -> None:
        """Rank these features; what was learnt about them is kept."""
        if set(features) != set(self.order):
            self.importance = {feature: self.importance[feature] for feature in features if feature in self.importance}
            self.order = tuple(features)
            self._sort()

    def learn(self, forest: TrainedForest, specs: Sequence[FeatureSpec]) -> None:
        """Take note of a forest; ``specs`` tell which columns belong to a feature."""
        by_column = dict(zip(forest.columns, forest.importances.tolist(), strict=True))
        found = {
            spec.id: sum(by_column[column] for column in spec.columns)
            for spec in specs
            if spec.id in self.order and set(spec.columns) <= by_column.keys()
        }
        is_news = bool(found.keys() - self.importance.keys())
        self.importance |= found
        self.used = frozenset(found)
        if is_news or len(self.used) == len(self.order):
            self._sort()

    def best(self, n: int) -> frozenset[str]:
        """The ``n`` most important features."""
        return frozenset(self.order[:n])

    def _sort(self) -> None:
        self.order = tuple(sorted(self.order, key=lambda feature: -self.importance.get(feature, -1.0)))
