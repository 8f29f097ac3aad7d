"""Values that ilastik computes, beside ours: what the oracle tests of features share."""

from functools import cache
from pathlib import Path

import numpy as np

from napari_objclass.features import feature_catalog, measure

DATA = Path(__file__).parents[1] / "data" / "features"
CASES = sorted(path.stem for path in DATA.glob("*.npz"))


@cache
def reference(case):
    """Arrays of a case, rows in ascending order of ids."""
    with np.load(DATA / f"{case}.npz") as arrays:
        arrays = dict(arrays)
    order = np.argsort(arrays["ids"])
    return {name: array if name in ("raw", "labels", "margin_xyz") else array[order] for name, array in arrays.items()}


@cache
def catalogue(case):
    """Features that exist for the images of a case, by id."""
    labels, raw = reference(case)["labels"], reference(case)["raw"]
    return {spec.id: spec for spec in feature_catalog(labels.ndim, raw.shape[-1] if raw.ndim > labels.ndim else 1)}


@cache
def measured(case):
    """Every feature of a case, as we measure it."""
    arrays = reference(case)
    margin = arrays["margin_xyz"][::-1].tolist()
    return measure(arrays["labels"], arrays["raw"], features=list(catalogue(case)), margin=margin)


def compared(*features):
    """Pairs of case and feature that there are reference values for."""
    return [(case, feature) for case in CASES for feature in features if _has(case, feature)]


def _has(case, feature):
    spec = catalogue(case).get(feature)
    return spec is not None and spec.ilastik_id in reference(case)


def values(case, feature):
    """Our values as float32, and the reference."""
    return measured(case)[feature].astype(np.float32), reference(case)[catalogue(case)[feature].ilastik_id]


def causes(table):
    """Why values of a table are missing, each cause once."""
    return {table.missing_value(i)[2] for i in range(table.n_missing)}


def ulps(ours, theirs):
    """Differences in units of the last place of the reference; values must be missing in the same places."""
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(np.abs(ours - theirs) / np.spacing(np.abs(theirs)))
