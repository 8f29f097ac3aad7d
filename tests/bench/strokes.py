"""From the end of a stroke to the repainted screen, stage by stage: an edited object among 20,000 in a 4096² image.

Strokes go the way of the viewer, with all its threads, on a viewer model: without a window, hence without GL drawing.
"""

from __future__ import annotations

import os
import tempfile
import time
from importlib.util import find_spec
from typing import TYPE_CHECKING

import clicks
from clicks import Bench, Scene
from stages import Measured, medians, section

if TYPE_CHECKING:
    from napari.layers import Labels

STROKES = 15
SCENES = (Scene((4096, 4096), (141, 141), 10.0, 8), Scene((64, 512, 512), (8, 50, 50), 3.0, 6))

#: Stages by what is new when they end, in order.
STAGES = ("edit, journal, objects", "claims", "paint labels", "features", "train", "predict all", "paint all")
#: What each stage follows on, where it is not the one before.
FOLLOWS = {"features": "claims", "predict all": "train"}


def begin(bench: Bench) -> Labels:
    """Edit objects, with the predictions on the screen."""
    editing, layers = bench.shared.editing, bench.shared.viewer.layers
    editing.begin()
    bench.until(lambda: editing.layer is not None)
    for name in ("Predictions", "Annotations"):
        layers[name].visible = True
    clicks.look(bench)
    bench.settle()
    assert editing.layer is not None
    return editing.layer


def stroke(bench: Bench, layer: Labels, row: int) -> dict[str, float]:
    """Extend an object by a short stroke, and return seconds from its end to the end of every stage."""
    shared, layers, found = bench.shared, bench.shared.viewer.layers, dict[str, float]()
    objects = shared.shown.objects
    box = objects.boxes[row].reshape(2, 3)[:, -layer.ndim :]
    middle, edge = (box[0] + box[1]) // 2, box[1][-1]
    layer.brush_size, layer.selected_label, layer.n_edit_dimensions = 4, int(objects.ids[row]), layer.ndim

    def note(name: str) -> None:
        found.setdefault(name, time.perf_counter() - start)

    def shown_changed(parts: set[str]) -> None:
        for part, name in {
            "objects": "edit, journal, objects",
            "claims": "claims",
            "table": "features",
            "forest": "train",
            "prediction": "predict all",
        }.items():
            if part in parts and getattr(shared.shown, part) is not None:
                note(name)

    def drawn(name: str, after: str) -> None:
        if after in found:
            note(name)

    slots = {
        shared.shown_changed: shown_changed,
        layers["Annotations"].events.set_data: lambda _: drawn("paint labels", "claims"),
        layers["Predictions"].events.set_data: lambda _: drawn("paint all", "predict all"),
    }
    with layer.block_history():
        for step in range(4):
            layer.paint([*middle[:-1], edge + step - 2], layer.selected_label)
        for signal, slot in slots.items():
            signal.connect(slot)
        start = time.perf_counter()
    bench.until(lambda: "paint all" in found)
    bench.settle(0.4)
    for signal, slot in slots.items():
        signal.disconnect(slot)
    return found


def measure(scene: Scene) -> Measured:
    """The stages of some strokes."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["OBJCLASS_STATE_DIR"] = folder
        bench, _ = clicks.prepare(scene)
        layer = begin(bench)
        rows = bench.shared.display.seen().rows(bench.shared.shown.objects)
        chosen = rows[:: max(1, len(rows) // (STROKES + 2))][1 : STROKES + 2].tolist()
        strokes = [stroke(bench, layer, row) for row in chosen][1:]
        columns = len(bench.shared.shown.table.columns)
        bench.shared.close()
        bench.settle(0.5)
    what = f"{scene.name}: {bench.n} objects, {columns} columns, {len(rows)} objects seen"
    return Measured(scene.name, what, medians(strokes, STAGES, FOLLOWS))


def lines() -> list[str]:
    """The section of the report; none where napari is not installed."""
    if find_spec("napari") is None:
        return []
    return section("stroke", "the end of a stroke by hand", STROKES, [measure(scene) for scene in SCENES])


if __name__ == "__main__":
    print("\n".join(lines()))
