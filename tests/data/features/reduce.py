"""Cut full reference files down to the arrays that tests read: ``python reduce.py FOLDER_OF_FULL_FILES``.

The full files hold every feature that ilastik 1.4.2 computes for an image; see ``../provenance.md``.
"""

import sys
from pathlib import Path

import numpy as np

KEPT = [
    "Count",
    "Coord<Minimum>",
    "Coord<Maximum>",
    "RegionCenter",
    "RegionRadii",
    "RegionAxes",
    "Mean",
    "Variance",
    "Skewness",
    "Kurtosis",
    "Minimum",
    "Maximum",
    "Sum",
]

for source in sorted(Path(sys.argv[1]).glob("*.npz")):
    with np.load(source) as full:
        kept = ["raw", "labels", "ids", *(f"Standard Object Features/{name}" for name in KEPT)]
        np.savez_compressed(Path(__file__).with_name(source.name), **{name: full[name] for name in kept})
