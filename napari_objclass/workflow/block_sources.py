"""The pixels of an image set as they are read block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_objclass import axes as axis_letters
from napari_objclass.workflow.blockwise.passes import Origin
from napari_objclass.workflow.blockwise.sources import Volume
from napari_objclass.workflow.lane import LABELS, SEGMENTATION
from napari_objclass.workflow.thresholding import block_rule

if TYPE_CHECKING:
    from napari_objclass.workflow.input_data import Images
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.thresholding import Thresholding


def origin(images: Images, lane: LaneRecord, settings: Thresholding) -> Origin:
    """What the objects of an image set are found in; settings are used where they are not given.

    Raises
    ------
    ParameterError
        If the settings do not fit the image.
    """
    if images.objects is None:
        volume = Volume(images.sliced, axis_letters.RAW, f"the image {lane.name!r}")
        return Origin(volume, block_rule(settings, volume, value_range=images.value_range, spacing=lane.spacing))
    role = LABELS if LABELS in lane.sources else SEGMENTATION
    volume = Volume(images.objects, axis_letters.LABELS, f"the {role} image of {lane.name!r}", ids=True)
    return Origin(volume, connected=role == SEGMENTATION)


def raw(images: Images, lane: LaneRecord) -> Volume | None:
    """What the objects are measured in; None without raw."""
    if images.raw is None:
        return None
    return Volume(images.raw, axis_letters.RAW, f"raw of {lane.name!r}")
