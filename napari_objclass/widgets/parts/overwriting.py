"""The question whether files that are in the way may be written over, in the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


class Overwriting(QWidget):
    """A question with the answers Overwrite and Cancel, in the place of another widget."""

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

    def ask(self, in_the_way: Sequence[Path], go_on: Callable[[], object]) -> None:
        """Ask for files; ``go_on`` is called for a yes."""
        first, n_more = in_the_way[0], len(in_the_way) - 1
        self.text.setText(f"{first.name} and {n_more} more are there already." if n_more else _ALONE.format(first.name))
        self.text.setToolTip("\n".join(map(str, in_the_way[:20])))
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


_ALONE = "{} is there already."
