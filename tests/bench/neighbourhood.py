"""Speed of looking around objects: against a distance transform by scipy in the box of each object, in one run."""

from __future__ import annotations

import numpy as np
from scenes import WORK, images
from scipy import ndimage, stats
from timing import Row, paired

import napari_objclass as oc
from napari_objclass.features import feature_catalog

MARGINS = {
    "2D 4096², 20164 objects": [(30, 30)],
    "3D 256×512×512, 5324 objects": [(1, 30, 30), (10, 10, 10)],
}

#: Objects that the peer looks at; its time is multiplied by how many more there are.
SAMPLE = 40


def rows() -> list[Row]:
    """Every comparison of this file."""
    return [compare(name, margin) for name, margins in MARGINS.items() for margin in margins]


def compare(name: str, margin: tuple[int, ...]) -> Row:
    """All features of the neighbourhood that are chosen by default, of all objects."""
    labels, raw = images(*WORK[name])
    features = [
        spec.id for spec in feature_catalog(labels.ndim, 1) if spec.id.endswith("_neighborhood") and spec.default
    ]
    boxes = ndimage.find_objects(labels)
    sample = range(0, len(boxes), len(boxes) // SAMPLE)
    ours, peer = paired(
        lambda: oc.measure(labels, raw, features=features, margin=margin, threads=2),
        lambda: [look_around(labels, raw, boxes[i], i + 1, margin) for i in sample],
        3,
    )
    work = f"neighbourhood, margin {margin}, {name}, threads: 2"
    return Row(work, ours.wall, peer.wall * len(boxes) / len(sample), "scipy, 1 thread, from 40 objects")


def look_around(
    labels: np.ndarray, raw: np.ndarray, box: tuple[slice, ...], label: int, margin: tuple[int, ...]
) -> None:
    """What the features hold, for one object, the plain way."""
    outer = tuple(slice(max(0, side.start - m), side.stop + m + 1) for side, m in zip(box, margin, strict=True))
    pitch = [max(margin) // m for m in margin]
    mask = labels[outer] == label
    distance = ndimage.distance_transform_edt(~mask, sampling=pitch)
    pixels = raw[outer][(distance < max(margin)) & ~mask].astype(float)
    stats.describe(pixels, ddof=0)
    np.histogram(pixels, 64)
