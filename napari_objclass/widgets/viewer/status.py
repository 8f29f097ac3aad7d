"""What is known of the objects as features of the Objects layer: for status bar, features table, other plug-ins.

At most once a second: napari takes 20 ms to take in 100,000 objects, and so do those who follow the table.
"""

from __future__ import annotations

from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_objclass.widgets.viewer import answers
from napari_objclass.widgets.viewer.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from napari.layers import Labels
    from numpy.typing import NDArray

    from napari_objclass.widgets.viewer.shown import Shown
    from napari_objclass.widgets.viewer.worker import Post
    from napari_objclass.workflow.classes import ObjectClass

#: Beyond so many objects in a frame nothing is written.
MOST = 100_000
#: Seconds between two tables.
PAUSE = 1.0
#: Our columns; others in the table are the user's.
INDEX, *COLUMNS = ("index", "class", "label", "probability", "uncertainty")


class Source(NamedTuple):
    """What the table is made of: an image, its classes, the frame, and the layer to write to."""

    shown: Shown
    classes: Sequence[ObjectClass]
    t: int
    layer: Labels


class Status:
    """Writes the table, in its own time, on a thread of its own but for the last step.

    Parameters
    ----------
    post
        Runs a call on the GUI thread.
    source
        Called there for what the table is to be made of; None for no table.
    """

    def __init__(self, post: Post, source: Callable[[], Source | None]) -> None:
        self._source = source
        self._worker = Worker("objclass-status", post)
        self._resting = Event()
        self._asked = False
        self._written = -PAUSE

    def ask(self) -> None:
        """Write the table soon."""
        if not self._asked:
            self._asked = True
            self._resting.clear()
            self._worker.do(self._pause, self._make)

    def rest(self) -> None:
        """Do not wait to write any more, until asked again."""
        self._resting.set()

    def _pause(self) -> None:
        self._resting.wait(self._written + PAUSE - monotonic())

    def _make(self, _: None) -> None:
        self._asked = False
        source = None if self._resting.is_set() else self._source()
        if source is not None:
            users = source.layer.features
            self._worker.do(lambda: table(source, users), lambda made: self._write(source, made))

    def _write(self, source: Source, made: pd.DataFrame | None) -> None:
        current = self._source()
        if made is not None and current is not None and current.layer is source.layer:
            source.layer.features = made
            self._written = monotonic()


def table(source: Source, users: pd.DataFrame) -> pd.DataFrame | None:
    """Return our columns for the objects of a frame, beside the user's own; None for too many objects."""
    import pandas as pd

    shown, classes, t, _ = source
    assert shown.objects is not None
    rows = slice(*np.searchsorted(shown.objects.frames, [t, t + 1]))
    ids = shown.objects.ids[rows]
    if len(ids) > MOST:
        return None
    ours = pd.DataFrame({INDEX: ids} | _columns(shown, classes, rows))
    users = users.drop(columns=[each for each in COLUMNS if each in users])
    if not len(users.columns.drop(INDEX, errors="ignore")):
        return ours
    if INDEX not in users:
        users = users.assign(**{INDEX: np.arange(len(users))})
    users = users.astype({INDEX: np.uint64}).drop_duplicates(INDEX)
    return ours.merge(users, on=INDEX, how="outer")


def _columns(shown: Shown, classes: Sequence[ObjectClass], rows: slice) -> dict[str, Any]:
    import pandas as pd

    assert shown.objects is not None
    n, names = len(shown.objects.ids), [each.name for each in classes]

    def named(numbers: NDArray[Any]) -> Any:
        numbers = numbers.astype(np.int64) - 1
        return pd.Categorical.from_codes(np.where(numbers < len(names), numbers, -1)[rows], pd.Index(names))

    label = named(answers.labels(shown, classes))
    prediction = shown.prediction
    if prediction is None or len(prediction.ids) != n:
        nothing = np.full(n, np.nan, np.float32)[rows]
        return {"class": named(np.zeros(n)), "label": label, "probability": nothing, "uncertainty": nothing}
    return {
        "class": named(answers.predicted(shown, classes)),
        "label": label,
        "probability": prediction.probabilities.max(axis=1)[rows],
        "uncertainty": prediction.uncertainty[rows],
    }
