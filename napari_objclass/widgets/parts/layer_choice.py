"""Choosing layers of the viewer to make an image of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet

from napari.layers import Labels
from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import signals_blocked

from napari_objclass.widgets._connections import Connections
from napari_objclass.widgets.viewer.candidates import Candidate, candidates
from napari_objclass.widgets.viewer.from_layers import Choice, Reading, fits, read, sort, suggest
from napari_objclass.widgets.viewer.mask_guess import MaskGuesses
from napari_objclass.workflow.lane import LABELS, PROBABILITIES, RAW, SEGMENTATION

if TYPE_CHECKING:
    from napari.layers import Image, Layer

    from napari_objclass.widgets.viewer.session import ViewerSession

ROLES = {LABELS: "label image", SEGMENTATION: "mask", PROBABILITIES: "probabilities", RAW: "the image itself"}

NO_IMAGE = "No image is of the size of “{}”; without one, there are no features of intensity."
FILM = "Its axes have no names: if this is a film, write tyx."

_OF_INTEREST = {
    "inserted", "removed", "reordered", "name", "scale", "translate", "units", "axis_labels", "data", "rgb",
}  # fmt: skip
_LAYER, _NAME = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1


class LayerChoice(QWidget):
    """Objects and images among the layers, with a sensible choice made already.

    Attributes
    ----------
    used
        Emitted with the :class:`Reading` of the layers that the user wants.
    changed
        Emitted when another choice is there.
    """

    used = Signal(object)
    changed = Signal()

    def __init__(self, shared: ViewerSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shared = shared
        self._taken: WeakSet[Layer] = WeakSet()
        self._unchecked: WeakSet[Layer] = WeakSet()
        self._picked: WeakSet[Layer] = WeakSet()  # by the user, for the objects
        self._masks = MaskGuesses(shared)
        self._said: WeakKeyDictionary[Layer, str] = WeakKeyDictionary()
        self._candidates: list[Candidate] = []
        self._connections = Connections(self)
        self._connections.connect(self._masks.made, self._guess_role)
        self.reading: Reading | None = None
        self.objects = QComboBox()
        self.objects.setToolTip("The layer that has the objects, or in which they shall be found by thresholds.")
        self.objects.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.role = QComboBox()
        for role, name in ROLES.items():
            self.role.addItem(name, role)
        self.role.setToolTip(
            "Label image: every value is an object, and keeps its id.\n"
            "Mask: pixels of one value that touch each other are an object.\n"
            "Probabilities, such as of a pixel classifier: objects are found by a threshold, in the step Objects.\n"
            "The image itself: objects are found by a threshold of its intensities."
        )
        self.role.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.images = QListWidget()
        self.images.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.images.setToolTip("Checked layers are the channels, in this order: drag to move, double-click to rename.")
        self.axes = QLineEdit()
        self.axes.setMaximumWidth(70)
        self.axes.setToolTip("One letter per axis: t (time), z, y, x; tyx is a film, zyx a volume.")
        self.guess, self.size, self.text = QLabel(), QLabel(), QLabel(wordWrap=True)
        self.role_guess = QLabel()
        self.use = QPushButton("Use these layers")
        self._lay_out()
        self._later, self._soon = (QTimer(self, singleShot=True, interval=0) for _ in range(2))
        self._soon.timeout.connect(self._read)
        self._later.timeout.connect(self._list_layers)
        self.objects.currentIndexChanged.connect(self._list_images)
        self.objects.activated.connect(self._pick)
        self.role.activated.connect(self._say_role)
        self.images.itemChanged.connect(self._image_changed)
        for moved in (self.images.model().rowsMoved, self.images.model().rowsInserted):
            moved.connect(self._soon.start)
        self.axes.editingFinished.connect(self._read)
        self.use.clicked.connect(self._use)
        self._connections.connect(shared.viewer.layers.events, self._layers_changed)
        self._list_layers()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Objects in", self.objects)
        form.addRow("That is", _beside(self.role, self.role_guess))
        form.addRow("Image", self.images)
        form.addRow("Axes", _beside(self.axes, self.guess))
        form.addRow("Voxel", self.size)
        self.form = form
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(form)
        layout.addWidget(self.text)
        layout.addWidget(self.use)

    # ------------------------------------------------------------------------------------- following the viewer

    def _layers_changed(self, event: Any) -> None:
        if event.type in _OF_INTEREST:
            if event.type == "data":
                for layer in sort(self._theirs())[0]:
                    self._masks.forget(layer)
            self._later.start()

    def _theirs(self) -> list[Layer]:
        """Layers of the user."""
        return [each for each in self._shared.viewer.layers if not self._shared.display.owns(each)]

    @property
    def _chosen(self) -> Candidate | None:
        """What is chosen for the objects."""
        at = self.objects.currentIndex()
        return self._candidates[at] if 0 <= at < len(self._candidates) else None

    @property
    def _objects(self) -> Labels | Image | None:
        """The layer that is chosen for the objects, the first if there are several."""
        return self._chosen.layers[0] if self._chosen else None

    def _list_layers(self) -> None:
        """List what may have objects; keep what is chosen, else choose what is not in the project yet."""
        kept, layers = self._chosen, self._theirs()
        self._candidates = candidates(layers)
        fresh = suggest(each for each in layers if each not in self._taken)
        new = [each for each in self._candidates if each.layers[0] not in self._taken]
        wanted = next((each for each in new if fresh and each.layers[0] is fresh.objects), next(iter(new), kept))
        is_kept = any(each.is_same(kept) for each in self._candidates)
        if kept is not None and is_kept and kept.layers[0] not in self._taken and self._is_settled(kept):
            wanted = kept
        with signals_blocked(self.objects):
            self.objects.clear()
            self.objects.addItems([each.name for each in self._candidates])
            self.objects.setCurrentIndex(
                next((i for i, each in enumerate(self._candidates) if each.is_same(wanted)), 0)
            )
        self._list_images()

    def _is_settled(self, kept: Candidate) -> bool:
        """Whether a choice stays when other layers come: labels do, and what the user chose."""
        return isinstance(kept.layers[0], Labels) or kept.layers[0] in self._picked

    def _list_images(self) -> None:
        """List the Image layers, in the order and with the names that the user gave them."""
        _, images = sort(self._theirs())
        before = {item.data(_LAYER): item for item in self._items()}
        order = [layer for layer in before if layer in images] + [each for each in images if each not in before]
        items = [self._item(layer, before.get(layer)) for layer in order]
        with signals_blocked(self.images):
            for row in reversed(range(self.images.count())):
                self.images.takeItem(row)
            for item in items:
                self.images.addItem(item)
        row_height = self.images.sizeHintForRow(0) if order else 0
        rows = min(max(len(order), 1), 4)
        self.images.setFixedHeight(row_height * rows + 2 * self.images.frameWidth() + 2)
        self._guess_role()

    def _item(self, layer: Layer, before: QListWidgetItem | None) -> QListWidgetItem:
        """Line of an image: checked if it fits the objects and was not unchecked."""
        objects = self._objects
        fitting = objects is not None and fits(layer, objects)
        renamed = before is not None and before.data(_NAME) == layer.name
        item = QListWidgetItem(before.text() if before is not None and renamed else layer.name)
        item.setData(_LAYER, layer)
        item.setData(_NAME, layer.name)
        usual = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEditable
        flags = Qt.ItemFlag.ItemIsDragEnabled | Qt.ItemFlag.ItemIsSelectable
        item.setFlags(flags | usual if fitting else flags)
        fresh = layer not in self._taken or objects in self._taken
        checked = fitting and fresh and layer not in self._unchecked and self._is_raw(layer)
        item.setCheckState(Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked)
        if not fitting:
            item.setToolTip("It is not of the size of the objects.")
        return item

    def _is_raw(self, layer: Layer) -> bool:
        """Whether a layer may be an image beside the objects: not what they are found in, unless that is the image."""
        if self._role == RAW:
            return layer is self._objects
        return self._chosen is None or layer not in self._chosen.layers

    def _image_changed(self, item: QListWidgetItem) -> None:
        """Remember what the user does not want."""
        is_checked = item.checkState() == Qt.CheckState.Checked
        (self._unchecked.discard if is_checked else self._unchecked.add)(item.data(_LAYER))
        self._read()

    def _no_image_fits(self) -> bool:
        """Whether there are images, and none of them is of the size of the objects."""
        items = [item for item in self._items() if self._chosen and item.data(_LAYER) not in self._chosen.layers]
        return bool(items) and not any(item.flags() & Qt.ItemFlag.ItemIsEnabled for item in items)

    def _items(self) -> list[QListWidgetItem]:
        return [self.images.item(row) for row in range(self.images.count())]

    # --------------------------------------------------------------------------------------------- what is chosen

    @property
    def _role(self) -> str:
        """What the chosen layers are: as the user said, or a guess."""
        chosen, objects = self._chosen, self._objects
        if chosen is None or objects is None:
            return LABELS
        said = self._said.get(objects)
        if said in chosen.roles:
            return said
        return SEGMENTATION if isinstance(objects, Labels) and self._masks.of(objects) else chosen.roles[0]

    def _read(self) -> None:
        """Tell what the layers say."""
        chosen, role = self._chosen, self._role
        self.reading = None
        if chosen is not None:
            checked = [item for item in self._items() if item.checkState() == Qt.CheckState.Checked]
            raw = tuple(item.data(_LAYER) for item in checked)
            more: tuple[Any, ...] = chosen.layers[1:]
            if role == RAW and chosen.layers[0] not in raw:
                raw = (chosen.layers[0], *raw)
            objects = raw[0] if role == RAW else chosen.layers[0]
            choice = Choice(objects, raw, role, more=more)
            viewer_axes = tuple(self._shared.viewer.dims.axis_labels)
            self.reading = read(choice, viewer_axes)
            typed = self.axes.text().strip().lower()
            if self.axes.isModified() and typed:
                self.reading = read(replace(choice, axes=typed), viewer_axes)
            if len(self.reading.channels) == len(checked) > 1:
                names = tuple(item.text() for item in checked)
                self.reading = read(replace(self.reading.choice, names=names), viewer_axes)
        self._tell()
        self.changed.emit()

    def _tell(self) -> None:
        reading = self.reading
        self.use.setEnabled(reading is not None and reading.problem is None)
        for row, visible in (
            (3, reading is not None),
            (4, bool(reading and reading.spacing)),
            (1, reading is not None),
        ):
            self.form.setRowVisible(row, visible)
        self.form.setRowVisible(2, self.images.count() > 0)
        if reading is None:
            self.text.setText(
                "There is no layer to use: open an image here or in napari, with or without a label image."
            )
            return
        if reading.problem is None and not (self.axes.isModified() and self.axes.hasFocus()):
            modified = self.axes.isModified()
            self.axes.setText(reading.axes[reading.choice.role])
            self.axes.setModified(modified)
        self.guess.setText("guessed" if reading.guessed else "")
        self.size.setText(size_text(reading.spacing, reading.units))
        lacks_raw = reading.choice.role != RAW and self._no_image_fits()
        alone = NO_IMAGE.format(reading.choice.objects.name) if lacks_raw else ""
        self.text.setText(reading.problem or reading.note or alone or (FILM if reading.guessed else ""))
        self.text.setVisible(bool(self.text.text()))

    def _guess_role(self) -> None:
        """Show what the objects are: as the user said, or a guess."""
        objects, chosen = self._objects, self._chosen
        if objects is None or chosen is None:
            self._read()
            return
        model = self.role.model()
        for row, role in enumerate(ROLES):
            model.item(row).setEnabled(role in chosen.roles)
        known = not isinstance(objects, Labels) or self._masks.of(objects) is not None
        self.role.setCurrentIndex(list(ROLES).index(self._role))
        self.role_guess.setText("" if self._said.get(objects) or not known else "guessed")
        self._read()

    def _pick(self) -> None:
        if self._objects is not None:
            self._picked.add(self._objects)

    def _say_role(self) -> None:
        if self._objects is not None:
            self._said[self._objects] = self.role.currentData()
        self._list_images()

    def _use(self) -> None:
        if self.reading is not None:
            choice = self.reading.choice
            self._taken.update((choice.objects, *choice.more, *choice.raw))
            self.used.emit(self.reading)
            self.axes.setModified(False)
            self._later.start()


def size_text(spacing: tuple[float, ...] | None, units: str | None) -> str:
    """Voxel size in words."""
    return "" if spacing is None else " × ".join(f"{each:g}" for each in spacing) + f" {units or ''}"


def _beside(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(4)  # the longest words in a combo box just fit
    for widget in widgets:
        row.addWidget(widget, int(isinstance(widget, QComboBox)))
    if not any(isinstance(widget, QComboBox) for widget in widgets):
        row.addStretch()
    return row
