"""Speed of measuring objects: against VIGRA, scikit-image and a plain read of the same arrays, in one run."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from scenes import WORK, images
from timing import Memory, Row, fastest, least, peak_megabytes
from vigra_peer import Vigra

import napari_objclass as oc

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
    "intensity_sum",
    "intensity_histogram",
    "intensity_quantiles",
]

# VIGRA takes float images only; the conversion is not counted.
VIGRA_CALL = """labels, raw: vigra.analysis.extractRegionFeatures(raw, labels, ignoreLabel=0, features=[
    "Count", "Coord<Minimum>", "Coord<Maximum>", "RegionCenter", "RegionRadii", "RegionAxes",
    "Mean", "Variance", "Skewness", "Kurtosis", "Minimum", "Maximum", "Sum", "Histogram", "Quantiles"],
    histogramRange="globalminmax", binCount=64)"""


def scikit_image(labels: np.ndarray, raw: np.ndarray) -> None:
    from scipy.stats import kurtosis, skew
    from skimage.measure import regionprops_table

    inside = raw[labels > 0]
    low, high = int(inside.min()), int(inside.max())

    def distribution(mask, intensities):
        own = intensities[mask]
        return [
            *np.histogram(own, 64, (low, high))[0],
            *np.quantile(own, [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1]),
            own.sum(),
            skew(own),
            kurtosis(own),
        ]

    regionprops_table(
        labels,
        raw,
        properties=("num_pixels", "bbox", "centroid", "inertia_tensor_eigvals", "intensity_mean", "intensity_std",
                    "intensity_min", "intensity_max"),
        extra_properties=(distribution,),
    )  # fmt: skip


def rows() -> list[Row]:
    """Every comparison of this file."""
    return [row for name in WORK for row in compare(name, 5)] + [many_objects()]


def compare(name: str, rounds: int) -> list[Row]:
    """All comparisons on one kind of image; ours and the peers take turns."""
    labels, raw = images(*WORK[name])
    one, two, reads, vigras = [], [], [], []
    with Vigra(VIGRA_CALL, labels, raw.astype(np.float32)) as vigra:
        for _ in range(rounds):
            for times, threads in ((one, 1), (two, 2)):
                times.append(least(lambda n=threads: oc.measure(labels, raw, features=FEATURES, threads=n), 5))
            reads.append(least(lambda: read(labels, raw), 5))
            vigras += vigra.run()
    ours = {1: fastest(one), 2: fastest(two)}
    work = f"features, {name}"
    found = []
    if vigras:
        peer = fastest(vigras)
        found += [Row(f"{work}, threads: {n}", ours[n].wall, peer.wall, "VIGRA, 1 thread") for n in ours]
    found.append(Row(f"{work}, threads: 2", ours[2].wall, fastest(reads).wall, "a plain read by numpy, 1 thread"))
    found.append(
        Row(f"{work}, threads: 2", ours[2].wall, least(lambda: scikit_image(labels, raw), 1).wall, "scikit-image")
    )
    return found


def many_objects() -> Row:
    """Four times as many objects, on four times as many pixels."""
    return Row("features, 250,000 objects, threads: 2", squares(500), squares(1000), "ours, 1,000,000 objects")


def squares(side: int) -> float:
    """Seconds for ``side`` times ``side`` small squares."""
    cell = np.pad(np.ones((6, 6), np.uint32), 1)
    labels = np.kron(np.arange(1, side * side + 1, dtype=np.uint32).reshape(side, side), cell)
    raw = np.random.default_rng(0).integers(100, 5000, labels.shape, dtype=np.uint16)
    return least(lambda: oc.measure(labels, raw, features=FEATURES, threads=2), 3).wall


def read(labels: np.ndarray, raw: np.ndarray) -> None:
    """Touch every byte once, as fast as numpy can."""
    for array in (labels, raw):
        np.bitwise_or.reduce(array.reshape(-1).view(np.uint64))


def memory() -> list[Memory]:
    """Peak memory of one call beyond its input."""
    setup = (
        "import features, napari_objclass as oc, numpy as np\n"
        "labels, raw = np.load({0!r} + '/labels.npy'), np.load({0!r} + '/raw.npy')"
    )
    calls = {
        "ours": "oc.measure(labels, raw, features=features.FEATURES)",
        "scikit-image": "features.scikit_image(labels, raw)",
    }
    found = []
    for name in WORK:
        with tempfile.TemporaryDirectory() as folder:
            for file, array in zip(("labels", "raw"), images(*WORK[name]), strict=True):
                np.save(Path(folder) / file, array)
            for who, call in calls.items():
                found.append(Memory(f"features, {name}", who, peak_megabytes(setup.format(folder), call)))
    return found
