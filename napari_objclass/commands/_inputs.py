"""What commands share: images named on the command line, and what is said on the terminal."""

from __future__ import annotations

import math
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from napari_objclass.errors import ParameterError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from napari_objclass.kernels import Progress
    from napari_objclass.workflow.object_classification import TrainedForest
    from napari_objclass.workflow.session import Session

OBJECT_ROLES = ("labels", "segmentation", "probabilities")


def objects_source(args: argparse.Namespace) -> tuple[str, Any]:
    """Return the role that objects come from, and what was given for it.

    Raises
    ------
    ParameterError
        If nothing was given.
    """
    for role in OBJECT_ROLES:
        if getattr(args, role) is not None:
            return role, getattr(args, role)
    raise ParameterError("name the objects: --labels, --segmentation, or --probabilities")


def thresholds_raw(session: Session) -> bool:
    """Whether a project finds the objects of an image in the image itself."""
    return any(set(lane.sources) == {"raw"} for lane in session.lanes)


def find_lane(session: Session, name: str | None) -> int:
    """Position of the image of this name, or of the only one."""
    names = [lane.name for lane in session.lanes]
    if name is None and len(names) == 1:
        return 0
    if name not in names:
        raise ParameterError(f"name one of the project's images with --image: {', '.join(names) or 'it has none'}")
    if names.count(name) > 1:
        raise ParameterError(f"{names.count(name)} images of the project are called {name!r}; name it by its files")
    return names.index(name)


def feature_set(text: str) -> str | tuple[str, ...]:
    """``default``, ``all``, or ids separated by commas."""
    return text if text in ("default", "all") else tuple(part.strip() for part in text.split(","))


def agreement(trained: TrainedForest) -> str:
    """Say how well a forest does on objects that it was not trained on."""
    if trained.imported:
        return "the classifier comes from ilastik, which does not tell how well it does"
    if math.isnan(trained.oob_error):
        return "too few labelled objects to tell how well the forest does"
    return f"agreement on objects not used for training: {100 * (1 - trained.oob_error):.0f} %"


def say_notes(session: Session) -> None:
    """Put what the user should know about a session on stderr."""
    for note in session.notes:
        say_note(note)


def say_note(note: str) -> None:
    """Put one sentence that the user should know on stderr."""
    print(f"objclass: note: {note}", file=sys.stderr)


def expand(patterns: list[str]) -> list[str]:
    """Files of glob patterns, each with the inner path of its pattern; other names stay as they are."""
    from napari_objclass.io.formats import matching

    return [file for pattern in patterns for file in matching(pattern)]


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Progress of kernels as a bar on a terminal; silence elsewhere."""
    from tqdm import tqdm

    with tqdm(disable=None, leave=False, file=sys.stderr) as bar:

        def report(done: int, total: int, what: str) -> None:
            bar.set_description(what, refresh=False)
            bar.total, bar.n = total, done
            bar.refresh()

        yield report
