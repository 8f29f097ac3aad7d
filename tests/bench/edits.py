"""From an object edited by hand to the new prediction, stage by stage: 4096², 20,000 objects, uint16 raw."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from typing import TYPE_CHECKING

import numpy as np
from scenes import balls

import napari_objclass as oc
from napari_objclass.workflow.changes import difference

if TYPE_CHECKING:
    from collections.abc import Callable

SHAPE, GRID, RADIUS = (4096, 4096), (142, 142), 10.0
ANNOTATED, EDITS = 200, 9


class Bench:
    """A session with an image of many objects, some annotated, and all classified."""

    def __init__(self) -> None:
        labels = balls(SHAPE, GRID, RADIUS).astype(np.uint32)
        rng = np.random.default_rng(0)
        self.session = oc.Session()
        self.session.add_lane(raw=rng.integers(0, 1 << 16, SHAPE, np.uint16), labels=labels)
        self.labels = labels.copy()
        self.ids = self.session.objects(0).ids
        annotated = self.ids[:: len(self.ids) // ANNOTATED].tolist()
        self.session.annotate_many(0, ids=annotated, classes=[1 + each % 2 for each in range(len(annotated))])
        self.session.predict(0)
        self.session.claims(0)
        self.milliseconds: dict[str, list[float]] = {}

    def edit(self, object_id: int) -> None:
        """Let an object grow to the lower right."""
        session, objects = self.session, self.session.objects(0)
        _, y0, x0, _, y1, x1 = objects.boxes[np.searchsorted(objects.ids, object_id)].tolist()
        part = (slice(y0, y1 + 3), slice(x0, x1 + 5))
        self.labels[part][self.labels[part] == 0] = object_id
        self._time("difference, whole image", lambda: difference(objects.labels, self.labels, "yx"))
        self._time("difference within a box, journal", lambda: session.edit_objects(0, self.labels, within=part))
        self._time("objects", lambda: session.objects(0))
        self._time("claims", lambda: session.claims(0))
        self._time("table", lambda: session.table(0))
        self._time("train", session.train)
        self._time("predict", lambda: session.predict(0))

    def undo(self) -> None:
        """Take an edit back, to the new prediction."""
        self._time("undo, all of it", lambda: self.session.undo() and self.session.predict(0))

    def _time(self, stage: str, work: Callable[[], object]) -> None:
        start = time.perf_counter()
        work()
        self.milliseconds.setdefault(stage, []).append((time.perf_counter() - start) * 1e3)


def lines() -> list[str]:
    """The section of the report."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["OBJCLASS_STATE_DIR"] = folder
        bench = Bench()
        for object_id in bench.ids[1 :: len(bench.ids) // EDITS].tolist():
            bench.edit(object_id)
        for _ in range(EDITS):
            bench.undo()
        columns = len(bench.session.table(0).columns)
        bench.session.close()
    what = f"{SHAPE[0]}×{SHAPE[1]}: {len(bench.ids)} objects, {columns} columns, {ANNOTATED} annotations"
    return [
        "",
        f"From an object edited by hand to the new prediction, {what};",
        f"milliseconds, median and least of {EDITS} edits.",
        "",
        "| stage | median | least |",
        "|---|---:|---:|",
        *(f"| {name} | {statistics.median(each):.1f} | {min(each):.1f} |" for name, each in bench.milliseconds.items()),
    ]


if __name__ == "__main__":
    print("\n".join(lines()))
