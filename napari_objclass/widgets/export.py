"""The step Results: images and tables of the classified objects, as files."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from qtpy.QtCore import Qt, QUrl
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_objclass.widgets._base import Step, StepDock, StepState
from napari_objclass.widgets.parts.theme import text_color
from napari_objclass.widgets.viewer.exporting import ExportChoice
from napari_objclass.workflow import sources

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_objclass.widgets.viewer.exporting import Outcome
    from napari_objclass.widgets.viewer.session import ViewerSession

#: What is exported, and what users call it.
BOXES = {
    sources.PREDICTIONS: ("Class image", "The number of its class in every object"),
    sources.PROBABILITIES: ("Probabilities", "One channel per class"),
    sources.IDENTITIES: ("Object ids", "The label image, to join with the table"),
    sources.UNCERTAINTY: (
        "Uncertainty",
        "How close the two most probable classes of every object are: 1 minus their difference",
    ),
}

NAME = "{nickname}_{result_type}"

#: What napari and everything else opens.
FORMAT = "tif"


class ExportStep(Step):
    """The step Results."""

    ID: ClassVar[str] = "export"
    TITLE: ClassVar[str] = "Results"
    APPLET: ClassVar[str] = "Object Information Export"

    def __init__(self, shared: ViewerSession, parent: QWidget | None = None) -> None:
        super().__init__(shared, parent)
        self._n_written = 0  # files, by the latest export
        self.boxes = {source: QCheckBox(title, toolTip=tip) for source, (title, tip) in BOXES.items()}
        self.boxes[sources.PREDICTIONS].setChecked(True)
        self.table = QCheckBox(
            "Table (CSV)", checked=True, toolTip="One row per object: class, probabilities, features"
        )
        self.format = QComboBox()
        self.format.addItems(list(sources.FORMATS))
        self.format.setCurrentText(FORMAT)
        self.folder = QLineEdit(clearButtonEnabled=True)
        self.name = QLineEdit(NAME, toolTip="{nickname} is the name of the image, {result_type} what is in the file.")
        self.example = QLabel(wordWrap=True)
        self.this = QPushButton("Export this image", clicked=lambda: self._export(self._this()))
        self.all = QPushButton("Export all", clicked=lambda: self._export(self._all()))
        self.buttons = QWidget()
        self.question = _Question(instead_of=self.buttons)
        self.result = QLabel(wordWrap=True, openExternalLinks=True)
        self.result.hide()
        self._lay_out()
        for box in (*self.boxes.values(), self.table):
            box.toggled.connect(self._choose)
        for line in (self.folder, self.name):
            line.textChanged.connect(self._choose)
        self.format.currentTextChanged.connect(self._choose)
        self.connections.connect(shared.replaced, self._begin)
        for signal in (shared.shown_changed, shared.changed, shared.saved):
            self.connections.connect(signal, self._refresh)
        self._refresh()

    @property
    def choice(self) -> ExportChoice:
        """What the user chose."""
        return ExportChoice(
            images=tuple(source for source, box in self.boxes.items() if box.isChecked()),
            table=self.table.isChecked(),
            format=self.format.currentText(),
            folder=self.folder.text().strip(),
            name=self.name.text().strip() or NAME,
        )

    @property
    def state(self) -> StepState:
        """Done when something was exported."""
        return StepState.DONE if self._n_written else StepState.AHEAD

    @property
    def summary(self) -> str:
        """How many files were written."""
        return _files(self._n_written) if self._n_written else ""

    @property
    def hint(self) -> str:
        """The next thing to do."""
        shown = self.shared.shown
        if shown is None or shown.prediction is None:
            return ""
        if not self._n_written:
            return "Choose what to write, and export it."
        if self.shared.session.unsaved:
            return "Save the project, so that you can go on another day."
        return "To classify more images with these labels, add them in Images."

    def _lay_out(self) -> None:
        pick = QToolButton(text="…", clicked=self._ask_for_folder, toolTip="Choose a folder")
        folder = QHBoxLayout()
        folder.addWidget(self.folder, 1)
        folder.addWidget(pick)
        form = QFormLayout()
        form.addRow("Format", self.format)
        form.addRow("Folder", folder)
        form.addRow("Name", self.name)
        form.addRow("", self.example)
        boxes = QGridLayout()
        for place, box in enumerate((*self.boxes.values(), self.table)):
            boxes.addWidget(box, place // 2, place % 2)
        buttons = QHBoxLayout(self.buttons)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.addWidget(self.this)
        buttons.addWidget(self.all)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 0, 4, 0)
        layout.addLayout(boxes)
        layout.addLayout(form)
        layout.addWidget(self.buttons)
        layout.addWidget(self.question)
        layout.addWidget(self.result)

    def _begin(self) -> None:
        self._n_written = 0
        self.result.hide()
        self._choose()

    def _refresh(self, *_: object) -> None:
        lanes, shown, choice = self.shared.session.lanes, self.shared.shown, self.choice
        wanted = bool(lanes) and (bool(choice.images) or choice.table)
        self.format.setEnabled(bool(choice.images))
        self.this.setEnabled(wanted and shown is not None)
        self.all.setEnabled(wanted)
        self.all.setVisible(len(lanes) > 1)
        self.folder.setPlaceholderText(str(lanes[0].folder) if len(lanes) == 1 else "beside each image")
        example = self.shared.record or next(iter(lanes), None)
        self.example.setText("" if example is None else choice.example(example))
        self.told.emit()

    def _choose(self, *_: object) -> None:
        self.question.withdraw()
        self._refresh()

    def _this(self) -> list[str]:
        return [] if self.shared.shown is None else [self.shared.shown.uuid]

    def _all(self) -> list[str]:
        return [lane.uuid for lane in self.shared.session.lanes]

    def _export(self, images: list[str], *, overwrite: bool = False) -> None:
        """Export images, and ask before anything is overwritten."""
        work = partial(self.choice.write, self.shared.session, images, overwrite=overwrite)
        self.question.withdraw()
        self.result.hide()

        def tell(outcome: Outcome | None) -> None:
            if outcome is None:
                self._say("Stopped; the files before are complete.")
            elif outcome.in_the_way:
                self.question.ask(_in_the_way(outcome), lambda: self._export(images, overwrite=True))
            else:
                self._n_written = len(outcome.written)
                self._say(_written(outcome, text_color(self.shared.viewer)))
                self.told.emit()

        self.shared.run(self.ID, "exporting", work, self.connections.while_here(tell))

    def _say(self, text: str) -> None:
        self.result.setText(text)
        self.result.show()

    def _ask_for_folder(self) -> None:
        dialog = QFileDialog(self, "Folder for the results", self.folder.text())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.folder.setText)
        dialog.open()


class ExportDock(StepDock):
    """The step as a widget of its own."""

    STEP: ClassVar[type[Step]] = ExportStep


class _Question(QWidget):
    """A question in the page, with the answers Overwrite and Cancel, in the place of another widget."""

    def __init__(self, instead_of: QWidget) -> None:
        super().__init__()
        self._instead_of = instead_of
        self._go_on: Callable[[], object] | None = None
        self.text = QLabel(wordWrap=True)
        self.overwrite = QPushButton("Overwrite", clicked=self._answer)
        self.cancel = QPushButton("Cancel", clicked=self.withdraw)
        buttons = QHBoxLayout()
        buttons.addWidget(self.overwrite)
        buttons.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.text)
        layout.addLayout(buttons)
        self.hide()

    def ask(self, text: str, go_on: Callable[[], object]) -> None:
        """Ask; ``go_on`` is called for a yes."""
        self.text.setText(text)
        self._go_on = go_on
        self._instead_of.hide()
        self.show()

    def withdraw(self) -> None:
        """Ask no more."""
        self.hide()
        self._instead_of.show()

    def _answer(self) -> None:
        if self._go_on is not None:
            self._go_on()


def _in_the_way(outcome: Outcome) -> str:
    first, n_more = outcome.in_the_way[0], len(outcome.in_the_way) - 1
    files = f"{first.name} and {n_more} more are" if n_more else f"{first.name} is"
    return f"{files} there already."


def _written(outcome: Outcome, color: str) -> str:
    """Say how many files were written where, with links to the folders."""
    folders = list(dict.fromkeys(path.resolve().parent for path in outcome.written))
    links = [
        f'<a href="{QUrl.fromLocalFile(str(folder)).toString()}">'
        f'<span style="color: {color};">{folder.name or folder}</span></a>'
        for folder in folders
    ]
    more = f" and {len(links) - 3} more folders" if len(links) > 3 else ""
    return f"{_files(len(outcome.written))} written to {', '.join(links[:3])}{more}."


def _files(n: int) -> str:
    return "1 file" if n == 1 else f"{n:,} files"
