"""Names of result files: templates, what may stand in them, and the files that a name with a gap can become."""

from __future__ import annotations

import re
import sys
from bisect import bisect_left
from pathlib import Path
from typing import TYPE_CHECKING

from napari_objclass.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

#: Filled in when the files of an image are planned.
OF_TABLES = ("dataset_dir", "nickname")
OF_IMAGES = (*OF_TABLES, "result_type")

#: Filled in when an image is written: only then its shape is known.
SLICE_INDEX = "slice_index"
OF_REGIONS = ("roi", *(f"{axis}_{end}" for axis in "txyzc" for end in ("start", "stop")))

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_GAP = re.compile(r"\{(" + "|".join((SLICE_INDEX, *OF_REGIONS)) + r")\}")

Region = dict[str, tuple[int, int]]


def check_template(template: str, known: Collection[str], what: str) -> str:
    """``template`` if it has no other placeholders than ``known``.

    Raises
    ------
    ParameterError
        Otherwise.
    """
    if "\0" in template:
        raise ParameterError(f"{template!r} has a character that no file name can have; leave it out")
    for name in _PLACEHOLDER.findall(template):
        if name not in known:
            raise ParameterError(
                f"{{{name}}} in {template!r} cannot be filled in; file names of {what} may have "
                + ", ".join(f"{{{each}}}" for each in known)
            )
    return template


def expand_template(template: str, fields: Mapping[str, object]) -> str:
    """Fill ``{dataset_dir}/{nickname}_{result_type}`` and the like; placeholders without a field stay as they are."""
    return _PLACEHOLDER.sub(lambda match: str(fields.get(match[1], match[0])), template)


def harmless(name: str) -> str:
    """Name of an image as a part of a file name: without ``*``, and with no way to another folder."""
    kept = re.sub(r"[/\\\0]", "_", name.replace("*", ""))
    return kept if kept.strip(".") else "_" * len(kept)


def filled_in(path: Path, region: Region) -> Path:
    """Fill in what part of an image is written: first pixel and end along each of its axes."""
    ends: dict[str, object] = {"roi": "_".join(f"{axis}{start}-{stop}" for axis, (start, stop) in region.items())}
    for axis in "txyzc":
        ends[f"{axis}_start"], ends[f"{axis}_stop"] = region.get(axis, (0, 1))
    return Path(expand_template(str(path), ends))


def has_gap(path: Path) -> bool:
    """Whether something is filled in only when the image is written."""
    return _GAP.search(str(path)) is not None


def become(path: Path, among: Sequence[str]) -> str | None:
    """Find the first of ``among``, which is sorted, that a path can become when its gaps are filled in."""
    start = _GAP.split(str(path), maxsplit=1)[0]
    likely = among[bisect_left(among, start) : bisect_left(among, start + chr(sys.maxunicode))]
    return next((each for each in likely if _pattern(path).fullmatch(each)), None)


def existing(path: Path) -> Iterator[Path]:
    """Files that are there already and that a result may overwrite."""
    if not has_gap(path):
        yield from [path] if path.exists() else []
    elif path.parent.is_dir():
        pattern = _pattern(path)
        yield from (each for each in sorted(path.parent.iterdir()) if pattern.fullmatch(str(each)))


def _pattern(path: Path) -> re.Pattern[str]:
    parts = _GAP.split(str(path))  # text and names of gaps by turns
    filling = {"roi": r"[\w-]+"}
    return re.compile("".join(filling.get(part, r"\d+") if i % 2 else re.escape(part) for i, part in enumerate(parts)))
