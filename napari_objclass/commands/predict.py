"""``objclass predict``: classify all objects of images with the stored forest of a project."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from napari_objclass.commands._inputs import (
    OBJECT_ROLES,
    expand,
    objects_source,
    progress_bar,
    say_notes,
    thresholds_raw,
)
from napari_objclass.errors import Cancelled, ObjClassError, ParameterError, ProjectError

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from napari_objclass.kernels import Progress
    from napari_objclass.workflow.session import Session

ImageSet = dict[str, str]
"""Files by role; raw, if there is one, comes first and gives the name."""


def run(args: argparse.Namespace) -> int:
    """Classify image after image; one that fails is named and the others go on."""
    from napari_objclass.cli import DONE, FAILED, SOME_FAILED, say, sentence
    from napari_objclass.workflow.session import Session

    if args.table_only and args.table_filename is None:
        raise ParameterError("--table-only writes just the table; name it with --table-filename")
    image_sets = _image_sets(args)
    _check_results(args, image_sets)
    failed = 0
    with Session.open(args.project, read_only=True) as session, progress_bar() as progress:
        if image_sets[0].keys() == {"raw"} and not thresholds_raw(session):
            objects_source(args)
        if session.forest is None:
            raise ProjectError(f"{args.project} has no trained forest; run: objclass train {args.project}")
        for image_set in image_sets:
            try:
                written = _predict(session, args, image_set, progress)
            except Cancelled:
                raise
            except (ObjClassError, OSError, MemoryError) as error:
                failed += 1
                say(f"{next(iter(image_set.values()))}: {sentence(error)}")
            else:
                print(*written, sep="\n")
        say_notes(session)
    if len(image_sets) > 1:
        print(f"{len(image_sets) - failed} of {len(image_sets)} done, {failed} failed", file=sys.stderr)
    return DONE if not failed else FAILED if failed == len(image_sets) else SOME_FAILED


def _image_sets(args: argparse.Namespace) -> list[ImageSet]:
    if args.raw and not any(getattr(args, role) for role in OBJECT_ROLES):  # the objects may be found in raw
        return [{"raw": file} for file in expand(args.raw)]
    role, patterns = objects_source(args)
    objects = expand(patterns)
    if not args.raw:
        return [{role: file} for file in objects]
    raws = expand(args.raw)
    if len(raws) != len(objects):
        raise ParameterError(
            f"{len(raws)} raw images but {len(objects)} for {role}; give one of each per image, in the same order"
        )
    return [{"raw": raw, role: file} for raw, file in zip(raws, objects, strict=True)]


def _check_results(args: argparse.Namespace, image_sets: list[ImageSet]) -> None:
    """Refuse before the first image what would write over an image, or twice into one file."""
    from napari_objclass.io.formats import locate
    from napari_objclass.workflow.export import Export, check_overwriting

    settings = Export(
        images=() if args.table_only else (args.export_source,),
        table=args.table_filename,
        filename=args.output_filename_format,
        format=args.output_format,
        inner=args.output_internal_path,
    )
    inputs = [[(role, locate(file).path.absolute()) for role, file in each.items()] for each in image_sets]
    results = [settings.files(path.stem, path.parent).all for ((_, path), *_) in inputs]
    check_overwriting(results, [file for each in inputs for file in each])


def _predict(session: Session, args: argparse.Namespace, image_set: ImageSet, progress: Progress) -> list[Path]:
    """Write what is asked for of one image; return the files."""
    own = len(session.lanes)
    lane = session.add_lane(**image_set, axes=args.input_axes)  # type: ignore[arg-type]
    try:
        return session.export(
            lane,
            images=() if args.table_only else (args.export_source,),
            filename=args.output_filename_format,
            format=args.output_format,
            inner=args.output_internal_path,
            table=args.table_filename,
            retrain=False,
            threads=args.threads,
            progress=progress,
        )
    finally:
        if lane >= own:
            session.remove_lane(lane)
