"""What a feature is, and the table of feature values of objects."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from napari_objclass.errors import FeatureError, ParameterError
from napari_objclass.splice import Splice

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True)
class FeatureSpec:
    """What a feature is called, what it measures, and which columns it fills.

    Attributes
    ----------
    doc, formula
        What it measures, in words, and how.
    verified
        What its values were compared with.
    hidden
        Offered only by id.
    ilastik_id
        ``"<plug-in>/<id>"`` of the ilastik feature whose values this one reproduces, else None.
    available
        Whether it can be measured on such images.
    default
        Whether it is among the default features of such images.
    per_channel
        Whether there are as many values for each channel, channel after channel.
    local
        Whether it depends on the object's own pixels and raw alone, whatever other objects there are.
    uses_margin
        Whether it depends on how far the neighbourhood of an object reaches.
    slow
        Whether it takes much longer than most.
    needs_crop
        Whether it is found by looking at each object as a whole, not collected block by block.
    needs_histogram
        Whether intensities are counted over the range of all objects, in a second look at raw.
    collects_raw
        Whether raw is needed while blocks are collected.
    """

    id: str
    display: str
    group: str
    plugin: str
    doc: str
    unit: str
    n_values: int
    columns: tuple[str, ...]
    hidden: bool
    ilastik_id: str | None
    dims: tuple[int, ...]
    formula: str = ""
    verified: str = ""
    available: bool = True
    default: bool = False
    needs_raw: bool = False
    per_channel: bool = False
    local: bool = True
    uses_margin: bool = False
    slow: bool = False
    needs_crop: bool = False
    needs_histogram: bool = False
    collects_raw: bool = False

    @property
    def display_columns(self) -> tuple[str, ...]:
        """Column names as ilastik writes them: the display name, numbered if there are several values."""
        if self.n_values == 1:
            return (self.display,)
        return tuple(f"{self.display}_{i}" for i in range(self.n_values))


class Problem(NamedTuple):
    """Why a value of an object is missing."""

    id: int
    frame: int
    feature: str
    reason: str


class Gap(NamedTuple):
    """Values of one feature of an object that are missing for one reason: so many from a column on."""

    row: int
    column: int
    n_values: int
    spec: FeatureSpec
    reason: str


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """Feature values of objects: one row per object, by frame and then by id; always the same columns.

    ``table["centroid"]`` gives the values of one feature, of shape (n_objects, n_values); vectors are in x, y[, z]
    order. A missing value is NaN and has its reason in :attr:`problems`.

    Attributes
    ----------
    ids : ndarray of uint64, shape (n_objects,)
        Label of each object in its frame.
    frames : ndarray of int64, shape (n_objects,)
        Frame of each object, 0 for images without time.
    values : ndarray of float64, shape (n_objects, n_columns)
    specs : tuple of FeatureSpec
        The features measured, in column order.
    """

    ids: NDArray[np.uint64]
    frames: NDArray[np.int64]
    values: NDArray[np.float64]
    specs: tuple[FeatureSpec, ...]
    _missing: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 3), np.int64), repr=False)
    """Row, column and number of the reason of each missing value."""
    _reasons: tuple[str, ...] = field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, feature: str) -> NDArray[np.float64]:
        return self.values[:, self._columns_of(feature)]

    @cached_property
    def features(self) -> tuple[str, ...]:
        """Ids of the features measured."""
        return tuple(spec.id for spec in self.specs)

    @cached_property
    def columns(self) -> list[str]:
        """Ids of the columns of :attr:`values`."""
        return [column for spec in self.specs for column in spec.columns]

    @cached_property
    def float32(self) -> NDArray[np.float32]:
        """:attr:`values` as a classifier compares them."""
        return self.values.astype(np.float32)

    @property
    def display_columns(self) -> list[str]:
        """Names of the columns as ilastik writes them."""
        return [column for spec in self.specs for column in spec.display_columns]

    @cached_property
    def problems(self) -> list[Problem]:
        """One entry for each missing value; a feature of several values names the one that is missing."""
        return [self.problem(i) for i in range(self.n_missing)]

    @property
    def n_missing(self) -> int:
        """Number of missing values."""
        return len(self._missing)

    def problem(self, i: int) -> Problem:
        """Entry ``i`` of :attr:`problems`, without making the others: there may be very many."""
        row, column, reason = self.missing_value(i)
        spec = self._owners[column]
        if spec.n_values > 1:
            reason = f"{self.columns[column]}: {reason}"
        return Problem(int(self.ids[row]), int(self.frames[row]), spec.id, reason)

    def missing_value(self, i: int) -> tuple[int, int, str]:
        """Row and column of missing value ``i``, and why it is missing."""
        row, column, number = self._missing[i].tolist()
        return row, column, self._reasons[number]

    @property
    def n_gaps(self) -> int:
        """Number of gaps: missing values, those of one feature of an object counted once for each reason."""
        return len(self._gaps)

    def gap(self, i: int) -> Gap:
        """Gap ``i``, by row and then by column."""
        at = int(self._gaps[i])
        end = int(self._gaps[i + 1]) if i + 1 < len(self._gaps) else self.n_missing
        row, column, reason = self.missing_value(at)
        return Gap(row, column, end - at, self._owners[column], reason)

    @cached_property
    def _gaps(self) -> NDArray[np.int64]:
        """Where each gap begins in :attr:`_missing`."""
        feature_of = np.array([i for i, spec in enumerate(self.specs) for _ in spec.columns], np.int64)
        row, column, reason = self._missing.T
        of = np.stack([row, feature_of[column], reason])
        return np.flatnonzero(np.diff(of, axis=1, prepend=-1).any(axis=0))

    @cached_property
    def n_incomplete(self) -> int:
        """Number of objects with missing values."""
        return int(np.count_nonzero(np.bincount(self._missing[:, 0])))

    @cached_property
    def _owners(self) -> list[FeatureSpec]:
        """Feature of each column."""
        return [spec for spec in self.specs for _ in spec.columns]

    def reasons(self, row: int) -> dict[str, str]:
        """Why values of one object are missing, by column."""
        missing = self._missing[self._missing[:, 0] == row]
        return {self.columns[column]: self._reasons[number] for _, column, number in missing.tolist()}

    @cached_property
    def incomplete(self) -> NDArray[np.int64]:
        """(k,) rows of the objects that lack a value, rising."""
        return np.unique(self._missing[:, 0])

    def select(self, features: Sequence[str]) -> FeatureTable:
        """Keep some of the features, in the order given."""
        if tuple(features) == self.features:
            return self
        ranges = {spec.id: self._columns_of(spec.id) for spec in self.specs}
        refuse_unknown(features, ranges)
        kept = [column for feature in features for column in range(ranges[feature].start, ranges[feature].stop)]
        places = np.full(len(self.columns), -1)
        places[kept] = np.arange(len(kept))
        missing = self._missing.copy()
        missing[:, 1] = places[missing[:, 1]]
        missing = missing[missing[:, 1] >= 0]
        return FeatureTable(
            self.ids,
            self.frames,
            np.take(self.values, kept, axis=1),
            tuple(self.specs[self.features.index(feature)] for feature in features),
            missing[np.lexsort((missing[:, 1], missing[:, 0]))],
            self._reasons,
        )

    def joined(self, other: FeatureTable) -> FeatureTable:
        """Append the features of another table of the same objects."""
        shift = [0, len(self.columns), len(self._reasons)]
        missing = np.concatenate([self._missing, other._missing + shift])
        return FeatureTable(
            self.ids,
            self.frames,
            np.concatenate([self.values, other.values], axis=1),
            self.specs + other.specs,
            missing[np.lexsort((missing[:, 1], missing[:, 0]))],
            self._reasons + other._reasons,
        )

    @property
    def is_local(self) -> bool:
        """Whether all values of an object depend on its own pixels and raw alone, whatever other objects there are."""
        return all(spec.local for spec in self.specs)

    def replaced(self, frames: NDArray[np.int64], ids: NDArray[np.uint64], part: FeatureTable) -> FeatureTable:
        """Put the rows of a table of the same features in place of those of some objects.

        Parameters
        ----------
        frames, ids
            The objects whose rows go, where there are any.
        part
            The rows that come.
        """
        splice = Splice.of((self.frames, self.ids), (frames, ids), (part.frames, part.ids))
        row_of = np.full(len(self), -1)
        kept = splice.source >= 0
        row_of[splice.source[kept]] = np.flatnonzero(kept)
        old, new = self._missing.copy(), part._missing + np.array([0, 0, len(self._reasons)])
        old[:, 0], new[:, 0] = row_of[old[:, 0]], splice.new[new[:, 0]]
        missing = np.concatenate([old[old[:, 0] >= 0], new])
        return FeatureTable(
            splice(self.ids, part.ids),
            splice(self.frames, part.frames),
            splice(self.values, part.values),
            self.specs,
            missing[np.lexsort((missing[:, 1], missing[:, 0]))],
            self._reasons + part._reasons,
        )

    def to_dataframe(self, names: Literal["display", "id"] = "display") -> pd.DataFrame:
        """Make a pandas data frame with the columns ``labelimage_oid``, ``timestep`` and one per value.

        Parameters
        ----------
        names : {"display", "id"}
            Name columns as ilastik does, or by their ids.
        """
        import pandas as pd

        if names not in ("display", "id"):
            raise ParameterError(f"names must be 'display' or 'id', not {names!r}")
        columns = self.display_columns if names == "display" else self.columns
        frame = pd.DataFrame(self.values, columns=columns)
        frame.insert(0, "timestep", self.frames)
        frame.insert(0, "labelimage_oid", self.ids)
        return frame

    def _columns_of(self, feature: str) -> slice:
        start = 0
        for spec in self.specs:
            if spec.id == feature:
                return slice(start, start + spec.n_values)
            start += spec.n_values
        raise KeyError(_unknown(feature, self.features))


def refuse_unknown(features: Sequence[str], known: Collection[str]) -> None:
    """Raise FeatureError for a feature that is not known, or asked for twice."""
    seen = set()
    for feature in features:
        if feature not in known:
            raise FeatureError(_unknown(feature, list(known)))
        if feature in seen:
            raise FeatureError(f"feature {feature!r} is asked for twice")
        seen.add(feature)


def _unknown(feature: object, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(str(feature), known, n=3)
    hint = (
        f"did you mean {' or '.join(map(repr, near))}?"
        if near
        else "feature_catalog() and `objclass features --list` name all that exist"
    )
    return f"there is no feature {feature!r}; {hint}"
