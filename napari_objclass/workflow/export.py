"""The applet that writes results: what is written of every image, in which form, and under which names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from napari_objclass.errors import FileError, ParameterError
from napari_objclass.io.formats import WRITABLE
from napari_objclass.io.writers import check_place, check_table_path
from napari_objclass.workflow import sources
from napari_objclass.workflow.applet import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ID = "export"

#: Part of one axis: its letter, first pixel and end; None for the border.
Part = tuple[str, int | None, int | None]


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
        ``"Annotations"``, whatever their case; none for a table alone.
    filename
        Template of the file names of images. ``{dataset_dir}`` is the folder of the image, ``{nickname}`` its name,
        ``{result_type}`` what is in the file, ``{x_start}`` and ``{x_stop}`` (also of t, z, y, c) and ``{roi}`` the
        region, ``{slice_index}`` the number of a file of a sequence.
    format
        One of ``sources.FORMATS``.
    inner
        Dataset inside an HDF5 file.
    region
        Part of the image to be written, as (axis, start, stop) with None for the border; clipped to the image.
    dtype
        Pixel type, such as ``"uint8"``; None for that of the source.
    renormalize
        (in low, in high, out low, out high): values are mapped linearly; None for the values themselves.
    axes
        Axes in the order in which they are written, such as ``"tzyxc"``; None for those of the label image.
    table
        Template of the file name of the table, which every export writes then: .csv, .h5 or .xlsx; None for no table.
    columns
        ``"all"``, or ``"compact"``: ids, classes, probabilities, uncertainty, place and size.
    features
        Ids of the features in the table; None for those that are selected.
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
        known = {source.casefold(): source for source in sources.SOURCES}
        images = tuple(known[_one_of(source.casefold(), known, "source")] for source in named)
        object.__setattr__(self, "images", images)
        object.__setattr__(self, "region", tuple((axis, start, stop) for axis, start, stop in self.region))
        _one_of(self.format, {name: name for name in sources.FORMATS}, "format")
        _one_of(self.columns, {name: name for name in sources.COLUMNS}, "set of columns")
        _one_of(self.crops, {name: name for name in sources.CROPS}, "kind of crops")

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

    def files(self, name: str, folder: Path) -> Files:
        """Fill in what an image is called, and the folder it is in.

        Raises
        ------
        ParameterError
            If two images would be in one file.
        FileError
            If a file cannot be written there.
        """
        fields = {"dataset_dir": folder.as_posix(), "nickname": name}
        paths = {}
        for source in self.images:
            path = Path(expand_template(self.filename, fields | {"result_type": source})).expanduser()
            path = path.with_suffix("") if path.suffix.lower() in WRITABLE else path
            paths[source] = check_place(path.with_name(path.name + self.suffix))
        if len(set(paths.values())) < len(self.images):
            raise ParameterError(f"{self.filename!r} names one file for several images; put {{result_type}} into it")
        table = None if self.table is None else check_table_path(expand_template(self.table, fields))
        return Files(paths, table)


@dataclass(frozen=True)
class Files:
    """Where the results of one image go; known, and refused, before anything is computed.

    Attributes
    ----------
    images
        File of each source.
    table
        File of the table; None for no table.
    """

    images: Mapping[str, Path]
    table: Path | None

    @property
    def all(self) -> list[Path]:
        """All files."""
        return [*self.images.values(), *([] if self.table is None else [self.table])]


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
    roles = {path.resolve(): role for role, path in inputs}
    taken = set()
    for path in (path for files in results for path in files):
        place = path.resolve()
        if place in roles:
            raise FileError(f"{path} is the {roles[place]} image itself; name another file for the result")
        if place in taken:
            raise FileError(f"{path} would be written for two images; put {{dataset_dir}} or {{nickname}} into it")
        taken.add(place)


def expand_template(template: str, fields: Mapping[str, object]) -> str:
    """Fill ``{dataset_dir}/{nickname}_{result_type}`` and the like; unknown placeholders are left as they are."""
    return re.sub(r"\{(\w+)\}", lambda match: str(fields.get(match[1], match[0])), template)


def _one_of(name: str, known: Mapping[str, Any], what: str) -> str:
    if name not in known:
        raise ParameterError(f"unknown {what} {name!r}; known are {', '.join(known.values())}")
    return name
