"""What is written of an image larger than memory: images block by block, and the table some rows at a time.

The files are those that the whole image would give.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_objclass import axes as axis_letters, memory
from napari_objclass.errors import InternalError, ParameterError
from napari_objclass.io import hdf5
from napari_objclass.io.csv_table import rows_at_once, write_rows
from napari_objclass.io.tables import CSV, FORMATS as TABLE_FORMATS, check_table_path, holds_crops, write_table
from napari_objclass.io.whole_files import remove_leftovers, replacing
from napari_objclass.io.writers import check_image_path, refuse_to_replace_others
from napari_objclass.workflow import sources
from napari_objclass.workflow.blockwise import drawing
from napari_objclass.workflow.blockwise.painting import Values
from napari_objclass.workflow.file_names import filled_in
from napari_objclass.workflow.output_image import bounds, clipping, outline
from napari_objclass.workflow.results import Written, about, class_counts, columns_to_write, described

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import DTypeLike, NDArray

    from napari_objclass.feature_table import FeatureTable
    from napari_objclass.io.image import Picture
    from napari_objclass.io.parts import Watch
    from napari_objclass.workflow.blockwise.labelling import Labelled
    from napari_objclass.workflow.blockwise.parts import Parts
    from napari_objclass.workflow.blockwise.rows import Rows
    from napari_objclass.workflow.blockwise.workers import Workers
    from napari_objclass.workflow.classes import Classes
    from napari_objclass.workflow.export import Export, Files
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.object_classification import Prediction
    from napari_objclass.workflow.object_table import Spec


#: What progress is called.
TABLE = "writing the table"

#: Formats that are written part by part.
POSSIBLE = tuple(name for name, suffix in sources.FORMATS.items() if suffix in (".h5", ".ome.zarr"))

# Of a file in memory, the text and the columns are there at once.
_COPIES = 4


@dataclass(frozen=True, eq=False)
class Classified:
    """All that is known of an image when its results are written; arrays have an entry per object, by frame and id.

    Attributes
    ----------
    labelled
        The objects.
    lane
        What is known of the image.
    axes
        Letters of its label image.
    id_dtype
        Type of the pixels of that.
    classes
        All classes, for their colours.
    prediction
        What the forest says; None if only the objects are written.
    rows
        Features of all objects, in memory or on disk; None without a table.
    features
        Ids of those of them that are written, in their order.
    annotated
        (n,) number of the class of the annotation, 0 without one.
    """

    labelled: Labelled
    lane: LaneRecord
    axes: str
    id_dtype: DTypeLike
    classes: Classes
    prediction: Prediction | None
    rows: FeatureTable | Rows | None
    features: Sequence[str]
    annotated: NDArray[np.int64]


def refuse_impossible(settings: Export, files: Files) -> None:
    """Say before the work starts what cannot be written block by block.

    Raises
    ------
    ParameterError
        If the images have a format that is written at once, or are those of ilastik's blocks.
    FileError
        If a file cannot be written where it is wanted.
    """
    if files.images and settings.format not in POSSIBLE:
        raise ParameterError(
            f"{settings.format} is not written block by block; choose one of {', '.join(POSSIBLE)}, "
            "or give the whole image enough memory"
        )
    for source in files.images:
        if source in sources.INDEPENDENT:
            raise ParameterError(
                f"{source} are as in ilastik, and written only of images that fit into memory; "
                f"choose {source.removeprefix('Blockwise ')}, which are those of the whole image"
            )
    for path in files.images.values():
        found = check_image_path(path)
        if found.module is hdf5:
            refuse_to_replace_others(found.path, settings.inner or hdf5.DEFAULT_INNER, hdf5)
    if files.table is not None:
        check_table_path(files.table)


def write(
    done: Classified,
    parts: Parts,
    settings: Export,
    files: Files,
    *,
    workers: Workers,
    watch: Watch,
    budget: int,
    carried: Mapping[str, str] | None = None,
    note: Callable[[str], object] = lambda _: None,
) -> Written:
    """Write images and a table, see :func:`results.write`; each file appears when it is complete.

    Parameters
    ----------
    done
        The image.
    parts
        Where it leaves values that are painted, and which parts of images are done.
    settings, files
        What to write, and where.
    workers, watch
        Who paints boxes of OME-Zarr images, and who follows the other files.
    budget
        Bytes that a table may take in memory which is not CSV.
    carried
        Columns of one text each that come first in the table.
    note
        Called with sentences that the user should read once.

    Raises
    ------
    ObjClassError
        When it cannot be done. What was written of an OME-Zarr image stays, hidden, for another call.
    """
    refuse_impossible(settings, files)
    written = []
    for source, path in files.images.items():
        picture = _picture(source, done)
        if said := clipping(picture, settings.region):
            note(said)
        region, form = bounds(picture, settings.region), outline(picture, settings)
        target = filled_in(path, region)
        values = _values(source, done, parts)
        shown = drawing.Drawing(done.labelled.plan, values, picture.axes, region, settings, form.axes)
        drawing.write(target, shown, form, workers, watch)
        written.append(target)
    if files.table is not None:
        written.append(_write_table(files.table, done, settings, carried or {}, watch, budget, note))
    counts = {} if done.prediction is None else class_counts(done.prediction.classes, done.prediction.class_names)
    return Written(tuple(written), len(done.labelled), counts)


def _picture(source: str, done: Classified) -> Picture:
    """What is known of the image of a source; of its pixels, only number and type are right."""
    shape = dict(zip(axis_letters.LABELS, done.labelled.plan.shape, strict=True))
    lengths = [shape[letter] for letter in done.axes]
    names = None if done.prediction is None else done.prediction.class_names
    if source == sources.PROBABILITIES:
        lengths.append(len(names or ()))
    blank = np.broadcast_to(np.zeros((), _dtype(source, done)), lengths)
    return described(source, blank, done.axes, done.lane, done.classes, names)


def _values(source: str, done: Classified, parts: Parts) -> Values:
    if source == sources.IDENTITIES:
        return Values.ids(done.labelled, parts, done.id_dtype)
    step = source.rpartition(" ")[2].lower()
    return Values.leave(done.labelled, parts, step, _of_objects(source, done))


def _dtype(source: str, done: Classified) -> DTypeLike:
    return done.id_dtype if source == sources.IDENTITIES else _of_objects(source, done).dtype


def _of_objects(source: str, done: Classified) -> NDArray[Any]:
    """Values of all objects, as they are painted."""
    if source == sources.ANNOTATIONS:
        return done.annotated.astype(np.uint8 if len(done.classes) <= 255 else np.uint16)
    if done.prediction is None:
        raise InternalError(f"{source} of {done.lane.name!r} was asked for without a prediction")
    if source == sources.PROBABILITIES:
        return done.prediction.probabilities
    return done.prediction.painted("classes" if source == sources.PREDICTIONS else "uncertainty")


def _write_table(
    path: Path,
    done: Classified,
    settings: Export,
    carried: Mapping[str, str],
    watch: Watch,
    budget: int,
    note: Callable[[str], object],
) -> Path:
    """Some rows at a time as CSV; of the other formats, all at once if memory allows it."""
    remove_leftovers([path])
    n_rows, n_columns = len(done.labelled), len(_columns(done, settings, carried, slice(0, 0)))
    if TABLE_FORMATS[path.suffix.lower()] == CSV:
        parts = watch.parts(n_rows, rows_at_once(n_columns), TABLE)
        rows = (_columns(done, settings, carried, part) for part in parts)
        with replacing(check_table_path(path)) as temporary:
            write_rows(temporary, _columns(done, settings, carried, slice(0, 0)), rows, watch=watch)
        return path
    needed = _COPIES * 8 * n_rows * n_columns
    if needed > budget:
        raise ParameterError(
            f"the table {path} would take {memory.text(needed)} of memory, and {memory.text(budget)} may be used; "
            "write it as .csv"
        )
    if settings.crops != sources.NOTHING and holds_crops(path):
        note(f"{path} has no crops of the objects, which are not written block by block")
    columns = _columns(done, settings, carried, slice(0, n_rows))
    return write_table(path, columns, about=about(done.lane), progress=watch.progress, cancel=watch.cancel)


def _columns(done: Classified, settings: Export, carried: Mapping[str, str], rows: slice) -> dict[str, NDArray[Any]]:
    """Columns of some rows of the table."""
    table, prediction = done.rows, done.prediction
    if table is None or prediction is None:
        raise InternalError(f"the table of {done.lane.name!r} was asked for without features or a prediction")
    specs = {spec.id: spec for spec in table.specs}
    written = [specs[feature] for feature in done.features]
    places = {column: place for place, column in enumerate(table.columns)}
    values = np.asarray(table.values[rows])[:, [places[column] for spec in written for column in spec.columns]]
    some = _Rows(table.ids[rows], table.frames[rows], values, written)
    return columns_to_write(
        some, prediction[rows], done.annotated[rows], done.lane, settings, carried, first=rows.start
    )


class _Rows(NamedTuple):
    """Some rows of a feature table."""

    ids: NDArray[np.uint64]
    frames: NDArray[np.int64]
    values: NDArray[np.float64]
    specs: Sequence[Spec]
