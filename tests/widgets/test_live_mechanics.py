"""The live loop: what is seen first, stopping, errors, and what happens to outputs that nobody wants any more."""

import threading

import numpy as np
import pytest

import napari_objclass as oc
from napari_objclass.errors import ObjClassError
from napari_objclass.widgets.viewer.live import Live, Request
from napari_objclass.widgets.viewer.places import Region

SHAPE = (200, 400)


def grid_of_objects():
    """A label image with 8 x 16 squares of two brightnesses."""
    labels = np.zeros(SHAPE, np.uint16)
    for number, (row, column) in enumerate(np.ndindex(8, 16), start=1):
        labels[row * 25 + 3 : row * 25 + 20, column * 25 + 3 : column * 25 + 20] = number
    raw = np.random.default_rng(0).integers(0, 50, SHAPE).astype(np.uint16) + (labels % 2) * 200
    return raw.astype(np.uint16), labels


class Loop:
    """A live loop on a session of its own, with all that it delivers."""

    def __init__(self, mailbox):
        self.mailbox, self.delivered, self.failed, self.reports = mailbox, [], [], []
        self.session = oc.Session(recover=False)
        raw, labels = grid_of_objects()
        self.session.add_lane(raw=raw, labels=labels)
        self.session.annotate_many(0, ids=[1, 2, 3, 4], classes=[1, 2, 1, 2])
        self.live = Live(
            mailbox.post,
            lambda request, applet, parts: self.delivered.append((request, applet, parts)),
            lambda request, applet, error: self.failed.append((request, applet, error)),
            self.reports.append,
        )

    def request(self, **values):
        request = Request(self.session, self.session.lanes[0].uuid, classify=True, **values)
        self.live.request(request)
        return request

    def predictions(self, request):
        return [parts["prediction"] for asked, _, parts in self.delivered if asked is request and "prediction" in parts]


@pytest.fixture
def loop(mailbox):
    loop = Loop(mailbox)
    yield loop
    loop.live.stop()
    loop.session.close()


def held(monkeypatch, name):
    """Make a method of all sessions wait: entered, go on."""
    entered, go = threading.Event(), threading.Event()
    original = getattr(oc.Session, name)

    def method(self, *args, **kwargs):
        entered.set()
        assert go.wait(20)
        return original(self, *args, **kwargs)

    monkeypatch.setattr(oc.Session, name, method)
    return entered, go


def test_what_is_seen_is_predicted_before_the_rest(loop, mailbox):
    before = loop.session.predict(0)
    loop.session.annotate_many(0, ids=[1, 2, 3, 4, 5], classes=[2, 1, 2, 1, 2])
    seen = Region((0, 0, 100, 0), (1, 1, 200, 100))
    request = loop.request(seen=seen, before=before)
    mailbox.until(lambda: len(loop.predictions(request)) == 2)
    first, last = loop.predictions(request)
    boxes = loop.session.objects(0).boxes
    inside = (boxes[:, 1] < 200) & (boxes[:, 4] > 100) & (boxes[:, 2] < 100)
    assert 0 < inside.sum() < len(inside) / 2
    for name in ("classes", "probabilities", "uncertainty"):
        values, old, new = (getattr(each, name) for each in (first, before, last))
        np.testing.assert_array_equal(values[inside], new[inside])
        np.testing.assert_array_equal(values[~inside], old[~inside])
    assert (last.classes != before.classes).mean() > 0.9


@pytest.mark.parametrize("why", ["all is seen", "nothing is seen", "another number of classes"])
def test_all_at_once_where_that_is_better(loop, mailbox, why):
    before = loop.session.predict(0)
    if why == "another number of classes":
        loop.session.add_class()
    corner = {"all is seen": 400, "nothing is seen": 2}.get(why, 60)
    request = loop.request(seen=Region((0, 0, 0, 0), (1, 1, corner, corner)), before=before)
    mailbox.until(lambda: loop.reports)
    (last,) = loop.predictions(request)
    assert len(last.class_names) == len(loop.session.classes)


def test_only_the_newest_request_counts(loop, mailbox, monkeypatch):
    entered, go = held(monkeypatch, "table")
    first = loop.request()
    assert entered.wait(20)
    others = [loop.request() for _ in range(5)]
    go.set()
    mailbox.until(lambda: loop.predictions(others[-1]))
    mailbox.settle()
    assert not any(loop.predictions(request) for request in (first, *others[:-1]))
    assert loop.reports[-1] is None


def test_stop_ends_the_walk_until_the_next_request(loop, mailbox, monkeypatch):
    entered, go = held(monkeypatch, "table")
    first = loop.request()
    assert entered.wait(20)
    loop.live.stop()
    go.set()
    mailbox.until(lambda: loop.reports)
    assert not loop.predictions(first)
    assert not loop.failed
    again = loop.request()
    mailbox.until(lambda: loop.predictions(again))


def test_stop_between_two_stages_counts_too(loop, mailbox, monkeypatch):
    original = oc.Session.claims

    def claims(self, lane):
        loop.live.stop()  # this stage cannot be stopped: its token is not asked
        return original(self, lane)

    monkeypatch.setattr(oc.Session, "claims", claims)
    request = loop.request()
    mailbox.until(lambda: loop.reports)
    assert [list(parts) for asked, _, parts in loop.delivered if asked is request] == [
        ["images"],
        ["objects"],
        ["claims"],
    ]


def test_a_failure_is_told_and_the_next_request_is_served(loop, mailbox, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(oc.Session, "train", lambda *_, **__: (_ for _ in ()).throw(ObjClassError("no")))
        request = loop.request()
        mailbox.until(lambda: loop.failed)
        assert [(asked, applet, str(error)) for asked, applet, error in loop.failed] == [
            (request, "object_classification", "no")
        ]
    again = loop.request()
    mailbox.until(lambda: loop.predictions(again))


def test_nothing_is_said_of_an_image_that_was_removed_meanwhile(loop, mailbox, monkeypatch):
    raw, labels = grid_of_objects()
    loop.session.add_lane(raw=raw[::-1].copy(), labels=labels[::-1].copy())
    entered, go = held(monkeypatch, "table")
    loop.request()
    assert entered.wait(20)
    loop.session.remove_lane(0)
    go.set()
    mailbox.until(lambda: loop.reports)
    assert not any("table" in parts for _, _, parts in loop.delivered)
    assert not loop.failed


def test_quick_clicks_end_with_the_truth(with_nuclei, mailbox, nuclei):
    shared = with_nuclei
    shared.wake()
    for object_id, number in oc.sample.labelled_examples(nuclei).items():
        shared.annotate(0, [object_id], number)
        mailbox.linger(0.005)
    mailbox.until(lambda: shared.shown.prediction is not None)
    mailbox.settle()
    expected = shared.session.predict(0)
    assert shared.shown.prediction is expected
    image = np.asarray(shared.viewer.layers["Predictions"].data)
    np.testing.assert_array_equal(image, expected.paint("classes"))


def test_a_session_that_was_replaced_is_not_heard_any_more(with_nuclei, mailbox, nuclei, monkeypatch):
    shared, old = with_nuclei, with_nuclei.session
    entered, go = held(monkeypatch, "claims")
    shared.annotate(0, [1], 1)
    mailbox.until(entered.is_set)
    shared.open(oc.Session)
    mailbox.until(lambda: shared.session is not old)
    go.set()
    mailbox.settle()
    assert shared.shown is None
    assert not shared.problem("object_classification")


def test_without_live_only_labels_follow(with_nuclei, mailbox):
    shared = with_nuclei
    shared.annotate(0, [1], 1)
    shared.annotate(0, [2], 2)
    mailbox.until(lambda: shared.shown.prediction is not None)
    mailbox.settle()
    before = shared.shown.prediction
    shared.set_live(live=False)
    shared.annotate(0, [3], 2)
    mailbox.settle()
    assert len(shared.shown.claims.active) == 3
    assert shared.shown.prediction is before
    shared.set_live(live=True)
    mailbox.until(lambda: shared.shown.prediction is not before)


def test_an_update_that_was_asked_for_comes_whatever_else_is_changed_meanwhile(with_nuclei, mailbox, monkeypatch):
    shared = with_nuclei
    shared.set_live(live=False)
    shared.annotate(0, [1], 1)
    shared.annotate(0, [2], 2)
    mailbox.until(lambda: len(shared.shown.claims.active) == 2)
    entered, go = held(monkeypatch, "train")
    shared.update(classify=True)
    mailbox.until(entered.is_set)
    shared.do("object_classification", lambda s: s.recolour_class(1, "#010203"))
    mailbox.until(lambda: shared.session.classes[0].color == "#010203")
    mailbox.linger(0.05)
    go.set()
    mailbox.until(lambda: shared.shown.prediction is not None)
    before = shared.shown.prediction
    shared.annotate(0, [3], 2)
    mailbox.until(lambda: len(shared.shown.claims.active) == 3)
    mailbox.settle()
    assert shared.shown.prediction is before
