"""Generated images whose objects have a known class."""

from typing import NamedTuple

import numpy as np
from scipy import ndimage


class Scene(NamedTuple):
    """Raw image, label image, and the class of every object by frame and id."""

    raw: np.ndarray
    labels: np.ndarray
    truth: dict[tuple[int, int], int]

    def of_class(self, cls, t=0):
        return [object_id for (frame, object_id), own in self.truth.items() if own == cls and frame == t]


def nuclei(shape=(120, 140), *, seed=0, ids=None, dtype=np.uint32, n_classes=2) -> Scene:
    """Round objects on a grid of 20 pixels (2D or 3D); classes differ in size and brightness; ids rise in raster order.

    ``ids(k)`` gives the id of the k-th object, counted from 0.
    """
    rng = np.random.default_rng(seed)
    ids = ids or (lambda k: k + 1)
    raw = rng.normal(100, 5, shape).astype(np.float32)
    labels = np.zeros(shape, dtype)
    grid = np.ogrid[tuple(slice(length) for length in shape)]
    truth = {}
    for k, cell in enumerate(np.ndindex(*(length // 20 for length in shape))):
        cls = int(rng.integers(n_classes)) + 1
        centre = [20 * index + 10 + rng.uniform(-2, 2) for index in cell]
        radius = 4 + cls + rng.uniform(-0.4, 0.4)
        inside = sum((axis - c) ** 2 for axis, c in zip(grid, centre, strict=True)) <= radius**2
        labels[inside] = ids(k)
        raw[inside] += 30 * cls
        truth[0, ids(k)] = cls
    return Scene(raw, labels, truth)


def movie(n_frames=3, **options) -> Scene:
    """Frames of nuclei ``tyx``; ids repeat between frames."""
    frames = [nuclei(seed=t, **options) for t in range(n_frames)]
    truth = {(t, object_id): cls for t, frame in enumerate(frames) for (_, object_id), cls in frame.truth.items()}
    return Scene(np.stack([f.raw for f in frames]), np.stack([f.labels for f in frames]), truth)


def probability_map(seed, n_nuclei=120, size=400):
    """Smooth map with round, partly touching peaks of different heights, as a pixel classifier gives."""
    rng = np.random.default_rng(seed)
    y, x = np.ogrid[:size, :size]
    nuclei_map = np.zeros((size, size))
    for cy, cx, radius in zip(*rng.uniform(8, size - 8, (2, n_nuclei)), rng.uniform(6, 11, n_nuclei), strict=True):
        distance = np.sqrt((y - cy) ** 2 + (x - cx) ** 2)
        nuclei_map = np.maximum(nuclei_map, 1 / (1 + np.exp((distance - radius) / 1.2)))
    noise = ndimage.gaussian_filter(rng.normal(size=(size, size)), 2)
    return ndimage.gaussian_filter(nuclei_map, 1) + 0.03 * noise / noise.std()
