"""The values of all objects, row after row on disk, and what a forest makes of them."""

from __future__ import annotations

import math
import tempfile
import weakref
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from napari_objclass.errors import FileError
from napari_objclass.feature_table import FeatureTable
from napari_objclass.forest import check_columns, uncertainty
from napari_objclass.workflow.blockwise.measuring import VALUES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import DTypeLike, NDArray

    from napari_objclass.feature_table import FeatureSpec
    from napari_objclass.forest import RandomForest
    from napari_objclass.io.parts import Watch
    from napari_objclass.workflow.blockwise.grouping import Group
    from napari_objclass.workflow.blockwise.labelling import Labelled
    from napari_objclass.workflow.blockwise.parts import Parts

#: Bytes of values that go through the forest at a time.
_AT_ONCE = 8_000_000


class Stored:
    """Rows of numbers in a file without a name, which goes with the last one who uses it.

    ``stored[a:b]`` are rows mapped into memory: what was looked at of them leaves memory with that array.
    """

    def __init__(self, folder: Path, width: int, dtype: DTypeLike) -> None:
        """No rows yet of ``width`` numbers, on the disk of ``folder``."""
        self._folder, self._width, self._dtype, self._n = folder, width, np.dtype(dtype), 0
        try:
            file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 (it lives as long as this)
        except OSError as error:
            raise self._full(error) from error
        self._file: IO[bytes] = file
        weakref.finalize(self, file.close)

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        start, stop, _ = rows.indices(self._n)
        shape = (max(0, stop - start), self._width)
        if not math.prod(shape):
            return np.zeros(shape, self._dtype)
        return np.memmap(self._file, self._dtype, "r+", start * self.row_bytes, shape)

    @property
    def row_bytes(self) -> int:
        """Bytes of a row."""
        return self._width * self._dtype.itemsize

    def append(self, rows: NDArray[Any]) -> None:
        """Add rows behind the others.

        Raises
        ------
        FileError
            If the disk is full.
        """
        data = memoryview(np.ascontiguousarray(rows, self._dtype).tobytes())
        try:
            self._file.seek(self._n * self.row_bytes)
            while data:
                data = data[self._file.write(data) :]
        except OSError as error:
            raise self._full(error) from error
        self._n += len(rows)

    def fill(self, n: int) -> None:
        """Add ``n`` rows of zeros: a mapped file that finds the disk full would end the process."""
        step = _rows_at_once(self.row_bytes)
        for start in range(0, n, step):
            self.append(np.zeros((min(step, n - start), self._width), self._dtype))

    def _full(self, error: OSError) -> FileError:
        return FileError(f"values of objects cannot be kept in {self._folder}: {error.strerror}; make room there")


@dataclass(frozen=True, eq=False)
class Rows:
    """Features of all objects, by frame and then by id, on disk.

    Attributes
    ----------
    ids, frames
        Per object, (n,).
    values
        Their values, float64; one column per value of a feature.
    specs
        The features, in column order.
    missing, reasons
        Row, column and number of the reason of each missing value, int64, in no order; and the reasons.
    n_large
        Number of objects that were too large to be looked at as a whole.
    """

    ids: NDArray[np.uint64]
    frames: NDArray[np.int64]
    values: Stored
    specs: tuple[FeatureSpec, ...]
    missing: Stored
    reasons: tuple[str, ...]
    n_large: int

    @classmethod
    def of(cls, parts: Parts, labelled: Labelled, groups: Sequence[Group], specs: Sequence[FeatureSpec]) -> Rows:
        """Put the values of groups of objects in order."""
        folder = parts.folder.parent
        values = Stored(folder, sum(spec.n_values for spec in specs), np.float64)
        missing, reasons, n_large = Stored(folder, 3, np.int64), dict[str, int](), 0
        values.fill(len(labelled))
        for group in groups:
            part = parts.load(VALUES, group.number)
            first, last = group.rows[0], group.rows[-1]
            values[first : last + 1][group.rows - first] = part["values"]
            row, column, number = part["missing"].T
            numbers = np.array([reasons.setdefault(str(each), len(reasons)) for each in part["reasons"]], np.int64)
            missing.append(np.stack([group.rows[row], column, numbers[number]], axis=1))
            n_large += int(np.count_nonzero(part["large"]))
        return cls(labelled.ids, labelled.frames, values, tuple(specs), missing, tuple(reasons), n_large)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def columns(self) -> list[str]:
        """Ids of the columns."""
        return [column for spec in self.specs for column in spec.columns]

    def table(self) -> FeatureTable:
        """Feature table of all objects, whose values are mapped into memory."""
        gaps = np.array(self.missing[:])
        return FeatureTable(
            self.ids,
            self.frames,
            self.values[:],
            self.specs,
            gaps[np.lexsort((gaps[:, 1], gaps[:, 0]))],
            self.reasons,
        )

    def predicted(
        self,
        forest: RandomForest,
        features: Sequence[str],
        columns: tuple[str, ...],
        watch: Watch,
        threads: int | None,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Class probabilities (n, classes) and uncertainty (n,) of all objects, some rows at a time.

        Raises
        ------
        FeatureError
            If ``features`` have other columns than those that the forest was trained on.
        """
        specs = {spec.id: spec for spec in self.specs}
        check_columns(tuple(column for feature in features for column in specs[feature].columns), columns)
        places = {column: place for place, column in enumerate(self.columns)}
        used = [places[column] for column in columns]
        probabilities = np.zeros((len(self), len(forest.classes)), np.float32)
        uncertain = np.zeros(len(self), np.float32)
        for rows in watch.parts(len(self), _rows_at_once(self.values.row_bytes), "predicting"):
            part = self.values[rows][:, used].astype(np.float32)
            probabilities[rows] = forest.predict_proba(part, threads=threads, cancel=watch.cancel)
            uncertain[rows] = uncertainty(probabilities[rows])
        return probabilities, uncertain


def _rows_at_once(row_bytes: int) -> int:
    return max(1, _AT_ONCE // max(1, row_bytes))
