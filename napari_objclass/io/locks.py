"""A folder that one process at a time works in."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any

from napari_objclass.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOCK = "lock"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other processes out of a folder, which is made if it is missing, and goes again if nothing is left in it.

    The lock goes with the process, however that ends. Where the system has no locks, nobody is kept out.

    Raises
    ------
    FileError
        If another one works in it, or it cannot be written.
    """
    path = folder / _LOCK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
    except OSError as error:
        raise FileError(f"{folder.parent} cannot be written: {error.strerror}; choose another folder") from error
    with ExitStack() as stack:
        stack.callback(_remove_empty, folder)
        stack.enter_context(file)
        if not (_is_locked(file) and path.exists()):  # the one before may just have removed it
            raise FileError(
                f"another process works on the same image in {folder.parent}; wait for it, or choose another folder"
            )
        stack.callback(_remove, path)
        yield


def _remove(path: Path) -> None:
    """Remove a lock while it is held, so that nobody else's goes; Windows keeps what is open."""
    with suppress(OSError):
        path.unlink()


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        if sys.platform == "win32":
            (folder / _LOCK).unlink()  # not if another one has it open
        folder.rmdir()


def _is_locked(file: IO[Any]) -> bool:
    """Lock a file until it is closed; False if somebody else has done that."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # some file systems have no locks
        return True
    return True
