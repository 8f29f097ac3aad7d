"""Projects of ilastik that tests write: as few groups as a project of the workflow needs."""

import json

import h5py
import numpy as np

WORKFLOWS = {
    "labels": ("from label image", "Label Image"),
    "segmentation": ("from binary image", "Segmentation Image"),
    "probabilities": ("from prediction image", "Prediction Maps"),
}
SHAPE_FEATURES = {"Standard Object Features": ["Count", "RegionRadii"]}
#: Columns of the above in 2D.
N_COLUMNS = 3
LEAF = 1 << 30


def write_project(path, variant, lanes, *, axes="yx", labels=(), features=SHAPE_FEATURES, tree=None, settings=None):
    """Write a project.

    ``lanes`` are pairs of raw and objects, each a path relative to the project, or an array that the project holds;
    ``labels`` for each a dict from frame to class numbers by ilastik's id; ``tree`` the column and threshold of a
    forest of one split; ``settings`` other datasets by name.
    """
    workflow, role = WORKFLOWS[variant]
    with h5py.File(path, "w") as file:
        file["workflowName"] = f"Object Classification ({workflow})".encode()
        file["ilastikVersion"] = b"1.4.2"
        file["Input Data/Role Names"] = np.array([b"Raw Data", role.encode()])
        for number, (raw, objects) in enumerate(lanes):
            for name, source, letters in (("Raw Data", raw, axes), (role, objects, axes)):
                info = file.create_group(f"Input Data/infos/lane{number:04}/{name}")
                _write_dataset(file, info, source, letters + "c" * (name == "Prediction Maps"), f"{number}-{name}")
        for plugin, ids in features.items():
            for each in ids:
                file[f"ObjectExtraction/Features/{plugin}/{each}/displaytext"] = each.encode()
        for number, frames in enumerate(labels):
            for frame, numbers in frames.items():
                file[f"ObjectClassification/LabelInputs/{number:04}/{frame}"] = np.array(numbers, float)
        file["ObjectClassification/LabelNames"] = np.array([b"Label 1", b"Label 2"])
        file["ObjectClassification/LabelColors"] = np.array([[255, 225, 25], [0, 130, 200]])
        file["ObjectClassification/PmapColors"] = np.array([[255, 225, 25], [0, 130, 200]])
        if tree is not None:
            _write_forest(file.create_group("ObjectClassification/ClassifierForests"), *tree)
        for name, value in (settings or {}).items():
            file[name] = value
    return path


def _write_dataset(file, info, source, axes, nickname):
    info["nickname"] = nickname.encode()
    info["axistags"] = json.dumps({"axes": [{"key": letter} for letter in axes]}).encode()
    if isinstance(source, str):
        info["__class__"] = b"RelativeFilesystemDatasetInfo"
        info["filePath"] = source.encode()
    else:
        inner = f"Input Data/local_data/{nickname}"
        file[inner] = source
        info["__class__"] = b"ProjectInternalDatasetInfo"
        info["inner_path"] = inner.encode()
        info["datasetId"] = nickname.encode()


def _write_forest(group, column, threshold):
    """One tree: values below the threshold are of class 1, others of class 2."""
    group["known_labels"] = np.array([1, 2], np.uint32)
    topology = [N_COLUMNS, 2, 0, 0, 7, 9, column, LEAF, 2, LEAF, 5]
    group["Forest0000/Tree_0/topology"] = np.array(topology, np.int32)
    group["Forest0000/Tree_0/parameters"] = np.array([1, threshold, 1, 1, 0, 1, 0, 1], float)
