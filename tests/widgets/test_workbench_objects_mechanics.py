"""The step Objects: what it says of a label image."""

import numpy as np
import pytest

from napari_objclass.widgets._base import StepState
from napari_objclass.widgets.objects import ObjectsStep, warning
from napari_objclass.widgets.parts.hints import hint
from napari_objclass.workflow.objects import Objects


@pytest.fixture
def step(shared, qtbot):
    step = ObjectsStep(shared)
    qtbot.addWidget(step)
    step.show()
    return step


def add(step, mailbox, **images):
    step.shared.do("input_data", lambda s: s.add_lane(name="x", **images))
    mailbox.until(lambda: step.shared.shown and step.shared.shown.objects)


def squares(*values):
    image = np.zeros((12, 24), np.uint16)
    for number, value in enumerate(values):
        image[2 : 4 + number, 4 * number : 4 * number + 2] = value
    return image


def test_ids_of_a_label_image(step, mailbox):
    add(step, mailbox, labels=squares(7, 7, 9))
    assert "Ids are used as they are. 2 objects." in step.text.text()
    assert "Sizes: 8 to 10 pixels, median 9." in step.text.text()
    assert (step.summary, step.state.value, step.warning.isVisible()) == ("2 objects", "✓", False)


def test_components_of_a_mask(step, mailbox):
    add(step, mailbox, segmentation=squares(1, 1, 1))
    assert "Touching pixels of one value are one object. 3 objects." in step.text.text()


def test_objects_of_each_frame(step, mailbox):
    film = np.stack([squares(1), squares(1, 2), squares()])
    add(step, mailbox, labels=film, axes="tyx")
    assert "In frames 0 to 2: 1, 2, 0." in step.text.text()


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [(np.zeros((8, 8), int), "no objects"), (np.where(squares(1) == 0, 5, 0), "Object 5 covers more than half")],
)
def test_what_looks_wrong_is_said(step, mailbox, labels, sentence):
    add(step, mailbox, labels=labels)
    assert sentence in step.warning.text()
    assert step.warning.isVisible()
    assert (sentence in step.hint, step.state) == (True, StepState.PROBLEM)
    mailbox.until(lambda: step.shared.shown.claims is not None)
    assert sentence in hint(step.shared, outdated=False)


def test_half_of_a_frame_is_not_more_than_half():
    labels = np.zeros((1, 1, 4, 4), np.uint8)
    labels[..., :2] = 3
    assert warning(Objects.of(labels)) == ""
