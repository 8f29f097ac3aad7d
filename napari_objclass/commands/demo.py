"""``objclass demo``: the main job on a generated sample, end to end."""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_objclass.commands._inputs import progress_bar

if TYPE_CHECKING:
    import argparse

    from napari_objclass.sample import Sample


def run(args: argparse.Namespace) -> int:
    """Generate, label twelve objects, classify the rest, write everything a user would."""
    from napari_objclass import sample
    from napari_objclass.io.writers import write_image
    from napari_objclass.workflow.overview import draw_overview
    from napari_objclass.workflow.session import Session

    start = time.perf_counter()
    folder = Path(args.out)
    folder.mkdir(parents=True, exist_ok=True)
    nuclei = sample.nuclei_2d()
    examples = sample.labelled_examples(nuclei)
    raw = write_image(folder / "raw.tif", nuclei.raw, nuclei.axes)
    labels = write_image(folder / "labels.tif", nuclei.labels, nuclei.axes)
    write_image(folder / "probabilities.h5", sample.probabilities(nuclei), nuclei.axes + "c")
    _write_examples(folder / "annotations.csv", examples, nuclei)

    with Session(recover=False) as session, progress_bar() as progress:
        for number, name in enumerate(nuclei.class_names, 1):
            session.rename_class(number, name)
        lane = session.add_lane(raw=raw, labels=labels, name="nuclei")
        session.annotate_many(lane, ids=list(examples), classes=list(examples.values()))
        prediction = session.predict(lane, progress=progress)
        for source, file in (("Object Predictions", "classes"), ("Uncertainty", "uncertainty")):
            session.export(lane, [source], filename=str(folder / file), format="tif", progress=progress)
        session.export(lane, [], table=str(folder / "table.csv"), progress=progress)
        classes, uncertainty = (np.asarray(prediction.paint(what)) for what in ("classes", "uncertainty"))
        colors = [each.color for each in session.classes]
        draw_overview(
            folder / "overview.png", nuclei.raw, nuclei.labels, classes, uncertainty, nuclei.class_names, colors
        )
        session.save(folder / "demo.objclass")

    truth = np.array([nuclei.truth[int(object_id)] for object_id in prediction.ids])
    unlabelled = ~np.isin(prediction.ids, list(examples))
    right = np.mean((prediction.classes == truth)[unlabelled])
    print(f"{len(truth)} objects, {len(examples)} labelled, {100 * right:.1f} % of the others classified correctly")
    print(f"done in {time.perf_counter() - start:.1f} s; look at {folder / 'overview.png'}")
    return 0


def _write_examples(path: Path, examples: dict[int, int], nuclei: Sample) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "class"])
        writer.writerows((object_id, nuclei.class_names[number - 1]) for object_id, number in examples.items())
