"""A volume larger than the memory that may be used, by ``objclass predict``: ``make bench-large``.

Every run is a process of its own. Its files must be those of the whole image, which is classified in memory first.
"""

from __future__ import annotations

import argparse
import filecmp
import math
import os
import subprocess
import sys
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scenes import balls

from napari_objclass.workflow.session import Session

if TYPE_CHECKING:
    from numpy.typing import NDArray

BUDGETS = ("250MB", "500MB", "1GB", "4GB")

CHUNKS = (64, 128, 128)

#: What is repeated to fill the volume, so that making it takes a minute and not an hour; across chunks and blocks.
TILE = (80, 272, 272)
GRID, RADIUS = (4, 12, 12), 6.5

SOURCES = ("labels", "probabilities")

#: A process begins with the peak memory of the one that started it, so that it takes a small one to start it; what it
#: read and wrote is added to its parent's counts when it ends.
WATCHER = """
import resource, subprocess, sys, time
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
wall, usage = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
io = dict(line.split(": ") for line in open("/proc/self/io"))
print(done.returncode, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, io["rchar"], io["wchar"])
"""


class Run(NamedTuple):
    """What a process took: seconds of wall clock and of all CPUs, peak MB of memory, bytes read and written."""

    wall: float
    cpu: float
    megabytes: float
    read: float
    written: float

    @property
    def cells(self) -> str:
        """Its cells in the report."""
        taken = f"{self.wall:.1f} | {self.cpu:.1f} | {self.megabytes:.0f}"
        return f"{taken} | {self.read / 1e9:.2f} | {self.written / 1e9:.2f}"


def main() -> None:
    """Print the section of the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", default="512,1024,1024", help="lengths along z, y, x (512,1024,1024)")
    parser.add_argument("--folder", type=Path, help="where the volume is kept for the next time")
    parser.add_argument("--budgets", default=",".join(BUDGETS), help="memory limits (%(default)s)")
    parser.add_argument("--sources", default=",".join(SOURCES), help="what objects come from (%(default)s)")
    parser.add_argument("--no-whole", action="store_true", help="leave out the whole image in memory")
    args = parser.parse_args()
    shape = tuple(map(int, args.shape.split(",")))
    with TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        found = lines(folder, shape, args.budgets.split(","), args.sources.split(","), whole=not args.no_whole)
        print("\n".join(found))


def lines(
    folder: Path, shape: tuple[int, ...], budgets: list[str], sources: list[str], *, whole: bool = True
) -> list[str]:
    """Section of the report."""
    make_volume(folder, shape)
    size = f"{'×'.join(map(str, shape))}, raw {2 * math.prod(shape) / 1e9:.2f} GB of uint16"
    found = [
        "",
        f"`objclass predict` of a volume {size}; classes as OME-Zarr, and a table of all columns.",
        "",
        "| objects from | memory | s | CPU s | peak MB | GB read | GB written | files |",
        "|---|---|---:|---:|---:|---:|---:|---|",
    ]
    for source in sources:
        train(folder, source)
        expected = None
        for budget in ([None] if whole else []) + budgets:
            results = folder / f"results-{source}-{budget or 'whole'}"
            run = predict(folder, source, budget, results)
            same = "" if expected is None else "equal" if _same(expected, results) else "DIFFERENT"
            expected = results if budget is None else expected
            found.append(f"| {source} | {budget or 'whole image'} | {run.cells} | {same} |")
            print(found[-1], file=sys.stderr, flush=True)
    return found


def make_volume(folder: Path, shape: tuple[int, ...]) -> None:
    """Write raw, labels and probabilities as zarr, tile by tile, unless they are there."""
    import zarr

    if (folder / "complete").exists():
        return
    tile = balls(TILE, GRID, RADIUS).astype(np.int64)
    n_objects = int(tile.max())
    arrays = {
        name: zarr.create_array(
            folder / f"{name}.zarr", shape=shape, chunks=CHUNKS, dtype=dtype, dimension_names=("z", "y", "x")
        )
        for name, dtype in {"raw": np.uint16, "labels": np.uint32, "probabilities": np.uint8}.items()
    }
    rng = np.random.default_rng(2)
    noise = rng.integers(0, 1400, TILE, dtype=np.uint16)
    starts = product(*(range(0, length, side) for length, side in zip(shape, TILE, strict=True)))
    for number, start in enumerate(starts):
        place = tuple(slice(a, min(a + s, n)) for a, s, n in zip(start, TILE, shape, strict=True))
        part = tuple(slice(0, each.stop - each.start) for each in place)
        labels = np.where(tile > 0, tile + number * n_objects, 0)[part]
        bright = (labels > 0) * (1000 + labels % 7 * 300)
        arrays["labels"][place] = labels.astype(np.uint32)
        arrays["raw"][place] = (np.roll(noise, number, axis=2)[part] + bright + 100).astype(np.uint16)
        arrays["probabilities"][place] = _probabilities(labels, rng)
    (folder / "complete").touch()


def _probabilities(labels: NDArray[Any], rng: np.random.Generator) -> NDArray[np.uint8]:
    noise = rng.integers(0, 60, labels.shape, dtype=np.uint8)
    return np.where(labels > 0, 255 - noise, noise).astype(np.uint8)


def train(folder: Path, source: str) -> None:
    """Save a project that was trained on a corner of the volume."""
    import zarr

    with Session(recover=False) as session:
        corner = {name: zarr.open_array(folder / f"{name}.zarr", mode="r")[:64, :256, :256] for name in ("raw", source)}
        session.add_lane(**corner, axes="zyx")
        ids = session.table(0).ids[:60].tolist()
        session.annotate_many(0, ids=ids, classes=[1 + number % 2 for number in range(len(ids))])
        session.train()
        session.save(folder / f"{source}.objclass")


def predict(folder: Path, source: str, budget: str | None, results: Path) -> Run:
    """Classify the volume within a memory limit; None for the whole image at once."""
    words = [
        sys.executable, "-m", "napari_objclass", "predict", f"{source}.objclass", "--raw", "raw.zarr",
        f"--{source}", f"{source}.zarr", "--out", str(results), "--restart",
        "--export-source", "Object Predictions", "--output-format", "single-scale OME-Zarr",
        "--table-filename", "table.csv",
    ]  # fmt: skip
    words += ["--memory", budget] if budget else []
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    watched = [sys.executable, "-c", WATCHER, *words]
    done = subprocess.run(watched, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    code, *taken = done.stdout.split()
    if code != "0":
        raise SystemExit(f"{' '.join(words)} failed")
    return Run(*map(float, taken))


def _same(expected: Path, found: Path) -> bool:
    """Whether two folders hold the same results, byte for byte; the records of the runs tell when they were."""
    names = [path.relative_to(expected) for path in expected.rglob("*") if path.is_file()]
    names = sorted(name for name in names if not name.name.startswith("run."))
    _, different, missing = filecmp.cmpfiles(expected, found, map(str, names), shallow=False)
    return not different and not missing


if __name__ == "__main__":
    main()
