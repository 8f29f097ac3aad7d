"""What is in a project of ilastik, in a screenful."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from napari_objclass.io import ilp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from napari_objclass.io.ilp import IlpDataset, IlpLane, IlpProject

#: Images and files told one by one.
_MOST_IMAGES = 6

#: Ways of thresholding as ilastik numbers them.
_METHODS = ("simple", "hysteresis", "graph cut", "hysteresis without merging")


def facts(path: str) -> dict[str, str]:
    """Name and text of each fact."""
    project = ilp.read(path)
    found = {"project": path, "ilastik": f"{project.version or 'of an unknown version'}, {project.workflow}"}
    found |= _images(project)
    if project.thresholds:
        found["thresholding"] = _thresholding(project.thresholds)
    found["features"] = _features(project)
    if project.margin is not None:
        axes = "zyx"[-len(project.margin) :]
        found["neighborhood"] = f"{', '.join(map(str, project.margin))} pixels along {', '.join(axes)}"
    found |= _classes(project)
    found["forest"] = _forest(project.forest)
    if project.export:
        found["export"] = ", ".join(f"{name} {value}" for name, value in project.export.items())
    if project.table:
        chosen = f"{len(project.table['features'])} features"
        found["table"] = f"{project.table.get('file type', '')} {project.table.get('file path', '')}, {chosen}".strip()
    for name, lengths in project.blockwise.items():
        found[name] = " × ".join(map(str, lengths)) + " pixels along z, y, x"
    return found | {f"note {i}": note for i, note in enumerate(project.notes, 1)}


def _images(project: IlpProject) -> dict[str, str]:
    told = {f"image {i}": _image(lane) for i, lane in enumerate(project.lanes[:_MOST_IMAGES], 1)}
    n_more = len(project.lanes) - len(told)
    if n_more:
        n_incomplete = sum(not _is_complete(lane) for lane in project.lanes[_MOST_IMAGES:])
        told["images"] = f"{n_more} more" + (f", {n_incomplete} of them with missing files" if n_incomplete else "")
    return told or {"images": "none"}


def _is_complete(lane: IlpLane) -> bool:
    return all(dataset.found for dataset in lane.datasets.values())


def _image(lane: IlpLane) -> str:
    return "; ".join(f"{role} {_dataset(dataset)}" for role, dataset in lane.datasets.items()) or "without data"


def _dataset(dataset: IlpDataset) -> str:
    files = dataset.found or dataset.files
    place = files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1} more along {dataset.along}"
    shape = " × ".join(map(str, dataset.shape))
    form = f" ({dataset.axes} {shape}".rstrip() + ")" if dataset.axes else ""
    return place + form + ("" if dataset.found else " is missing")


def _thresholding(settings: Mapping[str, Any]) -> str:
    settings = {"CurOperator": 0, **settings}
    number = settings["CurOperator"]
    method = _METHODS[number] if number in range(len(_METHODS)) else f"method {number}"
    sigmas = [f"{axis} {settings[name]:g}" for axis in "zyx" if (name := f"SmootherSigma/{axis}") in settings]
    cores = {"HighThreshold": "cores", "CoreChannel": "of channel"} if number else {}
    names = {"LowThreshold": "from", "Channel": "in channel", **cores, "MinSize": "sizes from", "MaxSize": "to"}
    told = [f"{word} {settings[name]}" for name, word in names.items() if name in settings]
    return ", ".join([method, *told, *(["smoothed by " + " ".join(sigmas)] if sigmas else [])])


def _features(project: IlpProject) -> str:
    if not project.features:
        return "none chosen yet"
    plugins = Counter(plugin for plugin, _ in project.features)
    unused = len(set(project.features) - set(project.selected))
    counts = ", ".join(f"{plugin} {n}" for plugin, n in plugins.items())
    return counts + (f"; the classifier uses {len(project.selected)} of them" if unused else "")


def _classes(project: IlpProject) -> dict[str, str]:
    vectors = [labels for lane in project.lanes for labels in lane.labels.values()]
    counts = np.bincount(np.concatenate([*vectors, [0]]).astype(np.int64), minlength=len(project.class_names) + 1)
    return {f"class {i}": f"{name}, {counts[i]} objects labelled" for i, name in enumerate(project.class_names, 1)}


def _forest(forest: Mapping[str, Any] | None) -> str:
    if forest is None:
        return "none trained"
    return f"{len(forest['nodes_per_tree'])} trees, {len(forest['importances'])} columns"
