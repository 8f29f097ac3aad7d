"""Classifying many images by one predictor: each is done, or says why not, and the others go on."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Unpack

from napari_objclass.errors import Cancelled, ObjClassError
from napari_objclass.workflow.export import check_overwriting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from napari_objclass.workflow.applet import RunOptions
    from napari_objclass.workflow.export import Export
    from napari_objclass.workflow.predictor import Predictor


@dataclass(frozen=True)
class ImageSet:
    """Files that make one image.

    Attributes
    ----------
    images
        What :meth:`Session.add_lane` takes for each role: a path, a list of paths, or a ``Stack``.
    name
        What results are called after; the name of its first file if not given.
    axes
        Axes of raw, or axes by role; those of the files if not given.
    columns
        What a table of inputs says about it: text by column, carried into results.
    """

    images: Mapping[str, Any]
    name: str | None = None
    axes: str | Mapping[str, str] | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


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
    """

    image: ImageSet
    status: Status
    files: tuple[Path, ...] = ()
    n_objects: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    error: str = ""


def run(
    predictor: Predictor, image_sets: Sequence[ImageSet], settings: Export, **options: Unpack[RunOptions]
) -> Iterator[Outcome]:
    """Classify image sets one after another; outcomes come as they are done.

    Raises
    ------
    ObjClassError
        Before anything is read, if two results would be one file, or one of the images; Cancelled when stopped.
    """
    for image in image_sets:
        yield _one(predictor, image, settings, **options)


def _one(predictor: Predictor, image: ImageSet, settings: Export, **options: Unpack[RunOptions]) -> Outcome:
    start = time.perf_counter()
    try:
        chain, lane = predictor.open(image.images, name=image.name, axes=image.axes)
        files = settings.files(lane.name, lane.folder)
        check_overwriting([files.all], lane.files)
        written = predictor.export(chain, lane, settings, files, image.columns, **options)
    except Cancelled:
        raise
    except (ObjClassError, OSError, MemoryError) as error:
        return Outcome(image, Status.FAILED, seconds=time.perf_counter() - start, error=str(error))
    seconds = time.perf_counter() - start
    return Outcome(image, Status.DONE, written.files, written.n_objects, written.counts, seconds)
