"""Which object is worth looking at next: choices among the objects of an image, all as rows of its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray


def most_unsure(uncertainty: NDArray[np.float32], among: NDArray[np.bool_]) -> int | None:
    """Row of the most unsure object; of equals, the first; None if there is none.

    Parameters
    ----------
    uncertainty
        (n,) uncertainty of every object; NaN for those that cannot be predicted, which are never chosen.
    among
        (n,) which objects may be chosen.
    """
    rank = np.where(among & ~np.isnan(uncertainty), uncertainty, -1)
    row = int(rank.argmax()) if len(rank) else 0
    return row if len(rank) and rank[row] >= 0 else None


def at_random(among: NDArray[np.bool_], rng: Generator) -> int | None:
    """Row of any of the objects ``among``, (n,); None if there is none."""
    rows = np.flatnonzero(among)
    return int(rows[rng.integers(len(rows))]) if len(rows) else None


def following(among: NDArray[np.bool_], row: int | None) -> int | None:
    """Row of the next of the objects ``among``, (n,), behind ``row``; from the last one on to the first.

    None if there is none but, perhaps, ``row`` itself.
    """
    rows = np.flatnonzero(among)
    if len(rows) == 0 or (len(rows) == 1 and rows[0] == row):
        return None
    place = 0 if row is None else int(np.searchsorted(rows, row, side="right"))
    return int(rows[place % len(rows)])
