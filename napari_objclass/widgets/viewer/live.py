"""The live loop: brings what is shown up to date on a thread of its own, from the pixels to the predictions.

One request is one walk along the stages. Outputs that still stand come from the session's store at once, so a walk
after a click computes only what the click changed. A stage is stopped when its own output has gone stale, and the walk
begins anew; only the newest request counts. What is on the screen is predicted before all the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from napari_objclass.errors import Cancelled
from napari_objclass.kernels import CancelToken
from napari_objclass.widgets.viewer import raw_levels
from napari_objclass.widgets.viewer.activity import Activity
from napari_objclass.widgets.viewer.worker import Worker
from napari_objclass.workflow import (
    annotations as marks,
    input_data,
    object_classification,
    object_features,
    thresholding,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari_objclass.widgets.viewer.places import Region
    from napari_objclass.widgets.viewer.worker import Post
    from napari_objclass.workflow.object_classification import Prediction
    from napari_objclass.workflow.session import Session

    #: Applets whose output is another one, each with the uuid of the image, or None.
    Stale = set[tuple[str, str | None]]

#: Seconds between two reports of progress.
REPORT_EVERY = 0.1
#: With more objects than this on the screen, predicting them first would not be felt.
MOST_FIRST = 20_000


@dataclass(frozen=True)
class Request:
    """What is to be brought up to date.

    Attributes
    ----------
    session, image
        The image, by its uuid.
    classify
        Whether to go on to forest and prediction.
    seen
        What of the image is on the screen; None if that is not known.
    before
        The prediction on the screen.
    """

    session: Session
    image: str
    classify: bool
    seen: Region | None = None
    before: Prediction | None = None

    @property
    def is_there(self) -> bool:
        """Whether the session still has the image."""
        return any(lane.uuid == self.image for lane in self.session.lanes)


class Stage(NamedTuple):
    """One step of the walk: the applet whose output it computes, and the parts of ``Shown`` that it gives."""

    applet: str
    compute: Callable[..., dict[str, Any]]


class Live:
    """Brings the image that is shown up to date, again and again.

    Parameters
    ----------
    post
        Runs a call on the GUI thread.
    deliver
        Called there as ``(request, applet, parts)`` with parts of ``Shown`` that the applet computed.
    failed
        Called there as ``(request, applet, error)`` when a stage fails.
    report
        Called there with the :class:`Activity`, or None when all is done.
    """

    def __init__(
        self,
        post: Post,
        deliver: Callable[[Request, str, dict[str, Any]], object],
        failed: Callable[[Request, str, Exception], object],
        report: Callable[[Activity | None], object],
    ) -> None:
        self._post, self._deliver, self._failed, self._report = post, deliver, failed, report
        self._worker = Worker("objclass-live", post)
        self._lock = Lock()
        self._wanted: Request | None = None
        self._walking = self._stopping = False
        self._running: tuple[Request, str, CancelToken] | None = None
        self._reported = 0.0

    def request(self, request: Request) -> None:
        """Bring an image up to date; what was asked for before is dropped where it is something else."""
        with self._lock:
            self._wanted = request
            if self._running and (self._running[0].session, self._running[0].image) != (request.session, request.image):
                self._running[2].cancel()
            if self._walking:
                return
            self._walking = True
        self._worker.do(self._walk_while_wanted)

    def gone_stale(self, stale: Stale) -> None:
        """Stop what is being computed if its output would be stale already; may be called from any thread."""
        with self._lock:
            if self._running and {(self._running[1], self._running[0].image), (self._running[1], None)} & stale:
                self._running[2].cancel()

    def stop(self) -> None:
        """Stop what is being computed; the next request begins anew."""
        with self._lock:
            self._wanted, self._stopping = None, self._walking
            if self._running:
                self._running[2].cancel()

    def _walk_while_wanted(self) -> None:
        while True:
            with self._lock:
                request, self._wanted, self._stopping = self._wanted, None, False
                if request is None:
                    self._walking = False
                    break
            self._walk(request)
        self._post(lambda: self._report(None))

    def _walk(self, request: Request) -> None:
        for stage in _stages(request):
            token = CancelToken()
            with self._lock:
                if self._stopping or self._wanted is not None:
                    return
                self._running = (request, stage.applet, token)
            try:
                parts = stage.compute(progress=self._progress, cancel=token)
            except Cancelled:
                return
            except Exception as error:  # told to the user; the thread lives on
                if request.is_there:
                    self._post(partial(self._failed, request, stage.applet, error))
                return
            finally:
                with self._lock:
                    self._running = None
            self._post(partial(self._deliver, request, stage.applet, parts))

    def _progress(self, done: int, total: int, what: str) -> None:
        now = monotonic()
        if now - self._reported > REPORT_EVERY:
            self._reported = now
            self._post(lambda: self._report(Activity(what, done, total)))


def _stages(request: Request) -> Iterator[Stage]:
    """All stages of the walk, from the pixels on."""
    session, image = request.session, request.image

    def see(**run: Any) -> dict[str, Any]:
        images = session.images(image)
        raw_levels.of(images)  # read here, since the viewer asks for it on the GUI thread
        return {"images": images}

    def find(**run: Any) -> dict[str, Any]:
        return {"objects": session.objects(image, **run)}

    def claim(**_: Any) -> dict[str, Any]:
        return {"claims": session.claims(image)}

    def measure(**run: Any) -> dict[str, Any]:
        return {"table": session.table(image, **run)}

    def train(**run: Any) -> dict[str, Any]:
        return {"forest": session.train(**run)}

    def predict_seen(**run: Any) -> dict[str, Any]:
        prediction = _with_seen(request, **run)
        return {} if prediction is None else {"prediction": prediction}

    def predict(**run: Any) -> dict[str, Any]:
        return {"prediction": session.predict(image, **run)}

    def forget(**_: Any) -> dict[str, Any]:
        return {"forest": None, "prediction": None}

    yield Stage(input_data.ID, see)
    yield Stage(thresholding.ID, find)
    yield Stage(marks.ID, claim)
    yield Stage(object_features.ID, measure)
    if not request.classify:
        return
    if not session.can_classify:
        yield Stage(object_classification.ID, forget)
        return
    yield Stage(object_classification.ID, train)
    if request.seen is not None and request.before is not None:
        yield Stage(object_classification.ID, predict_seen)
    yield Stage(object_classification.ID, predict)


def _with_seen(request: Request, **run: Any) -> Prediction | None:
    """Return the prediction before, with the objects on the screen predicted anew; None where that is not worth it."""
    session, image, before = request.session, request.image, request.before
    assert request.seen is not None
    assert before is not None
    objects = session.objects(image)
    rows = request.seen.rows(objects)
    n_classes = len(session.train(**run).classes)
    if not 0 < len(rows) <= min(MOST_FIRST, len(objects.ids) // 2) or not before.is_of(objects.ids, n_classes):
        return None
    return before.updated(rows, session.predict(image, rows=rows, **run))
