"""The exported table: ilastik's columns under its names and in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from napari_objclass.errors import FeatureError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

REQUIRED = tuple(
    f"Standard Object Features/{name}" for name in ("Count", "Coord<Minimum>", "Coord<Maximum>", "RegionCenter")
)
"""ilastik's ids of the features that every exported table has."""

NO_CLASS = "0"
"""Text for objects without a class."""

_IN_DOUBLE = REQUIRED[-1]  # the one feature that ilastik exports in double precision


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
    original_oid: bool = False,
) -> dict[str, NDArray[Any]]:
    """Columns of the exported table under ilastik's names and in its order; features follow in catalogue order.

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
    original_oid
        Repeat the id at the end, where ilastik puts the id of an object in the given label image.

    Returns
    -------
    dict
        object_id (row, from 0), timestep, labelimage_oid (the id in the label image), User Label, Predicted Class,
        Probability of <class>, then the features in float32.

    Raises
    ------
    FeatureError
        If a required feature is missing.
    ShapeError
        If the arguments differ in length from the table, or in width from the classes.
    """
    n_objects = len(table.ids)
    columns: dict[str, NDArray[Any]] = {
        "object_id": np.arange(n_objects),
        "timestep": np.asarray(table.frames),
        "labelimage_oid": np.asarray(table.ids),
    }
    if labels is not None:
        columns["User Label"] = _class_names(labels, classes, n_objects, "labels")
    if predicted is not None:
        columns["Predicted Class"] = _class_names(predicted, classes, n_objects, "predicted")
    if probabilities is not None:
        columns |= _probabilities(probabilities, classes, n_objects)
    columns |= _features(table, taken=columns)
    if original_oid:
        columns["original_oid"] = np.asarray(table.ids)
    return columns


def _class_names(numbers: ArrayLike, classes: Sequence[str], n_objects: int, what: str) -> NDArray[np.str_]:
    numbers = np.asarray(numbers)
    if numbers.shape != (n_objects,):
        raise ShapeError(f"{what} has shape {numbers.shape}, the table has {n_objects} objects; give one class each")
    if numbers.size and not 0 <= numbers.min() <= numbers.max() <= len(classes):
        raise ShapeError(f"{what} holds class {numbers.max()}, but there are {len(classes)} classes numbered from 1")
    return np.array([NO_CLASS, *classes])[numbers.astype(np.intp)]


def _probabilities(values: ArrayLike, classes: Sequence[str], n_objects: int) -> dict[str, NDArray[np.float32]]:
    values = np.asarray(values, np.float32)
    if values.shape != (n_objects, len(classes)):
        raise ShapeError(
            f"probabilities has shape {values.shape}, {n_objects} objects and {len(classes)} classes need "
            f"{(n_objects, len(classes))}"
        )
    return {f"Probability of {name}": values[:, k] for k, name in enumerate(classes)}


def _features(table: Table, taken: Mapping[str, object]) -> dict[str, NDArray[Any]]:
    missing = set(REQUIRED) - {spec.ilastik_id for spec in table.specs}
    if missing:
        names = ", ".join(name.partition("/")[2] for name in REQUIRED if name in missing)
        raise FeatureError(f"an exported table needs the features {names} of ilastik; measure them as well")
    columns: dict[str, NDArray[Any]] = {}
    values = iter(table.values.T)
    for spec in table.specs:
        dtype = np.float64 if spec.ilastik_id == _IN_DOUBLE else np.float32
        for column, display in zip(spec.columns, spec.display_columns, strict=True):
            name = column if display in columns or display in taken else display
            columns[name] = next(values).astype(dtype)
    return columns
