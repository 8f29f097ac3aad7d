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
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import platformdirs

import napari_objclass
from napari_objclass import axes as axis_letters, memory
from napari_objclass.errors import ParameterError
from napari_objclass.io.fingerprint import stamp
from napari_objclass.kernels import default_threads
from napari_objclass.workflow.block_sources import origin, raw
from napari_objclass.workflow.blockwise import passes
from napari_objclass.workflow.blockwise.budget import share
from napari_objclass.workflow.blockwise.parts import Parts
from napari_objclass.workflow.blockwise.plan import BlockPlan
from napari_objclass.workflow.blockwise.sources import Volume
from napari_objclass.workflow.blockwise.workers import Workers
from napari_objclass.workflow.journal import STATE_VARIABLE
from napari_objclass.workflow.label_volume import LabelVolume
from napari_objclass.workflow.lane import LABELS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

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


def told(name: str) -> str:
    """What is said of an image set that is worked on block by block."""
    return f"{name!r} does not fit into memory and is worked on block by block"


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
    found = origin(images, lane, settings)
    how = found.connected if found.rule is None else repr(found.rule)
    key = {"version": napari_objclass.__version__, "image": found.volume.identity, "state": _state(lane), "rule": how}
    own = folder / _digest(key)
    most = memory.used() + (memory.available() // 2 if budget is None else budget)
    n_workers = run.get("threads") or default_threads()
    shared = partial(share, found.volume, raw(images, lane), found.halo, most=most, n_workers=n_workers)
    try:
        chosen = shared(block_shape=_block_shape_in(own))
    except ParameterError:  # they are too large for the memory that is left now
        chosen = shared()
    plan = BlockPlan(found.volume.shape, chosen.block_shape)
    parts = Parts.of_run(own, key | {"block": chosen.block_shape})
    labelled = passes.find(found, plan, parts, chosen.room, _workers(chosen, found.shares, run))
    _make_room(own)
    is_given = LABELS in lane.sources
    return LabelVolume(labelled, found.volume.dtype if is_given else _narrowest(labelled.ids), chosen)


def measure(
    volume: LabelVolume,
    intensities: NDArray[Any] | LazyArray | None,
    features: str | Sequence[str],
    *,
    margin: int | tuple[int, ...] | None = None,
    tell: Callable[[int], object] = lambda _: None,
    **run: Unpack[RunOptions],
) -> FeatureTable:
    """Measure the objects of a volume block by block, see :func:`napari_objclass.measure`; the result is the same.

    What is measured is kept beside the labels. ``tell`` is called with the number of objects that are too large to be
    looked at as a whole, if there are any.
    """
    labelled = volume.labelled
    image = None if intensities is None else Volume(intensities, axis_letters.RAW, "the raw image")
    workers = _workers(volume.share, passes.MEASURING, run)
    measured = passes.measure(labelled, image, features, margin, volume.share.room, workers, any_raw=True)
    if measured.n_large:
        tell(measured.n_large)
    return measured.table()


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
    found: list[Any] = [[str(path), *stamp(path)] for _, path in lane.files]
    if any(source.path is None for source in lane.sources.values()):
        found += [lane.uuid, os.getpid()]
    return found


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


def _narrowest(ids: NDArray[np.uint64]) -> DTypeLike:
    """Type of the pixels of a label image that we make, as other images have it."""
    return np.uint32 if int(ids.max(initial=0)) <= np.iinfo(np.uint32).max else np.uint64
