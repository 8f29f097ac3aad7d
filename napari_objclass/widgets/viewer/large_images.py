"""The image shown, classified block by block on other threads, and compared with what it is as a whole."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from psygnal import Signal

from napari_objclass.widgets.viewer import block_runs
from napari_objclass.widgets.viewer.block_sheet import BlockSheet
from napari_objclass.workflow import blockwise_settings, export, feature_selection, object_classification, thresholding
from napari_objclass.workflow.blockwise.command import cluster_command
from napari_objclass.workflow.blockwise.job import by_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from napari_objclass.widgets.viewer.block_runs import Outcome
    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.blockwise.check import Comparison
    from napari_objclass.workflow.export import Export

#: The step whose problem it is when something goes wrong.
STEP = blockwise_settings.ID

#: Applets whose settings a plan depends on.
_PLANNED = {blockwise_settings.ID, thresholding.ID, feature_selection.ID, export.ID}


class LargeImages:
    """What is done block by block with the image shown. It outlives the pages that show it.

    Attributes
    ----------
    running, checking
        Whether an image is being classified, or compared.
    stopped
        Whether the latest run of the image shown was stopped before its end.
    plan
        How the image shown would be classified, in one line; "" while it is not known.
    problem
        Why it cannot be; "" if it can.
    outcome, comparison
        What came of the latest run and the latest check of the image shown; None while nothing did.
    sheet
        The classes that the check found block by block, laid over the image.
    changed
        Emitted on the GUI thread when anything here is another.
    """

    changed = Signal()

    def __init__(self, shared: ViewerSession) -> None:
        self._shared = shared
        self.running = self.checking = self.stopped = False
        self.plan = self.problem = ""
        self.outcome: Outcome | None = None
        self.comparison: Comparison | None = None
        self.sheet = BlockSheet(shared)
        self._image: str | None = None
        self._begun: tuple[str, Export] | None = None  # the run that was stopped, whose files are its own
        self._looking = self._look_again = False
        shared.shown_changed.connect(self._follow)
        shared.changed.connect(self._session_changed)
        shared.replaced.connect(self._follow)

    @property
    def settings(self) -> Export:
        """What is written: as in Export, in a format that is written block by block."""
        return by_blocks(self._shared.session.export_settings)

    # ---------------------------------------------------------------------------------------------------- planning

    def look(self, *_: object) -> None:
        """Find out how the image shown would be classified, on another thread."""
        shown, session = self._shared.shown, self._shared.session
        if self._looking:
            self._look_again = True
        elif shown is not None and shown.images is not None:
            self._looking, self._look_again = True, False
            image = shown.uuid
            self._shared.aside(lambda: block_runs.plan(session, image), self._take_plan, self._take_problem)

    def _take_plan(self, plan: str) -> None:
        self._looking, self.plan, self.problem = False, plan, ""
        self._looked()

    def _take_problem(self, error: Exception) -> None:
        self._looking, self.plan, self.problem = False, "", str(error)
        self._looked()

    def _looked(self) -> None:
        self.changed.emit()
        if self._look_again:
            self.look()

    # --------------------------------------------------------------------------------------------------- classifying

    def run(self, *, overwrite: bool, ask: Callable[[Sequence[Path]], object]) -> None:
        """Classify the image shown, and write what Export says; what an earlier run has left is not done again.

        Parameters
        ----------
        overwrite
            Write over files of the same names.
        ask
            Called with such files when there are any; nothing is done then.
        """
        if self._image is None:
            return

        def done(outcome: Outcome | None) -> None:
            self._over()
            if outcome is not None and outcome.in_the_way:
                self._begun = None
                ask(outcome.in_the_way)
            elif image == self._image:
                self.outcome, self.stopped = outcome, outcome is None
                self._begun = None if outcome is not None else self._begun
                self.changed.emit()

        image, settings = self._image, self.settings
        overwrite = overwrite or self._begun == (image, settings)
        work = partial(block_runs.classify, self._shared.session, image, settings, overwrite=overwrite)
        self.running, self.stopped, self.outcome = True, False, None
        self._begun = (image, settings)
        self._shared.set_problem(STEP, None)
        self._shared.run(STEP, "classifying block by block", work, done, self._over)
        self.changed.emit()

    def command(self, done: Callable[[str], object]) -> None:
        """Hand over the command line that classifies the image shown elsewhere."""
        image = self._image
        if image is not None:
            self._shared.fetch(STEP, lambda session: cluster_command(session, image), done)

    def _over(self) -> None:
        self.running = self.checking = False
        self.changed.emit()

    # ----------------------------------------------------------------------------------------------------- comparing

    def check(self, *, as_ilastik: bool) -> None:
        """Compare the image shown, or the part around the view that fits into memory, with what it is as a whole."""
        if self._image is None:
            return
        seen = self._shared.display.seen()
        view = (0, 0, 0, 0) if seen is None else tuple((a + b) // 2 for a, b in zip(seen.start, seen.stop, strict=True))
        work = partial(block_runs.compare, self._shared.session, self._image, view, as_ilastik=as_ilastik)
        self.checking, self.comparison = True, None
        self.sheet.lift()
        self._shared.run(STEP, "comparing with the whole image", work, self._compared, self._over)
        self.changed.emit()

    def _compared(self, comparison: Comparison | None) -> None:
        if comparison is not None and comparison.lane == self._image:
            self.comparison = comparison
            self.sheet.lay(comparison)
        self._over()

    def show_comparison(self, *, wanted: bool) -> None:
        """Lay the classes that the latest check found block by block over the image, or take them off."""
        if wanted and self.comparison is not None:
            self.sheet.lay(self.comparison)
        else:
            self.sheet.lift()
        self.changed.emit()

    # ----------------------------------------------------------------------------------------------------- following

    def _follow(self, parts: frozenset[str] | set[str] = frozenset()) -> None:
        image = None if self._shared.shown is None else self._shared.shown.uuid
        if image != self._image:
            self._image, self.plan, self.problem = image, "", ""
            self._drop()
        if parts & {"images", "forest"}:
            self.look()

    def _session_changed(self, stale: set[tuple[str, str | None]]) -> None:
        if (object_classification.ID, self._image) in stale:
            self._drop()
        if _PLANNED & {applet for applet, _ in stale}:
            self.look()

    def _drop(self) -> None:
        """Forget what came of runs: the image is another, or its classes are."""
        self.outcome = self.comparison = None
        self.stopped = False
        self.sheet.lift()
        self.changed.emit()
