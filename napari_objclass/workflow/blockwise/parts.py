"""What the steps of a run leave on disk: one file per step and number, which is there whole or not at all."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import shutil
import zlib
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from napari_objclass.errors import FileError, ParameterError
from napari_objclass.io.whole_files import replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

T = TypeVar("T")

_KEY, _ALONG = "run.json", "along"
_OURS = re.compile(r"[a-z]+-\d{6,}\.bin|\..+\.part")
_UNFINISHED = re.compile(r"\..+\.[0-9a-f]{16}\.part")
_LETTERS = str.maketrans("0123456789", "ghijklmnop")

#: Where arrays begin in a file: at multiples of so many bytes.
_ALIGNED = 64


@dataclass(frozen=True)
class Parts:
    """A folder of files ``step-000012.bin``, and the key of the run that they belong to.

    Attributes
    ----------
    folder
        The folder; other files in it are left alone.
    suffix
        Letters at the end of the names of all steps.
    """

    folder: Path
    suffix: str = ""

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

    def of(self, about: Any) -> Parts:
        """Those of steps that depend on more than the key of the run, which is given as JSON: they are apart."""
        digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
        return replace(self, suffix=self.suffix + digest.translate(_LETTERS))

    def path(self, step: str, number: int) -> Path:
        """Path of a file."""
        return self.folder / f"{step}{self.suffix}-{number:06d}.bin"

    def has(self, step: str, number: int) -> bool:
        """Whether a step was done."""
        return self.path(step, number).exists()

    def has_any(self, step: str) -> bool:
        """Whether a step was begun."""
        return any(self.folder.glob(f"{step}{self.suffix}-*.bin"))

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

    def read(self, step: str, number: int, decode: Callable[[bytes], T]) -> T:
        """Return what a step left, as ``decode`` makes it of bytes.

        Raises
        ------
        FileError
            If it is not there or damaged. Then another run begins anew.
        """
        path = self.path(step, number)
        try:
            return decode(path.read_bytes())
        except (OSError, ParameterError) as error:
            raise self._lost(path, error) from error

    def save(self, step: str, number: int, **arrays: NDArray[Any]) -> None:
        """Leave arrays by name: the length of what tells what they are, this as JSON, and their bytes."""
        whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        told = {name: [array.dtype.str, *np.shape(arrays[name])] for name, array in whole.items()}
        check = _checked(told)
        for array in whole.values():
            check = zlib.crc32(array.data, check)
        head = json.dumps([told, check]).encode()
        head += b" " * (-len(head) % _ALIGNED)
        with replacing(self.path(step, number)) as path, path.open("wb") as file:
            file.write(len(head).to_bytes(_ALIGNED, "little") + head)
            for array in whole.values():
                file.write(array.data)
                file.write(bytes(-array.nbytes % _ALIGNED))

    def load(self, step: str, number: int) -> dict[str, NDArray[Any]]:
        """Arrays that a step left, by name.

        Raises
        ------
        FileError
            If the file is not there or damaged. Then another run begins anew.
        """
        path = self.path(step, number)
        try:
            data = np.fromfile(path, np.uint8)
            begin = _ALIGNED + int.from_bytes(data[:_ALIGNED].tobytes(), "little")
            told, expected = json.loads(data[_ALIGNED:begin].tobytes())
            arrays, check = {}, _checked(told)
            for name, (dtype, *shape) in told.items():
                size = math.prod(shape) * np.dtype(dtype).itemsize
                part = data[begin : begin + size]
                arrays[name], check = part.view(dtype).reshape(shape), zlib.crc32(part.data, check)
                begin += size + -size % _ALIGNED
            if check != expected or begin != len(data):
                raise ValueError("its bytes are others than were written")
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise self._lost(path, error) from error
        return arrays

    def drop(self, step: str) -> None:
        """Remove the files of a step."""
        for path in self.folder.glob(f"{step}{self.suffix}-*.bin"):
            path.unlink(missing_ok=True)

    def take_along(self, unfinished: Path) -> None:
        """Have what :func:`.replacing` keeps of an image removed with the parts, if it is not finished by then."""
        self.of(str(unfinished)).write(_ALONG, 0, os.fsencode(unfinished))

    def remove(self) -> None:
        """Remove all parts and the key, and the folder if nothing else is in it."""
        if self.folder.is_dir():
            (self.folder / _KEY).unlink(missing_ok=True)  # first: without it, what is left is of no run
            for note in self.folder.glob(f"{_ALONG}*.bin"):
                unfinished = Path(os.fsdecode(note.read_bytes()))
                if _UNFINISHED.fullmatch(unfinished.name):
                    shutil.rmtree(unfinished, ignore_errors=True)
            for path in self.folder.iterdir():
                if _OURS.fullmatch(path.name):
                    path.unlink(missing_ok=True)
            with suppress(OSError):  # the folder is the user's if it has files of the user
                self.folder.rmdir()

    def _lost(self, path: Path, error: Exception) -> FileError:
        """Error of a file; unless it can be read another time, what is there is of no run any more."""
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
            return FileError(f"{path} cannot be read: {error.strerror or error}; run it again")
        (self.folder / _KEY).unlink(missing_ok=True)
        return FileError(f"{path} is damaged or missing; run it again, and all is done anew")

    def _key(self) -> str | None:
        try:
            return (self.folder / _KEY).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return None


def _checked(told: Mapping[str, Any]) -> int:
    """Where the check of a file of arrays begins: with what they are."""
    return zlib.crc32(json.dumps(told).encode())
