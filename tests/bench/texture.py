"""Speed of textures per object: against the package ``sphericaltexture``, each on one thread.

The package runs in a Python of its own, named by the environment variable ``SPHERICALTEXTURE_PYTHON``; its rows are
missing where that is not set. Version 0.0.4 computes the values that ours reproduce. Its first run for each number of
dimensions builds tables, which takes minutes; they are kept in the user's cache.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from timing import Row, least

import napari_objclass as oc

DATA = Path(__file__).parents[1] / "data" / "features"

WORK = {
    "nuclei2d": ["texture_spectrum_circular", "texture_direction_circular"],
    "ell3d": ["texture_spectrum", "texture_direction"],
}

#: Objects that the peer is timed on.
SAMPLE = 12

_PEER = """
import sys, time
import numpy as np
from sphericaltexture import SphericalTextureGenerator
pairs = np.load(sys.argv[1])
n_dims, n = int(sys.argv[2]), int(sys.argv[3])
generator = SphericalTextureGenerator(
    ndim=n_dims, projections=["Intensity"], output_types=["Condensed Spectrum", "Polarization Direction"])
times = []
for i in range(n):
    start = time.perf_counter()
    generator.process_image(pairs[f"image_{i}"], pairs[f"mask_{i}"])
    times.append(time.perf_counter() - start)
print(sorted(times)[n // 2])
"""


def rows() -> list[Row]:
    """Every comparison of this file: seconds per object."""
    return [row for case in WORK for row in compare(case)]


def compare(case: str) -> list[Row]:
    """Time an object of one case, ours with reading and tables kept from a first run."""
    with np.load(DATA / f"{case}.npz") as arrays:
        labels, raw, margin = arrays["labels"], arrays["raw"], arrays["margin_xyz"][::-1].tolist()
    raw = raw if raw.ndim == labels.ndim else raw[..., 0]
    peer = seconds_of_peer(labels, raw, margin)
    if peer is None:
        return []
    ours = least(lambda: oc.measure(labels, raw, features=WORK[case], margin=margin, threads=1), 3)
    n_objects = len(np.unique(labels)) - 1
    return [Row(f"texture of an object, {case}, threads: 1", ours.wall / n_objects, peer, "sphericaltexture")]


def seconds_of_peer(labels: np.ndarray, raw: np.ndarray, margin: list[int]) -> float | None:
    """Median time of the peer for an object cut out in advance; None if it is not there."""
    python = os.environ.get("SPHERICALTEXTURE_PYTHON")
    if python is None:
        return None
    pairs: dict[str, Any] = {}
    for i, label in enumerate(np.unique(labels)[1 : SAMPLE + 1]):
        places = np.argwhere(labels == label)
        low, high = places.min(0), places.max(0) + 1
        box = tuple(map(slice, low, high))
        around = tuple(map(slice, np.maximum(low - margin, 0), high + margin + 1))
        pairs[f"mask_{i}"] = in_three_dimensions(labels[box] == label)
        pairs[f"image_{i}"] = in_three_dimensions(raw[around])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pairs.npz"
        np.savez(file, **pairs)
        command = [python, "-c", _PEER, str(file), str(labels.ndim), str(SAMPLE)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout))


def in_three_dimensions(array: np.ndarray) -> np.ndarray:
    """Axes x, y, z."""
    return array.T[..., np.newaxis] if array.ndim == 2 else array.T


if __name__ == "__main__":
    for row in rows():
        print(row.markdown())
