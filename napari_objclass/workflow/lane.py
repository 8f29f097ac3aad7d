"""A lane: one image set of a session. What it is (a record that can be saved) and how its pixels are opened.

Pixels come from files, or were handed over as arrays; a record knows a fingerprint of each, so that annotations
cannot land on another image that happens to lie at the same place.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_objclass.errors import AxesError, FileError, ObjClassError
from napari_objclass.io.fingerprint import fingerprint
from napari_objclass.io.formats import ILASTIK_SUFFIX
from napari_objclass.io.image import Stack
from napari_objclass.io.stack import open_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_objclass.io.image import Image, LazyArray

RAW = "raw"
LABELS = "labels"
SEGMENTATION = "segmentation"
PROBABILITIES = "probabilities"
ROLES = (RAW, LABELS, SEGMENTATION, PROBABILITIES)

#: Fingerprint of pixels that were not there when the lane was made: whatever is found at their place is accepted.
UNKNOWN = ""


@dataclass(frozen=True)
class Source:
    """Where the pixels of one role come from.

    Attributes
    ----------
    axes
        Letters of the array as it is in the file or was handed over; "" to take those that the file names.
    fingerprint
        Of the pixels that the annotations were made on, or ``UNKNOWN``.
    path
        Absolute; None for an array that no file holds.
    inner
        Dataset inside the file, "" for files that hold one image.
    stored
        Whether the file belongs to the project.
    parts
        Where each plane, frame or channel comes from, if they are in files of their own; ``path`` and ``inner`` are
        those of the first.
    along
        Axis along which the parts lie; "" without.
    drange
        Values that count as 0 and 1, whatever the file says; None for what it says.
    """

    axes: str
    fingerprint: str
    path: str | None = None
    inner: str = ""
    stored: bool = False
    parts: tuple[Source, ...] = ()
    along: str = ""
    drange: tuple[float, float] | None = None

    @property
    def is_unknown(self) -> bool:
        """Whether its pixels were never seen."""
        return self.fingerprint == UNKNOWN

    @property
    def files(self) -> tuple[Source, ...]:
        """Sources with one file each: all parts, itself, or none if no file holds the pixels."""
        return self.parts or ((self,) if self.path is not None else ())

    @property
    def place(self) -> str | Stack:
        """What files it is, as readers take it: path and inner path in one, or all of them."""
        if self.parts:
            return Stack(tuple(location(part) for part in self.parts), self.along)
        return location(self)

    def to_json(self, folder: Path | None = None) -> dict[str, Any]:
        """Values by field name; the path also relative to ``folder``, unless it is on another drive."""
        path = self.path
        if path is not None and folder is not None and Path(path).drive == folder.drive:
            path = Path(os.path.relpath(path, folder)).as_posix()
        values: dict[str, Any] = {
            "path": path,
            "absolute": self.path,
            "inner": self.inner,
            "axes": self.axes,
            "fingerprint": self.fingerprint,
            "stored": self.stored,
        }
        if self.parts:
            values["along"] = self.along
            values["channels"] = [each.to_json(folder) for each in self.parts]  # as when there were no other parts
        if self.drange:
            values["drange"] = list(self.drange)
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any], folder: Path | None = None) -> Source:
        """Inverse of :meth:`to_json`; where project and image moved apart, the absolute path counts."""
        path, absolute = values["path"], values.get("absolute")
        if path is not None and folder is not None:
            path = os.path.normpath(folder / path)
            if absolute is not None and not Path(path).exists() and Path(absolute).exists():
                path = absolute
        parts = tuple(cls.from_json(each, folder) for each in values.get("channels", ()))
        low_high = values.get("drange")
        return cls(
            axes=values["axes"],
            fingerprint=values["fingerprint"],
            path=path,
            inner=values["inner"] or "",
            stored=bool(values["stored"]),
            parts=parts,
            along=values.get("along", "c") if parts else "",
            drange=None if low_high is None else (float(low_high[0]), float(low_high[1])),
        )


@dataclass(frozen=True)
class LaneRecord:
    """One image set: identity, name, geometry and sources by role.

    Attributes
    ----------
    spacing
        Size of a voxel, in order z, y, x; None if unknown.
    offset
        Position of the first voxel in the image this one was cropped from, in order z, y, x.
    units
        Unit of ``spacing``, such as "µm"; None if unknown.
    channel_names
        What the channels of raw are called on the screen, in order; None if nothing is known.
    """

    uuid: str
    name: str
    sources: Mapping[str, Source]
    spacing: tuple[float, float, float] | None = None
    offset: tuple[int, int, int] = (0, 0, 0)
    units: str | None = None
    channel_names: tuple[str, ...] | None = None

    def to_json(self, folder: Path | None = None) -> dict[str, Any]:
        """Values by field name; paths relative to ``folder``."""
        return {
            "uuid": self.uuid,
            "name": self.name,
            "spacing": self.spacing and list(self.spacing),
            "offset": list(self.offset),
            "units": self.units,
            "channel_names": self.channel_names and list(self.channel_names),
            "roles": {role: source.to_json(folder) for role, source in self.sources.items()},
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any], folder: Path | None = None) -> LaneRecord:
        """Inverse of :meth:`to_json`."""
        spacing, offset = values["spacing"], values["offset"]
        return cls(
            uuid=values["uuid"],
            name=values["name"],
            sources={role: Source.from_json(source, folder) for role, source in values["roles"].items()},
            spacing=None if spacing is None else (float(spacing[0]), float(spacing[1]), float(spacing[2])),
            offset=(int(offset[0]), int(offset[1]), int(offset[2])),
            units=values.get("units"),
            channel_names=tuple(values.get("channel_names") or ()) or None,
        )

    @property
    def folder(self) -> Path:
        """Folder of raw, or of the objects without raw.

        That of the project for what is stored beside it, and the current one if no file holds them.
        """
        source = self.sources.get(RAW) or next(iter(self.sources.values()))
        if source.path is None:
            return Path.cwd()
        path = Path(source.path)
        is_inside = path.suffix == ILASTIK_SUFFIX  # of a project of ilastik, which holds data itself
        return path.parent.parent if source.stored and not is_inside else path.parent

    @property
    def files(self) -> list[tuple[str, Path]]:
        """Role and path of every file."""
        return [
            (role, Path(file.path))
            for role, source in self.sources.items()
            for file in source.files
            if file.path is not None
        ]

    @property
    def places(self) -> dict[str, list[str]] | None:
        """Paths, with inner paths, by role; None if not all of it is in files."""
        if any(source.path is None for source in self.sources.values()):
            return None
        return {role: [location(file) for file in source.files] for role, source in self.sources.items()}

    def is_again(self, other: LaneRecord, given: Mapping[str, object]) -> bool:
        """Whether it has the files of another lane, or the very pixels that the other one lost.

        Parameters
        ----------
        given
            Arrays that the other lane has, by role.
        """
        if self.places is not None and self.places == other.places:
            return True
        in_memory = {role for role, source in other.sources.items() if source.path is None}
        return self.content == other.content and bool(
            in_memory - given.keys() or not all(path.exists() for _, path in other.files)
        )

    def spacing_along(self, axes: str) -> list[float] | None:
        """Size of a voxel along those of ``axes`` that are in space, in their order; None if unknown."""
        return self.spacing and [self.spacing["zyx".index(letter)] for letter in axes if letter in "zyx"]

    @property
    def is_thresholded(self) -> bool:
        """Whether its objects are found by thresholding: in probabilities, or in raw."""
        return not {LABELS, SEGMENTATION} & self.sources.keys()

    @property
    def shown(self) -> tuple[object, ...]:
        """What is shown of it beside its pixels."""
        return (self.name, self.spacing, self.units, self.channel_names)

    @property
    def looks(self) -> tuple[tuple[str, str], ...]:
        """What the image is, whatever its objects come from: role and fingerprint of raw; of all without raw."""
        return tuple(each for each in self.content if each[0] == RAW) or self.content

    @property
    def content(self) -> tuple[tuple[str, str], ...]:
        """What the pixels are, wherever they lie: role and fingerprint of each; unknown ones are like no other."""
        unknown = f"unknown {self.uuid}"
        return tuple((role, source.fingerprint or unknown) for role, source in sorted(self.sources.items()))


@dataclass(frozen=True)
class Pixels:
    """The array of one source, maybe still in its file, with its axes and what a reader should know about it."""

    data: NDArray[Any] | LazyArray
    axes: str
    #: One sentence when the content is not the recorded one.
    problem: str | None = None
    #: The range of values that the file declares.
    drange: tuple[float, float] | None = None


def open_source(record: LaneRecord, role: str, given: Mapping[str, NDArray[Any] | LazyArray]) -> Pixels:
    """Open the pixels of one role, from ``given`` if no file holds them.

    Raises
    ------
    FileError
        When they cannot be found or read.
    """
    source = record.sources[role]
    if source.path is None and role in given:
        return Pixels(given[role], source.axes)
    if source.path is None:
        raise FileError(f"the {role} image of {record.name!r} was only in memory and is gone; add it again")
    try:
        image = _open(source)
    except ObjClassError as error:
        if source.is_unknown:
            raise FileError(
                f"needs image {record.name}: its {role} image cannot be opened ({error}); "
                "put it there, or say where it is now"
            ) from error
        raise FileError(
            f"the {role} image of {record.name!r} cannot be opened ({error}); put it back, or say where it is now"
        ) from error
    problem = None
    if not source.is_unknown and fingerprint(image.data, source.axes) != source.fingerprint:
        problem = (
            f"the {role} image of {record.name!r} at {source.path} has other content than when it was annotated; "
            "put the old file back, or accept the new content"
        )
    return Pixels(image.data, image.axes, problem, source.drange or image.drange)


def _open(source: Source) -> Image:
    """Open what is at the place of a source; unknown pixels may lack the axis of channels that was foreseen."""
    try:
        return open_files(source.place, axes=source.axes or None)
    except AxesError:
        if not source.is_unknown or "c" not in source.axes:
            raise
        return open_files(source.place, axes=source.axes.replace("c", ""))


def location(source: Source) -> str:
    """Return path and inner path in one, as readers take it."""
    assert source.path is not None
    return f"{source.path}/{source.inner}" if source.inner else source.path
