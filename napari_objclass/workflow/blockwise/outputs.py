"""What is written of an image larger than memory: images block by block, and the table some rows at a time.

The files are those that the whole image would give. A box that is painted at a time is made of whole chunks of the
file, so that any number of tasks write at once; what was written before an interruption stays.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_objclass import axes as axis_letters, memory
from napari_objclass.errors import InternalError, ParameterError
from napari_objclass.io import hdf5, ome_zarr_pyramid
from napari_objclass.io.csv_table import rows_at_once, write_rows
from napari_objclass.io.tables import CSV, FORMATS as TABLE_FORMATS, check_table_path, holds_crops, write_table
from napari_objclass.io.whole_files import remove_leftovers, replacing
from napari_objclass.io.writers import check_image_path, refuse_to_replace_others
from napari_objclass.workflow import sources
from napari_objclass.workflow.blockwise.painting import Values, box
from napari_objclass.workflow.file_names import filled_in
from napari_objclass.workflow.output_image import bounds, clipping, converted, outline
from napari_objclass.workflow.results import Written, about, class_counts, columns_to_write, described

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import DTypeLike, NDArray

    from napari_objclass.feature_table import FeatureTable
    from napari_objclass.io.image import Picture
    from napari_objclass.io.ome_zarr_pyramid import Step
    from napari_objclass.io.parts import Watch
    from napari_objclass.kernels import CancelToken
    from napari_objclass.workflow.blockwise.labelling import Labelled
    from napari_objclass.workflow.blockwise.parts import Parts
    from napari_objclass.workflow.blockwise.plan import BlockPlan
    from napari_objclass.workflow.blockwise.workers import Workers
    from napari_objclass.workflow.classes import Classes
    from napari_objclass.workflow.export import Export, Files
    from napari_objclass.workflow.file_names import Region
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.object_classification import Prediction
    from napari_objclass.workflow.object_table import Spec

    Box = tuple[tuple[int, ...], tuple[int, ...]]

#: What progress is called.
IMAGES, TABLE = "writing images", "writing the table"

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
    table
        Features, in memory or mapped into it; None without a table.
    annotated
        (n,) number of the class of the annotation, 0 without one.
    """

    labelled: Labelled
    lane: LaneRecord
    axes: str
    id_dtype: DTypeLike
    classes: Classes
    prediction: Prediction | None
    table: FeatureTable | None
    annotated: NDArray[np.int64]


def refuse_impossible(settings: Export, files: Files) -> None:
    """Say before the work starts what cannot be written block by block.

    Raises
    ------
    ParameterError
        If the images have a format that is written at once.
    FileError
        If a file cannot be written where it is wanted.
    """
    if files.images and settings.format not in POSSIBLE:
        raise ParameterError(
            f"{settings.format} is not written block by block; choose one of {', '.join(POSSIBLE)}, "
            "or give the whole image enough memory"
        )
    for path in files.images.values():
        found = check_image_path(path)
        if found.module is hdf5:
            refuse_to_replace_others(found.path, settings.inner or hdf5.DEFAULT_INNER, hdf5)
    if files.table is not None:
        check_table_path(files.table)


def write(
    done: Classified,
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
        values = _values(source, done)
        drawing = Drawing(done.labelled.plan, values, picture.axes, region, settings, form.axes)
        digest, parts = _digest(target, source, form, settings), done.labelled.parts
        if not (parts.has(_step(digest), _COMPLETE) and target.exists()):
            if check_image_path(target).module is hdf5:
                _write_hdf5(target, drawing, form, watch)
            else:
                _write_zarr(target, drawing, form, parts, digest, workers)
            parts.write(_step(digest), _COMPLETE, b"")
        written.append(target)
    if files.table is not None:
        written.append(_write_table(files.table, done, settings, carried or {}, watch, budget, note))
    counts = {} if done.prediction is None else class_counts(done.prediction)
    return Written(tuple(written), len(done.labelled), counts)


@dataclass(frozen=True, eq=False)
class Drawing:
    """An image that is to be written, of which any box can be painted.

    Attributes
    ----------
    plan, values
        The blocks, and what is painted.
    axes, region
        Letters of the image, and the part of it that is written.
    settings
        In which form.
    file_axes
        Letters of the image in the file.
    """

    plan: BlockPlan
    values: Values
    axes: str
    region: Region
    settings: Export
    file_axes: str

    def box(
        self, start: Sequence[int], stop: Sequence[int], threads: int | None, cancel: CancelToken | None
    ) -> NDArray[Any]:
        """Pixels from ``start`` to ``stop``, along the axes of the file."""
        ranges = dict(self.region)
        for letter, low, high in zip(self.file_axes, start, stop, strict=True):
            if letter in ranges:
                first = self.region[letter][0]
                ranges[letter] = first + low, first + high
        (t0, t1), (z0, z1), (y0, y1), (x0, x1), (c0, c1) = (ranges.get(letter, (0, 1)) for letter in axis_letters.RAW)
        pixels = np.empty((t1 - t0, z1 - z0, y1 - y0, x1 - x0, c1 - c0), self.values.dtype)
        for t, c in product(range(t0, t1), range(c0, c1)):
            low, high = (z0, y0, x0), (z1, y1, x1)
            pixels[t - t0, ..., c - c0] = box(self.plan, self.values, t, low, high, c, threads=threads, cancel=cancel)
        painted = axis_letters.from_canonical(pixels, self.axes, axis_letters.RAW)
        return axis_letters.to_canonical(
            converted(painted, self.axes, self.settings), self.settings.axes or self.axes, self.file_axes
        )

    def boxes(self, shape: Sequence[int], chunks: Sequence[int], factors: Sequence[int]) -> list[Box]:
        """Boxes about as large as a block, each of whole chunks; smaller by ``factors``, but for one chunk."""
        sides = dict(zip("zyx", self.plan.block_shape, strict=True))
        ranges = []
        for letter, length, chunk, factor in zip(self.file_axes, shape, chunks, factors, strict=True):
            side = max(chunk, sides.get(letter, 1) // factor // chunk * chunk)
            ranges.append([(low, min(low + side, length)) for low in range(0, length, side)])
        return [(tuple(low for low, _ in each), tuple(high for _, high in each)) for each in product(*ranges)]


def paint_box(
    folder: Path,
    drawing: Drawing,
    parts: Parts,
    name: str,
    number: int,
    box: Box,
    threads: int | None,
    cancel: CancelToken | None,
) -> None:
    """Write a box of the full image into an OME-Zarr image, and leave word that it is done."""
    start, stop = box
    ome_zarr_pyramid.write_part(folder, 0, start, drawing.box(start, stop, threads, cancel))
    parts.write(name, number, b"")


def halve_box(
    folder: Path,
    step: Step,
    parts: Parts,
    name: str,
    number: int,
    box: Box,
    _threads: int | None,
    cancel: CancelToken | None,
) -> None:
    """Write a box of a smaller copy into an OME-Zarr image, and leave word that it is done."""
    if cancel is None or not cancel.cancelled:
        step.halve(folder, *box)
        parts.write(name, number, b"")


#: Number of the file that says that an image is complete; boxes count from 1.
_COMPLETE = 0


def _write_zarr(path: Path, drawing: Drawing, form: Picture, parts: Parts, digest: str, workers: Workers) -> None:
    """Box after box, one level after the other, in a hidden folder that stays when it is interrupted."""
    name, settings = _step(digest), drawing.settings
    with replacing(path, digest) as folder:
        if not folder.exists():
            parts.drop(name)
            remove_leftovers([path])
        steps = ome_zarr_pyramid.begin(folder, form, compressed=settings.compressed, multiscale=settings.multiscale)
        drawing = replace(drawing, file_axes=steps[0].axes)
        first = _COMPLETE + 1
        for step in steps:
            boxes = dict(enumerate(drawing.boxes(step.shape, step.chunks, step.factors), first))
            task, own = (halve_box, step) if step.level else (paint_box, drawing)
            todo = parts.missing(name, boxes)
            workers.do(IMAGES, task, [(folder, own, parts, name, number, boxes[number]) for number in todo])
            first += len(boxes)


def _write_hdf5(path: Path, drawing: Drawing, form: Picture, watch: Watch) -> None:
    """Box after box: a file that was not closed cannot be gone on with."""
    settings = drawing.settings
    with (
        replacing(path) as temporary,
        hdf5.begin(temporary, form, settings.inner, compressed=settings.compressed) as dataset,
    ):
        boxes = drawing.boxes(form.data.shape, dataset.chunks, (1,) * len(form.axes))
        for part in watch.parts(len(boxes), 1, IMAGES):
            start, stop = boxes[part.start]
            pixels = drawing.box(start, stop, None, watch.cancel)
            dataset.write(tuple(map(slice, start, stop)), pixels)


def _picture(source: str, done: Classified) -> Picture:
    """What is known of the image of a source; of its pixels, only number and type are right."""
    shape = dict(zip(axis_letters.LABELS, done.labelled.plan.shape, strict=True))
    lengths = [shape[letter] for letter in done.axes]
    names = None if done.prediction is None else done.prediction.class_names
    if source == sources.PROBABILITIES:
        lengths.append(len(names or ()))
    blank = np.broadcast_to(np.zeros((), _dtype(source, done)), lengths)
    return described(source, blank, done.axes, done.lane, done.classes, names)


def _values(source: str, done: Classified) -> Values:
    if source == sources.IDENTITIES:
        return Values.ids(done.labelled, done.id_dtype)
    step = source.rpartition(" ")[2].lower()
    return Values.leave(done.labelled, step, _of_objects(source, done))


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
            f"the table {path} would take {memory.text(needed)}, and {memory.text(budget)} may be used; write it as .csv"
        )
    if settings.crops != sources.NOTHING and holds_crops(path):
        note(f"{path} has no crops of the objects, which are not written block by block")
    columns = _columns(done, settings, carried, slice(0, n_rows))
    return write_table(path, columns, about=about(done.lane), progress=watch.progress, cancel=watch.cancel)


def _columns(done: Classified, settings: Export, carried: Mapping[str, str], rows: slice) -> dict[str, NDArray[Any]]:
    """Columns of some rows of the table."""
    table, prediction = done.table, done.prediction
    if table is None or prediction is None:
        raise InternalError(f"the table of {done.lane.name!r} was asked for without features or a prediction")
    some = _Rows(table.ids[rows], table.frames[rows], np.asarray(table.values[rows]), table.specs)
    return columns_to_write(
        some, prediction[rows], done.annotated[rows], done.lane, settings, carried, first=rows.start
    )


class _Rows(NamedTuple):
    """Some rows of a feature table."""

    ids: NDArray[np.uint64]
    frames: NDArray[np.int64]
    values: NDArray[np.float64]
    specs: Sequence[Spec]


def _digest(path: Path, source: str, form: Picture, settings: Export) -> str:
    """Eight hexadecimal digits that stand for an image in a file."""
    text = json.dumps([str(path), source, form.axes, form.data.shape, settings.to_json()])
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _step(digest: str) -> str:
    """Name of the step whose files say which boxes are done: letters, as names of steps are."""
    return "image" + digest.translate(str.maketrans("0123456789", "ghijklmnop"))
