"""What is said when pixels of a file that was opened cannot be read."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from napari_objclass.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def reading(place: object) -> Iterator[None]:
    """Read pixels of a file, which is called ``place`` in messages.

    Raises
    ------
    FileError
        If that fails: a damaged chunk can fail anywhere in the libraries that decode it.
    """
    try:
        yield
    except (FileError, IndexError, MemoryError):
        raise
    except (FileNotFoundError, PermissionError) as error:
        raise FileError(f"{place} cannot be read: {error.strerror or error}") from error
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise FileError(f"{place} is damaged ({reason}); make it again") from error
