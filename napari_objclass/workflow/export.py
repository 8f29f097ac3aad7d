"""The applet that writes results: which files, where, and what is in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from napari_objclass.errors import FileError, ParameterError
from napari_objclass.io.formats import WRITABLE
from napari_objclass.io.writers import check_place, check_table_path, write_image, write_table
from napari_objclass.workflow.lane import LABELS
from napari_objclass.workflow.object_table import object_table
from napari_objclass.workflow.sources import FORMATS, IDENTITIES, PREDICTIONS, PROBABILITIES, SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from napari_objclass.workflow.applet import RunOptions
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.object_classification import Prediction
    from napari_objclass.workflow.object_table import Table

ID = "export"


@dataclass(frozen=True)
class Templates:
    """What is to be written of any image, and under which names; see :meth:`Session.export` for the fields.

    Attributes
    ----------
    images
        The sources.
    table
        Name of the table; None for no table.
    filename, format, inner
        Name of the images, their format, and the dataset inside an HDF5 file.
    """

    images: Sequence[str]
    table: str | None
    filename: str
    format: str
    inner: str

    def files(self, name: str, folder: Path) -> Files:
        """Fill in what the image is called, and the folder it is in.

        Raises
        ------
        ParameterError
            For an unknown source or format, or two images in one file.
        FileError
            If a file cannot be written there.
        """
        suffix = FORMATS[_one_of(self.format, {name: name for name in FORMATS}, "format")]
        known = {source.casefold(): source for source in SOURCES}
        chosen = [known[_one_of(source.casefold(), known, "source")] for source in self.images]
        fields = {"dataset_dir": folder.as_posix(), "nickname": name}
        paths = {}
        for source in chosen:
            path = Path(expand_template(self.filename, fields | {"result_type": source})).expanduser()
            path = path.with_suffix("") if path.suffix.lower() in WRITABLE else path
            paths[source] = check_place(path.with_name(path.name + suffix))
        if len(set(paths.values())) < len(chosen):
            raise ParameterError(f"{self.filename!r} names one file for several images; put {{result_type}} into it")
        table = None if self.table is None else check_table_path(expand_template(self.table, fields))
        return Files(paths, table, self.inner if suffix == ".h5" else "")


@dataclass(frozen=True)
class Files:
    """Where the results of one image go; known, and refused, before anything is computed.

    Attributes
    ----------
    images
        File of each source.
    table
        File of the table; None for no table.
    inner
        Dataset inside an HDF5 file.
    """

    images: Mapping[str, Path]
    table: Path | None
    inner: str

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


@dataclass(frozen=True)
class Target:
    """Writes the results of one lane into its files."""

    lane: LaneRecord
    files: Files

    def write_images(
        self, prediction: Prediction, labels: NDArray[Any], axes: str, **run: Unpack[RunOptions]
    ) -> list[Path]:
        """Write the images; ``labels`` with axes ``axes`` is the label image."""
        return [
            self._write_image(source, path / self.files.inner, prediction, labels, axes, **run)
            for source, path in self.files.images.items()
        ]

    def _write_image(
        self,
        source: str,
        path: Path,
        prediction: Prediction,
        labels: NDArray[Any],
        axes: str,
        **run: Unpack[RunOptions],
    ) -> Path:
        names = None
        if source == IDENTITIES:
            image = labels
        elif source == PROBABILITIES:
            names = prediction.class_names
            image = np.stack([prediction.paint(k, **run) for k in range(1, len(names) + 1)], axis=-1)
            axes += "c"
        else:
            image = prediction.paint("classes" if source == PREDICTIONS else "uncertainty", **run)
        return write_image(path, image, axes, spacing=self.lane.spacing_along(axes), channel_names=names)

    def write_table(self, prediction: Prediction, table: Table, labelled: ArrayLike) -> Path:
        """Write the table; ``labelled`` has the class number of every annotated object, 0 for the others."""
        assert self.files.table is not None
        columns = object_table(
            table,
            classes=prediction.class_names,
            labels=labelled,
            predicted=prediction.classes,
            probabilities=prediction.probabilities,
            original_oid=LABELS in self.lane.sources,
        )
        return write_table(self.files.table, columns)


def expand_template(template: str, fields: Mapping[str, object]) -> str:
    """Fill ``{dataset_dir}/{nickname}_{result_type}`` and the like; unknown placeholders are left as they are."""
    return re.sub(r"\{(\w+)\}", lambda match: str(fields.get(match[1], match[0])), template)


def _one_of(name: str, known: Mapping[str, str], what: str) -> str:
    if name not in known:
        raise ParameterError(f"unknown {what} {name!r}; known are {', '.join(known.values())}")
    return name
