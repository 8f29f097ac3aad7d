"""The applet that writes results: what is written of every image, in which form, and under which names."""

from __future__ import annotations

import math
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from napari_objclass.axes import LETTERS, check
from napari_objclass.errors import AxesError, DtypeError, FileError, ParameterError
from napari_objclass.io.formats import WRITABLE
from napari_objclass.io.tables import check_table_path
from napari_objclass.io.whole_files import check_place
from napari_objclass.workflow import file_names, sources
from napari_objclass.workflow.applet import Settings
from napari_objclass.workflow.file_names import expand_template

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ID = "export"

#: Part of one axis: its letter, first pixel and end; None for the border.
Part = tuple[str, int | None, int | None]


#: In pixels; no image is larger.
_LARGEST_MARGIN = 2**31


class ExportChanges(TypedDict, total=False):
    """Fields of :class:`Export` but for the images."""

    filename: str
    format: str
    inner: str
    region: tuple[Part, ...]
    dtype: str | None
    renormalize: tuple[float, float, float, float] | None
    axes: str | None
    table: str | None
    columns: str
    features: tuple[str, ...] | None
    crops: str
    margin: int
    ilastik_names: bool


@dataclass(frozen=True)
class Export(Settings):
    """What is written of every image.

    Attributes
    ----------
    images
        Any of ``"Object Predictions"``, ``"Object Probabilities"``, ``"Object Identities"``, ``"Uncertainty"``,
        ``"Annotations"``, whatever their case; none for a table alone. ``"Blockwise Object Predictions"`` and
        ``"Blockwise Object Probabilities"`` are as ilastik computes them block by block: approximate, for comparison,
        with block and halo of :class:`~napari_objclass.Blockwise`.
    filename
        Template of the file names of images. ``{dataset_dir}`` is the folder of the image, ``{nickname}`` its name,
        ``{result_type}`` what is in the file, ``{x_start}`` and ``{x_stop}`` (also of t, z, y, c) and ``{roi}`` the
        region, ``{slice_index}`` the number of a file of a sequence.
    format
        One of ``sources.FORMATS``, whatever its case.
    inner
        Dataset inside an HDF5 file.
    region
        Part of the image to be written, as (axis, start, stop) with None for the border; clipped to the image.
    dtype
        Pixel type, one of ``sources.DTYPES``; None for that of the source. Values that do not fit are refused.
    renormalize
        (in low, in high, out low, out high): values are mapped linearly, and all to out low if in low is in high; None
        for the values themselves.
    axes
        Axes in the order in which they are written, such as ``"tzyxc"``; None for those of the label image. Axes that
        the image lacks are added with length 1; only those of length 1 may be left out.
    table
        Template of the file name of the table, which every export writes then: .csv, .h5 or .xlsx; None for no table.
    columns
        ``"all"``: those of ilastik's table, with all features; ``"compact"``: ids, annotated and predicted class,
        probabilities, uncertainty, size in pixels and centre, whatever the features.
    features
        Ids of the features in the table, measured or not for the classifier; None for those that are selected. Size,
        bounding box and centre are always there.
    crops
        What an HDF5 table holds of every object: ``"objects"`` its mask and a crop of raw, ``"image"`` its mask and all
        of raw once, ``"nothing"``.
    margin
        Pixels around an object that belong to its crop.
    ilastik_names
        Whether the bounding-box variants of convex hull features have ilastik's names, as in projects that come from
        there.
    """

    images: tuple[str, ...] = (sources.PREDICTIONS,)
    filename: str = sources.FILENAME
    format: str = "compressed hdf5"
    inner: str = sources.INNER_PATH
    region: tuple[Part, ...] = ()
    dtype: str | None = None
    renormalize: tuple[float, float, float, float] | None = None
    axes: str | None = None
    table: str | None = None
    columns: str = sources.ALL
    features: tuple[str, ...] | None = None
    crops: str = sources.OBJECTS
    margin: int = 0
    ilastik_names: bool = False

    def __post_init__(self) -> None:
        named = (self.images,) if isinstance(self.images, str) else self.images
        checked = {
            "images": tuple(_checked_source(source) for source in named),
            "format": _checked_format(self.format),
            "region": tuple(_checked_part(*part) for part in _parts(self.region)),
            "dtype": None if self.dtype is None else _checked_dtype(self.dtype),
            "renormalize": None if self.renormalize is None else _checked_range(self.renormalize),
            "axes": None if self.axes is None else check(self.axes, len(self.axes)),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        axes = [axis for axis, _, _ in self.region]
        if len(set(axes)) < len(axes):
            raise ParameterError(f"the region names an axis twice ({', '.join(axes)}); give one range for each")
        if self.inner and self.inner.rstrip("/").rpartition("/")[2] in ("", "."):
            raise ParameterError(f"{self.inner!r} names no dataset inside an HDF5 file; call it {sources.INNER_PATH!r}")
        if not _is_whole(self.margin) or self.margin > _LARGEST_MARGIN:
            raise ParameterError(f"the margin of crops is {self.margin}; give a whole number of pixels from 0")
        _one_of(self.columns, sources.COLUMNS, "set of columns")
        _one_of(self.crops, sources.CROPS, "kind of crops")
        known = (*file_names.OF_IMAGES, *file_names.OF_REGIONS)
        if self.is_sequence:
            known = (*known, file_names.SLICE_INDEX)
        file_names.check_template(self.filename, known, "images")
        file_names.check_template(self.table or "", file_names.OF_TABLES, "tables")

    @property
    def suffix(self) -> str:
        """Of image files."""
        return sources.FORMATS[self.format]

    @property
    def compressed(self) -> bool:
        """Whether files are compressed, where the format leaves a choice."""
        return self.format != "hdf5"

    @property
    def multiscale(self) -> bool:
        """Whether an OME-Zarr image has smaller copies for viewers."""
        return self.format != "single-scale OME-Zarr"

    @property
    def is_sequence(self) -> bool:
        """Whether there is one file for each slice along the first axis."""
        return self.format.endswith(" sequence")

    def files(self, name: str, folder: Path) -> Files:
        """Fill in what an image is called, and the folder it is in.

        Raises
        ------
        ParameterError
            If two results would be in one file.
        FileError
            If a file cannot be written there.
        """
        files = self.planned(name, folder)
        for path in files.images.values():
            check_place(path)
        if files.table is not None:
            check_table_path(files.table)
        return files

    def planned(self, name: str, folder: Path) -> Files:
        """As :meth:`files`, without a look at the disk.

        Raises
        ------
        ParameterError
            If two results would be in one file.
        """
        fields = {"dataset_dir": folder.as_posix(), "nickname": file_names.harmless(name)}
        for field, value in fields.items():
            if f"{{{field}}}" in self.filename and file_names.has_gap(Path(value)):
                raise ParameterError(f"{value!r} has a placeholder in its name, which would be filled in; rename it")
        paths = {}
        for source in self.images:
            path = Path(expand_template(self._stem, fields | {"result_type": source})).expanduser()
            if not path.name or path.name == "..":
                raise ParameterError(f"{self.filename!r} names no file; put {{nickname}} into it")
            paths[source] = path.with_name(path.name + self.suffix)
        if len(set(paths.values())) < len(self.images):
            raise ParameterError(f"{self.filename!r} names one file for several images; put {{result_type}} into it")
        table = None if self.table is None else Path(expand_template(self.table, fields)).expanduser()
        if table in paths.values():
            raise ParameterError(f"{table} would be both image and table; give the table another name")
        return Files(paths, table)

    @property
    def _stem(self) -> str:
        """Template of the names without suffix, and with a place for the number of a slice."""
        known = sorted({*WRITABLE, *sources.FORMATS.values()}, key=len, reverse=True)
        stem = next((self.filename[: -len(end)] for end in known if self.filename.lower().endswith(end)), self.filename)
        number = f"{{{file_names.SLICE_INDEX}}}"
        return f"{stem}_{number}" if self.is_sequence and number not in stem else stem


@dataclass(frozen=True)
class Files:
    """Where the results of one image go; known, and refused, before anything is computed.

    Attributes
    ----------
    images
        File of each source. Where its name depends on the image, such as ``{x_stop}`` and the ``{slice_index}`` of a
        sequence, the placeholder is still in it.
    table
        File of the table; None for no table.
    """

    images: Mapping[str, Path]
    table: Path | None

    @property
    def all(self) -> list[Path]:
        """All files."""
        return [*self.images.values(), *([] if self.table is None else [self.table])]

    @property
    def existing(self) -> list[Path]:
        """Files that are there already and may be overwritten."""
        return [there for path in self.all for there in file_names.existing(path)]


def check_overwriting(results: Iterable[Iterable[Path]], inputs: Iterable[tuple[str, Path]]) -> None:
    """Refuse to write a result over an image, or over another result.

    Parameters
    ----------
    results
        Files of each image.
    inputs
        Role and path of the files that images are read from.

    Raises
    ------
    FileError
        If that would happen.
    """
    roles = {_real(path): role for role, path in inputs}
    paths = [path for files in results for path in files]
    places = [_real(path) for path in paths]
    taken = Counter(places)
    known = sorted(str(place) for place in {*taken, *roles} if not file_names.has_gap(place))
    for path, place in zip(paths, places, strict=True):
        other = file_names.become(place, known) if file_names.has_gap(place) else None
        role = roles.get(place if other is None else Path(other))
        if role is not None:
            raise FileError(f"{path} is the {role} image itself; name another file for the result")
        if other is not None or taken[place] > 1:
            raise FileError(f"{path} would be written for two images; put {{dataset_dir}} or {{nickname}} into it")


def _real(path: Path) -> Path:
    """Where a path leads, also a link that leads nowhere, or to itself."""
    return Path(os.path.realpath(path))


def _one_of(name: str, known: Iterable[str], what: str) -> str:
    """Find a name whatever its case."""
    by_folded = {each.casefold(): each for each in known}
    folded = str(name).casefold()
    if folded not in by_folded:
        raise ParameterError(f"unknown {what} {name!r}; known are {', '.join(by_folded.values())}")
    return by_folded[folded]


def _checked_source(name: str) -> str:
    nearest = sources.NEAREST_SOURCE.get(str(name).casefold())
    if nearest is not None:
        raise ParameterError(f"{name!r} are not written; the nearest source is {nearest!r}")
    return _one_of(name, sources.SOURCES, "source")


def _checked_format(name: str) -> str:
    nearest = sources.NEAREST_FORMAT.get(str(name).casefold())
    if nearest is not None:
        raise ParameterError(f"images are not written as {name!r}; the nearest format is {nearest!r}")
    return _one_of(name, sources.FORMATS, "format")


def _parts(region: Iterable[Part]) -> list[Part]:
    try:
        return [(axis, start, stop) for axis, start, stop in region]
    except (TypeError, ValueError):
        raise ParameterError(f"a region is made of axis, start and stop, as (('y', 0, 100),), not {region}") from None


def _checked_part(axis: str, start: int | None, stop: int | None) -> Part:
    if axis not in LETTERS:
        raise AxesError(f"unknown axis {axis!r} in the region; the letters are t, c, z, y and x")
    for value in (start, stop):
        if value is not None and not _is_whole(value):
            raise ParameterError(f"the region of axis {axis} begins or ends at {value}; give whole numbers from 0")
    if stop is not None and stop <= (start or 0):
        raise ParameterError(f"the region of axis {axis} from {start or 0} to {stop} is empty; let it end later")
    return axis, None if start is None else int(start), None if stop is None else int(stop)


def _is_whole(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and bool(value >= 0) and float(value).is_integer()


def _checked_dtype(given: str) -> str:
    try:
        name = np.dtype(given).name
    except TypeError:
        name = str(given)
    if name not in sources.DTYPES:
        raise DtypeError(f"images cannot have the dtype {name!r}; choose one of {', '.join(sources.DTYPES)}")
    return name


def _checked_range(values: Sequence[float]) -> tuple[float, float, float, float]:
    try:
        numbers = [float(value) for value in values]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        raise ParameterError(f"renormalize takes in low, in high, out low and out high, not {values}")
    return numbers[0], numbers[1], numbers[2], numbers[3]
