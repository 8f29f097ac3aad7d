"""Speed of measuring objects: against VIGRA, scikit-image and a plain read of the same arrays, in one run.

    python tests/bench/features.py [--quick]

VIGRA is Debian's ``python3-vigra``, run by the system's Python in a process of its own; it is skipped where it is
not installed. Measurements alternate between ours and the peer, and the fastest of several is reported.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from napari_objclass.features import measure

FEATURES = [
    "num_pixels",
    "bbox_min",
    "bbox_max",
    "centroid",
    "axis_radii",
    "axis_vectors",
    "intensity_mean",
    "intensity_variance",
    "intensity_skewness",
    "intensity_kurtosis",
    "intensity_min",
    "intensity_max",
]
VIGRA_PYTHON = "/usr/bin/python3"
VIGRA_SERVER = """
import json, sys, time
import numpy as np
import vigra
FEATURES = ["Count", "Coord<Minimum>", "Coord<Maximum>", "RegionCenter", "RegionRadii", "RegionAxes",
            "Mean", "Variance", "Skewness", "Kurtosis", "Minimum", "Maximum"]
axes = "zyx"[-np.load(sys.argv[1], mmap_mode="r").ndim:]
labels, raw = (vigra.taggedView(np.load(path), axes) for path in sys.argv[1:3])
raw = raw.astype(np.float32)
for line in sys.stdin:
    wall, cpu = time.perf_counter(), time.process_time()
    vigra.analysis.extractRegionFeatures(raw, labels, features=FEATURES, ignoreLabel=0)
    print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu]), flush=True)
"""


class Row(NamedTuple):
    """One comparison; times in seconds, ratio = peer / ours."""

    work: str
    ours: float
    peer: float
    ratio: float


class Timing(NamedTuple):
    """The fastest of several runs, in seconds."""

    wall: float
    cpu: float


def balls(shape: tuple[int, ...], grid: tuple[int, ...], radius: float, seed: int = 0) -> np.ndarray:
    """Make a label image with one ball per grid cell, at a random place inside its cell; ids in grid order."""
    rng = np.random.default_rng(seed)
    cell = np.array(shape) / np.array(grid)
    labels = np.zeros(shape, np.uint32)
    reach = int(np.ceil(radius))
    offsets = np.indices((2 * reach + 1,) * len(shape)).reshape(len(shape), -1).T - reach
    room = cell - 2 * reach - 2
    for number, place in enumerate(np.ndindex(*grid), start=1):
        centre = (np.array(place) * cell + reach + 1 + rng.random(len(shape)) * room).astype(int)
        part = rng.random(len(shape)) - 0.5
        inside = ((offsets - part) ** 2).sum(1) <= radius**2
        labels[tuple((centre + offsets[inside]).T)] = number
    return labels


def images(shape: tuple[int, ...], grid: tuple[int, ...], radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Labels (uint32) and noisy raw (uint16) of balls."""
    labels = balls(shape, grid, radius)
    rng = np.random.default_rng(1)
    raw = rng.integers(100, 1500, shape, dtype=np.uint16)
    raw += (labels > 0).astype(np.uint16) * np.uint16(2000) + (labels % 4096).astype(np.uint16)
    return labels, raw


WORK = {
    "2D 4096², 20164 objects": ((4096, 4096), (142, 142), 8.0),
    "3D 256x512x512, 5324 objects": ((256, 512, 512), (11, 22, 22), 6.5),
}


def timed(call, repeats: int) -> Timing:
    """Fastest wall and CPU time of ``call``."""
    walls, cpus = [], []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return Timing(min(walls), min(cpus))


class Vigra:
    """VIGRA in a process of its own, or nothing where it is not installed."""

    def __init__(self, labels: np.ndarray, raw: np.ndarray, folder: Path):
        paths = [folder / "labels.npy", folder / "raw.npy"]
        for path, array in zip(paths, (labels, raw), strict=True):
            np.save(path, array)
        try:
            subprocess.run([VIGRA_PYTHON, "-c", "import vigra"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            self.process = None
            return
        self.process = subprocess.Popen(
            [VIGRA_PYTHON, "-c", VIGRA_SERVER, *map(str, paths)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self) -> Timing | None:
        if self.process is None:
            return None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return Timing(*json.loads(self.process.stdout.readline()))

    def close(self) -> None:
        if self.process is not None:
            self.process.communicate()


def scikit_image(labels: np.ndarray, raw: np.ndarray) -> None:
    from skimage.measure import regionprops_table

    regionprops_table(
        labels,
        raw,
        properties=("num_pixels", "bbox", "centroid", "inertia_tensor_eigvals", "intensity_mean", "intensity_std",
                    "intensity_min", "intensity_max"),
    )  # fmt: skip


def compare(name: str, repeats: int, *, slow_peers: bool) -> list[Row]:
    """All comparisons on one kind of image."""
    labels, raw = images(*WORK[name])
    ours: dict[int, list[Timing]] = {1: [], 2: []}
    reads, peers = [], []
    with tempfile.TemporaryDirectory() as folder:
        vigra = Vigra(labels, raw, Path(folder))
        for _ in range(repeats):
            for threads, times in ours.items():
                times.append(timed(lambda n=threads: measure(labels, raw, features=FEATURES, threads=n), 5))
            reads.append(timed(lambda: read(labels, raw), 5))
            if peer := vigra.run():
                peers.append(peer)
        vigra.close()
    one, two = (fastest(times) for times in ours.values())
    found = []
    if peers:
        peer = fastest(peers)
        found.append(Row(f"{name}: 1 thread, VIGRA", one.wall, peer.wall, peer.wall / one.wall))
        found.append(Row(f"{name}: 1 thread, VIGRA, CPU time", one.cpu, peer.cpu, peer.cpu / one.cpu))
        found.append(Row(f"{name}: 2 threads, VIGRA", two.wall, peer.wall, peer.wall / two.wall))
    plain = fastest(reads).wall
    found.append(Row(f"{name}: 2 threads, plain read by numpy", two.wall, plain, plain / two.wall))
    if slow_peers:
        peer = timed(lambda: scikit_image(labels, raw), 1)
        found.append(Row(f"{name}: 2 threads, scikit-image", two.wall, peer.wall, peer.wall / two.wall))
    return found


def fastest(times: list[Timing]) -> Timing:
    """Smallest wall and CPU time of all."""
    return Timing(*(min(column) for column in zip(*times, strict=True)))


def peak_memory(name: str) -> float:
    """Memory (MB) that one call needs beyond its input; Linux only."""
    labels, raw = images(*WORK[name])
    Path("/proc/self/clear_refs").write_text("5")
    before = status("VmRSS")
    measure(labels, raw, features=FEATURES)
    return (status("VmHWM") - before) / 1024


def status(field: str) -> int:
    """Read a line of /proc/self/status, in kB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


def read(labels: np.ndarray, raw: np.ndarray) -> None:
    """Touch every byte once, as fast as numpy can."""
    for array in (labels, raw):
        np.bitwise_or.reduce(array.reshape(-1).view(np.uint64))


def rows(*, quick: bool = False) -> list[Row]:
    """Every comparison of this file."""
    found = []
    for name in WORK:
        found += compare(name, 2 if quick else 5, slow_peers=not quick)
    return found


def main() -> None:
    """Print the comparisons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repeats, no slow peers")
    quick = parser.parse_args().quick
    for name in WORK:
        print(f"{name}: {peak_memory(name):.0f} MB beyond the input")
    for row in rows(quick=quick):
        print(f"{row.work:70} {row.ours * 1e3:9.1f} ms {row.peer * 1e3:10.1f} ms {row.ratio:8.2f}x")


if __name__ == "__main__":
    main()
