"""What is being done at the moment, and which of it to show."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Activity(NamedTuple):
    """What is being done: ``done`` of ``total`` steps of ``what``; nobody knows how many if ``total`` is 0."""

    what: str
    done: int = 0
    total: int = 0
    can_stop: bool = True


class Activities:
    """Activities of all threads of a viewer session; used on the GUI thread only.

    Parameters
    ----------
    changed
        Called when :attr:`current` is another one.

    Attributes
    ----------
    current
        The one to show: an errand the user is waiting for, else what the live loop computes, else a change or a file
        that is being worked on; None if there is none.
    """

    def __init__(self, changed: Callable[[], object]) -> None:
        self.current: Activity | None = None
        self._changed = changed
        self._errand: Activity | None = None
        self._live: Activity | None = None
        self._begun: list[Activity] = []

    def set_errand(self, activity: Activity | None) -> None:
        """Take note of how far an errand is."""
        self._errand = activity
        self._choose()

    def set_live(self, activity: Activity | None) -> None:
        """Take note of what the live loop computes."""
        self._live = activity
        self._choose()

    def begin(self, what: str) -> Activity:
        """Take note of something that tells no progress; give back what is returned to :meth:`end` it."""
        self._begun.append(Activity(what, can_stop=False))
        self._choose()
        return self._begun[-1]

    def end(self, activity: Activity) -> None:
        """Take note that it is done."""
        self._begun.remove(activity)
        self._choose()

    def _choose(self) -> None:
        chosen = self._errand or self._live or next(iter(self._begun), None)
        if chosen != self.current:
            self.current = chosen
            self._changed()
