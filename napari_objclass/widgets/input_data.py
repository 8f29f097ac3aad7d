"""The step Images."""

from __future__ import annotations

from typing import ClassVar

from napari_objclass.widgets._base import Step, StepDock


class InputDataStep(Step):
    """The step Images."""

    ID: ClassVar[str] = "input_data"
    TITLE: ClassVar[str] = "Images"
    APPLET: ClassVar[str] = "Input Data"


class InputDataDock(StepDock):
    """The step as a widget of its own."""

    STEP: ClassVar[type[Step]] = InputDataStep
