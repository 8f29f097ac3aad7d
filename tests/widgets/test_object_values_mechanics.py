"""The window with all values of an object: many values of one feature are one row, with them under it."""

import time
from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication
from widgets.many_features import feature, many_features

from napari_objclass import FeatureTable
from napari_objclass.widgets.object_values import ObjectValues
from napari_objclass.widgets.viewer.about_object import about


def table(specs, n_objects=3):
    """Values 0, 1, 2, … of every object; the last value is missing of all."""
    n_columns = sum(spec.n_values for spec in specs)
    values = np.tile(np.arange(n_columns, dtype=float), (n_objects, 1))
    values[:, -1] = np.nan
    missing = np.array([[row, n_columns - 1, 0] for row in range(n_objects)])
    ids = np.arange(1, n_objects + 1, dtype=np.uint64)
    return FeatureTable(ids, np.zeros(n_objects, np.int64), values, tuple(specs), missing, ("it is flat",))


@pytest.fixture
def window(with_nuclei, qtbot):
    """Opens the window of object 2 with these features."""

    def open_window(specs):
        shown = replace(with_nuclei.shown, table=table(specs))
        window = ObjectValues(about(shown, (), 0, 2))
        qtbot.addWidget(window)
        window.show()
        return window

    return open_window


def visible(window):
    """Names of the rows that are not hidden, those below a row that is unfolded too."""
    names = []
    for i in range(window.rows.topLevelItemCount()):
        item = window.rows.topLevelItem(i)
        below = [item.child(k) for k in range(item.childCount())] if item.isExpanded() else []
        names += [each.text(0) for each in (item, *below) if not each.isHidden() and not item.isHidden()]
    return names


def test_many_values_are_one_row_that_tells_their_range(window):
    opened = window(many_features())
    assert len(visible(opened)) < 40
    histogram = opened.rows.topLevelItem(visible(opened).index("Histogram of Intensity, 64 values"))
    assert histogram.text(1) == "8 to 71"
    assert [histogram.child(i).text(0) for i in (0, 63)] == ["bin 1", "bin 64"]
    assert "Quantiles of Intensity, 25 %" in visible(opened)


def test_the_search_unfolds_what_it_finds_below(window):
    opened = window(many_features())
    opened.search.setText("histogram bin 7")
    assert visible(opened)[:2] == ["Histogram of Intensity, 64 values", "bin 7"]
    assert "Size in pixels" not in visible(opened)
    opened.search.setText("histogram of")
    assert len(visible(opened)) == 2
    opened.search.setText("")
    assert "Size in pixels" in visible(opened)


def test_what_is_missing_is_not_in_the_range(window):
    opened = window(many_features())
    texture = opened.rows.topLevelItem(visible(opened).index("Circular Texture, 20 values"))
    assert " to " in texture.text(1)
    assert "nan" not in texture.text(1)
    assert texture.child(19).text(1) == "missing: it is flat"


def test_all_rows_are_copied(window):
    opened = window(many_features())
    opened.copy.click()
    lines = QApplication.clipboard().text().splitlines()
    assert "Histogram of Intensity, bin 64\t71" in lines


def test_it_opens_at_once_with_500_values(window):
    specs = [feature(f"f{i}", f"Feature {i}", parts=[f"{k:02}" for k in range(20)]) for i in range(50)]
    begun = time.perf_counter()
    window(specs)
    assert time.perf_counter() - begun < 0.5
