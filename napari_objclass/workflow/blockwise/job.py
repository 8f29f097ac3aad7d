"""An image of a session as a job: what is classified block by block is what the session shows, with its settings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from napari_objclass import axes as axis_letters
from napari_objclass.workflow.blockwise.classify import Job
from napari_objclass.workflow.blockwise.outputs import POSSIBLE
from napari_objclass.workflow.lane import LABELS, RAW
from napari_objclass.workflow.sources import INDEPENDENT

if TYPE_CHECKING:
    from napari_objclass.workflow.export import Export
    from napari_objclass.workflow.session import Session

#: What viewers open at any size.
_INSTEAD = "multi-scale OME-Zarr"


def by_blocks(settings: Export) -> Export:
    """Return settings with what is written block by block alone: OME-Zarr instead of other formats.

    What ilastik's blocks find, which know nothing of each other, is written of images that fit into memory.
    """
    images = tuple(source for source in settings.images if source not in INDEPENDENT)
    return replace(settings, images=images, format=settings.format if settings.format in POSSIBLE else _INSTEAD)


def job_of(session: Session, lane: str) -> Job:
    """Plan an image of a session, by its uuid; nothing is computed.

    Raises
    ------
    ObjClassError
        If no forest was trained, the image cannot be read, or the memory is too little.
    """
    record, settings = session.lane(lane), session.blockwise_settings
    job = Job.of(
        session.predictor(),
        **given(session, lane),
        name=record.name,
        block_shape=settings.block_shape,
        memory=settings.memory,
    )
    known: dict[str, Any] = {name: getattr(record, name) for name in ("spacing", "offset", "units", "channel_names")}
    return replace(job, lane=replace(job.lane, **known))


def given(session: Session, lane: str) -> dict[str, Any]:
    """Return the images of a lane, as :meth:`Job.of` takes them; objects that were edited by hand as they are now."""
    record = session.lane(lane)
    found = {role: session.source(lane, role) for role in record.sources}
    images = {role: found[role].data if each.path is None else each.place for role, each in record.sources.items()}
    axes = {role: source.axes for role, source in found.items()}
    if session.edits(lane).applied:
        images = {role: image for role, image in images.items() if role == RAW} | {LABELS: session.objects(lane).labels}
        axes[LABELS] = axis_letters.LABELS
    return {
        "images": images,
        "axes": {role: axes[role] for role in images},
        "spacing": record.spacing,
        "dranges": {role: source.drange for role, source in found.items() if role in images},
    }
