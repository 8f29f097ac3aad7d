"""Cut full reference files down to what tests read: ``python reduce.py FOLDER_OF_FULL_FILES``.

The full files hold images with the labels and smoothed values that ilastik 1.4.2 computes; see ``../provenance.md``.
"""

import sys
from pathlib import Path

import numpy as np

FULL, HERE = Path(sys.argv[1]), Path(__file__).parent

with np.load(FULL / "smoothing.npz") as full:
    kept = ["raw", "sigma_0.3", "sigma_1.0", "sigma_3.5"]
    np.savez_compressed(HERE / "smoothing.npz", **{name: full[name] for name in kept})

for case in ("nuclei2d", "ell3d_two"):
    with np.load(FULL / "thresholding" / f"{case}.npz") as full:
        arrays = {name: full[name] for name in full if not name.startswith("smoothed")}
    first, second = np.moveaxis(arrays["probabilities"], -1, 0)
    if np.array_equal(second, 1 - first):
        arrays["probabilities"] = first[..., None]  # the other channel is computed from it
    np.savez_compressed(HERE / f"{case}.npz", **arrays)
