"""An image that is painted box by box into a file: OME-Zarr by any number of tasks, HDF5 by one.

A box is made of whole chunks of the file, so that no two tasks write the same chunk. The file is the same as if it were
written at once.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass import axes as axis_letters
from napari_objclass.io import hdf5, ome_zarr_pyramid
from napari_objclass.io.whole_files import remove_leftovers, replacing
from napari_objclass.io.writers import check_image_path
from napari_objclass.workflow.blockwise import painting
from napari_objclass.workflow.output_image import converted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_objclass.io.image import Picture
    from napari_objclass.io.ome_zarr_pyramid import Step
    from napari_objclass.io.parts import Watch
    from napari_objclass.kernels import CancelToken
    from napari_objclass.workflow.blockwise.parts import Parts
    from napari_objclass.workflow.blockwise.plan import BlockPlan
    from napari_objclass.workflow.blockwise.workers import Step as Work, Workers
    from napari_objclass.workflow.export import Export
    from napari_objclass.workflow.file_names import Region

    Box = tuple[tuple[int, ...], tuple[int, ...]]

#: What progress is called.
IMAGES = "writing images"

#: Number of the file that says that an image is complete; boxes count from 1.
_COMPLETE = 0


def write(path: Path, drawing: Drawing, form: Picture, workers: Workers, watch: Watch) -> None:
    """Write an image, unless that was done before.

    Parameters
    ----------
    path
        The file, OME-Zarr or HDF5.
    drawing, form
        The image, and what is said of it in the file; of the pixels of that, only number and type are right.
    workers, watch
        Who does the boxes of OME-Zarr, and who follows those of HDF5.

    Raises
    ------
    ObjClassError
        When it cannot be done, or was stopped. What was written of an OME-Zarr image stays, hidden, for another call.
    """
    parts, digest = drawing.values.parts, _digest(path, drawing, form)
    if parts.has(_step(digest), _COMPLETE) and path.exists():
        return
    if check_image_path(path).module is hdf5:
        _write_hdf5(path, drawing, form, watch)
    else:
        _write_zarr(path, drawing, form, digest, workers)
    parts.write(_step(digest), _COMPLETE, b"")


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
    values: painting.Values
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
                start_of_region = self.region[letter][0]
                ranges[letter] = start_of_region + low, start_of_region + high
        (t0, t1), (z0, z1), (y0, y1), (x0, x1), (c0, c1) = (ranges.get(letter, (0, 1)) for letter in axis_letters.RAW)
        pixels = np.empty((t1 - t0, z1 - z0, y1 - y0, x1 - x0, c1 - c0), self.values.dtype)
        first, last = (z0, y0, x0), (z1, y1, x1)
        for t, c in product(range(t0, t1), range(c0, c1)):
            pixels[t - t0, ..., c - c0] = painting.box(
                self.plan, self.values, t, first, last, c, threads=threads, cancel=cancel
            )
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


def _write_zarr(path: Path, drawing: Drawing, form: Picture, digest: str, workers: Workers) -> None:
    parts, step = drawing.values.parts, _step(digest)
    with replacing(path, digest) as folder:
        if not (folder.exists() and parts.has_any(step)):
            parts.drop(step)
            parts.take_along(folder)
            remove_leftovers([path], keyed=True)  # what another run has written where this one leaves background
        settings = drawing.settings
        levels = ome_zarr_pyramid.begin(folder, form, compressed=settings.compressed, multiscale=settings.multiscale)
        workers.do(_work(folder, levels, replace(drawing, file_axes=levels[0].axes), step))
    remove_leftovers([path], keyed=True)  # of a process that was killed when it put another image in its place


def _work(folder: Path, levels: list[Step], drawing: Drawing, step: str) -> Iterator[Work]:
    """What is left to do of each level, one after the other."""
    parts, first = drawing.values.parts, _COMPLETE + 1
    for level in levels:
        boxes = dict(enumerate(drawing.boxes(level.shape, level.chunks, level.factors), first))
        task, own = (halve_box, level) if level.level else (paint_box, drawing)
        todo = parts.missing(step, boxes)
        yield IMAGES, task, [(folder, own, parts, step, number, boxes[number]) for number in todo]
        first += len(boxes)


def _write_hdf5(path: Path, drawing: Drawing, form: Picture, watch: Watch) -> None:
    """Box after box: a file that was not closed cannot be gone on with."""
    settings = drawing.settings
    remove_leftovers([path])
    with (
        replacing(path) as temporary,
        hdf5.begin(temporary, form, settings.inner, compressed=settings.compressed) as dataset,
    ):
        boxes = drawing.boxes(form.data.shape, dataset.chunks, (1,) * len(form.axes))
        for part in watch.parts(len(boxes), 1, IMAGES):
            start, stop = boxes[part.start]
            pixels = drawing.box(start, stop, None, watch.cancel)
            dataset.write(tuple(map(slice, start, stop)), pixels)


def _digest(path: Path, drawing: Drawing, form: Picture) -> str:
    """Sixteen hexadecimal digits that stand for an image in a file."""
    values = drawing.values
    about = [str(path.absolute()), values.step, form.axes, form.data.shape, drawing.settings.to_json(), values.digest]
    text = json.dumps(about)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _step(digest: str) -> str:
    """Name of the step whose files say which boxes are done: letters, as names of steps are."""
    return "image" + digest.translate(str.maketrans("0123456789", "ghijklmnop"))
