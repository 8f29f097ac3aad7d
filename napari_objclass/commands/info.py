"""``objclass info``: say what is in a project or an image."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from napari_objclass.commands._inputs import agreement
from napari_objclass.io.formats import ILASTIK_SUFFIX, PROJECT_SUFFIX

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from napari_objclass.io.image import Image
    from napari_objclass.workflow.thresholding import Thresholding


def run(args: argparse.Namespace) -> int:
    """Print a line per fact."""
    facts = _READERS.get(Path(args.file).suffix.lower(), _image)(args.file)
    width = max(map(len, facts))
    for name, fact in facts.items():
        print(_line(f"{name:<{width}}  ", fact))
    return 0


def _line(name: str, fact: str) -> str:
    """One fact: on a terminal folded to its width, else on one line, for other programs."""
    if not sys.stdout.isatty():
        return name + fact
    columns = max(shutil.get_terminal_size().columns, len(name) + 30)
    return textwrap.fill(fact, columns, initial_indent=name, subsequent_indent=" " * len(name), break_on_hyphens=False)


def _image(path: str) -> dict[str, str]:
    from napari_objclass.io.readers import open_image

    image = open_image(path)
    facts = {
        "file": str(image.path) + (f"/{image.inner}" if image.inner else ""),
        "shape": _lengths(image.axes, image.data.shape),
        "dtype": str(image.data.dtype),
    }
    if (chunks := getattr(image.data, "chunks", None)) is not None:
        facts["chunks"] = _lengths(image.axes, chunks)
    for path, lengths in _levels(image).items():
        facts[f"level {path}"] = _lengths(image.axes, lengths)
    if image.spacing is not None:
        facts["voxel size"] = " × ".join(f"{size:g}" for size in image.spacing) + f" {image.units or ''}"
    if image.channel_names:
        facts["channels"] = ", ".join(image.channel_names)
    if image.note:
        facts["note"] = image.note
    return facts


def _lengths(axes: str, lengths: Sequence[int]) -> str:
    return " × ".join(f"{letter} {length}" for letter, length in zip(axes, lengths, strict=True))


def _levels(image: Image) -> dict[str, tuple[int, ...]]:
    """Lengths of all levels of a pyramid by their paths; none for other images."""
    from napari_objclass.io.ome_zarr import ZarrArray, levels

    found = levels(image.data.path, image.data.inner) if isinstance(image.data, ZarrArray) else {}
    return found if len(found) > 1 else {}


def _ilastik(path: str) -> dict[str, str]:
    from napari_objclass.commands._ilastik_facts import facts

    return facts(path)


def _project(path: str) -> dict[str, str]:
    from napari_objclass.workflow.session import Session

    with Session.open(path, read_only=True) as session:
        annotations = session.annotations
        facts = {"project": path, "images": ", ".join(lane.name for lane in session.lanes) or "none"}
        active = Counter(each.cls for each in annotations if each.state == "active")
        for number, each in enumerate(session.classes, 1):
            facts[f"class {number}"] = f"{each.name}, {active[number]} objects labelled"
        for state, count in Counter(each.state for each in annotations if each.state != "active").items():
            facts[f"labels {state}"] = str(count)
        if any(lane.is_thresholded for lane in session.lanes):
            facts["thresholding"] = _thresholding(session.thresholding)
        chosen = session.feature_selection.features
        facts["features"] = f"{len(chosen)}: {', '.join(chosen)}" if chosen else "none chosen yet"
        facts["neighborhood"] = _neighbourhood(session.feature_selection.margin)
        forest = session.forest
        facts["forest"] = (
            "none trained yet"
            if forest is None
            else f"{forest.forest.n_trees} trees, {len(forest.samples.y)} samples, {agreement(forest)}"
        )
        facts |= {f"note {i}": note for i, note in enumerate(session.notes, 1)}
    return facts


def _neighbourhood(margin: int | tuple[int, ...] | None) -> str:
    if margin is None:
        return "as in ilastik: 30 pixels in the plane, 1 across"
    numbers = margin if isinstance(margin, tuple) else (margin,)
    if len(numbers) == 1:
        return f"{numbers[0]} pixels along every axis"
    return f"{', '.join(map(str, numbers))} pixels along {', '.join('zyx'[-len(numbers) :])}"


def _thresholding(settings: Thresholding) -> str:
    """What differs from the default, after the method and the thresholds."""
    from napari_objclass.workflow.thresholding import Thresholding

    cores = f", cores {settings.core_threshold:g}" if settings.method != Thresholding.method else ""
    shown = {"method", "threshold", "core_threshold"}
    others = {name: value for name, value in asdict(settings).items() if name not in shown}
    changed = [f"{name} {value}" for name, value in others.items() if value != getattr(Thresholding, name)]
    return ", ".join([f"{settings.method}, from {settings.threshold:g}{cores}", *changed])


_READERS = {PROJECT_SUFFIX: _project, ILASTIK_SUFFIX: _ilastik}
