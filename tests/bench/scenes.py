"""Generated images that the comparisons run on: many separate objects on a noisy background."""

from __future__ import annotations

import numpy as np


def balls(shape: tuple[int, ...], grid: tuple[int, ...], radius: float, seed: int = 0) -> np.ndarray:
    """Make a label image with one ball per grid cell, at a random place inside its cell; ids in grid order."""
    rng = np.random.default_rng(seed)
    cell = np.array(shape) / np.array(grid)
    labels = np.zeros(shape, np.uint32)
    reach = int(np.ceil(radius))
    offsets = np.indices((2 * reach + 1,) * len(shape)).reshape(len(shape), -1).T - reach
    room = cell - 2 * reach - 2
    for number, place in enumerate(np.ndindex(*grid), start=1):
        centre = (np.array(place) * cell + reach + 1 + rng.random(len(shape)) * room).astype(int)
        part = rng.random(len(shape)) - 0.5
        inside = ((offsets - part) ** 2).sum(1) <= radius**2
        labels[tuple((centre + offsets[inside]).T)] = number
    return labels


def images(shape: tuple[int, ...], grid: tuple[int, ...], radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Labels (uint32) and noisy raw (uint16) of balls."""
    labels = balls(shape, grid, radius)
    rng = np.random.default_rng(1)
    raw = rng.integers(100, 1500, shape, dtype=np.uint16)
    raw += (labels > 0).astype(np.uint16) * np.uint16(2000) + (labels % 4096).astype(np.uint16)
    return labels, raw


WORK = {
    "2D 4096², 20164 objects": ((4096, 4096), (142, 142), 8.0),
    "3D 256×512×512, 5324 objects": ((256, 512, 512), (11, 22, 22), 6.5),
}
