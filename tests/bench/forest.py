"""Time of training and prediction, against scikit-learn's forest on the same rows in the same run."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from timing import Row, paired

import napari_objclass as oc

N_TRAIN, N_PREDICT, N_COLUMNS = 1000, 1_000_000, 60


def rows() -> list[Row]:
    """Training and prediction, by wall clock and by CPU seconds, on one and on two threads."""
    x, y = make_classification(
        N_TRAIN + N_PREDICT, N_COLUMNS, n_informative=12, n_redundant=8, n_classes=4, flip_y=0.05, random_state=0
    )
    x = x.astype(np.float32)
    return [row for threads in (1, 2) for row in compare(x, y, threads)]


def compare(x: np.ndarray, y: np.ndarray, threads: int) -> list[Row]:
    """The comparisons on one number of threads for both."""
    train, classes, unseen = x[:N_TRAIN], y[:N_TRAIN], x[N_TRAIN:]
    ours = oc.RandomForest(threads=threads)
    peer = RandomForestClassifier(100, random_state=0, n_jobs=threads)
    works = {
        f"train {N_TRAIN} × {N_COLUMNS}": (lambda: ours.fit(train, classes), lambda: peer.fit(train, classes), 5),
        f"predict 1M × {N_COLUMNS}": (lambda: ours.predict_proba(unseen), lambda: peer.predict_proba(unseen), 2),
    }
    found = []
    for work, (run, run_peer, rounds) in works.items():
        here, there = paired(run, run_peer, rounds)
        for clock in ("wall", "cpu"):
            title = f"forest, {work}, threads: {threads}, {clock}"
            found.append(Row(title, getattr(here, clock), getattr(there, clock), "scikit-learn"))
    return found
