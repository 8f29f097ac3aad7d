"""The step Objects."""

from __future__ import annotations

from typing import ClassVar

from napari_objclass.widgets._base import Step, StepDock


class ObjectsStep(Step):
    """The step Objects."""

    ID: ClassVar[str] = "objects"
    TITLE: ClassVar[str] = "Objects"
    APPLET: ClassVar[str] = "Threshold and Size Filter"


class ObjectsDock(StepDock):
    """The step as a widget of its own."""

    STEP: ClassVar[type[Step]] = ObjectsStep
