"""``objclass --headless``: ilastik's headless mode; its flags, with the meaning and the results they have there."""

from __future__ import annotations

import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from io import StringIO
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from napari_objclass.commands._arguments import export_settings
from napari_objclass.commands._blockwise import chosen, resumable
from napari_objclass.commands._ilastik_inputs import ordered_images
from napari_objclass.commands._inputs import objects_source, say_note, thresholds_raw
from napari_objclass.errors import ProjectError, sentence
from napari_objclass.workflow.sources import PROBABILITIES

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from napari_objclass.commands._ilastik_inputs import Ordered
    from napari_objclass.kernels import CancelToken
    from napari_objclass.workflow.batch import ImageSet, Outcome
    from napari_objclass.workflow.export import Export
    from napari_objclass.workflow.predictor import Predictor
    from napari_objclass.workflow.session import Session


def run(args: argparse.Namespace) -> int:
    """Classify image after image; one that fails is named and the others go on."""
    from napari_objclass.commands._stopping import stopping
    from napari_objclass.workflow.opening import open_project

    with _logged(args.logfile):
        for note in args.ignored:
            say_note(note)
        with open_project(args.project, read_only=True) as session, stopping() as cancel:
            return _classify(session, args, cancel)


def _classify(session: Session, args: argparse.Namespace, cancel: CancelToken) -> int:
    from napari_objclass.cli import DONE, FAILED, SOME_FAILED, say
    from napari_objclass.workflow.batch import Status

    if session.forest is None:
        raise ProjectError(f"{args.project} has no trained forest; train it in the workbench and save it")
    training = {role: source.axes for lane in session.lanes for role, source in lane.sources.items()}
    args.input_axes = _axes_of_region(args, training)
    settings = _settings(args, session.export_settings)
    if args.raw and not thresholds_raw(session):
        objects_source(args)
    ordered = ordered_images(args, {} if args.ignore_training_axistags else training)
    failed = done = 0
    predictor = session.predictor()
    notes = dict.fromkeys([*session.notes, *predictor.notes])
    for outcome in _outcomes(session, predictor, args, settings, ordered, cancel):
        notes |= dict.fromkeys(outcome.notes)
        if outcome.status is Status.FAILED:
            failed += 1
            named = _named(outcome.image)
            say(outcome.error if named in outcome.error else f"{named}: {outcome.error}")
            if args.exit_on_failure:
                break
        else:
            done += 1
            print(*outcome.files, sep="\n", end="\n" if outcome.files else "")
    for note in notes:
        say_note(note)
    if len(ordered) > 1:
        print(f"{done} of {len(ordered)} done, {failed} failed", file=sys.stderr)
    return DONE if not failed else SOME_FAILED if done else FAILED


def _outcomes(
    session: Session,
    predictor: Predictor,
    args: argparse.Namespace,
    settings: Export,
    ordered: list[Ordered],
    cancel: CancelToken,
) -> Iterator[Outcome]:
    """Classify images, those with the same axes in one run: results have the order of axes of their image.

    The one table for all images of a run is named when it is there, behind them.
    """
    from napari_objclass.workflow import batch
    from napari_objclass.workflow.export import check_overwriting

    protected = [("project", Path(args.project)), *(file for lane in session.lanes for file in lane.files)]
    plans = [
        batch.plan([each.images for each in group], _in_order(settings, axes), protected=protected)
        for axes, group in groupby(ordered, key=lambda each: each.axes)
    ]
    if len(plans) > 1:  # what each is sure of for itself
        tables = [[plan.table] for plan in plans if plan.table is not None]
        check_overwriting([*tables, *(each.files.all for plan in plans for each in plan.images)], ())
    for plan in plans:
        is_any_done = False
        used = chosen(args, predictor, plan)
        with resumable(used):
            for outcome in batch.run(used, plan, threads=args.threads, cancel=cancel):
                is_any_done |= outcome.status is not batch.Status.FAILED
                yield outcome
        if plan.table is not None and is_any_done:
            print(plan.table)


def _in_order(settings: Export, axes: str) -> Export:
    """Settings with these axes, if they do not name others; probabilities have channels in any case."""
    if settings.axes is not None or not axes:
        return settings
    return replace(settings, axes=axes if "c" in axes or PROBABILITIES not in settings.images else f"{axes}c")


def _named(image: ImageSet) -> str:
    """What is said of the files of an image."""
    first = next(iter(image.images.values()))
    return first if isinstance(first, str) else f"{first.files[0]} and {len(first.files) - 1} others"


def _settings(args: argparse.Namespace, project: Export) -> Export:
    """Export settings of the project and of the flags; a table in CSV has ``_table`` in its name, as in ilastik."""
    settings = export_settings(args, project)
    if settings.table is None:
        return settings
    folder, name = Path(settings.table).parent, Path(settings.table).name
    stem, dot, suffix = name.rpartition(".")
    if not dot or "}" in suffix:
        stem, suffix = name, "csv"
    return replace(settings, table=str(folder / (f"{stem}_table.csv" if suffix.lower() == "csv" else name)))


def _axes_of_region(args: argparse.Namespace, training: dict[str, str]) -> str | None:
    """Axes that ``--cutout-subregion`` is about, if it has not five: those of the raw image."""
    return args.axes[0].split(",")[0] if args.axes else training.get("raw")


@contextmanager
def _logged(path: str | None) -> Iterator[None]:
    """Write into a file, too, what is said."""
    if path is None:
        yield
        return
    with (
        Path(path).open("a", encoding="utf-8") as log,
        redirect_stdout(_Both(sys.stdout, log)),
        redirect_stderr(_Both(sys.stderr, log)),
    ):
        try:
            yield
        except Exception as error:
            print(f"objclass: {sentence(error)}", file=log)
            raise


class _Both(StringIO):
    """A text stream that writes into two others."""

    def __init__(self, *streams: TextIO) -> None:
        super().__init__()
        self._streams = streams

    def write(self, text: str) -> int:
        """Write into both."""
        return max(stream.write(text) for stream in self._streams)

    def flush(self) -> None:
        """Flush both."""
        for stream in self._streams:
            stream.flush()
