"""The guide: goes to the object that is worth looking at next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from psygnal import Signal

from napari_objclass.widgets.viewer import answers
from napari_objclass.workflow import candidates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.widgets.viewer.shown import Shown

Key = tuple[int, int]

#: Seed of the random walk: an image is walked in the same way every time.
SEED = 0

NOTHING_LEFT = "Every object is labelled, or was visited since the last prediction."


class Guide:
    """Walks through objects of the image shown.

    Attributes
    ----------
    current
        Frame and id of the object that was gone to, or clicked, last.
    note
        One sentence on the latest step: why this object, or why none; the status bar shows it too.
    moved
        Emitted after every step.
    """

    moved = Signal()

    def __init__(self, shared: ViewerSession) -> None:
        self._shared = shared
        self.current: Key | None
        self._visited: set[Key]
        self._forget()
        shared.replaced.connect(self._forget)
        shared.shown_changed.connect(self._follow)

    # ------------------------------------------------------------------------------------------------- steps

    def next_unsure(self) -> None:
        """Go to the most unsure object that is not labelled and was not visited since the last prediction.

        After :meth:`previous` it is the one that was left; without a prediction, a random one.
        """
        shown = self._measured()
        if shown is None:
            return
        prediction = answers.prediction(shown)
        if self._ahead:
            self._go(self._ahead.pop(), "you were here before")
        elif prediction is None:
            self._go_at_random(shown, "random, as nothing is predicted yet")
        else:
            row = candidates.most_unsure(prediction.uncertainty, self._open(shown))
            why = "" if row is None else f"uncertainty {prediction.uncertainty[row]:.2f}"
            self._go_to_row(shown, row, why, NOTHING_LEFT)

    def previous(self) -> None:
        """Go back to the object before."""
        if not self._behind:
            self._tell("There is no object before this one.")
            return
        key, left = self._behind.pop(), self.current
        self.current = None  # so that it is not behind the one before
        self._go(key, "you were here before")
        if left is not None:
            self._ahead.append(left)

    def next_random(self) -> None:
        """Go to a random object that is not labelled and was not visited since the last prediction."""
        shown = self._measured()
        if shown is not None:
            self._ahead.clear()
            self._go_at_random(shown, "random")

    def next_of_class(self, cls: int) -> None:
        """Go to the next object, in order of frame and id, that is labelled as a class or else predicted as it."""
        shown = self._measured()
        if shown is None:
            return
        classes = self._shared.session.classes
        labels, prediction = answers.labels(shown, classes), answers.prediction(shown)
        numbers = labels if prediction is None else np.where(labels, labels, answers.predicted(shown, classes))
        name = classes[cls - 1].name
        row = candidates.following(numbers == cls, self._row(shown))
        how = "labelled" if row is not None and labels[row] else "predicted"
        self._go_to_row(shown, row, f"{how} {name}", f"There is no other object labelled or predicted {name}.")

    def keep_prediction(self) -> None:
        """Label the current object with its predicted class, and go to the next unsure one."""
        shown = self._measured()
        if shown is None:
            return
        prediction, row = answers.prediction(shown), self._row(shown)
        cls = 0
        if prediction is not None and row is not None:
            cls = int(answers.predicted(shown, self._shared.session.classes)[row])
        if self.current is None or cls == 0:
            self._tell("Go to an object that is predicted; then its prediction can be kept.")
            return
        t, object_id = self.current
        self._visited.add(self.current)  # its label arrives later
        self._shared.annotate(t, [object_id], cls)
        self.next_unsure()

    def go_to(self, t: int, object_id: int) -> None:
        """Go to an object."""
        self._go((t, object_id))

    # --------------------------------------------------------------------------------------------------- ways

    def _go_at_random(self, shown: Shown, why: str) -> None:
        self._go_to_row(shown, candidates.at_random(self._open(shown), self._rng), why, NOTHING_LEFT)

    def _go_to_row(self, shown: Shown, row: int | None, why: str, otherwise: str) -> None:
        """Go to the object in a row, or tell why there is none."""
        if row is None:
            self._tell(otherwise)
            return
        assert shown.objects is not None
        self._go((int(shown.objects.frames[row]), int(shown.objects.ids[row])), why)

    def _go(self, key: Key, why: str = "") -> None:
        if self.current is not None and self.current != key:
            self._behind.append(self.current)
        self.current = key
        self._visited.add(key)
        self._shared.display.go_to(*key)
        shown = self._shared.shown
        is_film = shown is not None and shown.objects is not None and len(shown.objects.labels) > 1
        where = f"Object {key[1]} (frame {key[0]})" if is_film else f"Object {key[1]}"
        self._tell(f"{where}: {why}." if why else f"{where}.")

    def _tell(self, note: str) -> None:
        self.note = self._shared.viewer.status = note
        self.moved.emit()

    # ------------------------------------------------------------------------------------------------ objects

    def _measured(self) -> Shown | None:
        """What is shown, if its objects are known."""
        shown = self._shared.shown
        if shown is None or shown.objects is None or len(shown.objects.ids) == 0:
            self._tell("There are no objects to go to yet.")
            return None
        return shown

    def _open(self, shown: Shown) -> NDArray[np.bool_]:
        """Which objects are worth a visit, (n,): neither labelled, nor visited since the last prediction."""
        found = answers.labels(shown, self._shared.session.classes) == 0
        rows = _rows(shown, list(self._visited))
        found[rows[rows >= 0]] = False
        return found

    def _row(self, shown: Shown) -> int | None:
        """Row of the current object."""
        row = -1 if self.current is None else int(_rows(shown, [self.current])[0])
        return None if row < 0 else row

    def _follow(self, parts: set[str]) -> None:
        """Forget what does not hold any more: the way through other objects, visits before a new prediction."""
        if parts & {"lane", "objects"}:
            self._forget()
        elif "prediction" in parts:
            self._visited = set() if self.current is None else {self.current}

    def _forget(self) -> None:
        self.current = None
        self.note = ""
        self._visited = set()
        self._behind: list[Key] = []
        self._ahead: list[Key] = []
        self._rng = np.random.default_rng(SEED)


def _rows(shown: Shown, keys: Sequence[Key]) -> NDArray[np.int64]:
    """Rows of objects, -1 for those that are not there."""
    assert shown.objects is not None
    frames, ids = np.array([t for t, _ in keys], np.int64), np.array([object_id for _, object_id in keys], np.uint64)
    return shown.objects.rows(frames, ids)
