"""The default features: time and peak memory of a whole image, and how both grow with the number of objects."""

from __future__ import annotations

from scenes import WORK, images
from timing import least, peak_megabytes

import napari_objclass as oc

#: Images of the same objects, four times as many.
GROWTH = {"250k": ((4096, 4096), (500, 500), 3.0), "1M": ((8192, 8192), (1000, 1000), 3.0)}

SETUP = (
    "import scenes, napari_objclass as oc\n"
    "labels, raw = scenes.images(*{0!r})\n"
    "oc.measure(labels[:64, :64], raw[:64, :64])"  # what the first call loads is not of this one
)
CALL = 'oc.measure(labels, raw, features="default")'


def lines() -> list[str]:
    """Section of the report."""
    name, scene = next(iter(WORK.items()))
    labels, raw = images(*scene)
    n_columns = len(oc.measure(labels[:64, :64], raw[:64, :64]).columns)
    seconds = {n: least(lambda n=n: oc.measure(labels, raw, threads=n), 5).wall for n in (1, 2)}
    grown = {n: _seconds(scene) for n, scene in GROWTH.items()}
    return [
        "",
        f"Default features of one channel, {n_columns} columns:",
        "",
        "| work | |",
        "|---|---:|",
        *(f"| {name}, threads: {n} | {wall * 1e3:.0f} ms |" for n, wall in seconds.items()),
        f"| {name}, peak memory of the call beyond its input | {peak_megabytes(SETUP.format(scene), CALL):.0f} MB |",
        *(f"| {n} objects of 28 pixels, threads: 2 | {wall:.2f} s |" for n, wall in grown.items()),
        f"| 1M objects against 250k | {grown['1M'] / grown['250k']:.2f}× |",
    ]


def _seconds(scene: tuple[tuple[int, ...], tuple[int, ...], float]) -> float:
    """Least wall clock of some calls on one image."""
    labels, raw = images(*scene)
    return least(lambda: oc.measure(labels, raw, threads=2), 2).wall


if __name__ == "__main__":
    print("\n".join(lines()))
