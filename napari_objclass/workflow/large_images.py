"""Objects and feature tables of image sets that do not fit into memory: found and measured block by block.

What the steps leave is kept in the user's cache, by what it follows from: it is there when the image set is opened
again, and what was stopped goes on. All of it may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from napari_objclass import axes as axis_letters, memory
from napari_objclass.workflow.blockwise.labelling import Labelled, label_components, label_ids
from napari_objclass.workflow.blockwise.parts import Parts
from napari_objclass.workflow.blockwise.plan import BlockPlan
from napari_objclass.workflow.blockwise.sources import Volume
from napari_objclass.workflow.blockwise.stitching import leave_faces, stitch_components, stitch_ids
from napari_objclass.workflow.lane import LABELS, SEGMENTATION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike

    from napari_objclass.features import FeatureTable
    from napari_objclass.io.image import LazyArray
    from napari_objclass.workflow.applet import RunOptions
    from napari_objclass.workflow.input_data import Images
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.thresholding import Thresholding

#: Folder of what may be deleted at any time, instead of the user's.
CACHE_VARIABLE = "OBJCLASS_CACHE_DIR"


def no_edits(name: str) -> str:
    """Why objects cannot be edited by hand."""
    return (
        f"{name!r} is worked on block by block, as it does not fit into memory, and its objects cannot be edited by "
        "hand; edit its label image in a file, or give the session more memory"
    )


def cache_folder() -> Path:
    """Folder with a folder for each image that was worked on block by block."""
    override = os.environ.get(CACHE_VARIABLE)
    if override:
        return Path(override)
    import platformdirs

    return Path(platformdirs.user_cache_dir("objclass", appauthor=False))


def find(
    lane: LaneRecord,
    images: Images,
    settings: Thresholding,
    place: Path,
    budget: int | None,
    **run: Unpack[RunOptions],
) -> Labelled:
    raise NotImplementedError


def label_type(labelled: Labelled, images: Images) -> DTypeLike:
    return np.uint32


def measure(
    labelled: Labelled, raw: LazyArray | None, features: str | Sequence[str], **how: Any
) -> FeatureTable:
    raise NotImplementedError
