"""The whole process of ``objclass --headless`` and ``predict`` on one large image: time and peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from scenes import WORK, images

from napari_objclass.io.writers import write_image
from napari_objclass.workflow.session import Session

#: Wall clock, user time and memory of ilastik 1.4.2 for the same work on the same class of machine, with a table.
ILASTIK = "16.3 s, 14.4 s, 2500 MB"

HEADLESS = "--headless --project=project.objclass --raw_data raw.h5/data --label_image labels.h5/data"
TABLE = "--table_filename={nickname}.csv"

RUNS = {
    "`--headless`, predictions": HEADLESS,
    "`--headless`, predictions and a table": f"{HEADLESS} {TABLE}",
    "`--headless`, a table alone": f"{HEADLESS} {TABLE} --table_only",
    "`predict` of TIFF, predictions and a table": f"predict project.objclass --raw raw.tif --labels labels.tif {TABLE}",
}

N_LABELLED = 200


#: A process begins with the peak memory of the one that started it, so that it takes a small one to start it.
WATCHER = """
import resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
wall, usage = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
print(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
"""


class Run(NamedTuple):
    """What a process took: seconds of wall clock and of all CPUs, and its peak memory."""

    wall: float
    cpu: float
    megabytes: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} s, {self.cpu:.2f} s, {self.megabytes:.0f} MB"


def lines() -> list[str]:
    """Section of the report."""
    name, scene = next(iter(WORK.items()))
    with TemporaryDirectory() as folder:
        n_columns = _prepare(Path(folder), scene)
        taken = {what: _least(_objclass(words), Path(folder)) for what, words in RUNS.items()}
        alone = _least(_objclass("--version"), Path(folder))
        loaded = _least([sys.executable, "-c", "import napari_objclass.workflow.session"], Path(folder))
    return [
        "",
        f"The whole process of `objclass` on {name}, {n_columns} columns; wall clock, CPU time, peak memory:",
        "",
        "| work | |",
        "|---|---:|",
        *(f"| {what} | {run} |" for what, run in taken.items()),
        f"| of that, Python and the libraries | {loaded} |",
        f"| `objclass --version` | {alone} |",
        f"| ilastik 1.4.2, predictions and a table; measured elsewhere, not in this run | {ILASTIK} |",
    ]


def _prepare(folder: Path, scene: tuple[tuple[int, ...], tuple[int, ...], float]) -> int:
    """Write the images, and a project that was trained on some objects; return its number of feature columns."""
    labels, raw = images(*scene)
    for file in ("h5/data", "tif"):
        write_image(folder / f"raw.{file}", raw, "yx")
        write_image(folder / f"labels.{file}", labels, "yx")
    with Session(recover=False) as session:
        session.add_lane(raw=folder / "raw.h5/data", labels=folder / "labels.h5/data")
        ids = list(range(1, N_LABELLED + 1))
        session.annotate_many(0, ids=ids, classes=[1 + (number % 7 < 3) for number in ids])
        columns = len(session.train().forest.importances)
        session.save(folder / "project.objclass")
    return columns


def _objclass(words: str) -> list[str]:
    return [sys.executable, "-m", "napari_objclass", *words.split()]


def _least(command: list[str], folder: Path) -> Run:
    """Least figures of a few runs."""
    return Run(*map(min, zip(*(_run(command, folder) for _ in range(3)), strict=True)))


def _run(command: list[str], folder: Path) -> Run:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[2]), environment.get("PYTHONPATH", "")])
    watched = [sys.executable, "-c", WATCHER, *command]
    done = subprocess.run(watched, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return Run(*map(float, done.stdout.split()))


if __name__ == "__main__":
    print("\n".join(lines()))
