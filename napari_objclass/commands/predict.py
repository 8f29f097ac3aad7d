"""``objclass predict``: classify all objects of images with the stored forest of a project."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from napari_objclass.commands._inputs import expand, objects_source, progress_bar, say_notes
from napari_objclass.errors import Cancelled, ObjClassError, ParameterError, ProjectError

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from napari_objclass.kernels import Progress
    from napari_objclass.workflow.session import Session


def run(args: argparse.Namespace) -> int:
    """Classify image after image; one that fails is named and the others go on."""
    from napari_objclass.cli import DONE, FAILED, SOME_FAILED
    from napari_objclass.workflow.session import Session

    if args.table_only and args.table_filename is None:
        raise ParameterError("--table-only writes just the table; name it with --table-filename")
    pairs = _pairs(args)
    failed = 0
    with Session.open(args.project, read_only=True) as session, progress_bar() as progress:
        if session.forest is None:
            raise ProjectError(f"{args.project} has no trained forest; run: objclass train {args.project}")
        for raw, role, objects in pairs:
            try:
                for path in _predict(session, args, {"raw": raw, role: objects}, progress):
                    print(path)
            except Cancelled:
                raise
            except (ObjClassError, OSError) as error:
                failed += 1
                print(f"objclass: {raw or objects}: {error}", file=sys.stderr)
        say_notes(session)
    if len(pairs) > 1:
        print(f"{len(pairs) - failed} of {len(pairs)} done, {failed} failed", file=sys.stderr)
    return DONE if not failed else FAILED if failed == len(pairs) else SOME_FAILED


def _pairs(args: argparse.Namespace) -> list[tuple[str | None, str, str]]:
    """(raw, role of the objects, their file) of every image."""
    role, patterns = objects_source(args)
    objects = expand(patterns)
    raws: list[str | None] = [*expand(args.raw)] if args.raw else [None] * len(objects)
    if len(raws) != len(objects):
        raise ParameterError(
            f"{len(raws)} raw images but {len(objects)} for {role}; give one of each per image, in the same order"
        )
    return [(raw, role, file) for raw, file in zip(raws, objects, strict=True)]


def _predict(session: Session, args: argparse.Namespace, images: dict[str, Any], progress: Progress) -> list[Path]:
    """Write what is asked for of one image; return the files."""
    lane = session.add_lane(**images, axes=args.input_axes)
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
        session.remove_lane(lane)
