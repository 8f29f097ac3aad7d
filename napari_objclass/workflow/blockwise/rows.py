"""The values of all objects, row after row on disk, and what a forest makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_objclass.feature_table import FeatureTable
from napari_objclass.workflow.blockwise.measuring import VALUES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_objclass.feature_table import FeatureSpec
    from napari_objclass.forest import RandomForest
    from napari_objclass.io.parts import Watch
    from napari_objclass.workflow.blockwise.grouping import Group
    from napari_objclass.workflow.blockwise.labelling import Labelled
    from napari_objclass.workflow.blockwise.parts import Parts

#: The step whose only file has the values of all objects.
TABLE = "table"

#: Rows that go through the forest at a time.
_AT_ONCE = 1 << 16


def table(parts: Parts, labelled: Labelled, groups: Sequence[Group], specs: Sequence[FeatureSpec]) -> FeatureTable:
    """Feature table of all objects; its values are in a file that is mapped into memory."""
    n_columns = sum(spec.n_values for spec in specs)
    values = np.zeros((0, n_columns))
    if len(labelled):
        path, shape = parts.path(TABLE, 0), (len(labelled), n_columns)
        values = np.lib.format.open_memmap(path, "w+", np.float64, shape)
    missing, reasons = [np.zeros((0, 3), np.int64)], dict[str, int]()
    for group in groups:
        part = parts.load(VALUES, group.number)
        values[group.rows] = part["values"]
        row, column, number = part["missing"].T
        numbers = np.array([reasons.setdefault(str(each), len(reasons)) for each in part["reasons"]], np.int64)
        missing.append(np.stack([group.rows[row], column, numbers[number]], axis=1))
    gaps = np.concatenate(missing)
    return FeatureTable(
        labelled.ids,
        labelled.frames,
        values,
        tuple(specs),
        gaps[np.lexsort((gaps[:, 1], gaps[:, 0]))],
        tuple(reasons),
    )


def count_large(parts: Parts, groups: Sequence[Group]) -> int:
    """Number of objects that were too large to be looked at as a whole."""
    return sum(int(np.count_nonzero(parts.load(VALUES, group.number)["large"])) for group in groups)


def probabilities(
    forest: RandomForest, values: NDArray[np.float64], watch: Watch, threads: int | None
) -> NDArray[np.float32]:
    """Class probabilities (n, classes) of rows of feature values, some rows at a time."""
    found = np.zeros((len(values), len(forest.classes)), np.float32)
    for rows in watch.parts(len(values), _AT_ONCE, "predicting"):
        part = values[rows].astype(np.float32)
        found[rows] = forest.predict_proba(part, threads=threads, cancel=watch.cancel)
    return found
