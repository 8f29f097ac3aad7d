"""The applet that learns: from samples of annotated objects to a forest, and from a forest to predictions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Unpack

import numpy as np

from napari_objclass import axes
from napari_objclass.errors import ObjClassError, ParameterError
from napari_objclass.forest import RandomForest, check_columns, uncertainty
from napari_objclass.io.arranged import arranged
from napari_objclass.splice import Splice, find_rows
from napari_objclass.workflow.applet import Settings
from napari_objclass.workflow.classes import Classes, ObjectClass
from napari_objclass.workflow.label_volume import LabelVolume, paint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from napari_objclass.features import FeatureTable
    from napari_objclass.io.image import LazyArray
    from napari_objclass.workflow.applet import Json, RunOptions, WatchOptions

ID = "object_classification"


@dataclass(frozen=True)
class Classifier(Settings):
    """How the forest is grown.

    Attributes
    ----------
    n_trees
        Number of trees.
    seed
        Of all random choices: the same seed and samples give the same forest.
    missing
        Where missing feature values go: ``"last"`` behind all others, ``"zero"`` as if they were 0 (as ilastik does).
    features
        Ids of the features it may use, as far as they are selected; None for all.
    """

    n_trees: int = 100
    seed: int = 0
    missing: Literal["last", "zero"] = "last"
    features: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.n_trees < 1:
            raise ParameterError(f"a forest needs at least one tree, got n_trees={self.n_trees}")
        if self.missing not in {"last", "zero"}:
            raise ParameterError(f"missing is 'last' or 'zero', got {self.missing!r}")
        if isinstance(self.features, str) or (self.features is not None and not self.features):
            raise ParameterError(f"the classifier's features are a list of ids, or None for all, not {self.features!r}")
        if self.features is not None:
            object.__setattr__(self, "features", tuple(self.features))

    def used(self, selected: Sequence[str]) -> tuple[str, ...]:
        """Those of the selected features that the forest uses, in their order."""
        return tuple(each for each in selected if self.features is None or each in self.features)

    def to_json(self) -> Json:
        """Values by field name; ``features`` only if there are any, which earlier versions do not know."""
        values = super().to_json()
        return values if values["features"] is not None else {k: v for k, v in values.items() if k != "features"}


@dataclass(frozen=True, eq=False)
class Samples:
    """What a forest learns from: one row per annotated object, in order of lane, frame and id.

    Attributes
    ----------
    X
        (n, n_columns) feature values, float32.
    y
        (n,) class numbers.
    lanes
        (n,) index into ``lane_uuids``.
    frames, ids
        (n,) which objects they are.
    """

    X: NDArray[np.float32]
    y: NDArray[np.int64]
    lanes: NDArray[np.int64]
    frames: NDArray[np.int64]
    ids: NDArray[np.uint64]
    lane_uuids: tuple[str, ...]
    columns: tuple[str, ...]

    @classmethod
    def of_lane(cls, lane: str, table: FeatureTable, numbers: Mapping[tuple[int, int], int]) -> Samples:
        """Samples of one lane; ``numbers`` are class numbers by frame and id."""
        keys = sorted(numbers)
        frames = np.array([t for t, _ in keys], np.int64)
        ids = np.array([object_id for _, object_id in keys], np.uint64)
        rows = find_rows(table.frames, table.ids, frames, ids)
        return cls(
            X=table.float32[rows],
            y=np.array([numbers[key] for key in keys], np.int64),
            lanes=np.zeros(len(keys), np.int64),
            frames=frames,
            ids=ids,
            lane_uuids=(lane,),
            columns=tuple(table.columns),
        )

    def teaches(self, other: Samples) -> bool:
        """Whether a forest learns the same from it as from others."""
        return (
            self.columns == other.columns
            and np.array_equal(self.y, other.y)
            and np.array_equal(self.X, other.X, equal_nan=True)
        )

    def part(self, lane: str) -> Samples:
        """Samples of one of the lanes; none if it is not among them."""
        rows = self.lanes == self.lane_uuids.index(lane) if lane in self.lane_uuids else np.zeros(len(self.y), bool)
        lanes = np.zeros(int(rows.sum()), np.int64)
        return Samples(self.X[rows], self.y[rows], lanes, self.frames[rows], self.ids[rows], (lane,), self.columns)

    def renumbered(self, numbers: Mapping[int, int]) -> Samples:
        """Samples with other class numbers; those of classes that are not named are left out."""
        kept = np.isin(self.y, list(numbers))
        y = np.array([numbers[int(old)] for old in self.y[kept]], np.int64)
        return Samples(
            self.X[kept], y, self.lanes[kept], self.frames[kept], self.ids[kept], self.lane_uuids, self.columns
        )

    @classmethod
    def pooled(cls, parts: Sequence[Samples]) -> Samples:
        """Concatenate samples of single lanes.

        Raises
        ------
        FeatureError
            When the lanes have different columns, as images with different channels have.
        """
        parts = [part for part in parts if len(part.y)]
        if not parts:
            raise ObjClassError("nothing is annotated yet; annotate a few objects of each class")
        for part in parts[1:]:
            check_columns(part.columns, parts[0].columns)
        return cls(
            X=np.concatenate([part.X for part in parts]),
            y=np.concatenate([part.y for part in parts]),
            lanes=np.repeat(np.arange(len(parts)), [len(part.y) for part in parts]),
            frames=np.concatenate([part.frames for part in parts]),
            ids=np.concatenate([part.ids for part in parts]),
            lane_uuids=tuple(part.lane_uuids[0] for part in parts),
            columns=parts[0].columns,
        )


@dataclass(frozen=True, eq=False)
class TrainedForest:
    """A forest with everything needed to use it without the session that grew it.

    Attributes
    ----------
    forest
        The trees.
    samples
        What it was grown from.
    classes
        The classes it knows, in order of their numbers.
    features, margin
        The features it was grown on, as they are measured.
    trained_on
        Digest of the annotations and settings it stands for.
    without
        Names of annotated images that could not be read.
    imported
        Whether another program grew it: it is in force until labels, classes or features change, whatever becomes of
        the images; nothing is known of its agreement with labels, and maybe not all samples are.
    """

    forest: RandomForest
    samples: Samples
    classes: Classes
    features: tuple[str, ...]
    margin: int | tuple[int, ...] | None
    trained_on: str
    without: tuple[str, ...] = ()
    imported: bool = False
    #: What it was grown with beside samples; None if that is not known any more.
    grown_with: object = field(default=None, repr=False)

    def stands_for(self, samples: Samples, grown_with: object) -> bool:
        """Whether growing a forest from these samples would give this one again."""
        return self.grown_with == grown_with and self.samples.teaches(samples)

    @property
    def columns(self) -> tuple[str, ...]:
        """Feature columns, in the order of :attr:`importances`."""
        return self.samples.columns

    @property
    def oob_error(self) -> float:
        """Share of samples that the trees not grown from them put into a wrong class; NaN for a single sample."""
        return self.forest.oob_error

    @property
    def n_samples(self) -> tuple[int, ...]:
        """Number of annotated objects of each class."""
        return tuple(np.bincount(self.samples.y, minlength=len(self.classes) + 1)[1:].tolist())

    @property
    def oob_classes(self) -> NDArray[np.int64]:
        """(n,) class number of every sample by the trees that were not grown from it; 0 where all were, or unknown."""
        found = self.forest.oob_classes
        return found if len(found) else np.zeros(len(self.samples.y), np.int64)

    @property
    def oob_confusion(self) -> NDArray[np.uint64]:
        """(n_classes, n_classes) counts: rows the annotated class, columns the out-of-bag prediction."""
        return self.forest.oob_confusion

    @property
    def importances(self) -> NDArray[np.float64]:
        """(n_columns,) importance of every column."""
        return self.forest.importances

    def to_document(self) -> tuple[dict[str, Json], dict[str, NDArray[Any]]]:
        """Return the project document's entries ``samples`` and ``forest``, and the arrays behind them."""
        document: dict[str, Json] = {
            "samples": {"lanes": list(self.samples.lane_uuids), "columns": list(self.samples.columns)},
            "forest": {
                "classes": [each.to_json() for each in self.classes],
                "features": list(self.features),
                "margin": self.margin,
                # A forest that lacks an image is grown again as soon as the image is there.
                "trained_on": "" if self.without else self.trained_on,
                **({"imported": True} if self.imported else {}),
            },
        }
        arrays: dict[str, NDArray[Any]] = {
            f"samples/{name}": getattr(self.samples, name) for name in ("X", "y", "lanes", "frames", "ids")
        }
        arrays |= {f"forest/{name}": array for name, array in self.forest.to_arrays().items()}
        return document, arrays

    @classmethod
    def from_document(cls, document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> TrainedForest | None:
        """Inverse of :meth:`to_document`; None when the project has no forest."""
        about, samples = document.get("forest"), document.get("samples")
        if not about or not samples:
            return None
        names = {name.removeprefix("forest/"): array for name, array in arrays.items() if name.startswith("forest/")}
        return cls(
            forest=RandomForest.from_arrays(names),
            samples=Samples(
                **{name: arrays[f"samples/{name}"] for name in ("X", "y", "lanes", "frames", "ids")},
                lane_uuids=tuple(samples["lanes"]),
                columns=tuple(samples["columns"]),
            ),
            classes=tuple(ObjectClass.from_json(each) for each in about["classes"]),
            features=tuple(about["features"]),
            margin=tuple(about["margin"]) if isinstance(about["margin"], list) else about["margin"],
            trained_on=about["trained_on"],
            imported=bool(about.get("imported")),
        )


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a forest says about objects of one lane, one row per object in order of frame and id.

    Attributes
    ----------
    ids, frames
        (n,) which objects.
    classes
        (n,) number of the most probable class; of equals, the lowest.
    probabilities
        (n, n_classes) mean over trees.
    uncertainty
        (n,) one minus the difference of the two largest probabilities.
    class_names
        Name of every class, in order of their numbers.
    """

    ids: NDArray[np.uint64]
    frames: NDArray[np.int64]
    classes: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    uncertainty: NDArray[np.float32]
    class_names: tuple[str, ...]
    _labels: NDArray[Any] | LabelVolume = field(repr=False)
    _axes: str = field(repr=False)

    def is_of(self, ids: NDArray[np.uint64], n_classes: int) -> bool:
        """Whether rows of objects with these ids, and so many classes, can be updated."""
        return len(self.class_names) == n_classes and np.array_equal(self.ids, ids)

    def updated(self, rows: NDArray[np.int64], part: Prediction) -> Prediction:
        """Return this prediction with those of some rows in their place: all must be of the same number of classes."""
        new = {name: getattr(self, name).copy() for name in ("classes", "probabilities", "uncertainty")}
        for name, values in new.items():
            values[rows] = getattr(part, name)
        return replace(self, class_names=part.class_names, **new)

    def replaced(self, frames: NDArray[np.int64], ids: NDArray[np.uint64], part: Prediction) -> Prediction:
        """Put the rows of another prediction in place of those of some objects; it paints on what that paints on."""
        splice = Splice.of((self.frames, self.ids), (frames, ids), (part.frames, part.ids))
        names = ("ids", "frames", "classes", "probabilities", "uncertainty")
        rows: dict[str, Any] = {name: splice(getattr(self, name), getattr(part, name)) for name in names}
        return replace(part, **rows)

    def paint(self, what: str | int = "classes", **run: Unpack[RunOptions]) -> NDArray[Any] | LazyArray:
        """Image in which every predicted object has its value, with the axes of the label image; the rest is 0.

        That of a large image is painted where it is sliced.

        Parameters
        ----------
        what
            ``"classes"`` (uint8, uint16 for more than 255 classes), ``"uncertainty"`` (float32), or number or name
            of a class for its probability (float32).
        **run
            ``threads``, ``progress`` and ``cancel``.

        Raises
        ------
        ParameterError
            For anything else.
        """
        painted = paint(self._labels, self.frames, self.ids, self.painted(what), **run)
        return arranged(painted, axes.LABELS, self._axes)

    def painted(self, what: str | int = "classes") -> NDArray[Any]:
        """(n,) values that :meth:`paint` gives the objects."""
        if what == "classes":
            return self.classes.astype(np.uint8 if len(self.class_names) <= 255 else np.uint16)
        if what == "uncertainty":
            return np.nan_to_num(self.uncertainty, nan=1.0).astype(np.float32)
        return self.probabilities[:, self._column(what)].astype(np.float32)

    def __getitem__(self, rows: slice) -> Prediction:
        """Return what is said about some of the objects."""
        names = ("ids", "frames", "classes", "probabilities", "uncertainty")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    def _column(self, cls: str | int) -> int:
        if isinstance(cls, str) and cls in self.class_names:
            return self.class_names.index(cls)
        if not isinstance(cls, str) and 1 <= cls <= len(self.class_names):
            return cls - 1
        raise ParameterError(f"cannot paint {cls!r}; paint 'classes', 'uncertainty', or one of {self.class_names}")


def refuse_unusable(classifier: Classifier, selected: Sequence[str]) -> None:
    """Raise a ParameterError if the classifier may use none of the selected features."""
    if selected and not classifier.used(selected):
        raise ParameterError(
            f"the classifier may use only {', '.join(classifier.features or ())}, and nothing of that is selected; "
            "select some of it, or let the classifier use all features"
        )


def train(
    samples: Samples,
    classes: Classes,
    settings: Classifier,
    *,
    features: tuple[str, ...],
    margin: int | tuple[int, ...] | None,
    trained_on: str = "",
    grown_with: object = None,
    **run: Unpack[RunOptions],
) -> TrainedForest:
    """Grow a forest: a pure function of samples, settings and the number of classes."""
    forest = RandomForest(settings.n_trees, settings.seed, run.get("threads"), settings.missing)
    forest.fit(samples.X, samples.y, classes=list(range(1, len(classes) + 1)), **_watched(run))
    return TrainedForest(forest, samples, classes, features, margin, trained_on, grown_with=grown_with)


def predict(
    trained: TrainedForest,
    table: FeatureTable,
    labels: NDArray[Any] | LabelVolume,
    letters: str,
    *,
    rows: ArrayLike | None = None,
    **run: Unpack[RunOptions],
) -> Prediction:
    """Classify the objects of a feature table, or those in some of its rows.

    ``labels`` (``tzyx``, user's axes ``letters``) is what the prediction paints on.
    """
    check_columns(tuple(table.columns), trained.columns)
    wanted = slice(None) if rows is None else _checked_rows(rows, len(table))
    probabilities = trained.forest.predict_proba(table.float32[wanted], **run)
    return Prediction(
        ids=table.ids[wanted],
        frames=table.frames[wanted],
        classes=probabilities.argmax(axis=1) + 1,
        probabilities=probabilities,
        uncertainty=uncertainty(probabilities),
        class_names=tuple(each.name for each in trained.classes),
        _labels=labels,
        _axes=letters,
    )


def _checked_rows(rows: ArrayLike, n_objects: int) -> NDArray[np.int64]:
    """Rows of a table that are named once each, in order."""
    checked = np.asarray(rows)
    if checked.ndim != 1 or (checked.size and checked.dtype.kind not in "iu"):
        raise ParameterError("rows are whole numbers in one dimension, one per object to predict")
    checked = checked.astype(np.int64)
    if len(checked) and (checked[0] < 0 or checked[-1] >= n_objects or (np.diff(checked) <= 0).any()):
        raise ParameterError(f"rows must rise, and name some of the {n_objects} objects counted from 0")
    return checked


def _watched(run: RunOptions) -> WatchOptions:
    return {"progress": run.get("progress"), "cancel": run.get("cancel")}
