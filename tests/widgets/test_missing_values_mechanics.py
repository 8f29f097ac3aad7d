"""The dialog of missing values: what it lists, where it leads, and that size does not matter."""

import time
from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QWidget

import napari_objclass as oc
from napari_objclass.widgets.missing_values import show_missing_values

FLAT = (3, 57)
REASON = "all pixels have the same intensity"


@pytest.fixture
def window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def flat(shared, mailbox, nuclei):
    """Session of an image in which two objects have one intensity each."""
    raw = nuclei.raw.copy()
    raw[np.isin(nuclei.labels, FLAT)] = 500
    shared.do("input_data", lambda s: s.add_lane(raw=raw, labels=nuclei.labels, name="flat"))
    mailbox.until(lambda: shared.shown and shared.shown.table is not None)
    return shared


def cells(dialog):
    rows = dialog.rows
    return [
        tuple(rows.index(i, j).data() for j in range(rows.columnCount()) if not dialog.list.isColumnHidden(j))
        for i in range(rows.rowCount())
    ]


def test_it_lists_object_feature_and_reason(flat, window):
    dialog = show_missing_values(flat, window)
    names = ("Skewness of Intensity", "Kurtosis of Intensity")
    assert cells(dialog) == [(str(i), name, REASON) for i in FLAT for name in names]
    assert dialog.about.text().startswith("2 objects have missing values")


def test_values_of_a_feature_that_are_missing_for_one_reason_are_one_row(flat, window):
    raw = np.stack([np.arange(64.0).reshape(8, 8)] * 2)
    raw[0, 3, 3] = np.nan
    labels = np.zeros((8, 8), int)
    labels[2:5, 2:5] = 4
    features = ["intensity_quantiles", "intensity_mean"]
    table = oc.measure(labels, raw, axes="cyx", features=features)
    flat.shown = replace(flat.shown, table=table)
    nan = "raw has 1 NaN or infinite pixel"
    rows = [("4", "Quantiles of Intensity, 7 values", nan), ("4", "Mean Intensity, channel 0", nan)]
    assert cells(show_missing_values(flat, window)) == rows
    assert table.n_missing == 8


def test_frames_are_shown_for_films_only(shared, mailbox, window):
    labels = np.zeros((2, 8, 8), int)
    labels[:, 2:5, 2:5] = 4
    raw = np.where(np.arange(2)[:, None, None] == 1, 7, np.arange(64).reshape(8, 8))
    shared.do("input_data", lambda s: s.add_lane(raw=raw, labels=labels, axes="tyx", name="film"))
    mailbox.until(lambda: shared.shown and shared.shown.table is not None)
    dialog = show_missing_values(shared, window)
    assert {row[:2] for row in cells(dialog)} == {("4", "1")}
    dialog.list.setCurrentIndex(dialog.rows.index(0, 0))
    QTest.keyClick(dialog.list, Qt.Key.Key_Return)
    assert shared.guide.current == (1, 4)


def test_enter_and_double_click_go_to_the_object(flat, window):
    dialog = show_missing_values(flat, window)
    dialog.list.setCurrentIndex(dialog.rows.index(0, 0))
    QTest.keyClick(dialog.list, Qt.Key.Key_Return)
    assert flat.guide.current == (0, 3)
    assert dialog.isVisible()
    spot = dialog.list.visualRect(dialog.rows.index(2, 2)).center()
    QTest.mouseClick(dialog.list.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    QTest.mouseDClick(dialog.list.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert flat.guide.current == (0, 57)


def test_rows_are_copied(flat, window):
    dialog = show_missing_values(flat, window)
    dialog.copy.click()
    lines = QApplication.clipboard().text().splitlines()
    assert len(lines) == 5
    assert lines[0].split("\t") == ["Object", "Frame", "Feature", "Reason"]
    dialog.list.selectRow(3)
    QTest.keyClick(dialog.list, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text().splitlines()[1:] == [f"57\t0\tKurtosis of Intensity\t{REASON}"]


def test_it_follows_the_table(flat, window, mailbox):
    dialog = show_missing_values(flat, window)
    shape = replace(flat.session.feature_selection, features=("num_pixels",))
    flat.do("feature_selection", lambda s: setattr(s, "feature_selection", shape))
    mailbox.until(lambda: flat.shown.table.features == ("num_pixels",))
    assert cells(dialog) == []
    assert dialog.about.text() == "No object has missing values."
    assert not dialog.copy.isEnabled()
    flat.show(None)
    assert dialog.about.text() == "The objects are not measured yet."


def test_very_many_rows_open_at_once(flat, window):
    n = 50_000
    labels = np.arange(n).reshape(1, n) + 1
    table = oc.measure(labels, np.zeros((1, n)), features=["intensity_skewness", "intensity_kurtosis"])
    assert table.n_incomplete == n
    flat.shown = replace(flat.shown, table=None)
    dialog = show_missing_values(flat, window)
    begun = time.perf_counter()
    flat.shown = replace(flat.shown, table=table)
    flat.shown_changed.emit({"table"})
    dialog.list.scrollToBottom()
    dialog.list.viewport().repaint()
    assert time.perf_counter() - begun < 0.050
    assert dialog.rows.rowCount() == table.n_missing == 2 * n
    assert dialog.rows.cells(2 * n - 1)[0] == str(n)
    assert table.problem(2 * n - 1) == table.problems[-1]
