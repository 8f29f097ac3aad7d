"""Stages on the way to the repainted screen: how long each takes, as medians and as a table."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


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


def table(first: str, measured: Mapping[str, Sequence[Stage]]) -> list[str]:
    """Table of the same stages, measured in scenes with names, each since the first event."""
    rows = [
        f"| {stages[0].name} | " + " | ".join(f"{each.own:.1f} | {each.since_start:.1f}" for each in stages) + " |"
        for stages in zip(*measured.values(), strict=True)
    ]
    return [
        "| stage | " + " | ".join(f"{name} | since the {first}" for name in measured) + " |",
        "|---|" + "---:|---:|" * len(measured),
        *rows,
    ]
