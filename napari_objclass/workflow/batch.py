"""Classifying many images by one predictor: each is done, or says why not, and the others go on."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Unpack

from napari_objclass.errors import Cancelled, ParameterError
from napari_objclass.io.whole_files import remove_leftovers
from napari_objclass.kernels import default_threads
from napari_objclass.workflow import batch_record
from napari_objclass.workflow.batch_image import Outcome, Status, classify
from napari_objclass.workflow.batch_plan import IMAGE_COLUMN, ImageSet, Plan, Planned, plan
from napari_objclass.workflow.batch_record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari_objclass.workflow.applet import RunOptions
    from napari_objclass.workflow.batch_workers import Task
    from napari_objclass.workflow.export import Export
    from napari_objclass.workflow.predictor import Predictor

__all__ = ["ImageSet", "Outcome", "Plan", "Planned", "Record", "Status", "plan", "run"]


def run(
    predictor: Predictor,
    image_sets: Sequence[ImageSet] | Plan,
    settings: Export | None = None,
    *,
    jobs: int = 1,
    record: Record | None = None,
    join: bool = True,
    **options: Unpack[RunOptions],
) -> Iterator[Outcome]:
    """Classify image sets; outcomes come as they are done, those first whose results are there already.

    Parameters
    ----------
    predictor
        The classifier.
    image_sets, settings
        What to classify, and what to write of each; or a :class:`Plan`, which has its settings.
    jobs
        Images at a time; above 1, each in a process of its own. Never more than there are CPUs.
    record
        Where to keep what is done, so that the same run goes on from there after an interruption.
    join
        Whether to write the one table for all images, if the plan has one; False for a part of a run.
    **options
        ``threads`` in all, ``progress`` within an image (with one job only) and ``cancel``.

    Raises
    ------
    ObjClassError
        Before anything is read, if two results would be one file, or one of the images; in the end if the table for
        all images cannot be written. Cancelled when stopped; a FileError as soon as nothing can be written any more.
    """
    planned = image_sets if isinstance(image_sets, Plan) else plan(image_sets, settings or predictor.state.export)
    jobs, options["threads"] = _shares(jobs, options.get("threads"), len(planned.images))
    with _parts(planned, record) as folder:
        items = _items(predictor, planned, folder)
        keys = [item.key for item in items]
        joined = record is not None and planned.table is not None and record.has_table(planned.table, keys)
        with_part = planned.table is not None and not joined
        left, failed = [], set()
        for item in items:
            kept = None if record is None else record.outcome(item.key, item.planned, with_part=with_part)
            if kept is None:
                left.append(item)
            else:
                predictor.forget(item.planned.name, item.planned.files)  # a kill may have come just before
                yield kept
        if record is not None:
            remove_leftovers(file for item in left for file in item.planned.files.all)
        for position, outcome in _outcomes(predictor, left, planned.settings, jobs, options):
            item = left[position]
            if outcome.status is Status.FAILED:
                failed.add(item.key)
            else:
                if record is not None:
                    record.add(item.key, outcome, item.part)
                predictor.forget(item.planned.name, item.planned.files)
            yield outcome if item.part is None else _without(outcome, item.part)
        if planned.table is not None and join and not joined:
            _join(planned.table, [item for item in items if item.key not in failed], record, complete=not failed)


class _Item(NamedTuple):
    """An image with the key of its results, and its part of the table of all."""

    key: str
    planned: Planned
    part: Path | None

    @property
    def task(self) -> Task:
        columns = self.planned.image.columns
        return self.planned, columns if self.part is None else {IMAGE_COLUMN: self.planned.name, **columns}


def _shares(jobs: int, threads: int | None, n_images: int) -> tuple[int, int]:
    """Processes, and threads of each, that the CPUs are enough for."""
    if jobs < 1 or (threads is not None and threads < 1):
        raise ParameterError(f"jobs and threads are at least 1, not {jobs} and {threads}")
    n_cpus = default_threads()
    jobs = max(1, min(jobs, n_cpus, n_images))
    return jobs, max(1, min(n_cpus if threads is None else threads, n_cpus) // jobs)


@contextmanager
def _parts(planned: Plan, record: Record | None) -> Iterator[Path]:
    """Folder for the parts of the table of all images: that of the record, or one that does not stay."""
    if planned.table is None:
        yield Path()
    elif record is None:
        planned.table.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=planned.table.parent, prefix=".") as folder:
            yield Path(folder)
    else:
        record.parts.mkdir(exist_ok=True)
        yield record.parts
        with suppress(OSError):  # parts are left for another run
            record.parts.rmdir()


def _items(predictor: Predictor, planned: Plan, folder: Path) -> list[_Item]:
    items = []
    keys = batch_record.keys(predictor, planned)
    for key, each in zip(keys, planned.images, strict=True):
        if planned.table is None:
            items.append(_Item(key, each, None))
        else:
            part = folder / f"{key}.csv"
            items.append(_Item(key, replace(each, files=replace(each.files, table=part)), part))
    return items


def _outcomes(
    predictor: Predictor, items: Sequence[_Item], settings: Export, jobs: int, options: RunOptions
) -> Iterator[tuple[int, Outcome]]:
    tasks = [item.task for item in items]
    if jobs > 1:
        from napari_objclass.workflow.batch_workers import in_processes  # takes as long to import as an image to do

        threads, cancel = options["threads"] or 1, options.get("cancel")
        yield from in_processes(predictor, tasks, settings, jobs=jobs, threads=threads, cancel=cancel)
        return
    for position, (planned, carried) in enumerate(tasks):
        cancel = options.get("cancel")
        if cancel is not None and cancel.cancelled:
            raise Cancelled("the batch was stopped")
        yield position, classify(predictor, planned, settings, carried, **options)


def _without(outcome: Outcome, part: Path) -> Outcome:
    return replace(outcome, files=tuple(file for file in outcome.files if file != part))


def _join(table: Path, items: Sequence[_Item], record: Record | None, *, complete: bool) -> None:
    """Write the table of all images, and let go of its parts when nothing can be added to it any more."""
    from napari_objclass.io.tables import join_tables

    parts = {item.part: item.planned.name for item in items if item.part is not None}
    if not parts:
        return
    join_tables(list(parts), table, [f"the table of {name}" for name in parts.values()])
    if record is not None and complete:
        record.add_table(table, [item.key for item in items])
        for part in parts:
            part.unlink()
