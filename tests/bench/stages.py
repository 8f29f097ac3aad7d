"""Stages on the way to the repainted screen: how long each takes, as medians and as a table."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: How many objects are annotated.
ANNOTATED = 200


class Stage(NamedTuple):
    """A stage, the milliseconds it takes by itself, and those from the beginning to its end."""

    name: str
    own: float
    since_start: float


def medians(runs: Sequence[Mapping[str, float]], names: Sequence[str], follows: Mapping[str, str]) -> list[Stage]:
    """Stages of some runs.

    Parameters
    ----------
    runs
        Seconds from the beginning of each run to the end of its stages; 0 where there was none.
    names
        Of the stages, in order.
    follows
        What each stage follows on, where it is not the one before.
    """
    before = dict(zip(names[1:], names, strict=False)) | follows

    def median(name: str, start: str = "") -> float:
        return statistics.median(each.get(name, 0) - each.get(start, 0) for each in runs) * 1e3

    return [Stage(name, median(name, before.get(name, "")), median(name)) for name in names]


class Measured(NamedTuple):
    """A scene by its name, what was in it, and the stages that were measured there."""

    scene: str
    what: str
    stages: list[Stage]


def section(first: str, beginning: str, n: int, found: Sequence[Measured]) -> list[str]:
    """Section of the report: the same stages in several scenes.

    Parameters
    ----------
    first, beginning
        The event that all is measured from, in a word, and in words.
    n
        How often it was measured.
    """
    return [
        "",
        f"From {beginning} to the repainted screen, GL drawing excluded: milliseconds of every stage, and since the "
        f"{first}; median of {n} {first}s, {ANNOTATED} annotations.",
        "Some stages run beside each other.",
        "",
        *(f"- {each.what}" for each in found),
        "",
        *_table(first, found),
    ]


def _table(first: str, found: Sequence[Measured]) -> list[str]:
    rows = [
        f"| {stages[0].name} | " + " | ".join(f"{each.own:.1f} | {each.since_start:.1f}" for each in stages) + " |"
        for stages in zip(*(each.stages for each in found), strict=True)
    ]
    return [
        "| stage | " + " | ".join(f"{each.scene} | since the {first}" for each in found) + " |",
        "|---|" + "---:|---:|" * len(found),
        *rows,
    ]
