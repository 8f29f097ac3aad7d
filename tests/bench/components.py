"""Connected components against cc3d, scipy and scikit-image, one thread against one thread, in one run."""

from __future__ import annotations

import tempfile

import cc3d
import numpy as np
from scipy import ndimage
from skimage.measure import label
from timing import Row, paired, peak_megabytes

import napari_objclass as oc

# Shape, smoothing and share of background of random blobs.
WORK = {
    "2D 4096²": ((4096, 4096), 6, 0.76),
    "3D 256×512×512": ((256, 512, 512), 3, 0.9),
}


def blobs(name: str) -> np.ndarray:
    """Foreground of a smoothed random image, uint8."""
    shape, sigma, background = WORK[name]
    noise = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
    smooth = ndimage.gaussian_filter(noise, sigma)
    return (smooth > np.quantile(smooth[::7], background)).astype(np.uint8)


def rows() -> list[Row]:
    """Every comparison of this file."""
    found = []
    for name in WORK:
        image = blobs(name)
        neighbours = 4 if image.ndim == 2 else 6
        peers = {
            "cc3d": lambda: cc3d.connected_components(image, connectivity=neighbours),  # noqa: B023
            "scipy": lambda: ndimage.label(image),  # noqa: B023
            "scikit-image": lambda: label(image, connectivity=1),  # noqa: B023
        }
        for peer, call in peers.items():
            ours, theirs = paired(lambda: oc.connected_components(image, threads=1), call, 3)  # noqa: B023
            work = f"components, {name}, {oc.connected_components(image).max()} objects, 1 thread"
            found.append(Row(work, ours.wall, theirs.wall, peer))
    return found


def memory() -> list[tuple[str, str, float]]:
    """Rows of (work, who, peak MB of the call, the result included)."""
    calls = {
        "ours": "oc.connected_components(image)",
        "cc3d": "cc3d.connected_components(image, connectivity=2 * image.ndim)",
        "scipy": "ndimage.label(image)",
    }
    found = []
    for name in WORK:
        with tempfile.NamedTemporaryFile(suffix=".npy") as file:
            np.save(file.name, blobs(name))
            setup = (
                "import napari_objclass as oc, cc3d, numpy as np\nfrom scipy import ndimage\n"
                f"image = np.load({file.name!r})"
            )
            found += [(f"components, {name}", who, peak_megabytes(setup, call)) for who, call in calls.items()]
    return found


if __name__ == "__main__":
    for row in rows():
        print(row.markdown())
    print(memory())
