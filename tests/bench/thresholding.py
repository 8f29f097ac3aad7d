"""Hysteresis thresholding against its parts in VIGRA and scipy, CPU seconds of one thread, in one run."""

from __future__ import annotations

import tempfile

import numpy as np
from scipy import ndimage
from timing import Memory, Row, Timing, fastest, least, peak_megabytes
from vigra_peer import VIGRA_PYTHON, Vigra

import napari_objclass as oc

# Shape and smoothing of random blobs.
WORK = {"2D 4096²": ((4096, 4096), 6), "3D 256×512×512": ((256, 512, 512), 3)}

OURS = (
    "oc.threshold(image, axes='zyx'[-image.ndim:], method='hysteresis', threshold=0.5, core_threshold=0.8,"
    " sigma=1.0, min_size=10, max_size=1_000_000, threads=1)"
)

# Smoothing, components of both thresholds, and tables that drop objects by size and by lack of a core.
PARTS = """(lambda keep: [
    smooth := {smooth},
    cores := {label}((smooth >= 0.8){bytes}){taken},
    cores := keep(np.bincount(cores.ravel()))[cores],
    objects := {label}((smooth >= 0.5){bytes}){taken},
    objects := (np.arange(objects.max() + 1, dtype=np.uint32) * np.isin(np.arange(objects.max() + 1),
                np.unique(objects[cores > 0])))[objects],
    keep(np.bincount(objects.ravel()))[objects],
][-1])(lambda sizes: np.arange(len(sizes), dtype=np.uint32) * ((sizes >= 10) & (sizes <= 1_000_000)))"""

VIGRA_LABEL = {
    2: "vigra.analysis.labelImageWithBackground",
    3: "vigra.analysis.labelVolumeWithBackground",
}


def vigra_call(n_dims: int) -> str:
    """The expression of :data:`PARTS` with VIGRA's smoothing and components."""
    smooth = "np.asarray(vigra.filters.gaussianSmoothing(image, 1.0, window_size=2.0))"
    return PARTS.format(smooth=smooth, label=VIGRA_LABEL[n_dims], bytes=".view(np.uint8)", taken="")


def scipy_call() -> str:
    """The expression of :data:`PARTS` with scipy's smoothing and components."""
    smooth = "ndimage.gaussian_filter(image, 1.0, mode='mirror', truncate=2.0)"
    return PARTS.format(smooth=smooth, label="ndimage.label", bytes="", taken="[0]")


def probabilities(name: str) -> np.ndarray:
    """Noisy probabilities of random blobs, float32."""
    shape, sigma = WORK[name]
    rng = np.random.default_rng(0)
    blobs = ndimage.gaussian_filter(rng.standard_normal(shape, dtype=np.float32), sigma)
    certainty = 4 * (blobs / blobs.std() - 1)
    noise = rng.standard_normal(shape, dtype=np.float32) / 20
    return np.clip(1 / (1 + np.exp(-certainty)) + noise, 0, 1)


def rows() -> list[Row]:
    """Every comparison of this file."""
    found = []
    for name in WORK:
        image = probabilities(name)
        here = {"oc": oc, "np": np, "ndimage": ndimage, "image": image}
        ours: list[Timing] = []
        peers: dict[str, list[Timing]] = {"VIGRA": [], "scipy": []}
        with Vigra(f"image: {vigra_call(image.ndim)}", image) as vigra:
            for _ in range(3):
                ours.append(least(lambda: eval(OURS, here), 2))  # noqa: B023
                peers["VIGRA"] += vigra.run()
            peers["scipy"].append(least(lambda: eval(scipy_call(), here), 1))  # noqa: B023
        work = f"hysteresis threshold, {name}, CPU of 1 thread"
        found += [Row(work, fastest(ours).cpu, fastest(times).cpu, peer) for peer, times in peers.items() if times]
    return found


def memory() -> list[Memory]:
    """Peak memory of one call."""
    found = []
    for name, (shape, _) in WORK.items():
        with tempfile.NamedTemporaryFile(suffix=".npy") as file:
            np.save(file.name, probabilities(name))
            load = f"import numpy as np\nimage = np.load({file.name!r})\n"
            calls = {
                "ours": (load + "import napari_objclass as oc", OURS),
                "scipy": (load + "from scipy import ndimage", scipy_call()),
            }
            work = f"hysteresis threshold, {name}"
            found += [Memory(work, who, peak_megabytes(*call)) for who, call in calls.items()]
            if Vigra.installed():
                tagged = f"{load}import vigra\nimage = vigra.taggedView(image, 'zyx'[-{len(shape)}:])"
                peak = peak_megabytes(tagged, vigra_call(len(shape)), VIGRA_PYTHON)
                found.append(Memory(work, "VIGRA", peak))
    return found
