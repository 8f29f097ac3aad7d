"""Objects and feature tables of image sets that do not fit into memory: found and measured block by block.

What the steps leave is kept beside the project, or in the user's cache while there is none, by what it follows from:
it is there when the image set is opened again, and what was stopped goes on. All of it may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import platformdirs

from napari_objclass import axes as axis_letters, memory
from napari_objclass.errors import ParameterError
from napari_objclass.kernels import default_threads
from napari_objclass.workflow.blockwise import given, thresholding as found
from napari_objclass.workflow.blockwise.labelling import LABELS as LABEL_STEP, OBJECTS as OBJECT_STEP, Labelled
from napari_objclass.workflow.blockwise.parts import Parts
from napari_objclass.workflow.blockwise.plan import BlockPlan, choose
from napari_objclass.workflow.blockwise.sources import Volume
from napari_objclass.workflow.blockwise.stitching import FACES
from napari_objclass.workflow.blockwise.workers import Workers
from napari_objclass.workflow.journal import STATE_VARIABLE
from napari_objclass.workflow.lane import LABELS, SEGMENTATION
from napari_objclass.workflow.thresholding import block_rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import DTypeLike

    from napari_objclass.features import FeatureTable
    from napari_objclass.io.image import LazyArray
    from napari_objclass.workflow.applet import RunOptions
    from napari_objclass.workflow.blockwise.plan import Triple
    from napari_objclass.workflow.input_data import Images
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.thresholding import Thresholding

#: Added to the name of a project, for the folder of what may be deleted at any time.
SUFFIX = ".objclass.cache"
#: Runs of an image set that are kept: undo brings settings back.
RUNS_KEPT = 3
#: Bytes that a task needs for each voxel of its block, beside the pixels: labels and what is made of them.
_WORKING = 24
#: How much of the work each step is, of objects that are given and of those found by thresholding.
_STEPS = {LABEL_STEP: 8.0, LABEL_STEP + FACES: 1.0, OBJECT_STEP: 1.0}
_STEPS_OF_FOUND = {found.FOREGROUND: 8.0, **_STEPS, LABEL_STEP: 1.0}


def told(name: str) -> str:
    """What is said of an image set that is worked on block by block."""
    return (
        f"{name!r} does not fit into memory and is worked on block by block: everything works but the view in 3D, "
        "where its file has no small copy, and editing objects by hand"
    )


def no_edits(name: str) -> str:
    """Why objects cannot be edited by hand."""
    return (
        f"{name!r} is worked on block by block, as it does not fit into memory, and its objects cannot be edited by "
        "hand; edit its label image in a file, or give the session more memory"
    )


def folder_of(lane: str, project: Path | None) -> Path:
    """Folder of what is known of an image set, by its uuid."""
    if project is not None and os.access(project.parent, os.W_OK):
        return project.with_name(project.stem + SUFFIX) / lane
    state = os.environ.get(STATE_VARIABLE)
    return Path(state or platformdirs.user_cache_dir("objclass", appauthor=False)) / "blocks" / lane


def label_type(labelled: Labelled, images: Images, lane: LaneRecord) -> DTypeLike:
    """Type of the pixels of a label image: as it is given, else the one that other label images have that we make."""
    if LABELS in lane.sources:
        return _given(images, lane).dtype
    return np.uint32 if int(labelled.ids.max(initial=0)) <= np.iinfo(np.uint32).max else np.uint64


def find(
    images: Images,
    lane: LaneRecord,
    settings: Thresholding,
    folder: Path,
    budget: int | None,
    **run: Unpack[RunOptions],
) -> Labelled:
    """Find the objects of an image set block by block; what was done before is not done again.

    Parameters
    ----------
    images, lane
        Pixels that are read where they are sliced, and what they are of.
    settings
        How objects are found, where they are not given.
    folder
        Where the steps leave what they make, in a folder of their own for each rule.
    budget
        Bytes of memory that all tasks may use; None for half of what is left.

    Raises
    ------
    ObjClassError
        If the pixels cannot be read, or the memory is too little for any block.
    """
    volume = _source(images, lane)
    rule = None
    if lane.is_thresholded:
        rule = block_rule(settings, volume, value_range=images.value_range, spacing=lane.spacing)
    key = {"image": volume.identity, "rule": SEGMENTATION in lane.sources if rule is None else repr(rule)}
    own = _folder_of_run(folder, key)
    plan, n_workers = _plan(images, volume, own, budget, run.get("threads"))
    parts = Parts.of_run(own, key | {"block": plan.block_shape})
    if rule is None:
        steps = given.tasks(parts, plan, volume, connected=SEGMENTATION in lane.sources)
    else:
        steps = found.steps(parts, plan, volume, rule)
    workers = Workers(
        n_workers,
        threads=run.get("threads"),
        steps=_STEPS if rule is None else _STEPS_OF_FOUND,
        progress=run.get("progress"),
        cancel=run.get("cancel"),
    )
    workers.do(steps)
    _forget_old_runs(own)
    return Labelled.load(plan, parts)


def _source(images: Images, lane: LaneRecord) -> Volume:
    """What the objects are found in."""
    if lane.is_thresholded:
        return Volume(images.sliced, axis_letters.RAW, f"the image {lane.name!r}")
    return _given(images, lane)


def _given(images: Images, lane: LaneRecord) -> Volume:
    """Label image or segmentation."""
    role = LABELS if LABELS in lane.sources else SEGMENTATION
    return Volume(images.objects, axis_letters.LABELS, f"the {role} image of {lane.name!r}", ids=True)


def _folder_of_run(folder: Path, key: Mapping[str, Any]) -> Path:
    return folder / hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]


def _plan(
    images: Images, volume: Volume, folder: Path, budget: int | None, threads: int | None
) -> tuple[BlockPlan, int]:
    """Blocks, and how many of them are worked on at a time; as they were if that still keeps to the memory."""
    raw = 0 if images.raw is None else images.raw.dtype.itemsize * images.raw.shape[-1]
    per_voxel = volume.dtype.itemsize + raw + _WORKING
    most = memory.available() // 2 if budget is None else budget
    n_workers = threads or default_threads()

    def cost(sides: Triple) -> int:
        return math.prod(sides) * per_voxel

    known = _block_shape_in(folder)
    if known is not None and cost(known) <= most:
        return BlockPlan(volume.shape, known), max(1, min(n_workers, most // cost(known)))
    try:
        return BlockPlan(volume.shape, choose(volume.shape, volume.chunks, cost, most // n_workers)), n_workers
    except ParameterError:  # one at a time, at the worst
        return BlockPlan(volume.shape, choose(volume.shape, volume.chunks, cost, most)), 1


def _block_shape_in(folder: Path) -> Triple | None:
    """Lengths of the blocks of a run; None if there is none."""
    with suppress(OSError, ValueError, KeyError):
        z, y, x = map(int, json.loads((folder / "run.json").read_text("utf-8"))["block"])
        return z, y, x
    return None


def _forget_old_runs(folder: Path) -> None:
    """Remove the runs of an image set that were used longest ago."""
    os.utime(folder)
    runs = sorted((each for each in folder.parent.iterdir() if each.is_dir()), key=lambda each: each.stat().st_mtime)
    for old in runs[:-RUNS_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def measure(
    labelled: Labelled, raw: LazyArray | None, features: str | Sequence[str], **how: Any
) -> FeatureTable:
    """Not yet."""
    raise NotImplementedError
