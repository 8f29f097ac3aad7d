"""Objects and feature tables of image sets that do not fit into memory: found and measured block by block.

What the steps leave is kept beside the project, or in the user's cache while there is none, by what it follows from:
it is there when the image set is opened again, and what was stopped goes on. All of it may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import platformdirs

import napari_objclass
from napari_objclass import axes as axis_letters, memory
from napari_objclass.block_kernels import smoothing_halo
from napari_objclass.errors import ParameterError
from napari_objclass.features import choose, feature_catalog, neighbourhood
from napari_objclass.kernels import default_threads
from napari_objclass.workflow.blockwise import flooding, given, thresholding as found
from napari_objclass.workflow.blockwise.budget import share
from napari_objclass.workflow.blockwise.labelling import LABELS as LABEL_STEP, OBJECTS as OBJECT_STEP, Labelled
from napari_objclass.workflow.blockwise.measuring import RANGES, REGIONS, VALUES, Measuring, steps
from napari_objclass.workflow.blockwise.parts import Parts
from napari_objclass.workflow.blockwise.plan import BlockPlan
from napari_objclass.workflow.blockwise.rows import Rows
from napari_objclass.workflow.blockwise.sources import Volume
from napari_objclass.workflow.blockwise.stitching import FACES
from napari_objclass.workflow.blockwise.workers import Workers
from napari_objclass.workflow.journal import STATE_VARIABLE
from napari_objclass.workflow.label_volume import LabelVolume
from napari_objclass.workflow.lane import LABELS, SEGMENTATION
from napari_objclass.workflow.thresholding import block_rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import DTypeLike, NDArray

    from napari_objclass.features import FeatureTable
    from napari_objclass.io.image import LazyArray
    from napari_objclass.workflow.applet import RunOptions
    from napari_objclass.workflow.blockwise.budget import Share
    from napari_objclass.workflow.blockwise.plan import Triple
    from napari_objclass.workflow.input_data import Images
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.thresholding import Thresholding

#: Added to the name of a project, for the folder of what may be deleted at any time.
SUFFIX = ".objclass.cache"
#: Bytes of what is kept beside the latest run: undo brings settings back, and images are opened again.
MOST_BYTES = 10_000_000_000
#: How much of the work each step is, of objects that are given and of those found by thresholding.
_STEPS = {LABEL_STEP: 8.0, LABEL_STEP + FACES: 1.0, OBJECT_STEP: 1.0}
_STEPS_OF_FOUND = {found.FOREGROUND: 8.0, **_STEPS, LABEL_STEP: 1.0}
_STEPS_OF_FLOODS = {**flooding.SHARES, **_STEPS, LABEL_STEP: 1.0}
_STEPS_OF_MEASURING = {REGIONS: 2.0, RANGES: 0.1, VALUES: 3.0}


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


def cache_folder(project: Path | None) -> Path:
    """Folder of what the steps leave: beside a project, if that is a place to write to, else the user's."""
    if project is not None and os.access(project.parent, os.W_OK):
        return project.with_name(project.stem + SUFFIX)
    state = os.environ.get(STATE_VARIABLE)
    return Path(state or platformdirs.user_cache_dir("objclass", appauthor=False)) / "blocks"


def find(
    images: Images,
    lane: LaneRecord,
    settings: Thresholding,
    folder: Path,
    budget: int | None,
    **run: Unpack[RunOptions],
) -> LabelVolume:
    """Find the objects of an image set block by block; what was done before is not done again.

    Parameters
    ----------
    images, lane
        Pixels that are read where they are sliced, and what they are of.
    settings
        How objects are found, where they are not given.
    folder
        Where each run has a folder for what its steps leave, see :func:`cache_folder`.
    budget
        Bytes of memory that all tasks may use; None for half of what is left.

    Raises
    ------
    ObjClassError
        If the pixels cannot be read, or the memory is too little for any block.
    """
    volume, rule, halo = _source(images, lane), None, None
    if lane.is_thresholded:
        rule = block_rule(settings, volume, value_range=images.value_range, spacing=lane.spacing)
        halo = smoothing_halo(rule.how["sigma"], volume.shape[1:])
    how = SEGMENTATION in lane.sources if rule is None else repr(rule)
    key = {"version": napari_objclass.__version__, "image": volume.identity, "state": _state(lane), "rule": how}
    own = folder / _digest(key)
    most = memory.used() + (memory.available() // 2 if budget is None else budget)
    n_workers = run.get("threads") or default_threads()
    shared = partial(share, volume, _raw(images.raw), halo, most=most, n_workers=n_workers)
    try:
        chosen = shared(block_shape=_block_shape_in(own))
    except ParameterError:  # they are too large for the memory that is left now
        chosen = shared()
    plan = BlockPlan(volume.shape, chosen.block_shape)
    parts = Parts.of_run(own, key | {"block": chosen.block_shape})
    work = _STEPS if rule is None else _STEPS_OF_FLOODS if rule.floods else _STEPS_OF_FOUND
    workers = _workers(chosen, work, run)
    if rule is None:
        workers.do(given.tasks(parts, plan, volume, connected=SEGMENTATION in lane.sources))
    else:
        workers.do(found.steps(parts, plan, volume, rule, chosen.room))
    _make_room(own)
    labelled = Labelled.load(plan, parts)
    return LabelVolume(labelled, _label_type(labelled, images, lane), chosen)


def measure(
    volume: LabelVolume,
    raw: NDArray[Any] | LazyArray | None,
    features: str | Sequence[str],
    *,
    margin: int | tuple[int, ...] | None = None,
    **run: Unpack[RunOptions],
) -> FeatureTable:
    """Measure the objects of a volume block by block, see :func:`napari_objclass.measure`; the result is the same.

    What is measured is kept beside the labels.
    """
    labelled, image = volume.labelled, _raw(raw)
    n_dims, n_channels = 3 if volume.shape[1] > 1 else 2, 0 if image is None else image.n_channels
    catalog = {spec.id: spec for spec in feature_catalog(n_dims, n_channels)}
    specs = [catalog[feature] for feature in choose(features, n_dims, n_channels)]
    around = neighbourhood(margin, n_dims)
    known = labelled.parts
    measuring = Measuring.of(labelled.plan, known, known, image, specs, around, volume.share.room)
    pixels = None if measuring.raw is None else measuring.raw.identity
    key = {"features": measuring.features, "margin": measuring.margin, "raw": pixels, "room": measuring.room}
    parts = Parts.of_run(known.folder / _digest(key), key)
    measuring = replace(measuring, parts=parts)
    groups = measuring.groups(labelled)
    _workers(volume.share, _STEPS_OF_MEASURING, run).do(steps(measuring, groups))
    return Rows.of(parts, labelled, groups, specs).table()


def _raw(raw: NDArray[Any] | LazyArray | None) -> Volume | None:
    return None if raw is None else Volume(raw, axis_letters.RAW, "the raw image")


def _workers(chosen: Share, steps: Mapping[str, float], run: RunOptions) -> Workers:
    return Workers(
        chosen.n_workers,
        threads=run.get("threads"),
        steps=steps,
        progress=run.get("progress"),
        cancel=run.get("cancel"),
    )


def _digest(key: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]


def _state(lane: LaneRecord) -> list[Any]:
    """What changes when a file does, wherever: samples of large images do not tell.

    Pixels that no file holds are known as long as this process lives.
    """
    found: list[Any] = [[str(path), _changed(path)] for _, path in lane.files]
    if any(source.path is None for source in lane.sources.values()):
        found += [lane.uuid, os.getpid()]
    return found


def _changed(path: Path) -> int:
    """When a file, or any file in a folder, was changed last."""
    files = path.rglob("*") if path.is_dir() else [path]
    return max((file.stat().st_mtime_ns for file in files), default=0)


def _source(images: Images, lane: LaneRecord) -> Volume:
    """What the objects are found in."""
    if lane.is_thresholded:
        return Volume(images.sliced, axis_letters.RAW, f"the image {lane.name!r}")
    return _given(images, lane)


def _given(images: Images, lane: LaneRecord) -> Volume:
    """Label image or segmentation."""
    role = LABELS if LABELS in lane.sources else SEGMENTATION
    assert images.objects is not None
    return Volume(images.objects, axis_letters.LABELS, f"the {role} image of {lane.name!r}", ids=True)


def _block_shape_in(folder: Path) -> Triple | None:
    """Lengths of the blocks of a run; None if there is none."""
    with suppress(OSError, ValueError, KeyError):
        z, y, x = map(int, json.loads((folder / "run.json").read_text("utf-8"))["block"])
        return z, y, x
    return None


def _make_room(folder: Path) -> None:
    """Remove the runs that were used longest ago, but not this one, until the others take no more than they may."""
    os.utime(folder)
    others = [each for each in folder.parent.iterdir() if each.is_dir() and each != folder]
    others.sort(key=lambda each: each.stat().st_mtime, reverse=True)
    taken = 0
    for each in others:
        taken += sum(file.stat().st_size for file in each.rglob("*"))
        if taken > MOST_BYTES:
            shutil.rmtree(each, ignore_errors=True)


def _label_type(labelled: Labelled, images: Images, lane: LaneRecord) -> DTypeLike:
    """Type of the pixels of a label image: as it is given, else the one that other label images have that we make."""
    if LABELS in lane.sources:
        return _given(images, lane).dtype
    return np.uint32 if int(labelled.ids.max(initial=0)) <= np.iinfo(np.uint32).max else np.uint64
