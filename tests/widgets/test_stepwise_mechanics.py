"""Work in steps: room for the user in between, work of another thread, and what waits for the end."""

import threading

import pytest

from napari_objclass.widgets.viewer.stepwise import Stepwise
from napari_objclass.widgets.viewer.worker import Worker


@pytest.fixture
def failures():
    return []


@pytest.fixture
def stepwise(mailbox, failures):
    return Stepwise(mailbox.post, Worker("test", mailbox.post), failures.append)


def test_steps_are_done_one_at_a_time_with_what_another_thread_computed(stepwise, mailbox):
    did = []

    def steps():
        did.append("first")
        yield None
        name = yield lambda: threading.current_thread().name
        did.append(name)

    stepwise.begin(steps())
    assert did == ["first"]
    stepwise.when_done(lambda: did.append("after"))
    stepwise.when_done(lambda: did.append("and then"))
    mailbox.until(lambda: len(did) == 4)
    assert did == ["first", "test", "after", "and then"]
    assert not stepwise.is_busy
    stepwise.when_done(lambda: did.append("now"))
    assert did[-1] == "now"


def test_other_steps_take_the_place_of_those_at_hand(stepwise, mailbox):
    did = []

    def steps(name):
        for number in range(2):
            did.append((name, number))
            yield None

    stepwise.begin(steps("old"))
    stepwise.when_done(lambda: did.append("after"))
    stepwise.begin(steps("new"))
    mailbox.until(lambda: "after" in did)
    assert did == [("old", 0), ("new", 0), ("new", 1), "after"]


def test_what_goes_wrong_on_the_other_thread_ends_the_steps(stepwise, mailbox, failures):
    def steps():
        yield lambda: 1 / 0
        raise AssertionError("went on")

    after = []
    stepwise.begin(steps())
    stepwise.when_done(lambda: after.append(True))
    mailbox.until(lambda: after)
    assert isinstance(failures[0], ZeroDivisionError)
