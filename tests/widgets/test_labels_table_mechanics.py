"""The table of all labels: listed off the GUI thread, filtered, sorted, confirmed, taken away, gone to."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest
from qtpy.QtCore import QItemSelectionModel, Qt
from qtpy.QtWidgets import QWidget

from napari_objclass.widgets.labels_table import LabelsTable, show_labels
from napari_objclass.widgets.object_classification import ObjectClassificationDock
from napari_objclass.widgets.parts.label_model import WORDS, Column, LabelModel
from napari_objclass.workflow import claims as claims_module
from napari_objclass.workflow.marks import AnnotationState

SELECT = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
CHANGED, CONFLICT, PARKED, ACTIVE = (
    WORDS[AnnotationState[name]] for name in ("CHANGED", "CONFLICT", "PARKED", "ACTIVE")
)


def squares():
    """Five squares of 4 by 4 pixels in a row, ids 1 to 5."""
    labels = np.zeros((6, 30), np.uint8)
    for n in range(5):
        labels[1:5, 6 * n + 1 : 6 * n + 5] = n + 1
    return labels


@pytest.fixture
def labelled(shared, mailbox):
    """Two images of five squares; in the first, squares 1, 2 and 4 are of class 1 and 3 of class 2."""
    for name in ("first", "second"):
        shared.do("input_data", lambda s, name=name: s.add_lane(labels=squares(), name=name))
    shared.do("object_classification", lambda s: s.annotate_many(0, ids=[1, 2, 3, 4], classes=[1, 1, 2, 1]))
    shared.do("object_classification", lambda s: s.annotate_many(1, ids=[5], classes=[2]))
    mailbox.until(lambda: shared.shown and shared.shown.claims and len(shared.shown.claims.marks) == 4)
    mailbox.settle()
    return shared


@pytest.fixture
def table(labelled, qtbot, mailbox):
    table = LabelsTable(labelled)
    qtbot.addWidget(table)
    table.show()
    mailbox.until(lambda: table.model.rows)
    return table


def cells(table, column):
    return [table.model.index(row, column).data() for row in range(table.model.rowCount())]


def choose(table, *rows):
    for row in rows:
        table.table.selectionModel().select(table.model.index(row, 0), SELECT)


@pytest.fixture
def resegment(labelled, mailbox):
    """Square 1 is swallowed by a much larger object, 2 and 3 are one object, 4 is gone."""
    labels = np.zeros((30, 30), np.uint8)
    labels[:6, :30] = squares()
    labels[1:28, 1:6] = 1
    labels[labels == 3] = 2
    labels[labels == 4] = 0

    def resegment():
        labelled.do("objects", lambda s: s.relink_lane(0, labels=labels))
        mailbox.until(lambda: labelled.shown.claims and AnnotationState.PARKED in labelled.shown.claims.states)
        mailbox.settle()

    return resegment


def test_labels_of_the_image_shown_are_listed(table):
    assert cells(table, Column.OBJECT) == ["1", "2", "3", "4"]
    assert cells(table, Column.CLASS) == ["Class 1", "Class 1", "Class 2", "Class 1"]
    assert set(cells(table, Column.IMAGE)) == {"first"}
    assert set(cells(table, Column.STATE)) == {ACTIVE}
    assert table.note.text() == "4 labels"


def test_labels_of_all_images_are_listed_on_request(table, mailbox):
    table.images.setCurrentIndex(1)
    mailbox.until(lambda: table.model.rowCount() == 5)
    assert cells(table, Column.IMAGE)[-1] == "second"


def test_a_new_label_appears(table, labelled, mailbox):
    labelled.annotate(0, [5], 2)
    mailbox.until(lambda: table.model.rowCount() == 5)


def test_a_hidden_table_lists_nothing_until_it_is_shown(table, labelled, mailbox):
    table.hide()
    labelled.annotate(0, [5], 2)
    mailbox.settle()
    assert table.model.rowCount() == 4
    table.show()
    mailbox.until(lambda: table.model.rowCount() == 5)


def test_states_are_told_in_words(table, mailbox, resegment):
    resegment()
    mailbox.until(lambda: PARKED in cells(table, Column.STATE))
    assert cells(table, Column.STATE) == [CHANGED, CONFLICT, CONFLICT, PARKED]
    assert cells(table, Column.OBJECT) == ["1", "2", "2", ""]
    assert "no object" in table.model.index(3, Column.STATE).data(Qt.ItemDataRole.ToolTipRole)


def test_confirming_makes_a_label_count_again(table, labelled, mailbox, resegment):
    resegment()
    mailbox.until(lambda: PARKED in cells(table, Column.STATE))
    choose(table, 0, 2)
    table.confirm.click()
    mailbox.until(lambda: len(labelled.shown.claims.active) == 2)
    numbers = {each.uuid: n for n, each in enumerate(labelled.session.classes, 1)}
    assert {key: numbers[uuid] for key, uuid in labelled.shown.claims.active.items()} == {(0, 1): 1, (0, 2): 2}


def test_a_label_without_object_cannot_be_confirmed_but_cleared(table, labelled, mailbox, resegment):
    resegment()
    mailbox.until(lambda: PARKED in cells(table, Column.STATE))
    choose(table, 3)
    assert not table.confirm.isEnabled()
    table.clear.click()
    mailbox.until(lambda: table.model.rowCount() == 3)
    labelled.undo()
    mailbox.until(lambda: table.model.rowCount() == 4)


def test_labels_are_cleared_in_all_images_as_one_change(table, labelled, mailbox):
    table.images.setCurrentIndex(1)
    mailbox.until(lambda: table.model.rowCount() == 5)
    choose(table, 0, 4)
    table.clear.click()
    mailbox.until(lambda: table.model.rowCount() == 3)
    labelled.undo()
    mailbox.until(lambda: table.model.rowCount() == 5)


def test_a_double_click_goes_to_the_object_in_its_image(qtbot, table, labelled, mailbox):
    table.images.setCurrentIndex(1)
    mailbox.until(lambda: table.model.rowCount() == 5)
    place = table.table.visualRect(table.model.index(4, Column.OBJECT)).center()
    qtbot.mouseClick(table.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(table.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    mailbox.until(lambda: labelled.guide.current == (0, 5))
    assert labelled.position == 1


def test_filters_of_class_and_state(table, mailbox, resegment):
    table.classes.setCurrentIndex(2)
    assert cells(table, Column.OBJECT) == ["3"]
    table.classes.setCurrentIndex(0)
    resegment()
    mailbox.until(lambda: PARKED in cells(table, Column.STATE))
    table.states.setCurrentIndex(table.states.findText(CONFLICT))
    assert cells(table, Column.CLASS) == ["Class 1", "Class 2"]


def test_a_click_on_a_header_sorts(qtbot, table):
    table.table.sortByColumn(Column.OBJECT, Qt.SortOrder.DescendingOrder)
    assert cells(table, Column.OBJECT) == ["4", "3", "2", "1"]
    table.table.sortByColumn(Column.CLASS, Qt.SortOrder.AscendingOrder)
    assert cells(table, Column.OBJECT) == ["1", "2", "4", "3"]


def test_nothing_is_described_on_the_gui_thread(table, labelled, mailbox, monkeypatch):
    threads = set()
    rows = claims_module.Claims.rows

    def watched(claims):
        threads.add(threading.current_thread())
        return rows(claims)

    monkeypatch.setattr(claims_module.Claims, "rows", watched)
    table.refresh()
    mailbox.settle()
    assert threads
    assert threading.main_thread() not in threads


def test_a_deleted_class_is_told(table, labelled, mailbox):
    labelled.do("object_classification", lambda s: s.delete_class(2))
    mailbox.until(lambda: PARKED in cells(table, Column.STATE))
    assert cells(table, Column.CLASS) == ["Class 1", "Class 1", "deleted class", "Class 1"]


def test_thousands_of_labels_are_put_in_order_within_a_frame_of_a_film(qapp):
    labels = [
        SimpleNamespace(cls=n % 7 + 1, class_name="", lane=n % 5, t=0, object_id=n, anchor=(0, n, n), state="active")
        for n in np.random.default_rng(0).permutation(5000).tolist()
    ]
    model = LabelModel()
    model.put(labels, ["image"] * 5, ["#000000"] * 7)
    model.sort(Column.OBJECT, Qt.SortOrder.DescendingOrder)
    assert [label.object_id for label in model.rows] == list(range(4999, -1, -1))


def test_the_table_is_a_window_where_there_is_no_napari_window(labelled, qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    table = show_labels(labelled, parent)
    assert table.isWindow()
    assert table.isVisible()


def test_the_table_is_docked_once_below_the_canvas_and_again_after_it_was_closed(make_napari_viewer, qapp):
    viewer = make_napari_viewer()
    dock = ObjectClassificationDock(viewer)
    viewer.window.add_dock_widget(dock, name="Classify")
    tables = []
    for _ in range(2):
        dock.step.labels.click()
        tables.append(dock.step.labels_table)
    assert tables[0] is tables[1]
    viewer.window.remove_dock_widget(tables[0])
    qapp.processEvents()
    dock.step.labels.click()
    assert dock.step.labels_table is not tables[0]
    assert dock.step.labels_table.parent() is not None
