"""A file on disk that HDF5 can be given: it crashes the process where writing fails, so it is not told."""

from __future__ import annotations

from contextlib import contextmanager
from io import RawIOBase
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

T = TypeVar("T")


class DiskFile(RawIOBase):
    """File object for ``h5py.File`` that takes everything; after the first failure, it writes nothing any more."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w+b")
        self._failure: BaseException | None = None

    def check(self) -> None:
        """Raise what went wrong, if anything did."""
        if self._failure is not None:
            raise self._failure

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place."""
        return self._try(lambda: self._file.seek(offset, whence), 0)

    def tell(self) -> int:
        """Place in the file."""
        return self._try(self._file.tell, 0)

    def readinto(self, buffer: Any) -> int:
        """Read on; after a failure, nothing."""
        return self._try(lambda: self._file.readinto(buffer), 0)

    def write(self, data: Any) -> int:
        """Write, or seem to."""
        return self._try(lambda: self._file.write(data), memoryview(data).nbytes)

    def truncate(self, size: int | None = None) -> int:
        """Give it another length, or seem to."""
        return self._try(lambda: self._file.truncate(size), size or 0)

    def flush(self) -> None:
        """Hand over to the system what was written."""
        self._try(self._file.flush, None)

    def close(self) -> None:
        """Close it; :meth:`check` tells whether all is on disk."""
        if self.closed:
            return
        super().close()  # after flushing
        try:
            self._file.close()
        except OSError as error:
            self._failure = self._failure or error

    def _try(self, action: Callable[[], T], otherwise: T) -> T:
        if self._failure is None:
            try:
                return action()
            except BaseException as error:  # a request to end may not go through HDF5 either
                self._failure = error
        return otherwise


@contextmanager
def disk_file(path: Path) -> Iterator[DiskFile]:
    """Lend a new file; after the block, what went wrong in writing is raised.

    Raises
    ------
    OSError
        If the disk is full, or fails.
    """
    file = DiskFile(path)
    try:
        yield file
    finally:
        file.close()
    file.check()
