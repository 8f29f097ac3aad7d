"""Classifying an image larger than memory, with the result of the whole image."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_objclass.errors import ParameterError
from napari_objclass.io.parts import Watch
from napari_objclass.workflow.blockwise.result import BlockwiseResult, Report
from napari_objclass.workflow.blockwise.running import Job
from napari_objclass.workflow.export import Export
from napari_objclass.workflow.opening import open_project
from napari_objclass.workflow.predictor import Predictor
from napari_objclass.workflow.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_objclass.kernels import CancelToken
    from napari_objclass.workflow.blockwise.workers import Client

__all__ = ["DEFAULT_EXPORT", "BlockwiseResult", "Job", "Report", "classify_blockwise", "predictor_of"]

#: What is written where nothing else is said.
DEFAULT_EXPORT = Export(format="multi-scale OME-Zarr", table="{dataset_dir}/{nickname}_table.csv")


def classify_blockwise(
    classifier: Session | Predictor | str | os.PathLike[str],
    raw: Any = None,
    *,
    labels: Any = None,
    segmentation: Any = None,
    probabilities: Any = None,
    axes: str | dict[str, str] | None = None,
    spacing: Sequence[float] | None = None,
    block_shape: Sequence[int] | None = None,
    memory: str | int | None = "4GB",
    client: Client | None = None,
    out: str | os.PathLike[str] | None = None,
    export: Export | None = None,
    workers: int | None = None,
    progress: Callable[[int, int, str], object] | None = None,
    cancel: CancelToken | None = None,
    threads: int | None = None,
    restart: bool = False,
) -> BlockwiseResult:
    """Classify the objects of an image that may be larger than memory, block by block.

    The result is that of the whole image, whatever the blocks.

    Parameters
    ----------
    classifier
        A session with a trained classifier, what :meth:`Session.predictor` gives, or the path of a project.
    raw, labels, segmentation, probabilities
        The images: arrays, such as those of zarr or dask, or paths, as for :meth:`Session.add_lane`.
    axes, spacing
        As for :meth:`Session.add_lane`.
    block_shape
        Lengths of a block, (z, y, x) or (y, x). Default: as large as the memory allows, in whole chunks of the files.
    memory
        What this process may use in all, such as ``"4GB"``: at most what the machine leaves; None for just that.
    client
        Does the tasks instead of threads: has ``submit(function, *arguments)`` that returns a future, with
        ``result()``, ``cancel()`` and ``add_done_callback(function)``, such as an executor of ``concurrent.futures``
        or a ``dask.distributed.Client``. Other processes need images that are paths.
    out
        Folder for the files of ``export``, and for what the steps leave until all is done: the same call again goes
        on where one that was stopped ended. Without it nothing is written.
    export
        What is written. Default: predictions as OME-Zarr, and the table as CSV.
    workers
        Number of tasks at a time. Default: as many as ``threads``.
    progress
        Called as ``(done, total, what)``.
    cancel
        Stops it.
    threads
        Number of threads. Default: the CPUs this process may use.
    restart
        Begin anew even if an earlier call was stopped.

    Returns
    -------
    BlockwiseResult

    Raises
    ------
    ObjClassError
        For images that do not fit together, cannot be read or cannot be sent to the client, and if the memory is too
        little for any block.
    """
    images = {"raw": raw, "labels": labels, "segmentation": segmentation, "probabilities": probabilities}
    job = Job.of(
        predictor_of(classifier),
        {role: image for role, image in images.items() if image is not None},
        axes=axes,
        spacing=spacing,
        block_shape=block_shape,
        memory=memory,
        workers=workers,
        threads=threads,
    )
    settings = (export or DEFAULT_EXPORT) if out is not None else None
    return job.run(
        folder=None if out is None else Path(out).absolute(),  # a client may work elsewhere
        export=settings,
        client=client,
        watch=Watch(progress, cancel),
        restart=restart,
    )


def predictor_of(classifier: Session | Predictor | str | os.PathLike[str]) -> Predictor:
    """Return what classifies images, whoever has it."""
    if isinstance(classifier, Predictor):
        return classifier
    if isinstance(classifier, Session):
        return classifier.predictor()
    if not isinstance(classifier, (str, os.PathLike)):
        kind = type(classifier).__name__
        raise ParameterError(f"the classifier is a session, its predictor, or the path of a project, not {kind}")
    session = open_project(classifier, read_only=True)
    try:
        return session.predictor()
    finally:
        session.close()
