"""What stays quick with 110 features of 500 values and 100,000 objects: limits are far above what it takes."""

import time
from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtWidgets import QWidget
from widgets.many_features import feature

from napari_objclass import FeatureTable
from napari_objclass.widgets import feature_dialog
from napari_objclass.widgets.feature_dialog import show_feature_dialog
from napari_objclass.widgets.feature_selection import FeatureSelectionStep
from napari_objclass.widgets.parts.show_choice import ShowChoice
from napari_objclass.widgets.subset_dialog import show_subset_dialog
from napari_objclass.widgets.viewer.about_object import about
from napari_objclass.widgets.viewer.display import Kind

N_OBJECTS = 100_000
SPECS = [
    feature(
        f"f{i}",
        f"Feature {i}",
        f"Plug-in {i % 4}",
        f"Group {i % 8}",
        parts=[f"{k:02}" for k in range(64 if i == 0 else 4)],
        slow=i % 3 == 0,
        hidden=i % 2 == 1,
    )
    for i in range(110)
]


@pytest.fixture
def window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def measured(with_nuclei):
    """Session that shows the values of many objects, which take no memory."""
    ids = np.arange(1, N_OBJECTS + 1, dtype=np.uint64)
    values = np.broadcast_to(np.arange(500.0), (N_OBJECTS, 500))
    table = FeatureTable(ids, np.zeros(N_OBJECTS, np.int64), values, tuple(SPECS))
    with_nuclei.shown = replace(with_nuclei.shown, table=table)
    return with_nuclei


def seconds(action):
    """Median time of an action."""
    found = []
    for _ in range(5):
        begun = time.perf_counter()
        action()
        found.append(time.perf_counter() - begun)
    return sorted(found)[2]


def test_the_dialog_opens_at_once(with_nuclei, window, monkeypatch):
    monkeypatch.setattr(feature_dialog, "offered", lambda *_: dict.fromkeys(SPECS, ""))
    monkeypatch.setattr(feature_dialog, "feature_sets", lambda *_: ())
    assert seconds(lambda: show_feature_dialog(with_nuclei, window).close()) < 0.1


def test_the_step_follows_at_once(measured, qtbot):
    step = FeatureSelectionStep(measured)
    qtbot.addWidget(step)
    step._catalog = SPECS
    assert seconds(step.refresh) < 0.02


def test_the_choice_of_what_is_painted_follows_at_once(measured, window):
    choice = ShowChoice(measured, window)
    measured.display.set_show(kind=Kind.FEATURE, column="f0_06")
    assert choice.value.currentText() == "bin 7"
    assert (choice.legend.low.text(), choice.legend.high.text()) == ("6", "6")
    assert seconds(choice.refresh) < 0.02


def test_the_ends_of_the_legend_follow_the_objects(measured, window):
    choice = ShowChoice(measured, window)
    measured.display.set_show(kind=Kind.FEATURE, column="f0_06")
    values = np.broadcast_to(np.arange(1.0, 501.0), (N_OBJECTS, 500))
    table = replace(measured.shown.table, values=values)
    measured.shown = replace(measured.shown, table=table)
    choice.refresh()
    assert choice.legend.high.text() == "7"


def test_the_list_of_used_features_follows_at_once(measured, window):
    dialog = show_subset_dialog(measured, window)
    assert len(dialog._items) == len(SPECS)
    assert seconds(dialog._follow) < 0.05


def test_what_is_known_of_an_object_is_found_at_once(measured):
    assert seconds(lambda: about(measured.shown, (), 0, 57)) < 0.05
