"""When ``objclass predict`` and ``objclass --headless`` work block by block, and what they say of that beforehand."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from napari_objclass import memory
from napari_objclass.commands._inputs import say_note
from napari_objclass.errors import Cancelled, ObjClassError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from napari_objclass.workflow.batch import Plan, Planned
    from napari_objclass.workflow.blockwise.predictor import BlockwisePredictor
    from napari_objclass.workflow.predictor import Predictor


def chosen(args: argparse.Namespace, predictor: Predictor, plan: Plan) -> Predictor:
    """Return the predictor that does the images of a plan: block by block if asked for, or if one is too large.

    Raises
    ------
    ObjClassError
        If an image cannot be done in this way.
    """
    asked = args.memory is not None or args.block_shape is not None
    if not asked and not _one_is_too_large(plan):
        return predictor
    from napari_objclass.workflow.blockwise.predictor import BlockwisePredictor

    share = None if args.memory is None else args.memory // max(1, min(args.jobs, len(plan.images)))
    options = {"memory": share, "block_shape": args.block_shape, "restart": args.restart}
    blockwise = BlockwisePredictor.like(predictor, **options)
    if args.dry_run or len(plan.images) == 1:
        for each in plan.images:
            print(_line(each, blockwise, plan, args.threads), file=sys.stderr)
    return blockwise


@contextmanager
def resumable(predictor: Predictor) -> Iterator[None]:
    """Say of work block by block that is interrupted how it goes on."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, Cancelled):
        if predictor.goes_on:
            say_note("the same command goes on from here; what was done is in hidden folders beside the results")
        raise


def _one_is_too_large(plan: Plan) -> bool:
    """Whether an image does not fit into what memory is left; if so, that is said."""
    from napari_objclass.workflow import input_data

    left = memory.available()
    for each in plan.images:
        try:
            _, _, opened = input_data.describe(each.image.images, axes=each.image.axes, recognizable=False)
        except ObjClassError:  # told when its turn comes
            continue
        if opened.is_large:
            say_note(
                f"{each.name} is too large for the {memory.text(left)} of memory that are left, "
                "so images are classified block by block; --memory says how much to use"
            )
            return True
    return False


def _line(planned: Planned, predictor: BlockwisePredictor, plan: Plan, threads: int | None) -> str:
    image = planned.image
    described = {"name": planned.name, "axes": image.axes}
    job = predictor.job(image.images, described, plan.settings, planned.files, threads)
    lengths = " x ".join(map(str, job.plan.shape if job.plan.shape[0] > 1 else job.plan.shape[1:]))
    return f"{planned.name}: {lengths} voxels in {job.summary}"
