"""The step Features."""

from __future__ import annotations

from typing import ClassVar

from napari_objclass.widgets._base import Step, StepDock


class FeatureSelectionStep(Step):
    """The step Features."""

    ID: ClassVar[str] = "feature_selection"
    TITLE: ClassVar[str] = "Features"
    APPLET: ClassVar[str] = "Object Feature Selection"


class FeatureSelectionDock(StepDock):
    """The step as a widget of its own."""

    STEP: ClassVar[type[Step]] = FeatureSelectionStep
