"""Settings in an ilastik project: thresholds, features, classes, export and blocks, by ilastik's names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_objclass.io import ilp_pickle
from napari_objclass.io.ilp_values import attribute, groups_and_values, settings, text

if TYPE_CHECKING:
    import h5py

#: Plug-in of what every object has, which no classifier uses.
_ALWAYS = "Default features"


class Features(NamedTuple):
    """(Plug-in, feature id) in the order of a classifier's columns, and the margin in array order."""

    ids: tuple[tuple[str, str], ...] = ()
    margin: tuple[int, ...] | None = None


def thresholds(file: h5py.File) -> dict[str, Any]:
    """Of the thresholding applet; what very old versions call otherwise is renamed."""
    found = {name: _number(value) for name, value in settings(file, "ThresholdTwoLevels").items()}
    single = found.pop("SingleThreshold", None)
    if single is not None and found.get("CurOperator", 0) == 0:
        found["LowThreshold"] = single
    if "Channel" in found:
        found.setdefault("CoreChannel", found["Channel"])
    return found


def features(file: h5py.File, name: str, default: Features) -> Features:
    """Features below a group, or ``default`` if there is no such group."""
    group = file.get(name)
    if group is None:
        return default
    while len(group) == 1 and next(iter(group)).isdigit():  # a level of old files
        group = group[next(iter(group))]
    found, margins = [], []
    for plugin, ids in groups_and_values(group):
        for feature, facts in groups_and_values(ids):
            if plugin != _ALWAYS:
                found.append((plugin, feature))
                margins += [np.ravel(facts["margin"][()])] if "margin" in facts else []
    widest = [max(each) for each in zip(*margins, strict=True)]
    return Features(tuple(sorted(found)), tuple(map(int, widest[::-1])) or None)


def class_names(file: h5py.File) -> tuple[str, ...]:
    """Names of the classes."""
    return tuple(text(name) for name in np.ravel(_filled(file, "LabelNames")))


def colors(file: h5py.File, name: str) -> tuple[str, ...]:
    """Colours ``"#rrggbb"`` of the classes."""
    rows = np.reshape(_filled(file, name), (-1, 3))
    return tuple("#" + "".join(f"{channel:02x}" for channel in row) for row in np.clip(rows, 0, 255).astype(np.uint8))


def export(file: h5py.File) -> dict[str, Any]:
    """Of the export applet; None stands for the ends of the image in regions, types are numpy's names."""
    found = settings(file, "Object Information Export")
    for name in found.keys() & {"RegionStart", "RegionStop"}:
        found[name] = tuple(None if int(each) == -1 else int(each) for each in found[name])
    dtype = re.search(r"u?int\d+|float\d+", str(found.get("ExportDtype", "")))
    if "ExportDtype" in found:
        found["ExportDtype"] = dtype.group() if dtype else ""
    return found


def table(file: h5py.File) -> dict[str, Any]:
    """Of the table export, with ids of the chosen ``features``; {} if it was never configured."""
    stored = file.get("ObjectClassification/ExportSettings")
    if stored is None:
        return {}
    value = stored[()]
    found, chosen = ilp_pickle.load(value if isinstance(value, bytes) else value.tobytes())
    return {**(found or {}), "features": tuple(chosen or ())} if found else {}


def blockwise(file: h5py.File) -> dict[str, tuple[int, int, int]]:
    """``block`` and ``halo`` along z, y, x."""
    found = settings(file, "Blockwise Object Classification")
    names = {"block": "BlockShape3dDict", "halo": "HaloPadding3dDict"}
    return {
        ours: (int(found[f"{name}/z"]), int(found[f"{name}/y"]), int(found[f"{name}/x"]))
        for ours, name in names.items()
        if all(f"{name}/{axis}" in found for axis in "zyx")
    }


def _number(value: Any) -> float:
    if not isinstance(value, (int, float)):
        raise ValueError(f"{value!r} is no number")
    return value


def _filled(file: h5py.File, name: str) -> Any:
    """Array of the classification applet; where it is marked as empty, what it holds means nothing."""
    stored = file.get(f"ObjectClassification/{name}")
    return [] if stored is None or attribute(stored, "isEmpty") else stored[()]
