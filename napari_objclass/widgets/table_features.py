"""The dialog in which the features of the exported table are ticked, whatever is used to classify."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from napari_objclass.widgets.feature_dialog import FeatureDialog
from napari_objclass.workflow import export, sources

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.feature_selection import FeatureSelection
    from napari_objclass.workflow.session import Session


def show_table_features(shared: ViewerSession, parent: QWidget) -> TableFeatures:
    """Show the dialog, beside the window that ``parent`` is in."""
    return TableFeatures.open_for(shared, parent)


class TableFeatures(FeatureDialog):
    """The tree of features, for the table; neighborhoods are as large as those of the classifier."""

    TITLE: ClassVar[str] = "Choose columns of the table"
    STEP: ClassVar[str] = export.ID

    def __init__(self, shared: ViewerSession, parent: QWidget) -> None:
        super().__init__(shared, parent)
        self.neighborhood.hide()

    @staticmethod
    def selection(session: Session) -> FeatureSelection:
        """Features of the table; those that are measured to classify while none were chosen."""
        selection, features = session.feature_selection, session.export_settings.features
        return selection if features is None else replace(selection, features=features)

    @staticmethod
    def select(session: Session, features: tuple[str, ...], margin: int | tuple[int, ...] | None) -> None:
        """Choose the features of the table."""
        session.export_settings = replace(session.export_settings, features=features, columns=sources.ALL)
