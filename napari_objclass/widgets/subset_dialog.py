"""The dialog "Use fewer features": how much each feature helps the forest, and what happens without it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QRectF, Qt, QTimer
from qtpy.QtWidgets import (
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QSlider,
    QSpinBox,
    QStyledItemDelegate,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)
from superqt.utils import signals_blocked

from napari_objclass.widgets.parts.agreement import OUT_OF_BAG
from napari_objclass.widgets.parts.counts import agreement
from napari_objclass.widgets.parts.live_dialog import LiveDialog
from napari_objclass.widgets.parts.ranking import Ranking
from napari_objclass.widgets.parts.tick_boxes import TickBoxes
from napari_objclass.widgets.viewer.column_names import LONG
from napari_objclass.workflow import object_classification

if TYPE_CHECKING:
    from qtpy.QtCore import QModelIndex
    from qtpy.QtGui import QPainter
    from qtpy.QtWidgets import QStyleOptionViewItem, QWidget

    from napari_objclass.features import FeatureSpec
    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.object_classification import TrainedForest
    from napari_objclass.workflow.session import Session

FEATURE, IMPORTANCE = range(2)

#: Milliseconds that ticks and slider rest before the forest is trained anew; each time is one step of undo.
QUIET = 300

ID_ROLE = Qt.ItemDataRole.UserRole


def show_subset_dialog(shared: ViewerSession, parent: QWidget) -> SubsetDialog:
    """Show the dialog, beside the window that ``parent`` is in."""
    return SubsetDialog.open_for(shared, parent)


class SubsetDialog(LiveDialog):
    """Ticks and importance of the features that the classifier may use; a change is tried out at once."""

    def __init__(self, shared: ViewerSession, parent: QWidget) -> None:
        super().__init__(shared, parent)
        self.setWindowTitle("Use fewer features")
        self._ranking = Ranking()
        self._listed: tuple[str, ...] = ()
        self._quiet = QTimer(self, singleShot=True, interval=QUIET)
        self._quiet.timeout.connect(self._write)
        self.finished.connect(self._write_now)
        self._build()
        for signal in (shared.changed, shared.shown_changed, shared.live_changed):
            self.connections.connect(signal, self._follow)
        self.connections.connect(shared.replaced, self._begin_anew)
        self._follow()

    def _build(self) -> None:
        self.agreement = QLabel(wordWrap=True)
        self.agreement.setToolTip(OUT_OF_BAG)
        self.search = QLineEdit(placeholderText="Search", clearButtonEnabled=True)
        self.search.textChanged.connect(self._filter)
        self.list = QTreeWidget()
        self.list.setHeaderLabels(["Feature", "Importance"])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(FEATURE, QHeaderView.ResizeMode.Stretch)
        self.list.header().resizeSection(IMPORTANCE, 130)
        self.list.setItemDelegate(TickBoxes(self.list))
        self.list.setItemDelegateForColumn(IMPORTANCE, _Bars(self.list))
        self.list.itemChanged.connect(self._ticked)
        self.slider = QSlider(Qt.Orientation.Horizontal, toolTip="Keep the features that help most.")
        self.number = QSpinBox(minimum=1, toolTip=self.slider.toolTip())
        self.slider.setMinimum(1)
        self.slider.valueChanged.connect(self._keep_best)
        self.number.valueChanged.connect(self._keep_best)
        self.of = QLabel()
        self.note = QLabel(wordWrap=True)
        buttons = self.make_buttons(QDialogButtonBox.StandardButton.Reset | QDialogButtonBox.StandardButton.Close)
        self.reset = buttons.button(QDialogButtonBox.StandardButton.Reset)
        self.reset.setToolTip("Use all features that are measured.")
        self.reset.clicked.connect(self._use_all)
        keep = QHBoxLayout()
        keep.addWidget(QLabel("Keep the best"))
        keep.addWidget(self.number)
        keep.addWidget(self.of)
        keep.addWidget(self.slider, 1)
        layout = QVBoxLayout(self)
        layout.addWidget(self.agreement)
        layout.addWidget(self.search)
        layout.addWidget(self.list, 1)
        layout.addLayout(keep)
        layout.addWidget(self.note)
        layout.addWidget(buttons)
        self.resize(460, 480)

    # -------------------------------------------------------------------------------------- what the session has

    def _begin_anew(self) -> None:
        self._quiet.stop()
        self._ranking = Ranking()
        self._follow()

    def _follow(self, *_: object) -> None:
        """Show what the session uses, and what the forest says of it."""
        shown, specs = self.shared.shown, self._specs
        self._ranking.offer([spec.id for spec in specs])
        if shown is not None and shown.forest is not None and not shown.forest.imported:
            self._ranking.learn(shown.forest, specs)
        if self._ranking.order != self._listed:
            self._fill({spec.id: spec for spec in specs})
        if not self._quiet.isActive():
            self._show_ticks(self._used)
        self._show_bars()
        self.agreement.setText(_agreement(shown.forest if shown else None))

    @property
    def _specs(self) -> tuple[FeatureSpec, ...]:
        """The features that are measured."""
        shown = self.shared.shown
        return shown.table.specs if shown is not None and shown.table is not None else ()

    @property
    def _used(self) -> frozenset[str]:
        features = self.shared.session.classifier.features
        return frozenset(self._ranking.order if features is None else features)

    def _write_now(self) -> None:
        """Do not wait any longer: the dialog is being closed."""
        if self._quiet.isActive():
            self._quiet.stop()
            self._write()

    def _write(self) -> None:
        """Use the ticked features."""
        ticked = self._ticked_features
        chosen = None if len(ticked) == self.list.topLevelItemCount() else ticked

        def change(session: Session) -> None:
            session.classifier = replace(session.classifier, features=chosen)

        if chosen != self.shared.session.classifier.features:
            self.shared.do(object_classification.ID, change)

    # ------------------------------------------------------------------------------------------------- the rows

    @property
    def _items(self) -> list[QTreeWidgetItem]:
        return [self.list.topLevelItem(i) for i in range(self.list.topLevelItemCount())]

    @property
    def _ticked_features(self) -> tuple[str, ...]:
        """What is ticked, in the order in which features are measured."""
        ticked = {item.data(FEATURE, ID_ROLE) for item in self._items if _is_ticked(item)}
        return tuple(spec.id for spec in self._specs if spec.id in ticked)

    def _fill(self, specs: dict[str, FeatureSpec]) -> None:
        with signals_blocked(self.list):
            current = self.list.currentItem()
            before = current.data(FEATURE, ID_ROLE) if current else None
            self.list.clear()
            self._listed = self._ranking.order
            for feature in self._listed:
                item = QTreeWidgetItem(self.list, [_row_name(specs[feature])])
                item.setFlags(_FLAGS)
                item.setData(FEATURE, ID_ROLE, feature)
                item.setCheckState(FEATURE, Qt.CheckState.Unchecked)
                item.setToolTip(FEATURE, specs[feature].doc)
                if feature == before:
                    self.list.setCurrentItem(item)
        self._filter(self.search.text())
        for control in (self.slider, self.number):
            with signals_blocked(control):
                control.setMaximum(max(len(specs), 1))
            control.setEnabled(bool(specs))
        self.of.setText(f"of {len(specs)}")

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        for item in self._items:
            searched = f"{item.text(FEATURE)} {item.data(FEATURE, ID_ROLE)}".casefold()
            item.setHidden(not all(word in searched for word in words))

    def _show_ticks(self, used: frozenset[str]) -> None:
        with signals_blocked(self.list):
            for item in self._items:
                ticked = item.data(FEATURE, ID_ROLE) in used
                item.setCheckState(FEATURE, Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
        self._show_number()

    def _show_number(self) -> None:
        n_ticked = sum(map(_is_ticked, self._items))
        for control in (self.slider, self.number):
            with signals_blocked(control):
                control.setValue(max(n_ticked, 1))
        self.reset.setEnabled(n_ticked < self.list.topLevelItemCount())
        self.note.setText(self._remark(n_ticked))
        self.note.setVisible(bool(self.note.text()))

    def _remark(self, n_ticked: int) -> str:
        if not self._items:
            return "Features are listed here as soon as they are measured."
        if not n_ticked:
            return "Keep at least one feature."
        if not self.shared.live:
            return "Live update is off: agreement and importance stand still until it is on."
        return ""

    def _show_bars(self) -> None:
        """Draw importances as shares of the largest; those of features that the forest does without are pale."""
        importance, used = self._ranking.importance, self._ranking.used
        largest = max(importance.values(), default=0.0) or 1.0
        with signals_blocked(self.list):
            for item in self._items:
                feature = item.data(FEATURE, ID_ROLE)
                share = importance.get(feature)
                bar = None if share is None else (share, share / largest, feature in used)
                item.setData(IMPORTANCE, ID_ROLE, bar)
                item.setToolTip(IMPORTANCE, _explain(share, is_used=feature in used))
        self.list.viewport().update()

    # ----------------------------------------------------------------------------------------------- what is done

    def _ticked(self) -> None:
        self._show_number()
        if self._ticked_features:
            self._quiet.start()
        else:
            self._quiet.stop()

    def _keep_best(self, n: int) -> None:
        self._show_ticks(self._ranking.best(n))
        self._quiet.start()

    def _use_all(self) -> None:
        self._show_ticks(frozenset(self._ranking.order))
        self._quiet.stop()
        self._write()


_FLAGS = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable


class _Bars(QStyledItemDelegate):
    """Draws importance as a bar with its percentage, in the colour of the text."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        super().paint(painter, option, index)
        bar = index.data(ID_ROLE)
        if bar is None:
            return
        share, length, is_used = bar
        area = QRectF(option.rect).adjusted(4, 3, -44, -3)
        color = option.palette.text().color()
        painter.save()
        painter.setPen(color)
        painter.drawText(option.rect.adjusted(0, 0, -6, 0), _RIGHT, f"{100 * share:.0f} %" if is_used else "")
        color.setAlphaF(0.55 if is_used else 0.2)
        painter.fillRect(QRectF(area.left(), area.top(), max(1.0, area.width() * length), area.height()), color)
        painter.restore()


_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def _row_name(spec: FeatureSpec) -> str:
    return f"{spec.display}, {spec.n_values} values" if spec.n_values > LONG else spec.display


def _is_ticked(item: QTreeWidgetItem) -> bool:
    return item.checkState(FEATURE) == Qt.CheckState.Checked


def _agreement(forest: TrainedForest | None) -> str:
    if forest is None:
        return "Label objects of two classes to see which features help."
    if forest.imported:
        return "Which features help shows when a classifier has been grown here: that from ilastik is still in use."
    found = agreement(forest)
    return found.sentence if found else "Label more objects to see how well the classifier agrees with your labels."


def _explain(share: float | None, *, is_used: bool) -> str:
    if share is None:
        return "Not known before the classifier has used this feature."
    if is_used:
        return f"{100 * share:.1f} % of what the trees gain from all their questions."
    return f"Not used now; it was {100 * share:.1f} % when it was used last."
