"""Measuring objects: the catalogue of features, and the function that fills a table with them."""

from __future__ import annotations

import operator
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_objclass import axes as ax, kernels
from napari_objclass.errors import DtypeError, FeatureError, ParameterError, ShapeError
from napari_objclass.feature_table import FeatureSpec, FeatureTable, Problem, refuse_unknown
from napari_objclass.labels import as_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    #: Frames, ids and boxes of objects.
    Places = tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.int64]]

__all__ = ["FeatureSpec", "FeatureTable", "Problem", "choose", "feature_catalog", "measure"]

#: Width of the neighbourhood along z, y, x where none is given: ilastik's.
DEFAULT_MARGIN = (1, 30, 30)

#: Wider than any image: larger margins are taken for this one.
_WIDEST = 2**62

#: Group of features that tell where an object is, not what it is; never chosen by default.
LOCATION = "Location"


def feature_catalog(
    n_dims: int = 2,
    n_channels: int = 1,
    *,
    hidden: bool = True,
    channel_names: Sequence[str] | None = None,
) -> list[FeatureSpec]:
    """Every feature that exists for images of ``n_dims`` spatial dimensions and ``n_channels`` channels.

    Parameters
    ----------
    n_dims : {2, 3}
    n_channels : int
        0 for label images without raw.
    hidden : bool
        Also those that are offered only by id.
    channel_names : sequence of str, optional
        Parts of column ids; ``c0``, ``c1``, … if not given.

    Raises
    ------
    ParameterError
        For another number of dimensions or names that do not fit the channels.
    """
    if n_dims not in (2, 3):
        raise ParameterError(f"n_dims must be 2 or 3, not {n_dims!r}")
    specs = _specs(n_dims, _channel_names(channel_names, n_channels))
    if channel_names is not None:
        _refuse_equal_columns(specs)
    return [spec for spec in specs if spec.available and (hidden or not spec.hidden)]


def choose(features: str | Sequence[str], n_dims: int, n_channels: int) -> tuple[str, ...]:
    """Ids that "default", "all" or a list of ids stand for with such images, in the order of the catalogue or list.

    Raises
    ------
    FeatureError
        For an id that does not exist, or cannot be measured on such images.
    """
    return tuple(spec.id for spec in _choose(features, feature_catalog(n_dims, n_channels), n_dims, n_channels))


def neighbourhood(margin: int | Sequence[int] | None, n_dims: int) -> tuple[int, int, int]:
    """How far the neighbourhood of an object reaches along z, y, x; as in ilastik if ``margin`` is None.

    Of three numbers the first is ignored in 2D; with two, the neighbourhood reaches as far along z as in ilastik.

    Raises
    ------
    ParameterError
        For a margin that is not one whole number per axis, or one for all.
    """
    depth = DEFAULT_MARGIN[0] if n_dims == 3 else 0
    if margin is None:
        return depth, *DEFAULT_MARGIN[1:]
    try:
        numbers = [min(operator.index(each), _WIDEST) for each in np.atleast_1d(np.asarray(margin)).tolist()]
    except TypeError:
        numbers = [-1]
    if len(numbers) == 1:
        numbers *= n_dims
    if not 2 <= len(numbers) <= 3 or min(numbers) < 0:
        raise ParameterError(
            f"margin must be one whole number, or one per axis in array order, none of them negative, not {margin!r}"
        )
    if n_dims == 2 or len(numbers) == 2:
        numbers = [depth, *numbers[-2:]]
    z, y, x = numbers
    return z, y, x


def measure(
    labels: ArrayLike,
    raw: ArrayLike | None = None,
    *,
    axes: str | None = None,
    features: Literal["default", "all"] | Sequence[str] = "default",
    margin: int | Sequence[int] | None = None,
    spacing: Sequence[float] | None = None,
    channel_names: Sequence[str] | None = None,
    only: Places | None = None,
    threads: int | None = None,
    progress: Callable[[int, int, str], object] | None = None,
    cancel: kernels.CancelToken | None = None,
) -> FeatureTable:
    """Measure every object of a label image.

    Parameters
    ----------
    labels : array of integers or bool
        0 is background; ids may have gaps and reach 2⁶⁴ - 1. Whole numbers stored as floats are accepted.
    raw : array of integers or floats, optional
        Intensities, with the axes of ``labels`` and possibly a channel axis. Without it only features of size,
        place and shape can be measured.
    axes : str, optional
        Axes of ``raw`` (of ``labels`` if there is no raw), e.g. ``"tzyxc"``. Guessed from the shapes if not given:
        labels are ``yx``, ``zyx`` or ``tzyx``.
    features : "default", "all" or sequence of str
        Feature ids; "default" leaves out hidden features and those of place.
    margin : int or (z, y, x) or (y, x), optional
        Width of the neighbourhood in pixels, for features that look around an object; (1, 30, 30), ilastik's, if not
        given, and its 1 along z for (y, x).
    spacing : (z, y, x) or (y, x), optional
        Size of a pixel. Features in pixels do not depend on it.
    channel_names : sequence of str, optional
        Names of the channels, used in column ids.
    only : (frames, ids, boxes), optional
        Measure these objects alone, bit for bit as among all: (n,) int64, (n,) uint64, and (n, 6) int64 boxes z0, y0,
        x0, z1, y1, x1 (the last three exclusive) that hold all pixels of each. Those without a pixel get no row.
    threads : int, optional
        Number of threads; the values do not depend on it.
    progress : callable, optional
        Called as ``(done, total, what)`` while the computation runs.
    cancel : CancelToken, optional
        Stops the computation when cancelled.

    Returns
    -------
    FeatureTable

    Raises
    ------
    AxesError, ShapeError, DtypeError, ParameterError, FeatureError
        For input that does not fit, each with one sentence that says how to mend it.
    """
    labels_tzyx, raw_tzyxc = _canonical(labels, raw, axes)
    n_dims = 3 if labels_tzyx.shape[1] > 1 else 2
    n_channels = 0 if raw_tzyxc is None else raw_tzyxc.shape[-1]
    _check_spacing(spacing)
    catalog = feature_catalog(n_dims, n_channels, channel_names=channel_names)
    specs = _choose(features, catalog, n_dims, n_channels)
    needs_raw = any(spec.needs_raw for spec in specs)
    measured = kernels.measure(
        labels_tzyx,
        raw_tzyxc if needs_raw else None,
        [spec.id for spec in specs],
        margin=neighbourhood(margin, n_dims),
        only=only,
        threads=threads,
        progress=progress,
        cancel=cancel,
    )
    n_columns = sum(spec.n_values for spec in specs)
    return FeatureTable(
        measured.ids,
        measured.frames,
        measured.values.reshape(len(measured.ids), n_columns),
        tuple(specs),
        measured.missing,
        tuple(measured.reasons),
    )


def _canonical(labels: ArrayLike, raw: ArrayLike | None, axes: str | None) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Labels as tzyx integers and raw as tzyxc, checked against each other."""
    labels = as_ids(np.asarray(labels), "the label image")
    if raw is None:
        return ax.to_canonical(labels, ax.label_axes(labels.ndim) if axes is None else axes, ax.LABELS), None
    raw = _as_raw(np.asarray(raw))
    if axes is None:
        labels_axes = ax.label_axes(labels.ndim)
        axes = ax.raw_axes(raw.shape, labels.shape, labels_axes)
    else:
        axes = ax.check(axes, raw.ndim)
        labels_axes = ax.without_channel(axes)
    canonical = ax.to_canonical(labels, labels_axes, ax.LABELS)
    canonical_raw = ax.to_canonical(raw, axes, ax.RAW)
    if canonical_raw.shape[:-1] != canonical.shape:
        raise ShapeError(
            f"raw of shape {raw.shape} (axes {axes}) does not fit the label image of shape {labels.shape} "
            f"(axes {labels_axes}): every axis but the channel axis must be as long"
        )
    return canonical, canonical_raw


def _as_raw(raw: NDArray[Any]) -> NDArray[Any]:
    """Integers and floats of up to 64 bit as they are; float16 and bool widened without loss."""
    if raw.dtype.kind == "b":
        return raw.astype(np.uint8)
    if raw.dtype.kind == "f" and raw.dtype.itemsize == 2:
        return raw.astype(np.float32)
    if raw.dtype.kind not in "uif" or raw.dtype.itemsize > 8:
        raise DtypeError(f"raw holds integers or floats of up to 64 bit, not {raw.dtype}; convert it first")
    return raw


def _choose(
    features: str | Sequence[str], catalog: list[FeatureSpec], n_dims: int, n_channels: int
) -> list[FeatureSpec]:
    """Find the chosen features, or say why the first of them cannot be measured."""
    if features == "all":
        return [spec for spec in catalog if not spec.hidden]
    if features == "default":
        return [spec for spec in catalog if spec.default]
    if isinstance(features, str):
        raise FeatureError(f"features must be 'default', 'all' or a list of feature ids, not {features!r}")
    known = {spec.id: spec for spec in catalog}
    everything = {spec.id: spec for spec in _specs(n_dims, _channel_names(None, n_channels))}
    refuse_unknown(features, everything)
    for spec in (everything[feature] for feature in features if feature not in known):
        if n_dims not in spec.dims:
            raise FeatureError(
                f"feature {spec.id!r} exists only for {spec.dims[0]}D images, and this one is {n_dims}D; "
                "choose other features"
            )
        if not n_channels:
            raise FeatureError(f"feature {spec.id!r} needs intensities: add the raw image too")
        other = "several channels" if n_channels == 1 else "one channel"
        raise FeatureError(
            f"feature {spec.id!r} exists only for {other}, and this raw image has {n_channels}; "
            "use images with the same channels, or choose other features"
        )
    return [known[feature] for feature in features]


@lru_cache(maxsize=16)
def _specs(n_dims: int, channels: tuple[str, ...]) -> tuple[FeatureSpec, ...]:
    """Kept, because making them takes as long as measuring hundreds of objects."""
    specs = kernels.feature_specs(n_dims, channels)
    return tuple(FeatureSpec(**{**s, "columns": tuple(s["columns"]), "dims": tuple(s["dims"])}) for s in specs)


def _channel_names(names: Sequence[str] | None, n_channels: int) -> tuple[str, ...]:
    if names is None:
        return tuple(f"c{i}" for i in range(n_channels))
    names = tuple(names)
    if len(names) != n_channels:
        raise ParameterError(f"{len(names)} channel names for {n_channels} channels; give one for each")
    if len(set(names)) != len(names):
        raise ParameterError(f"channel names must differ, these do not: {', '.join(names)}")
    return names


def _refuse_equal_columns(specs: Sequence[FeatureSpec]) -> None:
    counts = Counter(column for spec in specs if spec.available for column in spec.columns)
    column, count = counts.most_common(1)[0]
    if count > 1:
        raise ParameterError(f"with these channel names, {count} columns are {column!r}; rename a channel")


def _check_spacing(spacing: Sequence[float] | None) -> None:
    if spacing is None:
        return
    numbers = np.atleast_1d(np.asarray(spacing, dtype=float))
    if numbers.ndim != 1 or len(numbers) > 3 or not np.all(np.isfinite(numbers) & (numbers > 0)):
        raise ParameterError(f"spacing must be one number per axis in array order, each positive, not {spacing!r}")
