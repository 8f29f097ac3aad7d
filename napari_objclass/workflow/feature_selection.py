"""The applet in which features are chosen: explicit ids, so that a project means the same in every version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from napari_objclass import features
from napari_objclass.errors import ParameterError
from napari_objclass.workflow.applet import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

ID = "feature_selection"


@dataclass(frozen=True)
class FeatureSelection(Settings):
    """Which features are measured.

    Attributes
    ----------
    features
        Feature ids; none until there is an image, then the default ones. ``"default"`` and ``"all"`` are taken too
        and become explicit ids when assigned to a session that has images: those that all of them allow.
    margin
        Voxels around an object that belong to its neighbourhood: one number, or one per axis in array order;
        None for that of ilastik. Two numbers leave the axis z of volumes to ilastik's, and images without it ignore
        the first of three.
    """

    features: Sequence[str] | str = ()
    margin: int | tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.features, str):
            if self.features not in {"default", "all"}:
                raise ParameterError(f"features is a list of ids, 'default' or 'all', got {self.features!r}")
        else:
            object.__setattr__(self, "features", tuple(self.features))
        features.neighbourhood(self.margin, 2)  # which takes any number of axes
        if self.margin is not None:
            plain = tuple(map(int, self.margin)) if isinstance(self.margin, Iterable) else int(self.margin)
            object.__setattr__(self, "margin", plain)

    @property
    def ids(self) -> tuple[str, ...]:
        """The chosen features.

        Raises
        ------
        ParameterError
            When none are chosen.
        """
        if isinstance(self.features, str) or not self.features:
            raise ParameterError("no features are chosen; assign session.feature_selection, e.g. features='default'")
        return tuple(self.features)


def explicit(selection: FeatureSelection, *extents: tuple[int, int]) -> FeatureSelection:
    """Replace ``"default"`` and ``"all"`` by the ids that they stand for with all of some images.

    Parameters
    ----------
    extents
        Number of spatial dimensions and of channels of each image, see :attr:`Images.extent`; at least one.

    Raises
    ------
    FeatureError
        For an id that does not exist, or cannot be measured on the first image.
    """
    chosen = features.choose(selection.features, *extents[0])
    if isinstance(selection.features, str):
        for extent in extents[1:]:
            too = features.choose(selection.features, *extent)
            chosen = tuple(feature for feature in chosen if feature in too)
    return replace(selection, features=chosen)
