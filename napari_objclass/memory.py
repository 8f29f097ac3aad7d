"""How much memory there is: amounts as text, what may still be used, and what was used at most."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from napari_objclass.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNITS = {"": 1, "b": 1}
_UNITS |= {f"{letter}b": 1000**power for power, letter in enumerate("kmgt", 1)}
_UNITS |= {f"{letter}ib": 1024**power for power, letter in enumerate("kmgt", 1)}
_UNITS |= {letter: 1000**power for power, letter in enumerate("kmgt", 1)}

#: Files of a control group, of the first version and of the second: its limit, what is used, the pages of files among
#: that, which are given back when memory runs short.
_V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
_V2 = ("memory.max", "memory.current", "inactive_file")

#: Number of the setting of the C library of GNU above which pieces are mapped one by one, and what is set there.
_MMAP_THRESHOLD, _LARGE = -3, 1 << 20


def parse(amount: str | int) -> int:
    """Bytes of an amount such as ``"4GB"``, ``"250 MB"``, ``"1.5 GiB"`` or a number of bytes.

    Raises
    ------
    ParameterError
        If it is none, or nothing.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([a-z]*)\s*", str(amount), re.IGNORECASE)
    if (
        found is None
        or found[2].lower() not in _UNITS
        or not (n_bytes := int(float(found[1]) * _UNITS[found[2].lower()]))
    ):
        raise ParameterError(f"{amount!r} is no amount of memory; write it as 4GB, 250MB or 1.5GiB")
    return n_bytes


def text(n_bytes: float) -> str:
    """Amount as people say it: ``210 MB``, ``4.3 GB``."""
    for power, name in reversed(list(enumerate(("bytes", "kB", "MB", "GB", "TB")))):
        if n_bytes >= 0.9995 * 1000**power or power == 0:
            number = n_bytes / 1000**power
            return f"{number:.1f} {name}" if power > 2 and number < 99.95 else f"{number:.0f} {name}"
    raise AssertionError("any number is at least some bytes")


def limit(root: Path = Path("/")) -> int | None:
    """Bytes that this process may use in all, by the machine and by its control groups; None if nobody tells."""
    limits = [most for most, _ in _groups(root)]
    with suppress(AttributeError, OSError, ValueError):
        limits.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    if sys.platform == "win32":
        limits.append(_windows()[0])
    return min(limits, default=None)


def available(root: Path = Path("/")) -> int:
    """Bytes that can be used beside what is used already.

    The least of what the machine has free and of what each control group that this process is in leaves; half of the
    machine's memory where the system does not tell what is free.

    Parameters
    ----------
    root
        Where ``/proc`` and ``/sys`` are.
    """
    left = [max(0, most - used) for most, used in _groups(root)]
    if sys.platform == "win32":
        left.append(_windows()[1])
    elif (free := _field(root / "proc/meminfo", "MemAvailable:")) is not None:
        left.append(1024 * free)
    if left:
        return min(left)
    return (limit(root) or parse("2GB")) // 2


def used() -> int:
    """Bytes that this process has in memory now, as far as the system tells."""
    if (now := _field(Path("/proc/self/status"), "VmRSS:")) is not None:
        return 1024 * now
    return peak()


def keep_little() -> None:
    """Let large pieces of memory go back to the system as soon as they are freed, from now on.

    The C library of GNU keeps ever larger ones for later otherwise, in as many places as there are threads.
    """
    import ctypes

    if sys.platform == "linux":
        with suppress(AttributeError, OSError):
            ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE)


def give_back() -> None:
    """Hand memory that was freed back to the system, where its C library keeps it otherwise: that of GNU does."""
    import ctypes

    if sys.platform == "linux":
        with suppress(AttributeError, OSError):
            ctypes.CDLL(None).malloc_trim(0)


def peak() -> int:
    """Bytes that this process had in memory at most, or the largest of its children that have ended."""
    if sys.platform == "win32":
        return _windows_peak()
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    own = _field(Path("/proc/self/status"), "VmHWM:")  # the other begins with that of the process it was started from
    if own is None:
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return unit * max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)


def _groups(root: Path) -> Iterator[tuple[int, int]]:
    """Limit and use of each control group that this process is in, where it has a limit."""
    try:
        lines = (root / "proc/self/cgroup").read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "memory"):
            mounted = root / "sys/fs/cgroup" / controllers
            within = [part for part in path.split("/") if part not in ("", "..")]
            for depth in range(len(within) + 1):  # in a container, the mount may begin further down than the path
                folder = mounted.joinpath(*within[:depth])
                if (found := _group(folder, *(_V1 if controllers else _V2))) is not None:
                    yield found


def _group(folder: Path, most: str, used: str, given_back: str) -> tuple[int, int] | None:
    try:
        limit = int((folder / most).read_text("ascii"))
        use = int((folder / used).read_text("ascii"))
    except (OSError, ValueError):  # "max" is no limit
        return None
    return limit, use - (_field(folder / "memory.stat", given_back) or 0)


def _field(path: Path, name: str) -> int | None:
    """Number behind a name, each on a line of its own."""
    try:
        lines = path.read_text("ascii").splitlines()
        return next((int(words[1]) for line in lines if (words := line.split()) and words[0] == name), None)
    except (OSError, ValueError, IndexError):
        return None


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    class _Status(ctypes.Structure):
        _fields_ = [
            ("length", wintypes.DWORD),
            ("load", wintypes.DWORD),
            *((name, ctypes.c_ulonglong) for name in ("all", "free", "a", "b", "c", "d", "e")),
        ]

    class _Counters(ctypes.Structure):
        _fields_ = [
            ("length", wintypes.DWORD),
            ("faults", wintypes.DWORD),
            *((name, ctypes.c_size_t) for name in ("peak", "now", "a", "b", "c", "d", "e", "f")),
        ]

    def _windows() -> tuple[int, int]:
        """Memory of the machine, and what is free."""
        status = _Status(length=ctypes.sizeof(_Status))
        ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
        return status.all, status.free

    def _windows_peak() -> int:
        counters = _Counters(length=ctypes.sizeof(_Counters))
        current = ctypes.windll.kernel32.GetCurrentProcess
        current.restype = wintypes.HANDLE
        own = wintypes.HANDLE(current())
        ctypes.windll.psapi.GetProcessMemoryInfo(own, ctypes.byref(counters), counters.length)
        return counters.peak
