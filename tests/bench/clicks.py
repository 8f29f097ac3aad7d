"""From a click to the repainted screen, stage by stage: 100,000 objects, 60 columns, 200 annotations; 2D and 3D.

Clicks go the way of the viewer, with all its threads, on a viewer model: without a window, hence without GL drawing.
"""

from __future__ import annotations

import os
import queue
import tempfile
import time
import tracemalloc
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scenes import balls
from stages import ANNOTATED, Measured, medians, section

if TYPE_CHECKING:
    from collections.abc import Callable


CLICKS = 15
#: Pixels of the canvas; one of the image each.
CANVAS = (800, 1000)


class Scene(NamedTuple):
    """An image: its shape, balls along every axis and their radius, and the channels that give some 60 columns."""

    shape: tuple[int, ...]
    grid: tuple[int, ...]
    radius: float
    n_channels: int

    @property
    def name(self) -> str:
        """Shape in words."""
        return f"{len(self.shape)}D {'×'.join(map(str, self.shape))}"


SCENES = (
    Scene((2048, 2048), (316, 316), 2.2, 8),
    Scene((4096, 4096), (316, 316), 4.5, 8),
    Scene((64, 512, 512), (10, 100, 100), 1.4, 6),
)

#: Stages by what is new when they end, in order.
STAGES = (
    "annotate, journal",
    "claims",
    "paint labels",
    "train",
    "predict seen",
    "paint seen",
    "predict all",
    "paint all",
)
#: What each stage follows on, where it is not the one before.
FOLLOWS = {"paint labels": "claims", "train": "claims", "predict seen": "train", "predict all": "predict seen"}


class Bench:
    """A viewer model with an image of many objects, some of them annotated."""

    def __init__(self, scene: Scene) -> None:
        from napari.components import ViewerModel

        from napari_objclass.widgets.viewer.session import ViewerSession

        self._calls: queue.Queue[Callable[[], object]] = queue.Queue()
        self.shared = ViewerSession(ViewerModel(), self._calls.put)
        self.labels = balls(scene.shape, scene.grid, scene.radius)
        rng = np.random.default_rng(1)
        raw = rng.integers(0, 100, (*scene.shape, scene.n_channels), dtype=np.uint8)
        raw += (self.labels % 2).astype(np.uint8)[..., None] * np.arange(50, 50 + scene.n_channels, dtype=np.uint8)
        self.shared.do("input_data", lambda s: s.add_lane(raw=raw, labels=self.labels, name="bench"))
        self.until(lambda: self.shared.shown is not None and self.shared.shown.table is not None)
        self.n = len(self.shared.shown.objects.ids)

    def until(self, condition: Callable[[], object], seconds: float = 120) -> None:
        """Do what the GUI thread would do, until a condition holds."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(self.shared.problem("object_classification"))
            try:
                self._calls.get(timeout=0.01)()
            except queue.Empty:
                continue

    def settle(self, seconds: float = 1.5) -> None:
        """Do what the GUI thread would do for a while."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end)

    def annotate(self, object_id: int) -> None:
        """Label an object by its truth: even and odd ids are of two kinds."""
        self.shared.annotate(0, [object_id], 1 + object_id % 2)


def prepare(scene: Scene) -> tuple[Bench, float]:
    """Annotate and predict, and return what the layers take of memory, in MB."""
    warm = Bench(Scene((128, 128), (9, 9), 4.5, 1))  # imports, once
    warm.shared.wake()
    warm.settle(1)
    warm.shared.close()
    warm.settle(0.3)
    bench = Bench(scene)
    some = np.random.default_rng(2).choice(bench.n, ANNOTATED, replace=False) + 1
    for object_id in some.tolist():
        bench.annotate(object_id)
    bench.until(lambda: bench.shared.shown.prediction is not None)
    bench.settle()
    bench.shared.live = False  # another prediction would be counted
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    bench.shared.wake()
    bench.until(lambda: len(getattr(bench.shared.display.objects_layer, "features", ())) == bench.n)
    bench.settle()
    bench.shared.display.go_to(0, bench.n // 2)  # in a volume, to a slice with objects
    look(bench)
    megabytes = (tracemalloc.get_traced_memory()[0] - before) / 1e6
    tracemalloc.stop()
    bench.shared.set_live(live=True)
    bench.settle()
    return bench, megabytes


def look(bench: Bench) -> None:
    """Set the layers to what a canvas would show, as drawing does."""
    plane = np.array(bench.labels.shape[-2:])
    size = np.minimum(CANVAS, plane)
    corner = (plane - size) // 2
    for layer in bench.shared.viewer.layers:
        layer._update_draw(1, np.array([corner, corner + size]), np.array(CANVAS))


def click(bench: Bench, object_id: int) -> dict[str, float]:
    """Label an object and return seconds from the click to the end of every stage."""
    found: dict[str, float] = {}
    shared, layers, start = bench.shared, bench.shared.viewer.layers, time.perf_counter()

    def note(*names: str) -> None:
        name = next((name for name in names if name not in found), names[-1])
        found[name] = time.perf_counter() - start

    def shown_changed(parts: set[str]) -> None:
        for part, stages in {
            "claims": ("claims",),
            "forest": ("train",),
            "prediction": ("predict seen", "predict all"),
        }.items():
            if part in parts:
                note(*stages)

    def painted(_: object) -> None:
        found.setdefault("paint seen", time.perf_counter() - start)
        found["paint all"] = time.perf_counter() - start  # of more than one, the last

    slots = {
        shared.changed: lambda _: note("annotate, journal"),
        shared.shown_changed: shown_changed,
        layers["Annotations"].events.set_data: lambda _: note("paint labels"),
        layers["Predictions"].events.set_data: painted,
    }
    for signal, slot in slots.items():
        signal.connect(slot)
    bench.annotate(object_id)
    bench.until(lambda: "predict all" in found)
    bench.settle(0.3)
    for signal, slot in slots.items():
        signal.disconnect(slot)
    return found


def measure(scene: Scene) -> Measured:
    """Stages, and what the layers take beyond label image and raw."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["OBJCLASS_STATE_DIR"] = folder
        bench, megabytes = prepare(scene)
        look(bench)
        view = bench.shared.display.seen()
        rows = view.rows(bench.shared.shown.objects)
        middle = bench.shared.shown.objects.ids[rows[:: len(rows) // (CLICKS + 2)]]
        clicks = [click(bench, int(object_id)) for object_id in middle[1 : CLICKS + 2]][1:]
        columns = len(bench.shared.shown.table.columns)
        bench.shared.close()
        bench.settle(0.5)
    what = f"{scene.name}: {bench.n} objects, {columns} columns, {len(rows)} objects seen"
    what += f"; the layers take {megabytes:.1f} MB beyond label image and raw"
    return Measured(scene.name, what, medians(clicks, STAGES, FOLLOWS))


def lines() -> list[str]:
    """The section of the report; none where napari is not installed."""
    if find_spec("napari") is None:
        return []
    return section("click", "a click", CLICKS, [measure(scene) for scene in SCENES])


if __name__ == "__main__":
    print("\n".join(lines()))
