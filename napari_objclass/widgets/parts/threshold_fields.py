"""The fields that say how objects are found: channels, smoothing, thresholds, sizes."""

from __future__ import annotations

import math
from contextlib import ExitStack
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QComboBox, QFormLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget
from superqt.utils import signals_blocked

from napari_objclass.thresholding import HYSTERESIS, SIMPLE
from napari_objclass.widgets.parts.histogram import Histogram
from napari_objclass.widgets.parts.number import Number
from napari_objclass.widgets.parts.size_bounds import SizeBounds
from napari_objclass.widgets.parts.smoothing import TOOLTIP as SMOOTHING, Smoothing
from napari_objclass.workflow.thresholding import Thresholding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.components import ViewerModel

    from napari_objclass.widgets.viewer.slice_finder import Distribution

METHODS = {SIMPLE: "Simple", HYSTERESIS: "Hysteresis"}
CORE, FINAL, ONE = "Core (high)", "Final (low)", "Threshold"

_METHOD = (
    "Simple: pixels of at least one threshold are foreground; pixels that touch are an object.\n"
    "Hysteresis: only objects that hold a core count, which is what reaches a higher threshold."
)
_CORE = "Cores: smoothed core channel ≥ this threshold. Only objects that hold a core are kept."
_FINAL = (
    "Foreground: smoothed final channel ≥ this threshold.\n"
    "Where the core channel is another one, the sum of both is compared."
)
_ONE = "Foreground: smoothed channel ≥ this threshold. Drag the line, or use the arrow keys."
_APART = (
    "Don't merge objects: each core grows into an object of its own, down to the final threshold,\n"
    "so that those which touch stay apart. Otherwise they become one."
)
_HOLES = "Background that is enclosed by an object becomes part of it, in each frame."


class ThresholdFields(QWidget):
    """Shows settings, and what the user makes of them.

    Attributes
    ----------
    edited
        Emitted after the user changed something.
    """

    edited = Signal()

    def __init__(self, viewer: ViewerModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._base = Thresholding()
        self._digits = 3
        self.method = QComboBox(toolTip=_METHOD)
        for method, name in METHODS.items():
            self.method.addItem(name, method)
        self.channel = QComboBox(toolTip="Channel that is thresholded.")
        self.core_channel = QComboBox(toolTip="Channel in which cores are found.")
        self.smoothing = Smoothing()
        self.histogram = Histogram(viewer)
        self.threshold = Number(1e9, -1e9)
        self.core_threshold = Number(1e9, -1e9)
        self.core_threshold.setToolTip(_CORE)
        self.apart = QCheckBox("Keep touching objects apart", toolTip=_APART)
        self.sizes = SizeBounds()
        self.fill_holes = QCheckBox("Fill holes", toolTip=_HOLES)
        self._lay_out()
        self._connect()
        self.show_settings(self._base)

    def _lay_out(self) -> None:
        self.form = QFormLayout()
        self.form.setContentsMargins(0, 0, 0, 0)
        self.form.setHorizontalSpacing(6)
        self.form.setVerticalSpacing(4)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.thresholds = QWidget()
        self.names = {name: QLabel(name) for name in (CORE, FINAL)}
        row = QHBoxLayout(self.thresholds)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for name, field in ((CORE, self.core_threshold), (FINAL, self.threshold)):
            row.addWidget(self.names[name])
            row.addWidget(field, 1)
        self.channels = QWidget()
        row = QHBoxLayout(self.channels)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for combo in (self.core_channel, self.channel):
            combo.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            row.addWidget(combo, 1)
        for label, field, tip in (
            ("Method", self.method, _METHOD),
            ("Channel", self.channels, "Channel that is thresholded; with hysteresis, that of the cores first."),
            ("Smooth", self.smoothing, SMOOTHING),
        ):
            self.form.addRow(label, field)
            self.form.labelForField(field).setToolTip(tip)
        self.below = QHBoxLayout()
        sizes = QLabel("Sizes", toolTip="Objects are kept whose size is within, ends included.")
        self.below.addWidget(sizes)
        self.below.addWidget(self.sizes, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self.form)
        layout.addWidget(self.histogram)
        layout.addWidget(self.thresholds)
        layout.addLayout(self.below)
        layout.addWidget(self.apart)
        layout.addWidget(self.fill_holes)

    def _connect(self) -> None:
        self.method.activated.connect(self._edit)
        self.channel.activated.connect(self._take_channel)
        self.core_channel.activated.connect(self._edit)
        self.smoothing.edited.connect(self._edit)
        self.histogram.moved.connect(self._take_line)
        for field in (self.threshold, self.core_threshold):
            field.setDecimals(6)
            field.setSingleStep(0.01)
            field.valueChanged.connect(self._edit)
        self.apart.clicked.connect(self._edit)
        self.sizes.edited.connect(self._edit)
        self.fill_holes.clicked.connect(self._edit)

    # ------------------------------------------------------------------------------------------------- the settings

    @property
    def settings(self) -> Thresholding:
        """What the fields say; values that the user did not touch are as exact as they were shown.

        Raises
        ------
        ParameterError
            For values that mean nothing, such as a smallest size above the largest.
        """
        read = self._read()
        return replace(self._base, **{name: value for name, value in read.items() if value != self._as_shown[name]})

    @property
    def is_edited(self) -> bool:
        """Whether the user changed something since settings were shown."""
        return self._read() != self._as_shown

    @property
    def lines(self) -> str:
        """The word for what is dragged."""
        return "lines" if self.method.currentData() == HYSTERESIS else "line"

    def show_settings(self, settings: Thresholding) -> None:
        """Show settings."""
        self._base = settings
        core = settings.channel if settings.core_channel is None else settings.core_channel
        with ExitStack() as silent:
            for field in (self.threshold, self.core_threshold):
                silent.enter_context(signals_blocked(field))
            self.method.setCurrentIndex(list(METHODS).index(settings.method))
            self._offer_at_least(max(settings.channel, core) + 1)
            self.channel.setCurrentIndex(settings.channel)
            self.core_channel.setCurrentIndex(core)
            self.smoothing.show_value(settings.sigma)
            self.threshold.setValue(settings.threshold)
            self.core_threshold.setValue(settings.core_threshold)
            self.apart.setChecked(not settings.merge)
            self.sizes.show_values(settings.min_size, settings.max_size, physical=settings.physical_sizes)
            self.fill_holes.setChecked(settings.fill_holes)
        self._as_shown = self._read()
        self._arrange()

    def _read(self) -> dict[str, Any]:
        smallest, largest, physical = self.sizes.values
        channel, core = self.channel.currentIndex(), self.core_channel.currentIndex()
        return asdict(self._base) | {
            "method": self.method.currentData(),
            "channel": channel,
            "core_channel": None if core == channel else core,
            "sigma": self.smoothing.value,
            "threshold": self.threshold.value(),
            "core_threshold": self.core_threshold.value(),
            "merge": not self.apart.isChecked(),
            "min_size": smallest,
            "max_size": largest,
            "fill_holes": self.fill_holes.isChecked(),
            "physical_sizes": physical,
        }

    # --------------------------------------------------------------------------------------- what an image offers

    def offer_channels(self, names: Sequence[str]) -> None:
        """Offer the channels of an image."""
        if [self.channel.itemText(row) for row in range(self.channel.count())] != list(names):
            for combo in (self.channel, self.core_channel):
                at = combo.currentIndex()
                combo.clear()
                combo.addItems(list(names))
                self._offer_at_least(at + 1)
                combo.setCurrentIndex(at)
        self._arrange()

    def offer_space(self, pixel: float | None, units: str, *, n_dims: int) -> None:
        """Offer axes and units, as in :meth:`SizeBounds.offer`."""
        was_edited = self.is_edited
        self.smoothing.offer("yx" if n_dims == 2 else "zyx")
        self.sizes.offer(pixel, units, n_dims=n_dims)
        if not was_edited:
            self.show_settings(self._base)

    def show_distribution(self, distribution: Distribution | None) -> None:
        """Show how values are distributed; steps of the thresholds follow."""
        self.histogram.show_distribution(distribution)
        if distribution is not None:
            magnitude = math.floor(math.log10(distribution.high - distribution.low))
            self._digits = max(0, 3 - magnitude)
            for field in (self.threshold, self.core_threshold):
                field.setSingleStep(10.0 ** (magnitude - 2))

    def _offer_at_least(self, number: int) -> None:
        """Have room for channels that an image does not have, or of which nothing is known yet."""
        for combo in (self.channel, self.core_channel):
            combo.addItems([f"channel {n}" for n in range(combo.count(), number)])

    # ------------------------------------------------------------------------------------------------- edited

    def _take_line(self, name: str, value: float) -> None:
        field = self.core_threshold if name == CORE else self.threshold
        field.setValue(round(value, self._digits))

    def _take_channel(self, index: int) -> None:
        if self.method.currentData() == SIMPLE:  # the choice of another one is not to be seen
            self.core_channel.setCurrentIndex(index)
        self._edit()

    def _edit(self, *_: object) -> None:
        self._arrange()
        self.edited.emit()

    def _arrange(self) -> None:
        """Show the fields that matter, and lines where the thresholds are."""
        cored, several = self.method.currentData() == HYSTERESIS, self.channel.count() > 1
        self.form.setRowVisible(self.channels, several)
        self.core_channel.setVisible(cored)
        self.form.labelForField(self.channels).setText("Channels" if cored else "Channel")
        for part in (self.names[CORE], self.core_threshold, self.apart):
            part.setVisible(cored)
        self.names[FINAL].setText(FINAL if cored else ONE)
        self.threshold.setToolTip(_FINAL if cored else _ONE)
        lines = {FINAL if cored else ONE: self.threshold.value()}
        self.histogram.show_lines(lines | ({CORE: self.core_threshold.value()} if cored else {}))
        self.histogram.setToolTip(
            "Smoothed values of the slice on the screen, and how many pixels have them (logarithmic).\n"
            + (f"{CORE}: {_CORE}\n{FINAL}: {_FINAL}" if cored else _ONE)
        )
