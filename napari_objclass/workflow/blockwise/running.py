"""One image that is worked on block by block: what is decided before the work starts, and every step in turn."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass import axes as axis_letters, memory as amounts
from napari_objclass.block_kernels import smoothing_halo
from napari_objclass.errors import ParameterError
from napari_objclass.features import choose, feature_catalog, neighbourhood
from napari_objclass.forest import uncertainty
from napari_objclass.io.parts import Watch
from napari_objclass.workflow import input_data, thresholding
from napari_objclass.workflow.blockwise import flooding, given, measuring, outputs, rows, thresholding as found
from napari_objclass.workflow.blockwise.budget import share
from napari_objclass.workflow.blockwise.grouping import Surroundings
from napari_objclass.workflow.blockwise.labelling import LABELS as LABEL_STEP, OBJECTS, Labelled
from napari_objclass.workflow.blockwise.measuring import Measuring
from napari_objclass.workflow.blockwise.parts import Parts
from napari_objclass.workflow.blockwise.plan import BlockPlan
from napari_objclass.workflow.blockwise.sources import Volume
from napari_objclass.workflow.blockwise.workers import Workers
from napari_objclass.workflow.lane import LABELS, SEGMENTATION
from napari_objclass.workflow.object_classification import Prediction, check_columns
from napari_objclass.workflow.results import features_to_write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_objclass.feature_table import FeatureTable
    from napari_objclass.workflow.blockwise.plan import Triple
    from napari_objclass.workflow.blockwise.sources import Reads
    from napari_objclass.workflow.blockwise.workers import Client
    from napari_objclass.workflow.export import Export, Files
    from napari_objclass.workflow.input_data import Images
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.predictor import Predictor

#: The step that leaves the blocks that a run has, and what progress is called at the end.
_PLAN, _PREDICTING = "plan", "predicting"

#: Share of each step in the work.
_STEPS = {
    found.FOREGROUND: 40.0,
    **flooding.SHARES,
    LABEL_STEP: 20.0,
    OBJECTS: 5.0,
    measuring.REGIONS: 25.0,
    measuring.VALUES: 40.0,
    _PREDICTING: 2.0,
}


@dataclass
class Report:
    """What a run took.

    Attributes
    ----------
    block_shape, n_blocks, n_workers
        The blocks, and how many were worked on at a time.
    reads
        What was read, by role of the image.
    planned
        Voxels that were to be read, by role.
    seconds
        How long each step took.
    peak
        Bytes of memory of this process at most.
    written
        Bytes of the files that steps left.
    n_large
        Number of objects that were too large to be looked at as a whole; see the reasons of their missing values.
    n_before
        Number of blocks whose objects an earlier run had found.
    """

    block_shape: Triple
    n_blocks: int
    n_workers: int
    reads: dict[str, Reads] = field(default_factory=dict)
    planned: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    peak: int = 0
    written: int = 0
    n_large: int = 0
    n_before: int = 0


@dataclass(frozen=True, eq=False)
class BlockwiseResult:
    """The objects of an image and their classes; arrays have an entry per object, sorted by frame, then id.

    Attributes
    ----------
    table
        Feature values.
    probabilities
        (n, n_classes) float32.
    classes
        (n,) numbers of the classes.
    uncertainty
        (n,) float32.
    class_names
        Names of the classes.
    sizes, boxes
        (n,) voxels, and (n, 6) the smallest boxes around: z0, y0, x0, z1, y1, x1.
    n_small, n_large, n_nan
        How many objects the size filter left out, and how many pixels were NaN and counted as 0.
    paths
        Files that were written.
    report
        What it took.
    notes
        Sentences that the user should read once.
    """

    table: FeatureTable
    probabilities: NDArray[np.float32]
    classes: NDArray[np.int64]
    uncertainty: NDArray[np.float32]
    class_names: tuple[str, ...]
    sizes: NDArray[np.int64]
    boxes: NDArray[np.int64]
    n_small: int
    n_large: int
    n_nan: int
    paths: tuple[Path, ...]
    report: Report
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Job:
    """One image to be classified, with all that is decided before the work starts.

    Attributes
    ----------
    predictor
        What classifies it.
    lane, images
        What is known of the image, and its pixels, read where they are sliced.
    source
        What the objects are found in.
    raw
        What they are measured in; None without.
    rule
        How they are found by thresholding; None where they are given.
    plan
        The blocks.
    n_workers, threads
        Number of tasks at a time, and of threads.
    room
        Bytes that a task may use.
    memory
        Bytes that the process may use.
    asked
        What was asked for of blocks and memory: with the same, a run that was stopped goes on with the blocks it had.
    """

    predictor: Predictor
    lane: LaneRecord
    images: Images
    source: Volume
    raw: Volume | None
    rule: found.Rule | None
    plan: BlockPlan
    n_workers: int
    threads: int | None
    room: int
    memory: int
    asked: tuple[Any, ...]

    @classmethod
    def of(
        cls,
        predictor: Predictor,
        images: Mapping[str, Any],
        *,
        name: str | None = None,
        axes: str | Mapping[str, str] | None = None,
        spacing: Sequence[float] | None = None,
        dranges: Mapping[str, tuple[float, float] | None] | None = None,
        block_shape: Sequence[int] | None = None,
        memory: str | int | None = None,
        workers: int | None = None,
        threads: int | None = None,
    ) -> Job:
        """Open an image, see :func:`classify_blockwise`; no pixels are read. ``dranges`` are :attr:`Source.drange`.

        Raises
        ------
        ObjClassError
            When it cannot be read, or cannot be done with the memory.
        """
        lane, _, opened = input_data.describe(
            images, name=name, axes=axes, spacing=spacing, dranges=dranges, recognizable=False, budget=0
        )
        source, rule, halo = _source(predictor, lane, opened)
        raw = None
        if opened.raw_shape is not None:
            raw = source if lane.is_thresholded and "probabilities" not in lane.sources else _raw(lane, opened)
        most = amounts.used() + amounts.available() if memory is None else amounts.parse(memory)
        workers_at_most = workers or Workers(threads=threads).threads
        shared = share(
            source,
            raw,
            halo,
            most=most,
            n_workers=workers_at_most,
            block_shape=None if block_shape is None else _checked_block(block_shape, source.shape[1:]),
        )
        plan = BlockPlan(source.shape, shared.block_shape)
        asked = (None if block_shape is None else list(shared.block_shape), None if memory is None else most)
        return cls(
            predictor, lane, opened, source, raw, rule, plan, shared.n_workers, threads, shared.room, most, asked
        )

    @property
    def summary(self) -> str:
        """The plan in one line."""
        sides = " x ".join(map(str, self.plan.block_shape[0 if self.plan.shape[1] > 1 else 1 :]))
        n, at_once = len(self.plan), min(len(self.plan), self.n_workers)
        blocks = (
            f"1 block of {sides} voxels" if n == 1 else f"{n:,} blocks of up to {sides} voxels, {at_once} at a time"
        )
        return f"{blocks}, in at most {amounts.text(self.memory)}"

    def run(
        self,
        *,
        folder: Path | None,
        export: Export | None,
        files: Files | None = None,
        carried: Mapping[str, str] | None = None,
        client: Client | None = None,
        watch: Watch | None = None,
        restart: bool = False,
    ) -> BlockwiseResult:
        """Do all steps, those that were done before excepted.

        Parameters
        ----------
        folder, export, client, restart
            As for :func:`classify_blockwise`.
        files
            Where the results go, if not where ``export`` says of ``folder``.
        carried
            Columns of one text each that come first in the table.
        watch
            Who follows it.
        """
        watch = watch or Watch()
        if export is not None and folder is not None:
            files = export.files(self.lane.name, folder) if files is None else files
            outputs.refuse_impossible(export, files)
        with ExitStack() as stack:
            parts = self._parts(folder, stack, export, restart=restart)
            return self._settled(parts)._done(parts, export, files, carried, client, watch)

    def _settled(self, parts: Parts) -> Job:
        """Return the job with the blocks of the run that goes on, whatever memory is left today."""
        if not parts.has(_PLAN, 0):
            parts.save(_PLAN, 0, block_shape=np.array(self.plan.block_shape), room=np.array(self.room))
        known = parts.load(_PLAN, 0)
        z, y, x = known["block_shape"].tolist()
        return replace(self, plan=BlockPlan(self.plan.shape, (z, y, x)), room=int(known["room"]))

    def _done(
        self,
        parts: Parts,
        export: Export | None,
        files: Files | None,
        carried: Mapping[str, str] | None,
        client: Client | None,
        watch: Watch,
    ) -> BlockwiseResult:
        """Do the steps, and remove what they left."""
        report = Report(self.plan.block_shape, len(self.plan), self.n_workers)
        report.n_before = len(self.plan) - len(parts.missing(self._finding_steps[0], range(len(self.plan))))
        steps = [*self._finding_steps, OBJECTS, measuring.REGIONS, measuring.VALUES]
        workers = Workers(
            self.n_workers,
            client=client,
            threads=self.threads,
            steps={step: _STEPS[step] for step in [*steps, _PREDICTING]},
            progress=watch.progress,
            cancel=watch.cancel,
        )
        labelled = self._labelled(parts, workers, report)
        table = self._table(labelled, workers, report, export)
        prediction = self._prediction(labelled, table, Watch(None, watch.cancel), report)
        workers.told(_PREDICTING, 1.0)
        paths: tuple[Path, ...] = ()
        notes: list[str] = []
        if files is not None and export is not None:
            done = self._classified(labelled, table, prediction, export)
            began = time.perf_counter()
            form: dict[str, Any] = {"carried": carried, "note": notes.append, "budget": self.room}
            paths = outputs.write(done, export, files, workers=workers, watch=watch, **form).files
            report.seconds["writing"] = time.perf_counter() - began
        selected = table.select(self.predictor.forest.features)
        selected = replace(selected, values=np.array(selected.values))  # the file that it is mapped from goes
        report.reads = {"objects": self.source.reads} | ({} if self.raw is None else {"raw": self.raw.reads})
        report.written = sum(each.stat().st_size for each in parts.folder.iterdir())
        report.peak = amounts.peak()
        parts.remove()
        return BlockwiseResult(
            selected,
            prediction.probabilities,
            prediction.classes,
            prediction.uncertainty,
            prediction.class_names,
            labelled.sizes,
            labelled.boxes,
            labelled.n_small,
            labelled.n_large,
            labelled.n_nan,
            paths,
            report,
            (*notes, *self._told(labelled, report)),
        )

    def _parts(self, folder: Path | None, stack: ExitStack, export: Export | None, *, restart: bool) -> Parts:
        if folder is None:
            return Parts(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="objclass-"))))
        key = {
            "version": _version(),
            "predictor": self.predictor.digest,
            "lane": {name: value for name, value in self.lane.to_json().items() if name != "uuid"},
            "files": [[str(path), _changed(path)] for _, path in self.lane.files],
            "images": [volume.identity for volume in (self.source, self.raw) if volume is not None],
            "asked": self.asked,
            "features": None if export is None else [export.columns, export.features, export.table is None],
        }
        return Parts.of_run(folder / f".{self.lane.name}.parts", key, restart=restart)

    def _labelled(self, parts: Parts, workers: Workers, report: Report) -> Labelled:
        began = time.perf_counter()
        workers.do(self._finding(parts))
        report.seconds["finding objects"] = time.perf_counter() - began
        return Labelled.load(self.plan, parts)

    def _finding(self, parts: Parts) -> Any:
        if self.rule is None:
            return given.tasks(parts, self.plan, self.source, connected=SEGMENTATION in self.lane.sources)
        return found.steps(parts, self.plan, self.source, self.rule, self.room)

    def _table(self, labelled: Labelled, workers: Workers, report: Report, export: Export | None) -> FeatureTable:
        began = time.perf_counter()
        extent = self.images.extent
        wanted = self.predictor.forest.features
        catalog = {spec.id: spec for spec in feature_catalog(*extent)}
        if export is not None and export.table is not None:
            wanted = tuple(dict.fromkeys([*wanted, *self._exported(export)]))
        specs = [catalog[feature] for feature in choose(wanted, *extent)]
        margin = neighbourhood(self.predictor.forest.margin, extent[0])
        measured = Measuring.of(self.plan, labelled.parts, labelled.parts, self.raw, specs, margin, self.room)
        groups = Surroundings(measured.margin, measured.most_voxels).groups(labelled)
        report.planned = {
            "objects": int(np.prod(self.plan.shape)),
            "raw": measuring.planned_reads(measured, labelled, groups),
        }
        workers.do(measuring.steps(measured, groups))
        table = rows.table(labelled.parts, labelled, groups, specs)
        report.n_large = rows.count_large(labelled.parts, groups)
        report.seconds["measuring"] = time.perf_counter() - began
        return table

    def _prediction(self, labelled: Labelled, table: FeatureTable, watch: Watch, report: Report) -> Prediction:
        began = time.perf_counter()
        forest = self.predictor.forest
        selected = table.select(forest.features)
        check_columns(tuple(selected.columns), forest.columns)
        probabilities = rows.probabilities(forest.forest, selected.values, watch, self.threads)
        report.seconds["predicting"] = time.perf_counter() - began
        return Prediction(
            ids=labelled.ids,
            frames=labelled.frames,
            classes=probabilities.argmax(axis=1) + 1,
            probabilities=probabilities,
            uncertainty=uncertainty(probabilities),
            class_names=tuple(each.name for each in self.predictor.classes),
            _labels=np.zeros((0, 0, 0, 0), np.uint8),
            _axes=self.images.axes,
        )

    def _classified(
        self, labelled: Labelled, table: FeatureTable, prediction: Prediction, export: Export
    ) -> outputs.Classified:
        """What is known when files are written."""
        return outputs.Classified(
            labelled=labelled,
            lane=self.lane,
            axes=self.images.axes,
            id_dtype=self.source.dtype if LABELS in self.lane.sources else np.dtype(np.uint64),
            classes=self.predictor.classes,
            prediction=prediction,
            table=table,
            features=self._exported(export),
            annotated=np.zeros(len(labelled), np.int64),
        )

    def _exported(self, export: Export) -> tuple[str, ...]:
        """Features of the table that is written."""
        selected = self.predictor.state.feature_selection.ids
        return tuple(features_to_write(export, selected, feature_catalog(*self.images.extent)))

    def _told(self, labelled: Labelled, report: Report) -> Iterator[str]:
        """What the user should know."""
        if labelled.n_nan:
            yield thresholding.counted_as_zero(labelled.n_nan, f"the image {self.lane.name!r}")
        if (contested := flooding.note(labelled)) is not None:
            yield contested
        if report.n_large:
            yield (
                f"{report.n_large} objects of {self.lane.name!r} are too large for the memory to be looked at as a "
                "whole, and lack the features that need it; allow more memory"
            )

    @property
    def _finding_steps(self) -> list[str]:
        """Steps that find objects; the first one reads what they are found in."""
        if self.rule is None:
            return [LABEL_STEP]
        return list(flooding.SHARES) if self.rule.floods else [found.FOREGROUND]


def _source(predictor: Predictor, lane: LaneRecord, images: Images) -> tuple[Volume, found.Rule | None, Triple | None]:
    """What the objects are found in; by which rule, and how far its tasks look beyond their blocks."""
    if not lane.is_thresholded:
        role = LABELS if LABELS in lane.sources else SEGMENTATION
        what = f"the {role} image of {lane.name!r}"
        return Volume(images.objects, axis_letters.LABELS, what, ids=True), None, None  # type: ignore[arg-type]
    volume = Volume(images.sliced, axis_letters.RAW, f"the image {lane.name!r}")
    settings = predictor.state.thresholding
    rule = thresholding.block_rule(settings, volume, value_range=images.value_range, spacing=lane.spacing)
    z, y, x = smoothing_halo(rule.how["sigma"], volume.shape[1:])
    return volume, rule, (z, y, x)


def _raw(lane: LaneRecord, images: Images) -> Volume:
    return Volume(images.raw, axis_letters.RAW, f"raw of {lane.name!r}")  # type: ignore[arg-type]


def _checked_block(block_shape: Sequence[int], lengths: Sequence[int]) -> Triple:
    sides = [int(side) for side in block_shape]
    if len(sides) not in {2, 3} or min(sides) < 1:
        raise ParameterError(f"block_shape is (z, y, x) or (y, x) of whole numbers from 1, got {tuple(block_shape)}")
    z, y, x = map(min, [1] * (3 - len(sides)) + sides, lengths)
    return z, y, x


def _version() -> str:
    import napari_objclass

    return napari_objclass.__version__


def _changed(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0
