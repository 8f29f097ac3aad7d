"""The step Results."""

from __future__ import annotations

from typing import ClassVar

from napari_objclass.widgets._base import Step, StepDock


class ExportStep(Step):
    """The step Results."""

    ID: ClassVar[str] = "export"
    TITLE: ClassVar[str] = "Results"
    APPLET: ClassVar[str] = "Object Information Export"


class ExportDock(StepDock):
    """The step as a widget of its own."""

    STEP: ClassVar[type[Step]] = ExportStep
