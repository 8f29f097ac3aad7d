"""One image of a batch: classified and written, or why not."""

from __future__ import annotations

import errno
import logging
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Unpack

from napari_objclass.errors import Cancelled, FileError, ObjClassError, sentence

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari_objclass.workflow.applet import RunOptions
    from napari_objclass.workflow.batch_plan import ImageSet, Planned
    from napari_objclass.workflow.export import Export
    from napari_objclass.workflow.predictor import Predictor

_LOG = logging.getLogger(__name__)


class Status(StrEnum):
    """What became of an image."""

    DONE = "done"
    #: Its results were there already, from a run that was interrupted.
    KEPT = "kept"
    FAILED = "failed"


@dataclass(frozen=True)
class Outcome:
    """What came of one image.

    Attributes
    ----------
    image
        The image set.
    status
        What became of it.
    files
        What was written.
    n_objects, counts
        Number of objects, all and of each class by its name.
    seconds
        How long it took.
    error
        Why it failed, in one sentence; "" if it did not.
    notes
        Sentences that the user should read once.
    """

    image: ImageSet
    status: Status
    files: tuple[Path, ...] = ()
    n_objects: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    error: str = ""
    notes: tuple[str, ...] = ()


def classify(
    predictor: Predictor, planned: Planned, settings: Export, carried: Mapping[str, str], **options: Unpack[RunOptions]
) -> Outcome:
    """Classify an image and write its results; whatever is wrong with it is said in the outcome.

    Raises
    ------
    Cancelled
        When stopped.
    FileError
        When the disk is full: it is for all other images, too.
    """
    image, start = planned.image, time.perf_counter()
    try:
        described = {"name": planned.name, "axes": image.axes}
        written = predictor.classify(image.images, described, settings, planned.files, carried, **options)
    except Cancelled:
        raise
    except Exception as error:  # what no one expected of an image is no reason to leave the others undone
        if _disk_is_full(error):
            raise FileError(f"{sentence(error)}; free some space and run it again: it goes on from here") from error
        if not isinstance(error, ObjClassError):
            _LOG.debug("%s", planned.name, exc_info=True)
        return Outcome(image, Status.FAILED, seconds=time.perf_counter() - start, error=sentence(error))
    return Outcome(
        image,
        Status.DONE,
        written.files,
        written.n_objects,
        written.counts,
        time.perf_counter() - start,
        notes=written.notes,
    )


#: What systems say of a disk, or of a share of it, that is full.
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


def _disk_is_full(error: BaseException | None) -> bool:
    if error is None:
        return False
    number = error.errno if isinstance(error, OSError) else None
    return number in _FULL or _disk_is_full(error.__cause__)
