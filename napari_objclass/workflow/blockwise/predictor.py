"""A trained classifier that goes through images block by block: batches and commands use it like any other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

from napari_objclass.io.parts import Watch
from napari_objclass.workflow.blockwise import outputs, running
from napari_objclass.workflow.blockwise.classify import Job
from napari_objclass.workflow.predictor import Predictor
from napari_objclass.workflow.results import Written, class_counts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari_objclass.workflow.applet import RunOptions
    from napari_objclass.workflow.export import Export, Files


@dataclass(frozen=True, eq=False)
class BlockwisePredictor(Predictor):
    """Classifies images that may be larger than memory.

    Attributes
    ----------
    memory
        Bytes that the process may use in all; None for what the machine leaves.
    block_shape
        Lengths of a block, (z, y, x) or (y, x); None for what suits the memory.
    restart
        Do again what an interrupted run has done already.
    """

    memory: int | None = None
    block_shape: tuple[int, ...] | None = None
    restart: bool = False

    @classmethod
    def like(cls, predictor: Predictor, **options: Any) -> BlockwisePredictor:
        """Return one with the forest and the settings of another, and fields of its own."""
        return cls(predictor.state, predictor.forest, predictor.notes, **options)

    @property
    def goes_on(self) -> bool:
        """Whether an image that was interrupted is not begun anew."""
        return True

    def job(
        self,
        images: Mapping[str, Any],
        described: Mapping[str, Any],
        settings: Export,
        files: Files,
        threads: int | None,
    ) -> Job:
        """Return what would be done; nothing is written, and no pixels are read.

        Raises
        ------
        ObjClassError
            If it cannot be done.
        """
        outputs.refuse_impossible(settings, files)
        form: dict[str, Any] = {"memory": self.memory, "block_shape": self.block_shape, "threads": threads}
        return Job.of(self, images, **described, **form)

    def classify(
        self,
        images: Mapping[str, Any],
        described: Mapping[str, Any],
        settings: Export,
        files: Files,
        carried: Mapping[str, str] | None = None,
        **run: Unpack[RunOptions],
    ) -> Written:
        """Classify the objects of an image set block by block, and write what is asked for.

        What the steps leave is beside the results until :meth:`forget`: the same again goes on where it was stopped.
        """
        job = self.job(images, described, settings, files, run.get("threads"))
        done = job.run(
            folder=_beside(files),
            export=settings,
            files=files,
            carried=carried,
            watch=Watch(run.get("progress"), run.get("cancel")),
            restart=self.restart,
            keep=True,
        )
        counts = class_counts(done.classes, done.class_names)
        n_before, n_blocks = done.report.n_before, done.report.n_blocks
        before = (f"{n_before} of {n_blocks} blocks were done before",) if n_before else ()
        return Written(done.paths, len(done.classes), counts, (*before, *done.notes))

    def forget(self, name: str, files: Files) -> None:
        """Remove what was kept of an image to go on with, if it is done."""
        running.forget(_beside(files), name)


def _beside(files: Files) -> Path:
    return files.all[0].parent
