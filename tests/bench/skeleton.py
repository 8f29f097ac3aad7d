"""Speed of skeletons: against VIGRA, in one run, thread for thread and with two threads against its one."""

from __future__ import annotations

from scenes import WORK, balls
from timing import Row, fastest, least
from vigra_peer import Vigra

import napari_objclass as oc
from napari_objclass.features import feature_catalog

FEATURES = [spec.id for spec in feature_catalog(2, 0) if spec.id.startswith("skeleton")]

VIGRA_CALL = "labels: vigra.analysis.extractSkeletonFeatures(labels)"


def rows() -> list[Row]:
    """Every comparison of this file."""
    name, *_ = WORK
    labels = balls(*WORK[name])
    ours, vigras = {1: [], 2: []}, []
    with Vigra(VIGRA_CALL, labels) as vigra:
        for _ in range(3):
            for threads, times in ours.items():
                times.append(least(lambda n=threads: oc.measure(labels, features=FEATURES, threads=n), 2))
            vigras += vigra.run()
    if not vigras:
        return []
    peer = fastest(vigras)
    return [
        Row(f"skeleton, {name}, threads: {n}", fastest(times).wall, peer.wall, "VIGRA, 1 thread")
        for n, times in ours.items()
    ]
