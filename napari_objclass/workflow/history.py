"""Undo and redo: two stacks of inverse events. Taking back is a change like any other, with an inverse of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_objclass.workflow.events import Event


class History:
    """What can be undone and redone; lasts for the process."""

    def __init__(self) -> None:
        self._undo: list[Event] = []
        self._redo: list[Event] = []

    def copy(self) -> History:
        """Return both stacks as they are now."""
        copied = History()
        copied._undo, copied._redo = [*self._undo], [*self._redo]
        return copied

    def record(self, inverse: Event) -> None:
        """Remember how to take back a change that was just made."""
        self._undo.append(inverse)
        self._redo.clear()

    def forget(self, is_done: Callable[[Event], bool]) -> None:
        """Leave out of undo what was brought about in another way."""
        self._undo = [inverse for inverse in self._undo if not is_done(inverse)]

    def undo(self, commit: Callable[[Event], Event]) -> bool:
        """Take back the latest change; False if there is none."""
        return _move(self._undo, self._redo, commit)

    def redo(self, commit: Callable[[Event], Event]) -> bool:
        """Make the change again that was taken back last; False if there is none."""
        return _move(self._redo, self._undo, commit)


def _move(source: list[Event], target: list[Event], commit: Callable[[Event], Event]) -> bool:
    if not source:
        return False
    # A commit that fails (a full disk) must leave both stacks as they are.
    target.append(commit(source[-1]))
    source.pop()
    return True
