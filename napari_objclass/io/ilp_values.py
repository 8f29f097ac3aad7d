"""Values in an ilastik project as plain Python ones, whatever its version wrote, and parts that may be damaged."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from napari_objclass.errors import FileError, ObjClassError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import h5py

T = TypeVar("T")
Place = TypeVar("Place")


@contextmanager
def reading(path: Path, what: str = "the project") -> Iterator[h5py.File]:
    """Open the file, to be read only; errors while it is open are told as damage of ``what``.

    Raises
    ------
    FileError
        If there is none, or it is no HDF5 file, or cannot be read.
    """
    with _opened(path) as file:
        try:
            yield file
        except (ObjClassError, MemoryError):
            raise
        except Exception as error:  # a damaged file can fail anywhere
            raise FileError(f"{path} is damaged: {what} cannot be read ({reason(error)})") from error


def _opened(path: Path) -> h5py.File:
    import h5py

    try:
        return h5py.File(path, "r")
    except FileNotFoundError as error:
        raise FileError(f"there is no file {path}; check the path") from error
    except IsADirectoryError as error:
        raise FileError(f"{path} is a folder; name the project file in it") from error
    except BlockingIOError as error:
        raise FileError(f"{path} is open in another program, probably ilastik; close it there") from error
    except PermissionError as error:
        raise FileError(f"{path} cannot be read; ask for the permission to") from error
    except OSError as error:
        if h5py.is_hdf5(path):
            raise FileError(f"{path} is damaged ({reason(error)}); use a backup of the project") from error
        raise FileError(f"{path} is not an ilastik project: it is no HDF5 file") from error


class Frames(Mapping[int, T]):
    """Something of every frame, read from the file when it is asked for.

    Parameters
    ----------
    path
        The project.
    places
        Where to find it, by frame.
    read
        Called with the open file and the place.
    """

    def __init__(self, path: Path, places: Mapping[int, Place], read: Callable[[h5py.File, Place], T]) -> None:
        self._path = path
        self._places = places
        self._read = read

    def __getitem__(self, frame: int) -> T:
        place = self._places[frame]
        with reading(self._path, f"frame {frame}") as file:
            return self._read(file, place)

    def __iter__(self) -> Iterator[int]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class Notes(list[str]):
    """What was left out, one sentence each."""

    def attempt(self, what: str, default: T, read: Callable[..., T], *arguments: Any) -> T:
        """Return what ``read`` does; if the file is damaged there, a note and ``default``."""
        try:
            return read(*arguments)
        except MemoryError:
            raise
        except Exception as error:  # a damaged file can fail anywhere
            self.append(f"{what} left out, because that part of the file cannot be read ({reason(error)})")
            return default


def reason(error: Exception) -> str:
    """Say on one line why something failed."""
    return " ".join(str(error).split()).strip("'\"") or type(error).__name__


def text(value: Any) -> str:
    """Text from UTF-8 bytes or an array of one.

    Raises
    ------
    ValueError
        If it is no text.
    """
    value = value.item() if isinstance(value, np.ndarray) and value.size == 1 else value
    if not isinstance(value, (bytes, str)):
        raise ValueError(f"{value!r} is no text")
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def attribute(node: h5py.Group | h5py.Dataset, name: str) -> Any:
    """Text or number of an attribute; None if there is none.

    Raises
    ------
    ValueError
        If it is of another type.
    """
    import h5py

    if name not in node.attrs:
        return None
    dtype = node.attrs.get_id(name).dtype
    if dtype.kind not in "biufS" and h5py.check_string_dtype(dtype) is None:  # of a damaged type, HDF5 could crash
        raise ValueError(f"{name} of {node.name} is neither text nor number")
    return plain(node.attrs[name])


def plain(value: Any) -> Any:
    """Text, number, or tuple of them; None for anything else."""
    if isinstance(value, bytes):
        return text(value)
    if isinstance(value, np.ndarray):
        return plain(value.item()) if value.ndim == 0 else tuple(plain(each) for each in value)
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, (str, int, float)) else None  # a dataset may be there without a value


def settings(parent: h5py.Group, name: str) -> dict[str, Any]:
    """Small datasets of a group and of the groups in it, named ``group/name`` there."""
    found = {}
    for key, child in groups_and_values(parent.get(name, {})):
        if hasattr(child, "shape"):
            if child.shape is not None and child.size <= 64:
                found[key] = plain(child[()])
        else:
            found |= {f"{key}/{inner}": plain(child[inner][()]) for inner in child if inner in {"x", "y", "z"}}
    found.pop("StorageVersion", None)
    return found


def groups_and_values(group: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Name and content of what is in a group, but for links that lead nowhere."""
    for key in group:
        child = group.get(key)
        if child is not None:
            yield key, child


def numbered(group: Mapping[str, Any]) -> dict[int, str]:
    """Names in a group by the number in which they end, in the order of the numbers."""
    found = {}
    for key in group:
        digits = key[len(key.rstrip("0123456789")) :]
        if digits:
            found[int(digits)] = key
    return dict(sorted(found.items()))
