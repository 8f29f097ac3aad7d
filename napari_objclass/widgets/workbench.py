"""The workbench: all steps in one dock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QVBoxLayout

from napari_objclass.widgets._base import Dock
from napari_objclass.widgets.export import ExportStep
from napari_objclass.widgets.feature_selection import FeatureSelectionStep
from napari_objclass.widgets.input_data import InputDataStep
from napari_objclass.widgets.object_classification import ObjectClassificationStep
from napari_objclass.widgets.objects import ObjectsStep

if TYPE_CHECKING:
    import napari

STEPS = (InputDataStep, ObjectsStep, FeatureSelectionStep, ObjectClassificationStep, ExportStep)


class Workbench(Dock):
    """All steps in one dock."""

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__(napari_viewer)
        self.steps = [step(self.shared) for step in STEPS]
        layout = QVBoxLayout(self)
        for step in self.steps:
            layout.addWidget(step)
