"""Clicks on a bare project store, for the durability tests."""

import threading

import numpy as np
from workflow import project_samples
from workflow.durability import PROJECT

from napari_objclass.workflow.project import Opened, ProjectStore


class StoreClicker:
    """See :mod:`workflow.durability`."""

    def __init__(self, folder):
        self._path = folder / PROJECT
        self._store, opened = _open(folder)
        self._clicks = project_samples.clicks_of(opened)
        self._both = threading.Lock()

    def click(self, number):
        with self._both:
            self._store.append(project_samples.click(number))
            self._clicks.append(number)

    def save(self):
        with self._both:
            clicks, seq = list(self._clicks), self._store.seq
        # Noise does not compress: enough of it for a save that takes a while.
        noise = np.random.default_rng(len(clicks)).random((4000, 40), dtype=np.float32)
        arrays = project_samples.arrays(clicks)
        self._store.save(self._path, project_samples.document(clicks), {**arrays, "samples/noise": noise}, seq=seq)

    @staticmethod
    def found(folder):
        store, opened = _open(folder)
        store.close()
        return project_samples.clicks_of(opened)


def _open(folder):
    """Open the project; before its first save, what recovery offers; else nothing."""
    if (folder / f"{PROJECT}.bak").exists():
        return ProjectStore.open(folder / PROJECT, exclusive=True)
    left = ProjectStore.recoverable()
    return ProjectStore.recover(left[0].id) if left else (ProjectStore.new(), Opened(None))
