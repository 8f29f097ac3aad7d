"""One image that is worked on block by block: what is decided before the work starts, and every step in turn."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass import memory as amounts
from napari_objclass.errors import FileError, ParameterError
from napari_objclass.features import feature_catalog
from napari_objclass.io.fingerprint import stamp
from napari_objclass.io.locks import alone
from napari_objclass.io.parts import Watch
from napari_objclass.workflow import block_sources, input_data, thresholding
from napari_objclass.workflow.blockwise import flooding, outputs
from napari_objclass.workflow.blockwise.budget import share
from napari_objclass.workflow.blockwise.parts import Parts
from napari_objclass.workflow.blockwise.passes import MEASURING, around, find, measure, too_large
from napari_objclass.workflow.blockwise.plan import BlockPlan
from napari_objclass.workflow.blockwise.result import BlockwiseResult, Report
from napari_objclass.workflow.blockwise.sources import Reads
from napari_objclass.workflow.blockwise.workers import Workers
from napari_objclass.workflow.lane import LABELS
from napari_objclass.workflow.object_classification import Prediction
from napari_objclass.workflow.results import features_to_write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from napari_objclass.workflow.blockwise.labelling import Labelled
    from napari_objclass.workflow.blockwise.passes import Origin
    from napari_objclass.workflow.blockwise.plan import Triple
    from napari_objclass.workflow.blockwise.rows import Rows
    from napari_objclass.workflow.blockwise.sources import Volume
    from napari_objclass.workflow.blockwise.workers import Client
    from napari_objclass.workflow.export import Export, Files
    from napari_objclass.workflow.input_data import Images
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.predictor import Predictor

#: The steps that leave the blocks that a run has, and that it is done; and what progress is called at the end.
_PLAN, _DONE, _PREDICTING = "plan", "done", "predicting"
#: How much of the work prediction is.
_SHARE = {_PREDICTING: 2.0}

#: Bytes that are kept of every object beside its probabilities, measured; and what is there for that, as a share of
#: what tasks use.
_PER_OBJECT, _OF_OBJECTS = 100, 0.25


@dataclass(frozen=True, eq=False)
class Job:
    """One image to be classified, with all that is decided before the work starts.

    Attributes
    ----------
    predictor
        What classifies it.
    lane, images
        What is known of the image, and its pixels, read where they are sliced.
    origin
        What the objects are found in.
    raw
        What they are measured in; None without.
    plan
        The blocks.
    n_workers, threads
        Number of tasks at a time, and of threads.
    room
        Bytes that a task may use.
    memory
        Bytes that the process may use: what was asked for, or what the machine leaves if that is less.
    times
        How often what is stored is read: of what the objects are found in, and of raw, which is about, since how large
        the objects are is not known before.
    asked
        What was asked for of blocks and memory: with the same, a run that was stopped goes on with the blocks it had.
    """

    predictor: Predictor
    lane: LaneRecord
    images: Images
    origin: Origin
    raw: Volume | None
    plan: BlockPlan
    n_workers: int
    threads: int | None
    room: int
    memory: int
    times: tuple[float, float]
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
        asked_block = None if block_shape is None else _checked_block(block_shape, opened.shape[1:])
        amounts.keep_little()
        origin = block_sources.origin(opened, lane, predictor.state.thresholding)
        is_raw = lane.is_thresholded and "probabilities" not in lane.sources
        source, raw = origin.volume, origin.volume if is_raw else block_sources.raw(opened, lane)
        allowed, most = None if memory is None else amounts.parse(memory), amounts.used() + amounts.available()
        if allowed is not None:
            most = min(allowed, most)
        workers_at_most = workers or Workers(threads=threads).threads
        shared = share(
            source,
            raw,
            origin.halo,
            most=most,
            n_workers=workers_at_most,
            block_shape=asked_block,
            around=around(source, raw, predictor.forest.features, predictor.forest.margin),
        )
        plan = BlockPlan(source.shape, shared.block_shape)
        asked = (None if block_shape is None else list(shared.block_shape), allowed)
        return cls(
            predictor,
            lane,
            opened,
            origin,
            raw,
            plan,
            shared.n_workers,
            threads,
            shared.room,
            most,
            (shared.image_times, shared.raw_times),
            asked,
        )

    @property
    def summary(self) -> str:
        """The plan in one line."""
        n, at_once = len(self.plan), min(len(self.plan), self.n_workers)
        sides = " x ".join(map(str, self.plan.block_shape[0 if self.plan.shape[1] > 1 else 1 :]))
        blocks = (
            f"1 block of {sides} voxels" if n == 1 else f"{n:,} blocks of up to {sides} voxels, {at_once} at a time"
        )
        of_objects, of_raw = self.times
        if self.raw is self.origin.volume:
            told = f"; raw is read about {of_objects + of_raw:.1f}×"
        else:
            told = f"; objects are read {of_objects:.1f}×" + (f", raw about {of_raw:.1f}×" if of_raw else "")
        return f"{blocks}, in at most {amounts.text(self.memory)}{told}"

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
        keep: bool = False,
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
        keep
            Leave what the steps left, until :func:`forget`.
        """
        watch = watch or Watch()
        if export is not None and folder is not None:
            files = export.files(self.lane.name, folder) if files is None else files
            outputs.refuse_impossible(export, files)
        with ExitStack() as stack:
            parts = self._parts(folder, stack, restart=restart)
            result = self._settled(parts)._done(parts, export, files, carried, client, watch)
            if keep:
                parts.write(_DONE, 0, b"")
            else:
                parts.remove()
            return result

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
        """Do the steps that were not done before."""
        report = Report(self.plan.block_shape, len(self.plan), self.n_workers)
        report.n_before = self.origin.n_read(self.plan, parts)
        workers = Workers(
            self.n_workers,
            client=client,
            threads=self.threads,
            steps=self.origin.shares | MEASURING | _SHARE,
            progress=watch.progress,
            cancel=watch.cancel,
        )
        stamps = self._stamps
        labelled = self._labelled(parts, workers, report)
        measured = self._measured(labelled, workers, report, export)
        if self._stamps != stamps:
            parts.remove()
            raise FileError(f"files of {self.lane.name!r} changed while they were read; run it again")
        prediction = self._prediction(measured, Watch(None, watch.cancel), report)
        workers.told(_PREDICTING, 1.0)
        paths: tuple[Path, ...] = ()
        notes: list[str] = []
        if files is not None and export is not None:
            done = self._classified(labelled, measured, prediction, export)
            began = time.perf_counter()
            form: dict[str, Any] = {"carried": carried, "note": notes.append, "budget": self.room}
            paths = outputs.write(done, parts, export, files, workers=workers, watch=watch, **form).files
            report.seconds["writing"] = time.perf_counter() - began
        report.reads = {"objects": self.origin.volume.reads} | ({} if self.raw is None else {"raw": self.raw.reads})
        report.writes = sum(each.stat().st_size for each in parts.folder.iterdir())
        report.peak_memory = amounts.peak()
        return BlockwiseResult(
            measured,
            self.predictor.forest.features,
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

    def _parts(self, folder: Path | None, stack: ExitStack, *, restart: bool) -> Parts:
        """Where the steps leave what only this run has to do with; its key is all that the objects depend on."""
        if folder is None:
            return Parts(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="objclass-"))))
        own = _own(folder, self.lane.name)
        stack.enter_context(alone(own))
        in_memory = not all(source.files for source in self.lane.sources.values())
        key = {
            "version": _version(),
            "thresholding": self.predictor.state.thresholding.to_json() if self.lane.is_thresholded else None,
            "lane": {name: value for name, value in self.lane.to_json().items() if name != "uuid"},
            "files": self._stamps,
            "pixels": [
                volume.identity for volume in (self.origin.volume, self.raw) if volume is not None and in_memory
            ],
            "asked": self.asked,
        }
        return Parts.of_run(own, key, restart=restart)

    @property
    def _stamps(self) -> list[Any]:
        """What tells whether the files of the image are still the same."""
        return [[str(path), *stamp(path)] for _, path in self.lane.files]

    def _labelled(self, parts: Parts, workers: Workers, report: Report) -> Labelled:
        began = time.perf_counter()
        labelled = find(self.origin, self.plan, parts, self.room, workers)
        report.seconds["finding objects"] = time.perf_counter() - began
        return labelled

    def _measured(self, labelled: Labelled, workers: Workers, report: Report, export: Export | None) -> Rows:
        began = time.perf_counter()
        features = self.predictor.forest.features
        if export is not None and export.table is not None:
            features = tuple(dict.fromkeys([*features, *self._exported(export)]))
        objects = Reads()
        raw = objects if self.raw is self.origin.volume else Reads()
        self.origin.planned_reads(self.plan, labelled.parts, objects)
        margin, room = self.predictor.forest.margin, self._room_beside(labelled)
        measured = measure(labelled, self.raw, features, margin, room, workers, raw)
        report.planned = {"objects": objects} | ({} if self.raw is None else {"raw": raw})
        report.n_large = measured.n_large
        report.seconds["measuring"] = time.perf_counter() - began
        return measured

    def _room_beside(self, labelled: Labelled) -> int:
        """Bytes that a task may use beside what is kept of every object; the same for a run that goes on.

        Raises
        ------
        ParameterError
            If the objects leave too little for the blocks.
        """
        parts = labelled.parts
        if not parts.has(_PLAN, 1):
            kept = len(labelled) * (_PER_OBJECT + 4 * len(self.predictor.classes))
            shared = self.room * self.n_workers
            taken = max(0, kept - int(_OF_OBJECTS * shared))
            if 2 * taken > shared:
                least = amounts.text(self.memory + (2 * taken - shared) / (1 + 2 * _OF_OBJECTS) * (1 + _OF_OBJECTS))
                raise ParameterError(
                    f"what is kept of the {len(labelled)} objects of {self.lane.name!r} takes {amounts.text(kept)} of "
                    f"memory, too much of {amounts.text(self.memory)}; allow {least} or more"
                )
            parts.save(_PLAN, 1, room=np.array(self.room - taken // self.n_workers))
        return int(parts.load(_PLAN, 1)["room"])

    def _prediction(self, measured: Rows, watch: Watch, report: Report) -> Prediction:
        began, forest = time.perf_counter(), self.predictor.forest
        probabilities, uncertain = measured.predicted(
            forest.forest, forest.features, forest.columns, watch, self.threads
        )
        report.seconds["predicting"] = time.perf_counter() - began
        return Prediction(
            ids=measured.ids,
            frames=measured.frames,
            classes=probabilities.argmax(axis=1) + 1,
            probabilities=probabilities,
            uncertainty=uncertain,
            class_names=tuple(each.name for each in self.predictor.classes),
            _labels=np.zeros((0, 0, 0, 0), np.uint8),
            _axes=self.images.axes,
        )

    def _classified(
        self, labelled: Labelled, measured: Rows, prediction: Prediction, export: Export
    ) -> outputs.Classified:
        """What is known when files are written."""
        return outputs.Classified(
            labelled=labelled,
            lane=self.lane,
            axes=self.images.axes,
            id_dtype=self.origin.volume.dtype if LABELS in self.lane.sources else np.dtype(np.uint64),
            classes=self.predictor.classes,
            prediction=prediction,
            rows=measured,
            features=self._exported(export),
            annotated=np.broadcast_to(np.int64(0), len(labelled)),
        )

    def _exported(self, export: Export) -> tuple[str, ...]:
        """Features of the table that is written."""
        selected = self.predictor.state.feature_selection.ids
        return tuple(features_to_write(export, selected, feature_catalog(*self.images.extent)))

    def _told(self, labelled: Labelled, report: Report) -> Iterator[str]:
        """What the user should know."""
        _, allowed = self.asked
        if allowed is not None and self.memory < allowed:
            yield f"of {amounts.text(allowed)} of memory, the machine left {amounts.text(self.memory)}, which was used"
        if labelled.n_nan:
            yield thresholding.counted_as_zero(labelled.n_nan, f"the image {self.lane.name!r}")
        if (contested := flooding.note(labelled)) is not None:
            yield contested
        if report.n_large:
            yield too_large(report.n_large, self.lane.name)


def forget(folder: Path, name: str) -> None:
    """Remove what the steps of a run left that is done, of the image ``name`` whose results are in ``folder``."""
    parts = Parts(_own(folder, name))
    if parts.has(_DONE, 0):
        with suppress(FileError, OSError), alone(parts.folder):  # results are there whether that can be done or not
            parts.remove()


def _own(folder: Path, name: str) -> Path:
    return folder / f".{name}.parts"


def _checked_block(block_shape: Sequence[int], lengths: Sequence[int]) -> Triple:
    sides = [] if isinstance(block_shape, str) else [int(side) for side in block_shape]
    if len(sides) not in {2, 3} or min(sides) < 1:
        raise ParameterError(f"block_shape is (z, y, x) or (y, x) of whole numbers from 1, got {block_shape!r}")
    z, y, x = map(min, [1] * (3 - len(sides)) + sides, lengths)
    return z, y, x


def _version() -> str:
    import napari_objclass

    return napari_objclass.__version__
