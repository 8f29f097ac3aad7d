"""Writes projects as ilastik writes them, part by part, of every variant and of old and new versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import h5py
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Names of the workflow, as stored and as the Python class that blank projects name, and the role of the objects.
VARIANTS = {
    "probabilities": (
        "Object Classification (from prediction image)",
        "ObjectClassificationWorkflowPrediction",
        "Prediction Maps",
    ),
    "segmentation": (
        "Object Classification (from binary image)",
        "ObjectClassificationWorkflowBinary",
        "Segmentation Image",
    ),
    "labels": (
        "Object Classification (from label image)",
        "ObjectClassificationWorkflowLabelImage",
        "Label Image",
    ),
}
RAW = "Raw Data"

STANDARD, HULL, SKELETON = "Standard Object Features", "2D Convex Hull Features", "2D Skeleton Features"
#: Three columns in 2D.
SHAPE_FEATURES = {STANDARD: ["Count", "RegionRadii"]}

_SPLIT, _LEAF = 0, 1 << 30


class Tree(NamedTuple):
    """A tree as VIGRA stores it."""

    topology: np.ndarray
    parameters: np.ndarray


def create(path: Path, variant: str = "labels", *, version: str = "1.4.2", workflow: str | None = None) -> h5py.File:
    """Begin a project without images; to be closed."""
    file = h5py.File(path, "w")
    file["workflowName"] = (VARIANTS[variant][0] if workflow is None else workflow).encode()
    file["ilastikVersion"] = version.encode()
    file["time"] = b"Fri Apr 13 12:14:47 2018"
    file["currentApplet"] = 0
    roles = [RAW, VARIANTS[variant][2]] + (["Atlas"] if version >= "1.3" else [])
    file["Input Data/Role Names"] = np.array([role.encode() for role in roles])
    file["Input Data/StorageVersion"] = b"0.2"
    file.create_group("Input Data/local_data")
    return file


def add_lane(file: h5py.File, **roles: dict[str, Any] | None) -> int:
    """Add an image; roles are written with ``_`` for spaces, None for those without data."""
    infos = file.require_group("Input Data/infos")
    lane = len(infos)
    for role, facts in roles.items():
        group = infos.create_group(f"lane{lane:04}/{role.replace('_', ' ')}")
        for name, value in (facts or {}).items():
            group[name] = value.encode() if isinstance(value, str) else value
    return lane


def new_dataset(path: str, axes: str, shape: tuple[int, ...], **facts: Any) -> dict[str, Any]:
    """Facts as versions from 1.4 write them; with backslashes if the path has them."""
    return {
        "__class__": "RelativeFilesystemDatasetInfo",
        "filePath": path,
        "location": "FileSystem",
        "axistags": axistags(axes),
        "shape": np.array(shape),
        "nickname": Path(path.replace("\\", "/")).stem,
        "allowLabels": True,
        "working_scale": "",
        **facts,
    }


def old_dataset(path: str, axes: str, **facts: Any) -> dict[str, Any]:
    """Facts as versions up to 1.2 write them."""
    return {"filePath": path, "location": "FileSystem", "axisorder": axes, "fromstack": True, **facts}


def axistags(axes: str) -> str:
    flags = {"c": 1, "z": 2, "y": 2, "x": 2, "t": 8}
    tags = [{"key": axis, "typeFlags": flags[axis], "resolution": 0, "description": ""} for axis in axes]
    return json.dumps({"axes": tags})


def add_thresholds(file: h5py.File, sigma: dict[str, float] | None = None, **values: float) -> None:
    """Settings by ilastik's names; sigma by axis."""
    for name, value in values.items():
        file[f"ThresholdTwoLevels/{name}"] = value
    for axis, value in (sigma or {}).items():
        file[f"ThresholdTwoLevels/SmootherSigma/{axis}"] = value
    file["ThresholdTwoLevels/StorageVersion"] = b"0.1"


def add_features(
    file: h5py.File,
    features: dict[str, list[str]],
    margin: tuple[int, ...] = (30, 30),
    group: str = "ObjectExtraction/Features",
) -> None:
    """Features by plug-in; the margin (x, y[, z]) is that of those in a neighborhood."""
    file.require_group(group)
    for plugin, ids in features.items():
        for feature in ids:
            facts = file.create_group(f"{group}/{plugin}/{feature}")
            facts["displaytext"], facts["advanced"], facts["group"] = feature.encode(), False, b"Shape"
            if "neighborhood" in feature:
                facts["margin"] = np.array(margin, np.int32)


def add_selection(file: h5py.File, features: dict[str, list[str]]) -> None:
    """Those of the classifier."""
    add_features(file, features, group="ObjectClassification/SelectedFeatures")


def add_classes(file: h5py.File, **colors: tuple[int, int, int]) -> None:
    """Names with the colours of labels; predictions have them in the opposite order of red, green, blue."""
    group = file.require_group("ObjectClassification")
    group["LabelNames"] = np.array([name.encode() for name in colors]) if colors else np.array([b"garbage"])
    rows = np.array(list(colors.values()) or [(0, 0, 0)], np.int32)
    group["LabelColors"], group["PmapColors"] = rows, rows[:, ::-1]
    for name in ("LabelNames", "LabelColors", "PmapColors"):
        group[name].attrs["isEmpty"] = not colors


def add_labels(file: h5py.File, lane: int, frame: int, classes: list[float]) -> None:
    """Class of every object; the index is its id."""
    file[f"ObjectClassification/LabelInputs/{lane:04}/{frame}"] = np.array(classes, float)


def add_objects(file: h5py.File, lane: int, blocks: dict[tuple[int, ...], np.ndarray]) -> None:
    """Label images ``tzyx`` that variants with components keep, in blocks by their first t, z, y, x."""
    for i, (start, labels) in enumerate(blocks.items()):
        block = file.create_dataset(
            f"ObjectExtraction/LabelImage_v2/labelimage{lane:03}/block{i:04}",
            data=labels.transpose(0, 3, 2, 1)[..., None].astype(np.uint32),
            compression="gzip",
        )
        block.attrs["blockSlice"] = _slices(np.array((*start, 0))[[0, 3, 2, 1, 4]], block.shape)


def add_relabelled(file: h5py.File, lane: int, frame: int, labels: np.ndarray, pairs: list[tuple[int, int]]) -> None:
    """Label image ``zyx`` that the label-image variant keeps, and (given id, ilastik's id)."""
    group = file.create_group(f"ObjectExtraction/RelabelData/ImageLane{lane:03}/block{frame:04}")
    group.attrs["serialization_key"] = f"[{frame}:{frame + 1}]"
    group["array"] = labels[None, ..., None].astype(np.uint32)
    group["array"].attrs["blockSlice"] = _slices((frame, 0, 0, 0, 0), group["array"].shape)
    group["dict"] = np.array(pairs, np.int64)


def add_computed(
    file: h5py.File, lane: int, frame: int, features: dict[tuple[str, str], np.ndarray], probabilities: np.ndarray
) -> None:
    """Features by plug-in and id, and probabilities; the first row of each is that of the background."""
    for (plugin, feature), values in features.items():
        place = f"ObjectExtraction/RegionFeatures/{lane:04}/[[{frame}], [{frame + 1}]]/{plugin}/{feature}"
        file[place] = values.astype(np.float32)
    file[f"ObjectClassification/CachedProbabilities/{lane:04}/{frame}"] = probabilities.astype(np.float32)


def add_forest(
    file: h5py.File, trees: list[Tree], known: list[int], *, number: int = 0, described: bool = True
) -> None:
    """Trees as a forest; ``known`` are the classes of their frequencies."""
    group = file.require_group("ObjectClassification/ClassifierForests")
    digits = len(str(len(trees) - 1))
    for i, tree in enumerate(trees):
        group[f"Forest{number:04}/Tree_{i:0{digits}}/topology"] = tree.topology.astype(np.int32)
        group[f"Forest{number:04}/Tree_{i:0{digits}}/parameters"] = tree.parameters.astype(float)
    if described:
        group[f"Forest{number:04}/_ext_param/labels"] = np.array(known, np.uint32)
    if described and "known_labels" not in group:
        group["known_labels"] = np.array(known, np.uint32)
        group["pickled_type"] = b"clazyflow.classifiers.parallelVigraRfLazyflowClassifier\nX\np0\n."


def add_table(file: h5py.File, pickled: bytes, *, opaque: bool = True) -> None:
    """Settings of the table, as newer versions store them, or as bytes."""
    group = file.require_group("ObjectClassification")
    if opaque:
        group["ExportSettings"] = np.void(pickled)
        group["ExportSettings"].attrs["version"] = 1
    else:
        group["ExportSettings"] = pickled


def add_export(file: h5py.File, **values: Any) -> None:
    """Settings of the export applet by ilastik's names."""
    for name, value in values.items():
        file[f"Object Information Export/{name}"] = value.encode() if isinstance(value, str) else value


def add_blocks(file: h5py.File, block: dict[str, int], halo: dict[str, int]) -> None:
    """Shape of a block and its halo by axis."""
    for name, lengths in {"BlockShape3dDict": block, "HaloPadding3dDict": halo}.items():
        for axis, length in lengths.items():
            file[f"Blockwise Object Classification/{name}/{axis}"] = length


def write_project(
    path: Path,
    variant: str,
    lanes: list[tuple[Any, Any]],
    *,
    axes: str = "yx",
    labels: Sequence[dict[int, list[float]]] = (),
    features: dict[str, list[str]] = SHAPE_FEATURES,
    tree: tuple[int, float] | None = None,
    settings: dict[str, Any] | None = None,
) -> Path:
    """Write a small project with two classes.

    ``lanes`` are pairs of raw and objects, each a path relative to the project, or an array that the project holds;
    ``labels`` for each a dict from frame to class numbers by ilastik's id; ``tree`` the column and threshold of a
    forest of one split, below which objects are of class 1; ``settings`` other datasets by name.
    """
    role = VARIANTS[variant][2]
    with create(path, variant) as file:
        for number, (raw, objects) in enumerate(lanes):
            described = {
                RAW: _described(file, raw, axes, f"{number}-{RAW}"),
                role: _described(file, objects, axes + "c" * (variant == "probabilities"), f"{number}-{role}"),
            }
            add_lane(file, **described)
        add_features(file, features)
        for number, frames in enumerate(labels):
            for frame, numbers in frames.items():
                add_labels(file, number, frame, numbers)
        add_classes(file, **{"Label 1": (255, 225, 25), "Label 2": (0, 130, 200)})
        file["ObjectClassification/PmapColors"][:] = file["ObjectClassification/LabelColors"]
        if tree is not None:
            topology = [3, 2, _SPLIT, 0, 7, 9, tree[0], _LEAF, 2, _LEAF, 5]
            add_forest(file, [Tree(np.array(topology), np.array([1, tree[1], 1, 1, 0, 1, 0, 1]))], [1, 2])
        for name, value in (settings or {}).items():
            file[name] = value
    return path


def _described(file: h5py.File, source: Any, axes: str, name: str) -> dict[str, Any]:
    """Facts of an image, which the project keeps if it is an array."""
    if isinstance(source, str):
        facts = {"__class__": "RelativeFilesystemDatasetInfo", "filePath": source}
    else:
        inner = f"Input Data/local_data/{name}"
        file[inner] = source
        facts = {"__class__": "ProjectInternalDatasetInfo", "inner_path": inner, "datasetId": name}
    return {"axistags": axistags(axes), "nickname": name, **facts}


def random_tree(rng: np.random.Generator, n_columns: int, n_classes: int, n_splits: int, values: np.ndarray) -> Tree:
    """Grow a tree that asks for some of the values; its nodes are stored in any order."""
    left, right, column, threshold = {}, {}, {}, {}
    leaves, n_nodes = [0], 1
    for _ in range(n_splits):
        node = leaves.pop(rng.integers(len(leaves)))
        left[node], right[node], column[node] = n_nodes, n_nodes + 1, rng.integers(n_columns)
        threshold[node] = rng.choice(values)
        leaves += [n_nodes, n_nodes + 1]
        n_nodes += 2
    stored = [0, *(rng.permutation(n_nodes - 1) + 1)]
    address = dict(zip(stored, np.cumsum([2, *(5 if node in left else 2 for node in stored)]).tolist(), strict=False))
    topology, parameters = [n_columns, n_classes], []
    for node in stored:
        if node in left:
            topology += [_SPLIT, len(parameters), address[left[node]], address[right[node]], int(column[node])]
            parameters += [1.0, threshold[node]]
        else:
            counts = rng.integers(0, 5, n_classes) + np.eye(n_classes, dtype=int)[rng.integers(n_classes)]
            topology += [_LEAF, len(parameters)]
            parameters += [float(counts.sum()), *(counts / counts.sum())]
    return Tree(np.array(topology), np.array(parameters))


def as_trees(forest: dict[str, np.ndarray]) -> list[Tree]:
    """Trees of :meth:`napari_objclass.RandomForest.to_arrays` as VIGRA would store them."""
    trees, node, leaf = [], 0, 0
    n_classes = forest["leaf_frequencies"].shape[1]
    for n_nodes in forest["nodes_per_tree"].tolist():
        columns = forest["column"][node : node + n_nodes]
        address = np.cumsum([2, *np.where(columns < 0, 2, 5)])
        topology, parameters = [len(forest["importances"]), n_classes], []
        for i, column in enumerate(columns.tolist()):
            topology += [_LEAF if column < 0 else _SPLIT, len(parameters)]
            if column < 0:
                parameters += [1.0, *forest["leaf_frequencies"][leaf]]
                leaf += 1
            else:
                topology += [address[i + 1], address[forest["right"][node + i]], column]
                # VIGRA sends smaller values left, ours go left up to the threshold.
                parameters += [1.0, np.nextafter(np.float64(forest["threshold"][node + i]), np.inf)]
        trees.append(Tree(np.array(topology), np.array(parameters)))
        node += n_nodes
    return trees


def _slices(start: Any, shape: tuple[int, ...]) -> str:
    return "[" + ",".join(f"{first}:{first + length}" for first, length in zip(start, shape, strict=True)) + "]"
