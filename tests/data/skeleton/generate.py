"""Generate hard objects with the skeleton features that VIGRA finds: ``/usr/bin/python3 generate.py``.

Needs python3-vigra; see ``../provenance.md``.
"""

from pathlib import Path

import numpy as np
import vigra

FEATURES = (
    "Diameter",
    "Euclidean Diameter",
    "Total Length",
    "Average Length",
    "Branch Count",
    "Hole Count",
    "Skeleton Center",
    "Terminal 1",
    "Terminal 2",
)


def components(mask, neighbours=4):
    """Number the connected components of a mask."""
    return np.asarray(vigra.analysis.labelImageWithBackground(mask.astype(np.uint8), neighbours)).astype(int)


def smooth(rng, shape, sigma):
    """Draw smoothed noise."""
    return np.asarray(vigra.filters.gaussianSmoothing(rng.random(shape).astype(np.float32), sigma))


def pixels(rng):
    """Connected pixels of noise, full of holes."""
    return components(rng.random((70, 90)) < 0.62)


def corners(rng):
    """Pixels of noise that touch at corners."""
    return components(rng.random((70, 60)) < 0.42, 8)


def pinholes(rng):
    """Smooth blobs with pin-holes."""
    hills = smooth(rng, (220, 240), 5)
    return components((hills > np.quantile(hills, 0.45)) & (rng.random(hills.shape) > 0.004))


def cells(rng):
    """Touching cells with a few pin-holes."""
    places = rng.random((40, 2)) * [110, 130]
    y, x = np.mgrid[:110, :130]
    nearest = ((y[..., None] - places[:, 0]) ** 2 + (x[..., None] - places[:, 1]) ** 2).argmin(-1) + 1
    return nearest * (rng.random(nearest.shape) > 0.01)


def pieces(rng):
    """Labels of several pieces."""
    found = components(rng.random((80, 100)) < 0.55)
    return rng.integers(1, 9, found.max() + 1)[found] * (found > 0)


def interleaved(rng):
    """Labels that reach into each other and to the border."""
    return np.argmax([smooth(rng, (90, 100), 1.2) for _ in range(5)], 0)


def nested(rng):
    """Wavy rings in rings, some of their pixels missing."""
    y, x = np.mgrid[:130, :130]
    waves = 60 * smooth(rng, (130, 130), 3)
    rings = ((np.hypot(y - 50, x - 70) + waves) / 6).astype(int)
    return rings * (rng.random(rings.shape) > 0.02)


def shapes(rng):
    """Discs, squares, diamonds and rings over one another, clipped by the border."""
    labels = np.zeros((150, 170), int)
    y, x = np.mgrid[:150, :170]
    for label in range(1, 30):
        dy, dx = abs(y - rng.uniform(0, 150)), abs(x - rng.uniform(0, 170))
        distance = (np.hypot(dy, dx), np.maximum(dy, dx), dy + dx)[label % 3]
        outer = rng.uniform(1, 25)
        labels[(distance <= outer) & (distance >= (label % 2) * rng.uniform(0, outer))] = label
    return labels


def row(rng):
    """One row."""
    return rng.integers(0, 3, (1, 60))


def column(rng):
    """One column."""
    return rng.integers(0, 3, (60, 1))


def contiguous(labels):
    """Labels as 1, 2, 3, …, the smallest type that holds them."""
    ids, places = np.unique(labels, return_inverse=True)
    found = places.reshape(labels.shape) + (ids[0] != 0)
    return found.astype(np.uint8 if found.max() < 256 else np.uint16)


def values(labels):
    """VIGRA's values, a row per label: nine features, places in x, y order."""
    image = vigra.taggedView(labels.astype(np.uint32), "yx")
    found = vigra.analysis.extractSkeletonFeatures(image)
    columns = [found[name][1:].reshape(labels.max(), -1)[:, ::-1] for name in FEATURES]
    return np.hstack(columns).astype(float)


def main():
    """Write ``hard.npz``."""
    arrays = {}
    images = [pixels, corners, pinholes, cells, pieces, interleaved, nested, shapes, row, column]
    for seed, image in enumerate(images):
        labels = contiguous(image(np.random.default_rng(seed)))
        arrays[f"{image.__name__}_labels"] = labels
        arrays[f"{image.__name__}_values"] = values(labels)
    arrays["names"] = np.array([image.__name__ for image in images])
    np.savez_compressed(Path(__file__).parent / "hard.npz", **arrays)
    for image in images:
        print(image.__name__, len(arrays[f"{image.__name__}_values"]), arrays[f"{image.__name__}_values"][:, 5].sum())


if __name__ == "__main__":
    main()
