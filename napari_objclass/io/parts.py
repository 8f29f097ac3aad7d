"""Going through the rows of a table in parts, with progress and a way to stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_objclass.errors import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari_objclass.kernels import CancelToken


@dataclass(frozen=True)
class Watch:
    """Who follows the writing of a table, and who may stop it.

    Attributes
    ----------
    progress
        Called as ``(done, total, what)``.
    cancel
        Stops it.
    """

    progress: Callable[[int, int, str], object] | None = None
    cancel: CancelToken | None = None

    def parts(self, n_rows: int, at_once: int, what: str) -> Iterator[slice]:
        """Yield ranges of rows, each of ``at_once`` but for the last.

        Raises
        ------
        Cancelled
            Once somebody asked to stop.
        """
        for start in range(0, n_rows, at_once):
            if self.cancel is not None and self.cancel.cancelled:
                raise Cancelled("stopped on request")
            if self.progress is not None:
                self.progress(start, n_rows, what)
            yield slice(start, min(start + at_once, n_rows))
