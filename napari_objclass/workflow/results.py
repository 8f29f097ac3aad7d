"""Classifying one image and writing what is asked for: the one way from a lane to files, whoever asks.

The session of the workbench, a batch, the command line and a script all end here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from napari_objclass import axes as axis_letters
from napari_objclass.errors import InternalError
from napari_objclass.features import feature_catalog
from napari_objclass.io.arranged import arranged
from napari_objclass.io.image import LazyArray, Picture
from napari_objclass.io.tables import holds_crops, write_table
from napari_objclass.io.writers import write_picture, write_sequence
from napari_objclass.workflow.blockwise.independent import Independent
from napari_objclass.workflow.blockwise.sources import Volume
from napari_objclass.workflow.file_names import filled_in
from napari_objclass.workflow.label_volume import paint
from napari_objclass.workflow.lane import LABELS
from napari_objclass.workflow.object_crops import crops
from napari_objclass.workflow.object_table import object_table, unused, with_required
from napari_objclass.workflow.output_image import bounds, clipping, prepared
from napari_objclass.workflow.sources import (
    ANNOTATIONS,
    BLOCKWISE_PREDICTIONS,
    COMPACT,
    IDENTITIES,
    INDEPENDENT,
    NOTHING,
    PREDICTIONS,
    PROBABILITIES,
    WITH_CLASSES,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_objclass.features import FeatureSpec, FeatureTable
    from napari_objclass.workflow.applet import RunOptions
    from napari_objclass.workflow.chain import Chain
    from napari_objclass.workflow.classes import Classes
    from napari_objclass.workflow.export import Export, Files
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.object_classification import Prediction
    from napari_objclass.workflow.object_table import Table

#: What needs no classifier.
KNOWN_BEFORE = {IDENTITIES, ANNOTATIONS}

# Whose pixels are numbers of classes.
_OF_CLASSES = (PREDICTIONS, ANNOTATIONS, BLOCKWISE_PREDICTIONS)


@dataclass(frozen=True)
class Written:
    """What was written of one image, and what is in it.

    Attributes
    ----------
    files
        The files.
    n_objects
        Number of objects, all frames.
    counts
        Number of objects of each class, by the name of the class.
    notes
        Sentences that the user should read once.
    """

    files: tuple[Path, ...]
    n_objects: int
    counts: dict[str, int]
    notes: tuple[str, ...] = ()


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
    """Classify the objects of a lane, and write images and a table.

    Parameters
    ----------
    chain, lane
        The lane, and what follows from the state it is in.
    settings, files
        What to write, and where.
    retrain
        Bring the forest up to date first; False to use the stored one as it is.
    carried
        Columns of one text each that come first in the table.
    **run
        ``threads``, ``progress`` and ``cancel``.

    Raises
    ------
    ObjClassError
        When it cannot be done; no file is half-written.
    """
    measured, prediction = known(chain, lane, settings, files, retrain=retrain, **run)
    written: list[Path] = []
    for source, path in files.images.items():
        picture = _picture(source, chain, lane, prediction, **run)
        chain.memory.note(clipping(picture, settings.region))
        written += _write_image(path, picture, settings)
    if files.table is not None and measured is not None and prediction is not None:
        written.append(_write_table(files.table, chain, lane, settings, prediction, measured, carried or {}, **run))
    counts = {} if prediction is None else class_counts(prediction.classes, prediction.class_names)
    return Written(tuple(written), len(chain.objects(lane, **run).ids), counts, tuple(chain.memory.notes))


def known(
    chain: Chain, lane: LaneRecord, settings: Export, files: Files, *, retrain: bool, **run: Unpack[RunOptions]
) -> tuple[FeatureTable | None, Prediction | None]:
    """Table and prediction of a lane, as far as the files need them."""
    # The larger table first: what the prediction needs is then measured in the same pass.
    measured = None if files.table is None else table_to_export(chain, lane, settings, **run)
    is_predicted = measured is not None or bool(files.images.keys() - KNOWN_BEFORE)
    return measured, chain.predict(lane, retrain=retrain, **run) if is_predicted else None


def class_counts(classes: NDArray[np.int64], names: Sequence[str]) -> dict[str, int]:
    """Number of objects of each class, by the name of the class, given the number of the class of each object."""
    numbers = np.bincount(classes, minlength=len(names) + 1)[1:].tolist()
    return dict(zip(names, numbers, strict=True))


def table_to_export(chain: Chain, lane: LaneRecord, settings: Export, **run: Unpack[RunOptions]) -> FeatureTable:
    """Feature table of a lane: the features of the settings, and those that every exported table has."""
    catalog, selection = feature_catalog(*chain.images(lane).extent), chain.state.feature_selection
    return chain.table(lane, features_to_write(settings, selection.ids, catalog), selection.margin, **run)


def features_to_write(settings: Export, selected: Sequence[str], catalog: Sequence[FeatureSpec]) -> list[str]:
    """Ids of the features of a table: those of the settings, or those that are selected, and what every table has."""
    features = selected if settings.features is None else settings.features
    return with_required(() if settings.columns == COMPACT else features, catalog)


def _write_image(path: Path, picture: Picture, settings: Export) -> list[Path]:
    region, part = bounds(picture, settings.region), prepared(picture, settings)
    path = filled_in(path, region)
    if settings.is_sequence:
        return write_sequence(path, part, first=region.get(part.axes[0], (0, 1))[0])
    form = {"compressed": settings.compressed, "multiscale": settings.multiscale}
    return [write_picture(path, part, inner=settings.inner, **form)]


def _picture(
    source: str, chain: Chain, lane: LaneRecord, prediction: Prediction | None, **run: Unpack[RunOptions]
) -> Picture:
    """The image of one source, with what is known of its pixels."""
    axes, classes = chain.images(lane).axes, chain.state.classes
    if source == IDENTITIES:
        image = arranged(chain.objects(lane, **run).labels, axis_letters.LABELS, axes)
    elif source == ANNOTATIONS:
        image = arranged(_annotations(chain, lane, **run), axis_letters.LABELS, axes)
    elif prediction is None:
        raise InternalError(f"{source} of {lane.name!r} was asked for without a prediction")
    elif source == PROBABILITIES:
        n_classes = len(prediction.class_names)
        first = prediction.paint(1, **run)
        image = np.empty((*first.shape, n_classes), first.dtype)
        image[..., 0] = first
        for k in range(1, n_classes):
            image[..., k] = prediction.paint(k + 1, **run)
    elif source in INDEPENDENT:
        blocks = independent(chain, lane, **run)
        if source == BLOCKWISE_PREDICTIONS:
            image = axis_letters.from_canonical(blocks.classes(**run), axes)
        else:
            image = axis_letters.from_canonical(blocks.probabilities(**run), axes + "c", axis_letters.RAW)
    else:
        image = prediction.paint("classes" if source == PREDICTIONS else "uncertainty", **run)
    return described(source, image, axes, lane, classes, None if prediction is None else prediction.class_names)


def described(
    source: str,
    image: NDArray[Any] | LazyArray,
    axes: str,
    lane: LaneRecord,
    classes: Classes,
    class_names: tuple[str, ...] | None = None,
) -> Picture:
    """Pixels of a source, with what is known of them.

    Parameters
    ----------
    source, image
        The source and its pixels: of probabilities, the last axis is the class.
    axes
        Letters of the label image.
    lane, classes
        What tells size and place of a pixel, and the colours.
    class_names
        Names of the classes that are predicted.
    """
    spacing = lane.spacing_along(axes)
    palette = {number: each.color for number, each in enumerate(classes, 1)}
    return Picture(
        image,
        axes + "c" * (source in WITH_CLASSES),
        spacing=None if spacing is None else tuple(spacing),
        units=lane.units,
        drange=None if source in {IDENTITIES, *_OF_CLASSES} else (0.0, 1.0),
        channel_names=class_names if source in WITH_CLASSES else None,
        offset=tuple(lane.offset["zyx".index(axis)] for axis in axes if axis in "zyx"),
        colors={IDENTITIES: {}, **dict.fromkeys(_OF_CLASSES, palette)}.get(source),
    )


def independent(chain: Chain, lane: LaneRecord, **run: Unpack[RunOptions]) -> Independent:
    """Blockwise classification of a lane as in ilastik, by the forest of now and with the project's blocks and halo."""
    labels, raw, trained = chain.objects(lane, **run).labels, chain.images(lane).raw, chain.forest
    if trained is None:
        raise InternalError(f"the blocks of {lane.name!r} were asked for without a classifier")
    settings = chain.state.blockwise
    return Independent(
        Volume(labels, axis_letters.LABELS, "the label image", ids=True),
        None if raw is None else Volume(raw, axis_letters.RAW, "raw"),
        trained,
        settings.ilastik_block_shape,
        settings.halo,
        lane.spacing,
    )


def _annotations(chain: Chain, lane: LaneRecord, **run: Unpack[RunOptions]) -> NDArray[Any] | LazyArray:
    """Image ``tzyx`` in which every annotated object has the number of its class."""
    classes = [each.uuid for each in chain.state.classes]
    objects, active = chain.objects(lane, **run), list(chain.present_claims(lane).active)
    frames = np.array([t for t, _ in active], np.int64)
    ids = np.array([object_id for _, object_id in active], np.uint64)
    numbers = chain.present_claims(lane).class_numbers(frames, ids, classes)
    narrow = np.uint8 if len(classes) <= 255 else np.uint16
    return paint(objects.labels, frames, ids, numbers.astype(narrow), **run)


def _write_table(
    path: Path,
    chain: Chain,
    lane: LaneRecord,
    settings: Export,
    prediction: Prediction,
    table: FeatureTable,
    carried: Mapping[str, str],
    **run: Unpack[RunOptions],
) -> Path:
    columns = columns_to_write(table, prediction, chain.class_numbers(lane, table), lane, settings, carried)
    pixels = None
    if holds_crops(path):
        raw = None if settings.crops == NOTHING else chain.images(lane).raw
        pixels = crops(chain.objects(lane, **run), raw, lane, settings.crops, settings.margin)
    return write_table(path, columns, about=about(lane), crops=pixels, **run)


def columns_to_write(
    table: Table,
    prediction: Prediction,
    labels: NDArray[np.int64],
    lane: LaneRecord,
    settings: Export,
    carried: Mapping[str, str],
    *,
    first: int = 0,
) -> dict[str, NDArray[Any]]:
    """Columns of the exported table for its rows from number ``first`` on.

    Parameters
    ----------
    table, prediction, labels
        Of the same n objects: features, what is predicted, and the number of the class of the annotation, (n,).
    lane, settings
        Where the objects come from, and what is written.
    carried
        Columns of one text each that come first.
    first
        Number of the first of these rows.
    """
    columns = object_table(
        table,
        classes=prediction.class_names,
        labels=labels,
        predicted=prediction.classes,
        probabilities=prediction.probabilities,
        uncertainty=prediction.uncertainty,
        original_oid=LABELS in lane.sources,
        compact=settings.columns == COMPACT,
        ilastik_names=settings.ilastik_names,
        first=first,
    )
    before: dict[str, NDArray[Any]] = {}
    for name, text in carried.items():
        before[unused(name or "column", before.keys() | columns.keys())] = np.full(len(table.ids), text)
    return before | columns


def about(lane: LaneRecord) -> dict[str, Any]:
    """What is known of an image beside its pixels, as attributes of a table; sizes of voxels are in order z, y, x."""
    channels = None if lane.channel_names is None else list(lane.channel_names)
    known = {"spacing": lane.spacing, "units": lane.units, "channel_names": channels}
    return {name: value for name, value in known.items() if value is not None}
