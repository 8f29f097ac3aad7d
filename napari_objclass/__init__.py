"""Object classification: click a few objects, classify all of them; for napari, and without it.

The names below are the headless public interface; each is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_objclass.errors import (
        AxesError,
        Cancelled,
        DtypeError,
        FeatureError,
        FileError,
        InternalError,
        ObjClassError,
        ParameterError,
        ProjectError,
        ProjectLockedError,
        ShapeError,
    )
    from napari_objclass.kernels import CancelToken
    from napari_objclass.labels import connected_components

_HOME = {
    "AxesError": "errors",
    "CancelToken": "kernels",
    "Cancelled": "errors",
    "DtypeError": "errors",
    "FeatureError": "errors",
    "FileError": "errors",
    "InternalError": "errors",
    "ObjClassError": "errors",
    "ParameterError": "errors",
    "ProjectError": "errors",
    "ProjectLockedError": "errors",
    "ShapeError": "errors",
    "connected_components": "labels",
}

__version__ = "0.1.0"
__all__ = [
    "AxesError",
    "CancelToken",
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
    "connected_components",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'napari_objclass' has no attribute {name!r}")
    return getattr(import_module(f"napari_objclass.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
