"""Many small images in one run: milliseconds per image beyond reading, and what the process holds as it goes on.

1,000 images of 256 × 256 with label images, one in a hundred of them damaged, written as class images and tables.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from timing import Timing

N_IMAGES, SIZE, EVERY_BAD = 1000, 256, 100

#: Classifies the images in the folder, and says on every outcome what the process holds.
PROGRAM = """
import pathlib, re, resource, sys, time
from napari_objclass.workflow import batch, batch_inputs
from napari_objclass.workflow.export import Export
from napari_objclass.workflow.session import Session

def megabytes():
    return int(re.search(r"VmRSS:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1024

def main(folder, jobs):
    with Session.open(folder / "bench.objclass", read_only=True) as session:
        predictor = session.predictor()
    inputs = batch_inputs.from_files({"raw": [str(folder / "raw")], "labels": [str(folder / "labels")]})
    out = folder / f"out{jobs}"
    out.mkdir()
    settings = Export(filename=f"{out}/{{nickname}}", format="tif", table=f"{out}/{{nickname}}.csv")
    plan = batch.plan(inputs.image_sets, settings, folder=out)
    held, failed, start = [], 0, time.perf_counter()
    for outcome in batch.run(predictor, plan, jobs=jobs, record=batch.Record(out)):
        held.append(megabytes())
        failed += outcome.status is batch.Status.FAILED
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(usage.ru_utime + usage.ru_stime for usage in usages)
    print(time.perf_counter() - start, cpu, len(held), failed, held[len(held) // 10], held[len(held) * 9 // 10])

if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
"""


class Measured(NamedTuple):
    """Times of a run, images done and failed, and MB held after a tenth and nine tenths of them."""

    times: Timing
    n_images: int
    n_failed: int
    early: float
    late: float


def prepare(folder: Path, n_images: int = N_IMAGES) -> None:
    """Write images, and a project that is trained on the first of them."""
    import napari_objclass as oc
    from napari_objclass.io.writers import write_image

    for name in ("raw", "labels"):
        (folder / name).mkdir()
    scenes = []
    for seed in range(10):
        nuclei = oc.sample.nuclei_2d(seed=seed)
        scenes += [(nuclei.raw[y : y + SIZE, x : x + SIZE], nuclei.labels[y : y + SIZE, x : x + SIZE])
                   for y in (0, SIZE) for x in (0, SIZE)]  # fmt: skip
    for number in range(n_images):
        raw, labels = scenes[number % len(scenes)]
        write_image(folder / "raw" / f"i{number:04}.tif", np.roll(raw, number), "yx")
        write_image(folder / "labels" / f"i{number:04}.tif", np.roll(labels, number), "yx")
        if number % EVERY_BAD == EVERY_BAD - 1:
            (folder / "raw" / f"i{number:04}.tif").write_bytes(b"II*\0 damaged")
    with oc.Session(recover=False) as session:
        session.add_lane(raw=folder / "raw/i0000.tif", labels=folder / "labels/i0000.tif")
        ids = session.objects(0).ids
        for number, object_id in enumerate(ids[:12]):
            session.annotate(0, int(object_id), cls=1 + number % 2)
        session.train()
        session.save(folder / "bench.objclass")


def measure(folder: Path, jobs: int) -> Measured:
    """Classify all images of a prepared folder in a process of its own, and ``jobs`` more above one."""
    program = folder / "program.py"
    program.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, program, folder, str(jobs)], check=True, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    wall, cpu, n_images, n_failed, early, late = map(float, done.stdout.split())
    return Measured(Timing(wall, cpu), int(n_images), int(n_failed), early, late)


def reading(folder: Path) -> Timing:
    """Seconds to read all images that can be read."""
    import tifffile

    wall, cpu = time.perf_counter(), time.process_time()
    for path in sorted(folder.glob("*/*.tif")):
        if re.match("raw|labels", path.parent.name) and path.stat().st_size > 100:
            tifffile.imread(path)
    return Timing(time.perf_counter() - wall, time.process_time() - cpu)


def lines(n_images: int = N_IMAGES) -> list[str]:
    """The section of the report."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["OBJCLASS_STATE_DIR"] = name
        prepare(folder, n_images)
        read = reading(folder)
        rows = [(jobs, measure(folder, jobs)) for jobs in (1, 2)]
    table = [
        f"| {jobs} | {1e3 * each.times.wall / n_images:.1f} | {1e3 * each.times.cpu / n_images:.1f} "
        f"| {1e3 * (each.times.cpu - read.cpu) / n_images:.1f} | {each.n_failed} | {each.early:.0f} | {each.late:.0f} |"
        for jobs, each in rows
    ]
    return [
        "",
        f"{n_images:,} images of {SIZE}×{SIZE} in one run, class image and table of each, default features:",
        "milliseconds per image; MB that the process holds after a tenth and nine tenths of them (with 2 jobs, the one",
        "that hands them out).",
        "",
        "| jobs | wall | CPU | CPU beyond reading | failed | MB early | MB late |",
        "|---:|---:|---:|---:|---:|---:|---:|",
        *table,
    ]


if __name__ == "__main__":
    print("\n".join(lines(*map(int, sys.argv[1:]))))
