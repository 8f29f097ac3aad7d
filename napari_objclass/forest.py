"""The random forest of ilastik's object classification, reproducible: same rows and seed, same forest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_objclass import kernels
from napari_objclass.errors import DtypeError, FeatureError, ParameterError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    from napari_objclass.kernels import CancelToken

    Array = NDArray[Any]
    Progress = Callable[[int, int, str], object]


class RandomForest:
    """Random forest classifier.

    Trees are grown on bootstrap samples as large as the training set until their leaves are pure; at each node
    the split that lowers the Gini impurity most is chosen among ``round(sqrt(n_columns))`` randomly drawn columns,
    more while all of them are constant there. Values are compared as float32; between two training values the tree
    splits at their mean. The result depends on the rows, their order and the seed, never on the number of threads
    or on the scale of a column.

    Parameters
    ----------
    n_trees
        Number of trees.
    seed
        Start of the random numbers, 0 … 2⁶⁴ - 1.
    threads
        Threads to use; by default those this process may use.
    missing
        What NaN and ±inf mean: ``"last"`` sorts them behind every number, ``"zero"`` replaces them by 0 as ilastik
        does.
    """

    def __init__(
        self,
        n_trees: int = 100,
        seed: int = 0,
        threads: int | None = None,
        missing: Literal["last", "zero"] = "last",
    ) -> None:
        if not 1 <= n_trees < 2**32:
            raise ParameterError(f"n_trees must be between 1 and 2**32 - 1, not {n_trees}")
        if not 0 <= seed < 2**64:
            raise ParameterError(f"seed must be between 0 and 2**64 - 1, not {seed}")
        if missing not in ("last", "zero"):
            raise ParameterError(f"missing must be 'last' or 'zero', not {missing!r}")
        self.n_trees = n_trees
        self.seed = seed
        self.threads = threads
        self.missing = missing
        self._forest: kernels.Forest | None = None
        self._classes: Array | None = None

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
    ) -> RandomForest:
        """Train on rows of features and their classes.

        Parameters
        ----------
        X
            Features, (n_rows, n_columns), any real numbers.
        y
            Class of each row, (n_rows,): integers or strings.
        classes
            All classes in the order of the probability columns; one that does not occur in ``y`` keeps a column of
            zeros. By default the sorted distinct values of ``y``.
        progress
            Called now and then with (trees done, trees, what is being done).
        cancel
            Token that stops the training.

        Returns
        -------
        RandomForest
            This forest.

        Raises
        ------
        ShapeError
            If ``X`` is not a matrix with rows and columns, or ``y`` has not one class per row.
        DtypeError
            If ``X`` holds no real numbers, or ``y`` and ``classes`` neither integers nor strings.
        ParameterError
            If ``y`` holds a class that is not in ``classes``, or ``classes`` one twice.
        Cancelled
            If ``cancel`` was used.
        """
        matrix, labels = _matrix(X), _labels(y, "y")
        known = np.unique(labels) if classes is None else _labels(classes, "classes")
        numbers = _class_numbers(labels, known)
        self._forest = kernels.fit_forest(
            matrix,
            numbers,
            len(known),
            n_trees=self.n_trees,
            seed=self.seed,
            missing=self.missing,
            threads=self.threads,
            progress=progress,
            cancel=cancel,
        )
        self._classes = known
        return self

    def predict_proba(
        self,
        X: ArrayLike,
        *,
        threads: int | None = None,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
    ) -> NDArray[np.float32]:
        """Probability of each class: the mean over the trees of the class frequencies in the leaf that a row reaches.

        Parameters
        ----------
        X
            Features, (n_rows, n_columns); read in place if float32 or float64, whatever the strides.
        threads
            Threads to use; by default those of the forest.
        progress
            Called now and then with (blocks done, blocks, what is being done).
        cancel
            Token that stops the prediction.

        Returns
        -------
        ndarray
            (n_rows, n_classes), columns in the order of :attr:`classes`.

        Raises
        ------
        ShapeError
            If ``X`` has another number of columns than the training rows.
        ParameterError
            If the forest is not trained.
        Cancelled
            If ``cancel`` was used.
        """
        threads = self.threads if threads is None else threads
        return kernels.forest_probabilities(
            self._trained, _matrix(X), threads=threads, progress=progress, cancel=cancel
        )

    def predict(self, X: ArrayLike, *, progress: Progress | None = None, cancel: CancelToken | None = None) -> Array:
        """Most probable class of each row, (n_rows,); of equally probable ones the first in :attr:`classes`.

        Parameters and errors are those of :meth:`predict_proba`.
        """
        winners: Array = self.classes[self.predict_proba(X, progress=progress, cancel=cancel).argmax(axis=1)]
        return winners

    @property
    def classes(self) -> Array:
        """The classes, in the order of the probability columns."""
        if self._classes is None:
            raise _untrained()
        return self._classes

    @property
    def oob_error(self) -> float:
        """Share of the training rows that are classified wrong by the trees which did not draw them; NaN if all did."""
        return self._trained.oob_error

    @property
    def oob_classes(self) -> NDArray[np.int64]:
        """Class of each training row by the trees which did not draw it, (n_rows,): its position in :attr:`classes`.

        Positions count from 1; 0 where every tree drew the row. Empty if an earlier version stored the forest.
        """
        return self._trained.oob_classes

    @property
    def oob_confusion(self) -> NDArray[np.uint64]:
        """Training rows counted by (true class, class by the trees which did not draw them), (n_classes, n_classes)."""
        return self._trained.oob_confusion

    @property
    def importances(self) -> NDArray[np.float64]:
        """Share of each column in the decrease of Gini impurity, (n_columns,); the mean over the trees.

        They sum to 1, or to 0 if no tree has a split.
        """
        return self._trained.importances

    def to_arrays(self) -> dict[str, Array]:
        """Return the trained forest as plain arrays, for storage; :meth:`from_arrays` brings it back bit for bit.

        The nodes of all trees stand one after the other, each followed by its left and then its right subtree:
        ``nodes_per_tree``; ``column`` (-1 at a leaf), ``threshold`` (values up to it go left) and ``right`` (right
        child, counted from the root of its tree) of each node; ``leaf_frequencies`` (n_leaves, n_classes) in the
        order of the nodes. ``importances``, ``oob_classes``, ``oob_confusion``, ``classes``, ``seed`` and
        ``missing_last`` complete it.
        """
        return {
            **self._trained.to_arrays(),
            "classes": self.classes,
            "seed": np.array(self.seed, np.uint64),
            "missing_last": np.array(self.missing == "last"),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], threads: int | None = None) -> RandomForest:
        """Rebuild the forest that :meth:`to_arrays` stored.

        Raises
        ------
        ParameterError
            If an array is missing or the arrays do not describe a forest.
        """
        arrays = {"oob_classes": np.empty(0, np.uint32), **arrays}  # which earlier versions did not store
        stored = {name: _stored(arrays, name, *form) for name, form in _FORMS.items()}
        seed, missing_last = int(stored.pop("seed")), bool(stored.pop("missing_last"))
        classes = _stored(arrays, "classes", None, 1)
        if classes.dtype.kind not in _LABEL_KINDS or len(np.unique(classes)) != len(classes):
            raise _damaged("classes are not distinct integers or strings")
        if len(classes) != stored["leaf_frequencies"].shape[1]:
            raise _damaged("it has not one leaf frequency per class")
        missing: Literal["last", "zero"] = "last" if missing_last else "zero"
        trained = kernels.Forest.from_arrays(missing=missing, **stored)
        forest = cls(len(stored["nodes_per_tree"]), seed, threads, missing)
        forest._forest, forest._classes = trained, classes
        return forest

    def __reduce__(self) -> tuple[Any, ...]:
        if self._forest is None:
            return type(self), (self.n_trees, self.seed, self.threads, self.missing)
        return type(self).from_arrays, (self.to_arrays(), self.threads)

    @property
    def _trained(self) -> kernels.Forest:
        if self._forest is None:
            raise _untrained()
        return self._forest


def uncertainty(probabilities: ArrayLike) -> NDArray[Any]:
    """1 - (largest - second largest) of each row: 0 is certain, 1 a tie.

    Parameters
    ----------
    probabilities
        (n_rows, n_classes).

    Returns
    -------
    ndarray
        (n_rows,), of the same float type; 0 if there is only one class, NaN where a row has a NaN.

    Raises
    ------
    ShapeError
        If ``probabilities`` is not a matrix.
    DtypeError
        If it holds no real numbers.
    """
    return kernels.uncertainty(_matrix(probabilities, "probabilities"))


# Booleans, integers, strings.
_LABEL_KINDS = "biuU"

# dtype and number of dimensions of the stored arrays; of the rest, ``classes`` may be integers or strings.
_FORMS: dict[str, tuple[type[np.generic], int]] = {
    "nodes_per_tree": (np.uint32, 1),
    "column": (np.int32, 1),
    "threshold": (np.float32, 1),
    "right": (np.uint32, 1),
    "leaf_frequencies": (np.float32, 2),
    "importances": (np.float64, 1),
    "oob_classes": (np.uint32, 1),
    "oob_confusion": (np.uint64, 2),
    "seed": (np.uint64, 0),
    "missing_last": (np.bool_, 0),
}


def _matrix(values: ArrayLike, name: str = "X") -> Array:
    """``values`` as a native, aligned matrix of float32 or float64; not copied if it is one."""
    matrix = np.asarray(values)
    if matrix.ndim != 2:
        raise ShapeError(f"{name} must have two dimensions (rows, columns), not {matrix.ndim}")
    if matrix.dtype.kind not in "biuf":
        raise DtypeError(f"{name} must hold real numbers, not {matrix.dtype}; leave out or encode other columns")
    wanted = np.float64 if matrix.dtype.itemsize > 4 and matrix.dtype.kind == "f" else np.float32
    return np.require(matrix, wanted, "A")


def _labels(values: ArrayLike, name: str) -> Array:
    """``values`` as a vector of integers or of strings; object arrays that hold only one of them are accepted."""
    labels = np.asarray(values)
    if labels.dtype.kind == "O" and (_all_are(str, labels) or _all_are(int, labels)):
        labels = np.array(labels.tolist())
    if labels.ndim != 1:
        raise ShapeError(f"{name} must have one dimension, not {labels.ndim}")
    if labels.dtype.kind not in _LABEL_KINDS and labels.size:
        raise DtypeError(f"{name} must hold integers or strings, not {labels.dtype}; convert them first")
    return labels


def _all_are(kind: type, values: Array) -> bool:
    return all(isinstance(value, kind) for value in values.flat)


def _class_numbers(labels: Array, classes: Array) -> NDArray[np.uintp]:
    """Position of each label in ``classes``."""
    if labels.size and (labels.dtype.kind == "U") != (classes.dtype.kind == "U"):
        raise DtypeError("of y and classes one holds strings and the other integers; give both the same")
    ordered, positions = np.unique(classes, return_index=True)
    if len(ordered) != len(classes):
        raise ParameterError("classes names a class twice; list each once")
    unknown = np.setdiff1d(labels, ordered)
    if unknown.size:
        raise ParameterError(f"y holds class {unknown[0]!s}, which is not among the classes given; add it to classes")
    return positions[np.searchsorted(ordered, labels)].astype(np.uintp)


def _stored(arrays: Mapping[str, Array], name: str, dtype: type[np.generic] | None, ndim: int) -> Array:
    if name not in arrays:
        raise _damaged(f"it has no {name}")
    array = np.asarray(arrays[name])
    if array.ndim != ndim or (dtype is not None and array.dtype != dtype):
        raise _damaged(f"{name} is of another type or shape")
    return np.require(array, dtype, "A")


def _damaged(what: str) -> ParameterError:
    return ParameterError(f"the stored forest is damaged ({what}); train it again")


def _untrained() -> ParameterError:
    return ParameterError("the forest is not trained; call fit first")


def check_columns(columns: tuple[str, ...], expected: tuple[str, ...]) -> None:
    """Raise FeatureError if an image has other feature columns than the forest was trained on."""
    if columns != expected:
        differing = sorted(set(columns) ^ set(expected))
        raise FeatureError(
            f"this image gives {len(columns)} feature columns and the classifier was trained on {len(expected)} "
            f"(differing: {', '.join(differing[:4])}); use images with the same channels and dimensions, "
            "or name their axes"
        )
