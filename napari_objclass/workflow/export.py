"""The applet that writes results: which files, where, and what is in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from napari_objclass.errors import FileError, ParameterError
from napari_objclass.io.formats import WRITABLE
from napari_objclass.io.writers import check_table_path, write_image, write_table
from napari_objclass.workflow.lane import LABELS, RAW
from napari_objclass.workflow.object_table import object_table
from napari_objclass.workflow.sources import FORMATS, IDENTITIES, PREDICTIONS, PROBABILITIES, SOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from napari_objclass.workflow.applet import RunOptions
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.object_classification import Prediction
    from napari_objclass.workflow.object_table import Table

ID = "export"


@dataclass(frozen=True)
class Target:
    """Where the results of one lane go; made, and refused, before anything is computed.

    Attributes
    ----------
    lane
        The lane.
    images
        File of each source, with the inner path for HDF5.
    table
        File of the table; None for no table.
    """

    lane: LaneRecord
    images: Mapping[str, str]
    table: Path | None

    @classmethod
    def of(
        cls, lane: LaneRecord, images: Sequence[str], table: str | None, filename: str, file_format: str, inner: str
    ) -> Target:
        """Fill in the templates.

        Raises
        ------
        ParameterError
            For an unknown source or format, or two images in one file.
        FileError
            If a file is one that the lane is read from, or the table cannot be written there.
        """
        suffix = _one_of(file_format, {name: name for name in FORMATS}, "format")
        known = {source.casefold(): source for source in SOURCES}
        chosen = [known[_one_of(source.casefold(), known, "source")] for source in images]
        fields = _fields(lane)
        paths = {}
        for source in chosen:
            path = Path(expand_template(filename, fields | {"result_type": source})).expanduser()
            path = path.with_suffix("") if path.suffix.lower() in WRITABLE else path
            paths[source] = path.with_name(path.name + FORMATS[suffix])
        if len(set(paths.values())) < len(chosen):
            raise ParameterError(f"{filename!r} names one file for several images; put {{result_type}} into it")
        table_path = None if table is None else check_table_path(expand_template(table, fields))
        for path in (*paths.values(), *([table_path] if table_path else [])):
            _refuse_input(path, lane)
        is_hdf5 = FORMATS[suffix] == ".h5"
        return cls(lane, {k: f"{path}/{inner}" if is_hdf5 else str(path) for k, path in paths.items()}, table_path)

    def write_images(
        self, prediction: Prediction, labels: NDArray[Any], axes: str, **run: Unpack[RunOptions]
    ) -> list[Path]:
        """Write the images; ``labels`` with axes ``axes`` is the label image."""
        return [
            self._write_image(source, path, prediction, labels, axes, **run) for source, path in self.images.items()
        ]

    def _write_image(
        self,
        source: str,
        path: str,
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
        spacing = self.lane.spacing and [self.lane.spacing["zyx".index(letter)] for letter in axes if letter in "zyx"]
        return write_image(path, image, axes, spacing=spacing, channel_names=names)

    def write_table(self, prediction: Prediction, table: Table, labelled: ArrayLike) -> Path:
        """Write the table; ``labelled`` has the class number of every annotated object, 0 for the others."""
        assert self.table is not None
        columns = object_table(
            table,
            classes=prediction.class_names,
            labels=labelled,
            predicted=prediction.classes,
            probabilities=prediction.probabilities,
            original_oid=LABELS in self.lane.sources,
        )
        return write_table(self.table, columns)


def expand_template(template: str, fields: Mapping[str, object]) -> str:
    """Fill ``{dataset_dir}/{nickname}_{result_type}`` and the like; unknown placeholders are left as they are."""
    return re.sub(r"\{(\w+)\}", lambda match: str(fields.get(match[1], match[0])), template)


def _fields(lane: LaneRecord) -> dict[str, str]:
    """What the placeholders of a file name stand for; the folder is that of raw, or of the objects without raw."""
    source = lane.sources.get(RAW) or next(iter(lane.sources.values()))
    folder = Path.cwd() if source.path is None else Path(source.path).parent
    return {"dataset_dir": folder.as_posix(), "nickname": lane.name}


def _refuse_input(path: Path, lane: LaneRecord) -> None:
    for role, source in lane.sources.items():
        if source.path is not None and path.resolve() == Path(source.path).resolve():
            raise FileError(f"{path} is the {role} image itself; name another file for the result")


def _one_of(name: str, known: Mapping[str, str], what: str) -> str:
    if name not in known:
        raise ParameterError(f"unknown {what} {name!r}; known are {', '.join(known.values())}")
    return name
