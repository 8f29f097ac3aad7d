"""Writing the results of an image set: at once, or block by block where it does not fit into memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Unpack

from napari_objclass.features import feature_catalog
from napari_objclass.io.parts import Watch
from napari_objclass.workflow import results
from napari_objclass.workflow.blockwise import outputs
from napari_objclass.workflow.blockwise.drawing import IMAGES
from napari_objclass.workflow.blockwise.parts import Parts
from napari_objclass.workflow.blockwise.workers import Workers
from napari_objclass.workflow.label_volume import LabelVolume

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_objclass.workflow.applet import RunOptions
    from napari_objclass.workflow.chain import Chain
    from napari_objclass.workflow.export import Export, Files
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.results import Written

#: Name of the folder, beside the labels of the blocks, of what is left by writing that was stopped.
_FOLDER = "export"


def write(
    chain: Chain,
    lane: LaneRecord,
    settings: Export,
    files: Files,
    *,
    retrain: bool,
    carried: Mapping[str, str] | None = None,
    **run: Unpack[RunOptions],
) -> Written:
    """Classify the objects of a lane, and write images and a table, see :func:`results.write`.

    Of a large image, no more than a block is in memory, and what was stopped goes on when the same is written again.
    """
    if not chain.images(lane).is_large:
        return results.write(chain, lane, settings, files, retrain=retrain, carried=carried, **run)
    outputs.refuse_impossible(settings, files)
    table, prediction = results.known(chain, lane, settings, files, retrain=retrain, **run)
    labels = chain.objects(lane, **run).labels
    assert isinstance(labels, LabelVolume)
    labelled = labels.labelled
    done = outputs.Classified(
        labelled=labelled,
        lane=lane,
        axes=chain.images(lane).axes,
        id_dtype=labels.dtype,
        classes=chain.state.classes,
        prediction=prediction,
        rows=table,
        features=results.features_to_write(
            settings, chain.state.feature_selection.ids, feature_catalog(*chain.images(lane).extent)
        ),
        annotated=chain.class_numbers(lane, labelled),
    )
    parts = Parts(labelled.parts.folder / _FOLDER)
    threads, progress, cancel = run.get("threads"), run.get("progress"), run.get("cancel")
    share = labels.share
    written = outputs.write(
        done,
        parts,
        settings,
        files,
        workers=Workers(share.n_workers, threads=threads, steps={IMAGES: 1.0}, progress=progress, cancel=cancel),
        watch=Watch(progress, cancel),
        budget=share.room,
        carried=carried,
        note=chain.memory.note,
    )
    parts.remove()
    return replace(written, notes=tuple(chain.memory.notes))
