"""What the steps of a run leave on disk: one file per step and number, which is there whole or not at all."""

from __future__ import annotations

import json
import re
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass.errors import FileError
from napari_objclass.io.whole_files import replacing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_KEY = "run.json"
_OURS = re.compile(r"[a-z]+-\d{6,}\.bin|\..+\.part")

#: Held while a file of arrays is opened: Python 3.11 may fail where threads parse the headers of several at once.
READING = Lock()


@dataclass(frozen=True)
class Parts:
    """A folder of files ``step-000012.bin``, and the key of the run that they belong to.

    Attributes
    ----------
    folder
        The folder; other files in it are left alone.
    """

    folder: Path

    @classmethod
    def of_run(cls, folder: Path, key: Mapping[str, Any], *, restart: bool = False) -> Parts:
        """Parts in ``folder`` that were made with the same key, if there are any; those of another run are removed.

        Parameters
        ----------
        folder
            Made if it is missing.
        key
            Everything that decides what is in the parts, as JSON.
        restart
            Remove those of the same run, too.

        Raises
        ------
        FileError
            If the folder cannot be written.
        """
        parts = cls(folder)
        text = json.dumps(key, sort_keys=True, indent=1)
        if restart or parts._key() != text:
            parts.remove()
            with replacing(folder / _KEY) as path:
                path.write_text(text, "utf-8")
        return parts

    def path(self, step: str, number: int) -> Path:
        """Path of a file."""
        return self.folder / f"{step}-{number:06d}.bin"

    def has(self, step: str, number: int) -> bool:
        """Whether a step was done."""
        return self.path(step, number).exists()

    def missing(self, step: str, numbers: Iterable[int]) -> list[int]:
        """Those of some numbers for which a step is to be done."""
        return [number for number in numbers if not self.has(step, number)]

    def write(self, step: str, number: int, data: bytes) -> None:
        """Leave what a step has made.

        Raises
        ------
        FileError
            If it cannot be written.
        """
        with replacing(self.path(step, number)) as path:
            path.write_bytes(data)

    def read(self, step: str, number: int) -> bytes:
        """Return what a step left.

        Raises
        ------
        FileError
            If it is not there.
        """
        path = self.path(step, number)
        try:
            return path.read_bytes()
        except OSError as error:
            raise FileError(f"{path} cannot be read: {error.strerror}; run it again") from error

    def save(self, step: str, number: int, **arrays: NDArray[Any]) -> None:
        """Leave arrays by name."""
        with replacing(self.path(step, number)) as path, path.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    def load(self, step: str, number: int) -> dict[str, NDArray[Any]]:
        """Arrays that a step left, by name.

        Raises
        ------
        FileError
            If the file is not there or damaged.
        """
        path = self.path(step, number)
        try:
            with READING, np.load(path) as file:
                return dict(file)
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
            raise FileError(f"{path} is damaged or missing ({error}); run it again with restart") from error

    def drop(self, step: str) -> None:
        """Remove the files of a step."""
        for path in self.folder.glob(f"{step}-*.bin"):
            path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove all parts and the key, and the folder if nothing else is in it."""
        if self.folder.is_dir():
            (self.folder / _KEY).unlink(missing_ok=True)  # first: without it, what is left is of no run
            for path in self.folder.iterdir():
                if _OURS.fullmatch(path.name):
                    path.unlink(missing_ok=True)
            with suppress(OSError):  # the folder is the user's if it has files of the user
                self.folder.rmdir()

    def _key(self) -> str | None:
        try:
            return (self.folder / _KEY).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return None
