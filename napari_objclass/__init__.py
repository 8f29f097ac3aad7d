"""Object classification: click a few objects, classify all of them; for napari, and without it.

The public names below are imported when they are first used; ``__init__.pyi`` tells type checkers about them.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "errors": (
        "AxesError",
        "Cancelled",
        "DtypeError",
        "FeatureError",
        "FileError",
        "InternalError",
        "ObjClassError",
        "ParameterError",
        "ProjectError",
        "ProjectLockedError",
        "ShapeError",
    ),
    "features": ("FeatureSpec", "FeatureTable", "feature_catalog", "measure"),
    "forest": ("RandomForest", "uncertainty"),
    "io.image": ("Stack",),
    "kernels": ("CancelToken",),
    "labels": ("connected_components",),
    "thresholding": ("threshold",),
    "workflow.blockwise.classify": ("BlockwiseResult", "classify_blockwise"),
    "workflow.blockwise_settings": ("Blockwise",),
    "workflow.classes": ("ObjectClass",),
    "workflow.export": ("Export",),
    "workflow.feature_selection": ("FeatureSelection",),
    "workflow.ilastik_project": ("import_ilp",),
    "workflow.object_classification": ("Classifier", "Prediction"),
    "workflow.opening": ("open_project",),
    "workflow.session": ("Session",),
    "workflow.thresholding": ("Thresholding",),
}
_HOME = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = sorted([*_HOME, "sample"])


def __getattr__(name: str) -> Any:
    if name == "sample":
        return import_module("napari_objclass.sample")
    if name not in _HOME:
        raise AttributeError(f"module 'napari_objclass' has no attribute {name!r}")
    return getattr(import_module(f"napari_objclass.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
