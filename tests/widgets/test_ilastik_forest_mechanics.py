"""A classifier that came from ilastik, in the step Classify: it predicts untrained, and the step says whose it is."""

import numpy as np
import pytest
from workflow.ilp_files import write_project

import napari_objclass as oc
from napari_objclass.widgets.object_classification import ObjectClassificationStep


@pytest.fixture
def step(shared, qtbot):
    step = ObjectClassificationStep(shared)
    qtbot.addWidget(step)
    step.resize(284, 400)
    step.show()
    return step


@pytest.fixture
def opened(shared, mailbox, tmp_path):
    """Open a project of ilastik with labels of objects, all by ilastik's ids."""

    def opened(labels):
        image = np.zeros((20, 20), np.uint16)
        image[1:3, 1:3], image[6:9, 6:9], image[12:16, 12:16] = 1, 2, 3
        raw = np.arange(400, dtype=np.uint8).reshape(20, 20)
        path = write_project(tmp_path / "a.ilp", "labels", [(raw, image)], tree=(0, 5), labels=[{0: labels}])
        shared.open(lambda: oc.import_ilp(path))
        mailbox.until(lambda: shared.shown and shared.shown.prediction)

    return opened


@pytest.mark.parametrize("labels", [[0, 0], [0, 1, 2]], ids=["no labels", "labels"])
def test_it_predicts(step, shared, opened, labels):
    opened(labels)
    assert shared.shown.prediction.classes.tolist() == [1, 2, 2]
    assert shared.problem("object_classification") is None
    assert "from ilastik" in step.agreement.line.text()
    assert "Only labels of one class" not in step.hint


def test_a_label_replaces_it(step, shared, mailbox, opened):
    opened([0, 1, 2])
    shared.annotate(0, [3], 1)
    mailbox.until(lambda: not shared.shown.forest.imported)
    mailbox.settle()
    assert "from ilastik" not in step.agreement.line.text()
    assert any("undo brings it back" in note for note in shared.session.notes)
