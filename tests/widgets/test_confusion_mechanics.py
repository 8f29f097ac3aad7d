"""Agreement out of bag, and the confusion matrix that leads to its objects."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QVBoxLayout, QWidget

import napari_objclass as oc
from napari_objclass.widgets.parts.agreement import AgreementView
from napari_objclass.widgets.parts.confusion import Confusion
from napari_objclass.workflow.classes import ObjectClass
from napari_objclass.workflow.object_classification import TrainedForest

CLASSES = [ObjectClass(f"class {n}", f"#0000{n:02x}") for n in range(1, 13)]


def click(qtbot, table, row, column):
    place = table.visualItemRect(table.item(row, column)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)


@pytest.fixture
def view(with_nuclei, qtbot):
    around = QWidget()
    qtbot.addWidget(around)
    view = AgreementView(with_nuclei)
    QVBoxLayout(around).addWidget(view)
    around.resize(284, 200)
    around.show()
    view.around = around  # or it is deleted, and the view with it
    return view


@pytest.fixture
def annotate(with_nuclei, mailbox, nuclei):
    def annotate(per_class, lane=0):
        for object_id, number in oc.sample.labelled_examples(nuclei, per_class).items():
            with_nuclei.do("object_classification", lambda s, i=object_id, c=number: s.annotate(lane, i, cls=c))
        mailbox.until(lambda: with_nuclei.shown.prediction is not None)
        mailbox.settle()

    return annotate


def test_a_cell_with_objects_is_walked_and_an_empty_one_is_not(qtbot):
    table = Confusion()
    qtbot.addWidget(table)
    table.put(CLASSES[:2], np.array([[3, 0], [1, 5]], np.uint64))
    table.resize(284, 100)
    table.show()
    walked = []
    table.walked.connect(lambda *cell: walked.append(cell))
    click(qtbot, table, 0, 1)
    click(qtbot, table, 1, 0)
    assert walked == [(2, 1)]
    assert [table.item(i, j).text() for i in (0, 1) for j in (0, 1)] == ["3", "", "1", "5"]


def test_two_classes_are_seen_whole_and_twelve_are_scrolled(qtbot):
    table = Confusion()
    qtbot.addWidget(table)
    table.resize(276, 100)
    table.put(CLASSES[:2], np.ones((2, 2), np.uint64))
    table.show()
    assert not table.verticalScrollBar().isVisible()
    assert not table.horizontalScrollBar().isVisible()
    table.put(CLASSES, np.ones((12, 12), np.uint64))
    assert table.height() < 200
    assert table.verticalScrollBar().maximum() > 0
    assert table.horizontalScrollBar().maximum() > 0


def test_agreement_is_hidden_without_a_classifier(view):
    assert not view.isVisible()


def test_few_labels_are_not_judged(view, annotate):
    annotate(2)
    assert "Label 3 of each class" in view.line.text()
    assert not view.unfold.isVisible()


def test_agreement_is_what_out_of_bag_trees_say(view, annotate, with_nuclei, qtbot):
    annotate(6)
    confusion = with_nuclei.shown.forest.oob_confusion
    right, total = np.trace(confusion), confusion.sum()
    assert f"({right}/{total})" in view.line.text()
    assert f"{100 * right / total:.0f} %" in view.line.text()
    assert not view.confusion.isVisible()
    qtbot.mouseClick(view.unfold, Qt.MouseButton.LeftButton)
    assert view.confusion.isVisible()
    assert view.confusion.item(0, 0).text() == str(confusion[0, 0])


def test_a_cell_leads_to_all_its_objects_one_after_another(view, annotate, with_nuclei, qtbot, monkeypatch):
    annotate(3)
    samples = with_nuclei.shown.forest.samples
    monkeypatch.setattr(TrainedForest, "oob_classes", property(lambda forest: forest.samples.y))
    monkeypatch.setattr(TrainedForest, "oob_confusion", np.diag([3, 3]))
    qtbot.mouseClick(view.unfold, Qt.MouseButton.LeftButton)
    seen = []
    for _ in range(4):
        click(qtbot, view.confusion, 1, 1)
        seen.append(with_nuclei.guide.current)
    wanted = [(0, int(i)) for i in samples.ids[samples.y == 2]]
    assert seen == [*wanted, wanted[0]]


def test_a_cell_leads_to_objects_of_all_images(view, annotate, with_nuclei, mailbox, nuclei, qtbot, monkeypatch):
    monkeypatch.setattr(TrainedForest, "oob_classes", property(lambda forest: forest.samples.y))
    monkeypatch.setattr(TrainedForest, "oob_confusion", np.diag([6, 6]))
    raw = nuclei.raw[::-1].copy()
    with_nuclei.do("input_data", lambda s: s.add_lane(raw=raw, labels=nuclei.labels[::-1].copy(), name="other"))
    annotate(3, lane=1)
    annotate(3, lane=0)
    qtbot.mouseClick(view.unfold, Qt.MouseButton.LeftButton)
    samples = with_nuclei.shown.forest.samples
    rows = np.flatnonzero(samples.y == 1)
    wanted = [(int(samples.lanes[row]), int(samples.ids[row])) for row in rows]
    seen = []
    for _ in wanted:
        click(qtbot, view.confusion, 0, 0)
        mailbox.until(lambda: with_nuclei.shown.forest is not None)
        seen.append((with_nuclei.position, with_nuclei.guide.current[1]))
    assert seen == wanted
    assert {lane for lane, _ in seen} == {0, 1}
