"""``objclass predict``: classify all objects of images with the stored forest of a project."""

from __future__ import annotations

import json
import logging
import os
import re
import shlex
import sys
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from napari_objclass.commands._arguments import export_settings
from napari_objclass.commands._blockwise import chosen, resumable
from napari_objclass.commands._inputs import OBJECT_ROLES, expand, progress_bar, say_note, thresholds_raw
from napari_objclass.errors import FileError, ObjClassError, ParameterError, ProjectError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from typing import TextIO

    from napari_objclass.workflow.batch import ImageSet, Outcome, Plan
    from napari_objclass.workflow.batch_report import Report
    from napari_objclass.workflow.export import Export
    from napari_objclass.workflow.predictor import Predictor

# Of so many images, the first and the last are shown.
_SHOWN, _FIRST, _LAST = 20, 10, 3


def run(args: argparse.Namespace) -> int:
    """Classify image after image; one that fails is named and the others go on."""
    if args.debug:  # where errors of single images come from is told there
        logging.basicConfig()
        logging.getLogger("napari_objclass").setLevel(logging.DEBUG)
    trained = _open(args)
    shard = _shard(args.shard)
    image_sets, unpaired = _inputs(args, trained)
    with _folder(args.out, keep=not args.dry_run) as folder:
        plan = _plan(args, image_sets, unpaired, trained, folder)
        if shard is not None:
            plan = plan.shard(*shard)
        _show(plan, args)
        trained = trained._replace(predictor=chosen(args, trained.predictor, plan))
        if args.dry_run:
            return 0
        # Of one image among others in its folder, reports would replace each other.
        with resumable(trained.predictor):
            return _carry_out(args, trained, plan, shard, reported=len(image_sets) > 1 or folder is not None)


class _Trained(NamedTuple):
    """What is needed of a project."""

    predictor: Predictor
    settings: Export
    generation: str | None
    protected: list[tuple[str, Path]]
    finds_objects_in_raw: bool


def _open(args: argparse.Namespace) -> _Trained:
    from napari_objclass import kernels
    from napari_objclass.workflow.opening import open_project

    with open_project(args.project, read_only=True) as session:
        if session.forest is None:
            raise ProjectError(f"{args.project} has no trained forest; run: objclass train {args.project}")
        predictor, notes = session.predictor(), session.notes
        for note in dict.fromkeys([*notes, *predictor.notes]):
            say_note(note)
        files = [file for lane in session.lanes for file in lane.files]
        protected = [*files, ("project", Path(args.project)), *([("table", Path(args.inputs))] if args.inputs else [])]
        settings = export_settings(args, session.export_settings)
        generation = kernels.project_generation(Path(args.project))
        return _Trained(predictor, settings, generation, protected, thresholds_raw(session))


def _shard(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if match is None:
        raise ParameterError(f"--shard is I/N, such as 1/4 for the first of four parts, not {text}")
    return int(match[1]), int(match[2])


def _inputs(args: argparse.Namespace, trained: _Trained) -> tuple[list[ImageSet], list[str]]:
    """Image sets, and files without partner."""
    from napari_objclass.workflow import batch_inputs

    given = {role: expand(files) for role in ("raw", *OBJECT_ROLES) if (files := getattr(args, role))}
    if args.inputs:
        if given:
            raise ParameterError("--inputs names all images; leave out the others, or the table")
        image_sets, unpaired = batch_inputs.from_table(Path(args.inputs).expanduser(), args.input_axes), []
    elif given:
        found = batch_inputs.from_files(given, args.input_axes)
        image_sets, unpaired = found.image_sets, found.unpaired
    else:
        image_sets, unpaired = [], []
    without = [each for each in image_sets if set(each.images) == {"raw"}]
    if not (given or image_sets) or (without and not trained.finds_objects_in_raw):
        raise ParameterError("name the objects: --labels, --segmentation, or --probabilities")
    return image_sets, unpaired


@contextmanager
def _folder(name: str | None, *, keep: bool) -> Iterator[Path | None]:
    """Folder of all results, made if it is not there; for a look only, it goes again."""
    if name is None:
        yield None
        return
    folder = Path(name).expanduser()
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"the folder {folder} cannot be made: {error.strerror}") from error
    try:
        yield folder
    except ObjClassError:
        keep = False
        raise
    finally:
        for each in () if keep else missing:
            with suppress(OSError):  # something is in it
                each.rmdir()


def _plan(
    args: argparse.Namespace, image_sets: list[ImageSet], unpaired: list[str], trained: _Trained, folder: Path | None
) -> Plan:
    from napari_objclass.workflow.batch import plan
    from napari_objclass.workflow.batch_inputs import without_results

    planned = plan(image_sets, trained.settings, folder=folder, protected=trained.protected) if image_sets else None
    results = [] if planned is None else [file for each in planned.images for file in each.files.all]
    unpaired = without_results(unpaired, results)
    if (unpaired and not args.skip_unpaired) or planned is None:
        told = ", ".join(Path(file).name for file in unpaired[:5]) + (", …" if len(unpaired) > 5 else "")
        raise ParameterError(
            f"{len(unpaired)} files have no partner of their name: {told}; "
            "rename them, leave them out with --skip-unpaired, or pair them in a table with --inputs"
        )
    for file in unpaired:
        say_note(f"{file} has no partner and is left out")
    return planned


def _show(plan: Plan, args: argparse.Namespace) -> None:
    """Say which files make an image, and what comes of them."""
    if len(plan.images) == 1 and not args.dry_run:
        return
    lines = [
        f"{' + '.join(map(_short, each.image.files))} → {', '.join(path.name for path in each.files.all) or 'rows'}"
        for each in plan.images
    ]
    if len(lines) > _SHOWN and not args.dry_run:
        lines[_FIRST:-_LAST] = [f"… {len(lines) - _FIRST - _LAST} more"]
    if plan.table is not None:
        lines.append(f"all → {plan.table}")
    print(*lines, sep="\n", file=sys.stderr)


def _short(file: str) -> str:
    return os.path.join(*Path(file).parts[-2:])  # noqa: PTH118 the folder often tells the role


def _carry_out(
    args: argparse.Namespace, trained: _Trained, plan: Plan, shard: tuple[int, int] | None, *, reported: bool
) -> int:
    """Do what is planned, and tell what comes of it."""
    from napari_objclass.cli import DONE, FAILED, SOME_FAILED
    from napari_objclass.commands._stopping import stopping
    from napari_objclass.workflow.batch import Record, Status, run
    from napari_objclass.workflow.batch_report import Report

    part = "" if shard is None else ".shard-{}-of-{}".format(*shard)
    origin = {
        "command": shlex.join(["objclass", *args.words]),
        "project": args.project,
        "generation": trained.generation,
    }
    report = Report(trained.predictor, plan, part=part, origin=origin)
    record = None
    if reported:
        report.refuse_to_overwrite(trained.protected)
        record = Record(plan.folder, f"run{part}", restart=args.restart)
    reports = report.written() if reported else nullcontext()
    with stopping() as cancel, reports, _log(args.log_json) as log, progress_bar() as bar:
        progress = bar if len(plan.images) == 1 else None
        outcomes = run(
            trained.predictor, plan, jobs=args.jobs, record=record, join=shard is None,
            threads=args.threads, progress=progress, cancel=cancel,
        )  # fmt: skip
        for outcome in outcomes:
            report.add(outcome)
            _tell(outcome, report, log)
            if progress is None:
                bar(len(report.outcomes), len(plan.images), "images")
    n_failed = sum(each.status is Status.FAILED for each in report.outcomes)
    n_kept = sum(each.status is Status.KEPT for each in report.outcomes)
    print(*report.totals.lines, sep="\n", end="\n" if n_failed < len(plan.images) else "", file=sys.stderr)
    if n_kept:
        say_note(f"{n_kept} images were done before and are kept; --restart does them again")
    if len(plan.images) > 1:
        print(f"{len(plan.images) - n_failed} of {len(plan.images)} done, {n_failed} failed", file=sys.stderr)
    return DONE if not n_failed else FAILED if n_failed == len(plan.images) else SOME_FAILED


@contextmanager
def _log(name: str | None) -> Iterator[TextIO | None]:
    if name is None or name == "-":
        yield sys.stdout if name else None
        return
    try:
        with Path(name).open("w", encoding="utf-8") as log:
            yield log
    except (ObjClassError, BrokenPipeError):
        raise
    except OSError as error:
        raise FileError(f"the log {name} cannot be written: {error.strerror}") from error


def _tell(outcome: Outcome, report: Report, log: TextIO | None) -> None:
    """Say what came of an image, at once."""
    from napari_objclass.cli import say

    if log is not None:
        print(json.dumps(report.line(outcome), ensure_ascii=False), file=log, flush=True)
    if outcome.error:
        file = outcome.image.files[0]
        say(outcome.error if file in outcome.error else f"{file}: {outcome.error}")
    elif outcome.files and log is not sys.stdout:
        print(*outcome.files, sep="\n")
    for note in outcome.notes:
        say_note(note)
