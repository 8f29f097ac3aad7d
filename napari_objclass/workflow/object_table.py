"""The exported table: ilastik's columns under its names and in its order."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from napari_objclass.errors import FeatureError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

REQUIRED = tuple(
    f"Standard Object Features/{name}" for name in ("Count", "Coord<Minimum>", "Coord<Maximum>", "RegionCenter")
)
"""ilastik's ids of the features that every exported table has."""

NO_CLASS = "0"
"""Text for objects without a class."""

_IN_DOUBLE = REQUIRED[-1]  # the one feature that ilastik exports in double precision

_COMPACT = {REQUIRED[0], REQUIRED[-1]}  # size and centre

_VARIANT = " (bounding box)"  # part of the names of the features for which ilastik has names without it


class Spec(Protocol):
    """What is asked of a feature; see ``napari_objclass.FeatureSpec``."""

    @property
    def id(self) -> str:
        """Our id."""

    @property
    def ilastik_id(self) -> str | None:
        """Id of the ilastik feature with these values, if there is one."""

    @property
    def columns(self) -> Sequence[str]:
        """Id of each column."""

    @property
    def display_columns(self) -> Sequence[str]:
        """Name of each column in ilastik."""


class Table(Protocol):
    """What is asked of a feature table; see ``napari_objclass.FeatureTable``."""

    @property
    def ids(self) -> NDArray[np.uint64]:
        """Id of each object, (n,)."""

    @property
    def frames(self) -> NDArray[np.int64]:
        """Frame of each object, (n,)."""

    @property
    def values(self) -> NDArray[np.float64]:
        """Values, (n, n_columns)."""

    @property
    def specs(self) -> Sequence[Spec]:
        """The features, in column order."""


def with_required(features: Iterable[str], catalog: Iterable[Spec]) -> list[str]:
    """Add the required features to those chosen, in the order of the catalogue; those it does not know come last."""
    chosen, specs = list(features), list(catalog)
    known = {spec.id for spec in specs}
    return [
        *(spec.id for spec in specs if spec.id in chosen or spec.ilastik_id in REQUIRED),
        *(feature for feature in chosen if feature not in known),
    ]


def object_table(
    table: Table,
    *,
    classes: Sequence[str] = (),
    labels: ArrayLike | None = None,
    predicted: ArrayLike | None = None,
    probabilities: ArrayLike | None = None,
    uncertainty: ArrayLike | None = None,
    original_oid: bool = False,
    compact: bool = False,
    ilastik_names: bool = False,
    first: int = 0,
) -> dict[str, NDArray[Any]]:
    """Columns of the exported table under ilastik's names and in its order; features follow in catalogue order.

    No two columns have one name: a feature whose name is taken has the id of its column, and others a number.

    Parameters
    ----------
    table
        Features of n objects, those of :data:`REQUIRED` among them.
    classes
        Names of the k classes; class numbers count from 1.
    labels, predicted
        Class number per object, 0 for none, (n,); None leaves the column out.
    probabilities
        Probability per object and class, (n, k); None leaves the columns out.
    uncertainty
        Per object, (n,); a column of the compact table, as ilastik's has none.
    original_oid
        Repeat the id at the end, where ilastik puts the id of an object in the given label image.
    compact
        Of the features, only size and centre; no ``original_oid``.
    ilastik_names
        Call bounding-box variants of hull features as ilastik does; those of the hull itself then have the ids of their
        columns where both are in one table.
    first
        Number of the first row: not 0 where these are some of the rows of a larger table.

    Returns
    -------
    dict
        object_id (number of the row), timestep, labelimage_oid (the id in the label image), User Label, Predicted
        Class, Probability of <class>, then the features in float32.

    Raises
    ------
    FeatureError
        If a required feature is missing.
    ShapeError
        If the arguments differ in length from the table, or in width from the classes.
    """
    n_objects = len(table.ids)
    columns: dict[str, NDArray[Any]] = {
        "object_id": np.arange(first, first + n_objects),
        "timestep": np.asarray(table.frames),
        "labelimage_oid": np.asarray(table.ids),
    }
    if labels is not None:
        columns["User Label"] = _class_names(labels, classes, n_objects, "labels")
    if predicted is not None:
        columns["Predicted Class"] = _class_names(predicted, classes, n_objects, "predicted")
    if probabilities is not None:
        for name, values in zip(classes, _probabilities(probabilities, classes, n_objects), strict=True):
            columns[unused(f"Probability of {name}", columns)] = values
    if compact and uncertainty is not None:
        columns["Uncertainty"] = np.asarray(uncertainty, np.float32)
    kept = [spec for spec in table.specs if not compact or spec.ilastik_id in _COMPACT]
    columns |= _features(table, kept, _display_names(kept, ilastik_names=ilastik_names), taken=columns)
    if original_oid and not compact:
        columns[unused("original_oid", columns)] = np.asarray(table.ids)
    return columns


def unused(name: str, taken: Container[str]) -> str:
    """Return the name, with a number behind it if it is taken."""
    return next(each for k in count(1) if (each := name if k == 1 else f"{name} ({k})") not in taken)


def _class_names(numbers: ArrayLike, classes: Sequence[str], n_objects: int, what: str) -> NDArray[np.str_]:
    numbers = np.asarray(numbers)
    if numbers.shape != (n_objects,):
        raise ShapeError(f"{what} has shape {numbers.shape}, the table has {n_objects} objects; give one class each")
    if numbers.size and not 0 <= numbers.min() <= numbers.max() <= len(classes):
        raise ShapeError(f"{what} holds class {numbers.max()}, but there are {len(classes)} classes numbered from 1")
    return np.array([NO_CLASS, *classes])[numbers.astype(np.intp)]


def _probabilities(values: ArrayLike, classes: Sequence[str], n_objects: int) -> NDArray[np.float32]:
    """One row per class."""
    values = np.asarray(values, np.float32)
    if values.shape != (n_objects, len(classes)):
        raise ShapeError(
            f"probabilities has shape {values.shape}, {n_objects} objects and {len(classes)} classes need "
            f"{(n_objects, len(classes))}"
        )
    return values.T


def _display_names(specs: Iterable[Spec], *, ilastik_names: bool) -> dict[str, str]:
    """Name of every column by its id; the id itself where a bounding-box variant has the name."""
    names = {column: name for spec in specs for column, name in zip(spec.columns, spec.display_columns, strict=True)}
    if not ilastik_names:
        return names
    variants = {column: name.replace(_VARIANT, "") for column, name in names.items() if _VARIANT in name}
    theirs = set(variants.values())
    return {column: variants.get(column, column if name in theirs else name) for column, name in names.items()}


def _features(
    table: Table, kept: Sequence[Spec], names: Mapping[str, str], taken: Mapping[str, object]
) -> dict[str, NDArray[Any]]:
    missing = set(REQUIRED) - {spec.ilastik_id for spec in table.specs}
    if missing:
        lacking = ", ".join(name.partition("/")[2] for name in REQUIRED if name in missing)
        raise FeatureError(f"an exported table needs the features {lacking} of ilastik; measure them as well")
    columns: dict[str, NDArray[Any]] = {}
    ids = {spec.id for spec in kept}
    values = iter(table.values.T)
    for spec in table.specs:
        dtype = np.float64 if spec.ilastik_id == _IN_DOUBLE else np.float32
        for column in spec.columns:
            own = next(values)
            if spec.id in ids:
                name = names[column]
                name = unused(column, columns.keys() | taken.keys()) if name in columns or name in taken else name
                columns[name] = own.astype(dtype)
    return columns
