"""Time of training and prediction, against scikit-learn's forest on the same rows in the same run."""

from __future__ import annotations

import time

import numpy as np
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier

from napari_objclass.forest import RandomForest

N_TRAIN, N_PREDICT, N_COLUMNS = 1000, 1_000_000, 60


def rows(threads: int = 1, n_predict: int = N_PREDICT) -> list[tuple[str, float, float, float]]:
    """Rows of (work, seconds here, seconds of scikit-learn, ratio); each time is the least of several."""
    x, y = make_classification(
        N_TRAIN + n_predict, N_COLUMNS, n_informative=12, n_redundant=8, n_classes=4, flip_y=0.05, random_state=0
    )
    x = x.astype(np.float32)
    train, classes, unseen = x[:N_TRAIN], y[:N_TRAIN], x[N_TRAIN:]
    ours = RandomForest(threads=threads)
    peer = RandomForestClassifier(100, random_state=0, n_jobs=threads)
    works = {
        f"train {N_TRAIN} x {N_COLUMNS}": (lambda: ours.fit(train, classes), lambda: peer.fit(train, classes), 5),
        f"predict {n_predict} x {N_COLUMNS}": (
            lambda: ours.predict_proba(unseen),
            lambda: peer.predict_proba(unseen),
            2,
        ),
    }
    table = []
    for work, (run, run_peer, repeats) in works.items():
        pairs = zip(least_seconds(run, repeats), least_seconds(run_peer, repeats), strict=True)
        for clock, (here, there) in zip(("wall", "CPU"), pairs, strict=True):
            table.append((f"{work}, {threads} threads, {clock}", here, there, there / here))
    return table


def least_seconds(run, repeats: int) -> tuple[float, float]:
    """Least wall-clock and least CPU seconds (all threads) of some runs."""
    walls, cpus = [], []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return min(walls), min(cpus)


if __name__ == "__main__":
    for threads in (1, 2):
        for work, here, there, ratio in rows(threads):
            print(f"{work:45} {here:8.3f} s   scikit-learn {there:8.3f} s   {ratio:5.1f} x")
