"""What stands in the way, by step: refused changes, and where the live loop halted."""

from __future__ import annotations

import logging

from napari_objclass.errors import ObjClassError
from napari_objclass.workflow import (
    annotations as marks,
    input_data,
    object_classification,
    object_features,
    thresholding,
)

log = logging.getLogger(__name__)

#: The step in which the user can act on what goes wrong in an applet.
STEP_OF = {
    input_data.ID: "input_data",
    thresholding.ID: "objects",
    marks.ID: "object_classification",
    object_features.ID: "feature_selection",
    object_classification.ID: "object_classification",
}


class Problems:
    """One sentence by step; the setters say whether anything is new."""

    def __init__(self) -> None:
        self._refused: dict[str, str] = {}
        self._halted: tuple[str, str] | None = None  # applet at which the live loop stopped, and why

    def of(self, step: str) -> str | None:
        """What stands in the way in a step; None if nothing does."""
        halted = self._halted[1] if self._halted and STEP_OF[self._halted[0]] == step else None
        return self._refused.get(step) or halted

    def set(self, step: str, problem: Exception | None) -> bool:
        """Take note of how a change that was made in a step went."""
        sentence = None if problem is None else _sentence(problem)
        if self._refused.get(step) == sentence:
            return False
        if sentence is None:
            del self._refused[step]
        else:
            self._refused[step] = sentence
        return True

    def halt(self, applet: str, problem: Exception) -> bool:
        """Take note that the live loop stopped at an applet."""
        before, self._halted = self._halted, (applet, _sentence(problem))
        return before != self._halted

    def forget_halt(self) -> bool:
        """Take note that the live loop begins with another image."""
        was_halted, self._halted = self._halted is not None, None
        return was_halted

    def passed(self, applet: str) -> bool:
        """Take note that the live loop passed an applet."""
        if self._halted is None or self._halted[0] != applet:
            return False
        self._halted = None
        return True


def _sentence(error: Exception) -> str:
    if isinstance(error, ObjClassError):
        return str(error)
    if isinstance(error, MemoryError):
        return "not enough memory for this; close other programs or use a smaller image"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot access {error.filename or 'the file'}: {error.strerror}"
    log.error("unexpected error", exc_info=error)
    return f"something unexpected went wrong ({type(error).__name__}: {error}); the log has more"
