"""The step Classify."""

from __future__ import annotations

from typing import ClassVar

from napari_objclass.widgets._base import Step, StepDock


class ObjectClassificationStep(Step):
    """The step Classify."""

    ID: ClassVar[str] = "object_classification"
    TITLE: ClassVar[str] = "Classify"
    APPLET: ClassVar[str] = "Object Classification"


class ObjectClassificationDock(StepDock):
    """The step as a widget of its own."""

    STEP: ClassVar[type[Step]] = ObjectClassificationStep
