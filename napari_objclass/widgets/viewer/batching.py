"""The images of a batch and what comes of them, run on other threads by the classifier of the viewer's session."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_objclass.workflow import batch
from napari_objclass.workflow.batch import ImageSet, Outcome, Record, Status
from napari_objclass.workflow.batch_report import Report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_objclass.kernels import CancelToken, Progress
    from napari_objclass.widgets.viewer.session import ViewerSession
    from napari_objclass.workflow.session import Session

#: The step whose problem it is when a batch cannot be run.
STEP = "batch"


class Batching:
    """The batch of a viewer: images that are not in the project, classified one after another.

    It outlives the pages that show it: a batch goes on when they are closed.

    Attributes
    ----------
    images
        The images, in order.
    running
        Whether they are being classified.
    outdated
        Whether the session was changed since the run began.
    changed
        Emitted on the GUI thread when anything here is another.
    """

    changed = Signal()

    def __init__(self, shared: ViewerSession) -> None:
        self._shared = shared
        self.images: list[ImageSet] = []
        self.running = self.outdated = False
        self._outcomes: dict[int, Outcome] = {}  # replaced as a whole, on the thread of the run
        shared.changed.connect(self._session_changed)
        shared.replaced.connect(self._forget)

    def add(self, arguments: Sequence[dict[str, Any]]) -> None:
        """Add images by the arguments of ``Session.add_lane``; those that are here already are left out."""
        known = [each.images for each in self.images]
        self.images += [ImageSet(each) for each in arguments if each not in known]
        self.changed.emit()

    def remove(self, positions: Sequence[int]) -> None:
        """Take images out of the list; nothing happens to files."""
        kept = [position for position in range(len(self.images)) if position not in positions]
        self._outcomes = {new: self._outcomes[old] for new, old in enumerate(kept) if old in self._outcomes}
        self.images = [self.images[position] for position in kept]
        self.changed.emit()

    def outcome(self, position: int) -> Outcome | None:
        """What came of an image; None while nothing did."""
        return self._outcomes.get(position)

    @property
    def left(self) -> list[int]:
        """Positions of the images that are not done."""
        done = {position for position, each in self._outcomes.items() if each.status is not Status.FAILED}
        return [position for position in range(len(self.images)) if position not in done]

    @property
    def failed(self) -> list[Outcome]:
        """What failed."""
        return [each for each in self._outcomes.values() if each.status is Status.FAILED]

    @property
    def counts(self) -> Counter[str]:
        """Objects of each class in all images that are done, by its name."""
        total: Counter[str] = Counter()
        for each in self._outcomes.values():
            total.update(each.counts)
        return total

    @property
    def folders(self) -> list[Path]:
        """Folders of the results."""
        return list(dict.fromkeys(file.parent for each in self._outcomes.values() for file in each.files))

    def run(self) -> None:
        """Classify the images with classifier and export settings of now; what stands of earlier runs is kept."""
        session, images = self._shared.session, list(self.images)

        def work(*, progress: Progress, cancel: CancelToken) -> None:
            self._classify(session, images, progress, cancel)

        self._outcomes, self.running, self.outdated = {}, True, False
        self._shared.run(STEP, "classifying", work, self._over, self._over)
        self.changed.emit()

    def _classify(self, session: Session, images: list[ImageSet], progress: Progress, cancel: CancelToken) -> None:
        """Classify images as ``objclass predict`` does, with its reports and its record of what is done."""
        session.train(progress=progress, cancel=cancel)
        predictor = session.predictor()
        protected = [file for lane in session.lanes for file in lane.files]
        if session.path is not None:
            protected.append(("project", session.path))
        plan = batch.plan(images, session.export_settings, protected=protected)
        report = Report(predictor, plan, origin={"project": None if session.path is None else session.path.name})
        report.refuse_to_overwrite(protected)
        done = 0

        def report_progress(part: int, total: int, what: str) -> None:
            progress(part, total, f"image {done + 1}/{len(images)}: {what}")

        record = Record(plan.folder)
        with report.written():
            for outcome in batch.run(predictor, plan, record=record, progress=report_progress, cancel=cancel):
                report.add(outcome)
                if session is self._shared.session:
                    self._outcomes = {**self._outcomes, images.index(outcome.image): outcome}
                done += 1
                progress(done, len(images), f"image {done}/{len(images)}")

    def _over(self, _: object = None) -> None:
        self.running = False
        self.changed.emit()

    def _session_changed(self, _: object) -> None:
        self.outdated = bool(self._outcomes) or self.running

    def _forget(self) -> None:
        """Go on with the images in another session, by whose classifier nothing is done."""
        self._outcomes = {}
        self.changed.emit()
