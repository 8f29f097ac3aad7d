"""The list of classes: chosen, named, coloured, ignored, deleted by clicks; counts of labelled and predicted."""

import time
from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QColorDialog, QLineEdit, QMenu

import napari_objclass as oc
from napari_objclass.widgets.parts.class_list import ROW_HEIGHT, ROWS_SHOWN, ClassList
from napari_objclass.widgets.parts.class_model import Column
from napari_objclass.widgets.parts.counts import Counts, count
from napari_objclass.widgets.viewer.tool import Mode


@pytest.fixture
def classes(shared, qtbot):
    shown = ClassList(shared)
    qtbot.addWidget(shown)
    shown.resize(284, 200)
    shown.show()
    return shown


@pytest.fixture
def until(mailbox, qapp):
    """Run what is posted, and what Qt has queued, until a condition holds."""

    def wait(condition):
        mailbox.until(lambda: qapp.processEvents() or condition())

    return wait


def click(qtbot, classes, number, column, double=False):
    view = classes.table.viewport()
    place = classes.table.visualRect(classes.model.index(number - 1, column)).center()
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=place)
    if double:
        qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=place)


def rename(qtbot, classes, number, name):
    click(qtbot, classes, number, Column.NAME, double=True)
    editor = classes.table.findChild(QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, name)
    qtbot.keyClick(editor, Qt.Key.Key_Return)


def text(classes, number, column):
    return classes.model.index(number - 1, column).data()


def names(shared):
    return [each.name for each in shared.session.classes]


def test_a_click_on_a_row_chooses_its_class(qtbot, shared, classes):
    click(qtbot, classes, 2, Column.NAME)
    assert shared.tool.cls == 2
    assert classes.table.currentIndex().row() == 1


def test_the_chosen_row_follows_the_tool(shared, classes):
    shared.set_tool(cls=2)
    assert classes.table.currentIndex().row() == 1


def test_choosing_a_class_ends_erasing_and_no_other_mode(qtbot, shared, classes):
    shared.set_tool(mode=Mode.ERASE)
    click(qtbot, classes, 2, Column.NUMBER)
    assert shared.tool.mode is Mode.ANNOTATE
    shared.set_tool(mode=Mode.SWEEP)
    click(qtbot, classes, 1, Column.NUMBER)
    assert shared.tool.mode is Mode.SWEEP


def test_a_name_is_edited_in_its_place(qtbot, until, shared, classes):
    rename(qtbot, classes, 2, "mitotic")
    until(lambda: text(classes, 2, Column.NAME) == "mitotic")
    assert names(shared) == ["Class 1", "mitotic"]


def test_a_name_that_is_taken_is_told_and_the_old_one_is_back(qtbot, until, shared, classes):
    rename(qtbot, classes, 2, "Class 1")
    until(lambda: shared.problem("object_classification"))
    assert "choose another name" in shared.problem("object_classification")
    assert text(classes, 2, Column.NAME) == "Class 2"


def test_a_new_class_is_chosen_and_named_at_once(qtbot, until, shared, classes):
    qtbot.mouseClick(classes.add, Qt.MouseButton.LeftButton)
    until(lambda: classes.table.findChild(QLineEdit) is not None)
    assert shared.tool.cls == 3
    qtbot.keyClicks(classes.table.findChild(QLineEdit), "debris\r")
    until(lambda: names(shared) == ["Class 1", "Class 2", "debris"])


def test_an_open_editor_stays_open_while_counts_change(qtbot, until, with_nuclei, classes):
    click(qtbot, classes, 2, Column.NAME, double=True)
    editor = classes.table.findChild(QLineEdit)
    qtbot.keyClicks(editor, "mit")
    with_nuclei.annotate(0, [1], 1)
    until(lambda: text(classes, 1, Column.COUNTS) == "1")
    assert editor.isVisible()
    assert editor.text() == "mit"


def test_the_eye_leaves_a_class_out_of_summaries_and_takes_it_in_again(qtbot, until, mailbox, shared, classes):
    click(qtbot, classes, 2, Column.IGNORE)
    until(lambda: shared.session.classes[1].ignore)
    mailbox.settle()
    click(qtbot, classes, 2, Column.IGNORE)
    until(lambda: not shared.session.classes[1].ignore)
    assert shared.tool.cls == 1


def test_a_class_is_recoloured_by_a_dialog_that_does_not_block(qtbot, until, shared, classes):
    click(qtbot, classes, 2, Column.COLOR)
    dialog = classes.findChild(QColorDialog)
    assert not dialog.isModal()
    dialog.setCurrentColor(QColor("#123456"))
    dialog.accept()
    until(lambda: shared.session.classes[1].color == "#123456")


def test_the_menu_of_a_row_is_about_its_class(until, shared, classes):
    place = classes.table.visualRect(classes.model.index(1, Column.NAME)).center()
    classes.table.customContextMenuRequested.emit(place)
    menu = classes.findChild(QMenu)
    actions = {action.text(): action for action in menu.actions()}
    actions["Leave out of summaries"].trigger()
    until(lambda: shared.session.classes[1].ignore)
    next(action for text, action in actions.items() if text.startswith("Delete")).trigger()
    until(lambda: names(shared) == ["Class 1"])
    menu.close()


def test_only_the_chosen_class_is_deleted_by_a_click(qtbot, until, mailbox, shared, classes):
    click(qtbot, classes, 2, Column.DELETE)
    mailbox.settle()
    assert names(shared) == ["Class 1", "Class 2"]
    assert shared.tool.cls == 2
    click(qtbot, classes, 2, Column.DELETE)
    until(lambda: classes.model.rowCount() == 1)
    assert (names(shared), shared.tool.cls) == (["Class 1"], 1)


def test_two_quick_clicks_delete_one_class(qtbot, until, mailbox, shared, classes):
    shared.do("object_classification", lambda s: s.add_class("third"))
    until(lambda: classes.model.rowCount() == 3)
    click(qtbot, classes, 1, Column.DELETE)
    click(qtbot, classes, 1, Column.DELETE)
    mailbox.settle()
    assert names(shared) == ["Class 2", "third"]
    assert not shared.problem("object_classification")


def test_undo_brings_a_deleted_class_back(qtbot, until, shared, classes):
    click(qtbot, classes, 1, Column.DELETE)
    until(lambda: classes.model.rowCount() == 1)
    qtbot.mouseClick(classes.undo, Qt.MouseButton.LeftButton)
    until(lambda: classes.model.rowCount() == 2)
    qtbot.mouseClick(classes.redo, Qt.MouseButton.LeftButton)
    until(lambda: classes.model.rowCount() == 1)


def test_the_chosen_class_stays_chosen_when_its_number_falls(until, shared, classes):
    shared.do("object_classification", lambda s: s.add_class("third"))
    until(lambda: classes.model.rowCount() == 3)
    shared.set_tool(cls=3)
    shared.do("object_classification", lambda s: s.delete_class(1))
    until(lambda: classes.model.rowCount() == 2)
    assert shared.tool.cls == 2
    assert text(classes, shared.tool.cls, Column.NAME) == "third"


def test_labelled_and_predicted_objects_are_counted(until, mailbox, with_nuclei, classes, nuclei):
    for object_id, number in oc.sample.labelled_examples(nuclei).items():
        with_nuclei.annotate(0, [object_id], number)
    until(lambda: "→" in text(classes, 2, Column.COUNTS))
    mailbox.settle()
    predicted = np.bincount(with_nuclei.shown.prediction.classes)
    for number in (1, 2):
        assert text(classes, number, Column.COUNTS) == f"6 → {predicted[number]}"


def test_predictions_of_other_classes_are_not_counted(until, mailbox, with_nuclei, nuclei):
    for object_id, number in oc.sample.labelled_examples(nuclei).items():
        with_nuclei.annotate(0, [object_id], number)
    until(lambda: with_nuclei.shown.prediction is not None)
    mailbox.settle()
    shown = with_nuclei.shown
    present = with_nuclei.session.classes
    last = count(shown, present)[1].predicted
    assert count(shown, present[1:]) == [Counts(6, last, 6)]
    of_fewer = replace(shown, prediction=replace(shown.prediction, class_names=("only one",)))
    assert count(of_fewer, present)[0].predicted is None


def test_thirty_classes_scroll_in_the_place_of_six(until, shared, classes):
    for _ in range(28):
        shared.do("object_classification", lambda s: s.add_class())
    until(lambda: classes.model.rowCount() == 30)
    assert classes.table.height() <= ROWS_SHOWN * ROW_HEIGHT + 2
    shared.set_tool(cls=30)
    place = classes.table.visualRect(classes.model.index(29, 0))
    assert classes.table.viewport().rect().contains(place.center())


def test_counting_a_hundred_thousand_objects_takes_less_than_two_milliseconds(until, with_nuclei, nuclei):
    for object_id, number in oc.sample.labelled_examples(nuclei).items():
        with_nuclei.annotate(0, [object_id], number)
    until(lambda: with_nuclei.shown.prediction is not None)
    shown = with_nuclei.shown
    many = replace(shown.prediction, classes=np.tile([1, 2], 50_000))
    shown, present, seconds = replace(shown, prediction=many), with_nuclei.session.classes, []
    for _ in range(10):
        begun = time.perf_counter()
        counts = count(shown, present)
        seconds.append(time.perf_counter() - begun)
    assert [each.predicted for each in counts] == [50_000, 50_000]
    assert min(seconds) < 0.002
