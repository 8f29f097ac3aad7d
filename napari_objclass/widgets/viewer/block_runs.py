"""What is done block by block with an image of a session, on threads beside the GUI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_objclass import memory
from napari_objclass.io.parts import Watch
from napari_objclass.workflow import export
from napari_objclass.workflow.blockwise import check
from napari_objclass.workflow.blockwise.job import job_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from napari_objclass.kernels import CancelToken, Progress
    from napari_objclass.workflow.blockwise.check import Comparison
    from napari_objclass.workflow.blockwise.classify import Report
    from napari_objclass.workflow.export import Export
    from napari_objclass.workflow.session import Session


@dataclass(frozen=True)
class Outcome:
    """What came of a run.

    Attributes
    ----------
    files
        Files that were written.
    counts
        Number of objects of each class, by the name of the class.
    report
        What it took, and what the user should know.
    in_the_way
        Files that are there already; if there are any, nothing was done.
    """

    files: tuple[Path, ...] = ()
    counts: Mapping[str, int] | None = None
    report: str = ""
    in_the_way: tuple[Path, ...] = ()

    @property
    def folders(self) -> list[Path]:
        """Where files were written."""
        return list(dict.fromkeys(path.resolve().parent for path in self.files))


def plan(session: Session, image: str) -> str:
    """How an image would be classified, in one line; "" while there is no classifier."""
    return "" if session.forest is None else job_of(session, image).summary


def classify(
    session: Session, image: str, settings: Export, *, overwrite: bool, progress: Progress, cancel: CancelToken
) -> Outcome:
    """Classify an image block by block and write what the settings say, unless that would overwrite something.

    Raises
    ------
    ObjClassError
        When it cannot be done; what was done until then is not done again.
    """
    record = session.lane(image)
    files = settings.files(record.name, record.folder)
    export.check_overwriting([files.all], [file for each in session.lanes for file in each.files])
    in_the_way = tuple(files.existing)
    if in_the_way and not overwrite:
        return Outcome(in_the_way=in_the_way)
    session.train(progress=progress, cancel=cancel)
    job = job_of(session, image)
    result = job.run(folder=record.folder, export=settings, files=files, watch=Watch(progress, cancel))
    numbers = np.bincount(result.classes, minlength=len(result.class_names) + 1)[1:].tolist()
    counts = dict(zip(result.class_names, numbers, strict=True))
    return Outcome(result.paths, counts, " ".join([_told(result.report), *map(_sentence, result.notes)]))


def _told(report: Report) -> str:
    blocks = "1 block" if report.n_blocks == 1 else f"{report.n_blocks:,} blocks"
    return f"{blocks} in {sum(report.seconds.values()):,.0f} s." + f" {report.n_before:,} were done before." * bool(
        report.n_before
    )


def _sentence(note: str) -> str:
    return f"{note[0].upper()}{note[1:]}."


def compare(
    session: Session,
    image: str,
    view: Sequence[int],
    *,
    as_ilastik: bool,
    progress: Progress,
    cancel: CancelToken,
) -> Comparison:
    """Compare an image, or the part around a voxel (t, z, y, x) that fits into memory, with what it is as a whole.

    Raises
    ------
    ObjClassError
        When it cannot be classified.
    """
    budget = min(session.blockwise_settings.memory or memory.available(), memory.available())
    t, *middle = view
    fits = check.bytes_needed(session, image) <= budget and not session.images(image).is_large
    part = None if fits else check.part_that_fits(session, image, budget, t, middle)
    return check.compare(session, image, part, as_ilastik=as_ilastik, progress=progress, cancel=cancel)
