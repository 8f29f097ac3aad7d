"""Speed of convex hulls: against those of scikit-image, which are drawn as images, in one run."""

from __future__ import annotations

import numpy as np
from scenes import WORK, balls
from timing import Row, paired

import napari_objclass as oc

FEATURES = [
    "hull_area",
    "hull_convexity",
    "hull_defect_count",
    "hull_defect_area_mean",
    "hull_defect_area_variance",
    "hull_defect_area_skewness",
    "hull_defect_area_kurtosis",
    "hull_defect_displacement",
]


def scikit_image(labels: np.ndarray) -> None:
    from skimage.measure import regionprops_table

    regionprops_table(labels, properties=("area_convex", "solidity"))


def rows() -> list[Row]:
    """Every comparison of this file; the peer measures a part of the image, and its time is scaled by objects."""
    found = []
    for name, work in WORK.items():
        labels = balls(*work)
        corner = np.ascontiguousarray(labels[tuple(slice(n // 4) for n in labels.shape)])
        share = labels.max() / (len(np.unique(corner)) - 1)
        for threads in (1, 2):
            ours, peer = paired(
                lambda n=threads, labels=labels: oc.measure(labels, features=FEATURES, threads=n),
                lambda corner=corner: scikit_image(corner),
                2,
            )
            work_name = f"convex hulls and their defects, {name}, threads: {threads}"
            found.append(Row(work_name, ours.wall, peer.wall * share, "scikit-image, hulls alone, a part, scaled"))
    return found
