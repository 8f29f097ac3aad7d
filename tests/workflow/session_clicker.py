"""Labels objects of a session, for the durability tests: what a user at the microscope does."""

import numpy as np
from workflow.durability import PROJECT

import napari_objclass as oc

TRIALS, CLICKS = 200, 200


def label_image():
    """Objects of one pixel, for every click of every trial one: the id is the number of the click, plus 1."""
    return np.add.outer(1000 * np.arange(TRIALS), np.arange(1, CLICKS + 1)).astype(np.uint64)


class SessionClicker:
    """See :mod:`workflow.durability`."""

    def __init__(self, folder):
        self._path = folder / PROJECT
        self._session = _open(folder)
        if not self._session.lanes:
            labels = folder / "labels.npy"
            np.save(labels, label_image())
            self._session.add_lane(labels=labels)

    def click(self, number):
        self._session.annotate(0, number + 1, cls=1 + number % 2)

    def save(self):
        self._session.save(self._path)

    @staticmethod
    def found(folder):
        with _open(folder) as session:
            classes = session.object_classes(0) if session.lanes else {}
        assert all(cls == 2 - object_id % 2 for object_id, cls in classes.items())
        return [object_id - 1 for object_id in classes]


def _open(folder):
    """Open the project; before its first save, what recovery offers; else begin."""
    if (folder / f"{PROJECT}.bak").exists():
        return oc.Session.open(folder / PROJECT)
    left = oc.Session.recoverable()
    return oc.Session.recover(left[0].id) if left else oc.Session()
