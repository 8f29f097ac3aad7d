"""The record of a run: a line for every image that is done, so that a run that was interrupted goes on from there.

A line is known by a key: the digest of all that its results depend on. It counts as long as the files that it names
are there in the size that they had.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from napari_objclass import __version__
from napari_objclass.errors import FileError
from napari_objclass.io.formats import split
from napari_objclass.workflow.batch_image import Outcome, Status
from napari_objclass.workflow.batch_plan import paths
from napari_objclass.workflow.sources import INDEPENDENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from napari_objclass.workflow.batch_plan import Plan, Planned
    from napari_objclass.workflow.predictor import Predictor

_SUFFIX = ".record.jsonl"

# Fields of the settings that only name results, which keys tell more exactly.
_NAMING = {"filename", "table"}


class Record:
    """What runs in one folder have done.

    Parameters
    ----------
    folder
        Where the record is, which is made if it is not there; results are named relative to it.
    name
        ``"run"``, or another name that begins with it for a part of a run. All parts know of each other.
    restart
        Forget what was done.

    Raises
    ------
    FileError
        If the record cannot be written.
    """

    def __init__(self, folder: Path, name: str = "run", *, restart: bool = False) -> None:
        self.folder = folder
        self.path = folder / f"{name}{_SUFFIX}"
        self._done: dict[str, dict[str, Any]] = {}
        self._tables: dict[str, dict[str, Any]] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(f"the folder {folder} cannot be made: {error.strerror}; choose another one") from error
        if restart:
            self._write(b"", "wb")
            return
        for path in sorted(folder.glob(f"run*{_SUFFIX}")):
            for line in path.read_bytes().split(b"\n"):
                with suppress(ValueError):  # the last line of a run that was killed may be torn
                    entry = json.loads(line)
                    if isinstance(entry, dict):
                        (self._tables if "table" in entry else self._done)[str(entry.get("key"))] = entry
        is_torn = self.path.exists() and self.path.read_bytes()[-1:] not in (b"", b"\n")
        self._write(b"\n" if is_torn else b"", "ab")

    @property
    def parts(self) -> Path:
        """Folder of the parts of a table of all images, which is made of them at the end."""
        return self.folder / "run.parts"

    def outcome(self, key: str, planned: Planned, *, with_part: bool) -> Outcome | None:
        """What came of an image before; None if that does not stand, or ``with_part`` and its part of the table."""
        entry = self._done.get(key)
        if entry is None:
            return None
        try:
            if not all(self._is_intact(file) for file in entry["files"]):
                return None
            if with_part and not (entry["part"] and self._is_intact(entry["part"])):
                return None
            files = tuple(self.folder / name for name, _ in entry["files"])
            counted = int(entry["n_objects"]), dict(entry["counts"]), float(entry["seconds"])
        except (KeyError, TypeError, ValueError):  # somebody has edited the record
            return None
        return Outcome(planned.image, Status.KEPT, files, *counted)

    def add(self, key: str, outcome: Outcome, part: Path | None) -> None:
        """Note that an image is done; that is durable when this returns.

        Raises
        ------
        FileError
            If it cannot be written.
        """
        entry = {
            "key": key,
            "image": outcome.image.title,
            "files": [self._seen(path) for path in outcome.files if path != part],
            "part": None if part is None else self._seen(part),
            "n_objects": outcome.n_objects,
            "counts": dict(outcome.counts),
            "seconds": round(outcome.seconds, 3),
        }
        self._append(entry)

    def has_table(self, path: Path, keys: Iterable[str]) -> bool:
        """Whether the table of just these images stands."""
        entry = self._tables.get(digest(list(keys)))
        return entry is not None and self._seen(path, missing=True) == entry["table"]

    def add_table(self, path: Path, keys: Iterable[str]) -> None:
        """Note that the table of these images is written."""
        self._append({"key": digest(list(keys)), "table": self._seen(path)})

    def _append(self, entry: Mapping[str, Any]) -> None:
        self._write(json.dumps(entry).encode() + b"\n", "ab")

    def _write(self, line: bytes, mode: str) -> None:
        try:
            with self.path.open(mode) as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            why = f"the record of the run, {self.path}, cannot be written: {error.strerror}"
            raise FileError(f"{why}; mend that and run it again, or choose another folder") from error

    def _seen(self, path: Path, *, missing: bool = False) -> list[Any]:
        """Path from the folder of the record, and size."""
        with suppress(ValueError):  # on another drive
            path = Path(os.path.relpath(path, self.folder))
        return [path.as_posix(), _size(self.folder / path) if not missing or (self.folder / path).exists() else None]

    def _is_intact(self, file: Sequence[Any]) -> bool:
        path = self.folder / file[0]
        return path.exists() and bool(_size(path) == file[1])


def keys(predictor: Predictor, plan: Plan) -> list[str]:
    """Digest of all that the results of each image depend on: program, classifier, settings, pixels and names."""
    settings, blocks = plan.settings.to_json(), predictor.state.blockwise
    how = {field: value for field, value in settings.items() if field not in _NAMING}
    if set(INDEPENDENT) & set(plan.settings.images):
        how |= {"blocks": blocks.ilastik_block_shape, "halo": blocks.halo}
    return [digest([__version__, predictor.digest, how, *_described(each, plan.folder)]) for each in plan.images]


def _described(planned: Planned, folder: Path) -> list[Any]:
    """What is told of an image, with results named from a folder, so that it may be moved."""
    image = planned.image
    return [
        planned.name,
        {role: _source(source) for role, source in image.images.items()},
        repr(image.axes),
        dict(image.columns),
        [os.path.relpath(file, folder) for file in planned.files.all],
    ]


def digest(content: object) -> str:
    """Digest of what JSON can hold."""
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]


def _source(source: Any) -> list[Any]:
    """What is known of the files of one role; of an array, that it is another one each time."""
    return [getattr(source, "along", ""), *(_state(file) for file in paths(source))] if paths(source) else [uuid4().hex]


def _state(file: str) -> list[Any]:
    """Path, size and time of change of a file."""
    path = split(file)[0].absolute()
    try:
        found = path.stat()
    except OSError:
        return [str(path)]
    return [str(path), found.st_size, found.st_mtime_ns]


def _size(path: Path) -> int:
    """Size of a file, or of all files in a folder."""
    if path.is_dir():
        return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
    return path.stat().st_size
