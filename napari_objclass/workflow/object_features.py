"""The applet that measures: the feature table of one lane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from napari_objclass import axes, features
from napari_objclass.workflow import large_images
from napari_objclass.workflow.label_volume import LabelVolume

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_objclass.features import FeatureTable, Places
    from napari_objclass.io.image import LazyArray
    from napari_objclass.workflow.applet import RunOptions

ID = "object_features"


def table(
    labels: NDArray[Any] | LabelVolume,
    raw: NDArray[Any] | LazyArray | None,
    feature_ids: str | Sequence[str],
    *,
    margin: int | tuple[int, ...] | None = None,
    spacing: tuple[float, float, float] | None = None,
    only: Places | None = None,
    tell: Callable[[int], object] = lambda _: None,
    **run: Unpack[RunOptions],
) -> FeatureTable:
    """Measure every object of a label image ``tzyx`` with raw ``tzyxc``: one row each, in order of frame and id.

    With ``only``, these objects alone, see :func:`napari_objclass.measure`. ``tell`` is called with the number of
    objects that are too large to be looked at as a whole, if there are any.
    """
    if isinstance(labels, LabelVolume):
        return large_images.measure(labels, raw, feature_ids, margin=margin, tell=tell, **run)
    return features.measure(
        labels,
        raw,
        axes=axes.LABELS if raw is None else axes.RAW,
        features=feature_ids,
        margin=margin,
        spacing=spacing,
        only=only,
        **run,
    )
