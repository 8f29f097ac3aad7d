"""The step Features: it starts by itself, follows the session, and changes it in one undoable step."""

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import Qt
from widgets.many_features import many_features

from napari_objclass.errors import ObjClassError
from napari_objclass.features import choose, feature_catalog
from napari_objclass.widgets._base import StepState
from napari_objclass.widgets.feature_dialog import FeatureDialog
from napari_objclass.widgets.feature_selection import FeatureSelectionStep
from napari_objclass.widgets.viewer.live import Activity
from napari_objclass.workflow.feature_sets import feature_sets

#: What can be measured of nuclei without raw.
SHAPE = next(each.features for each in feature_sets(2, 0) if each.name == "Shape")


@pytest.fixture
def step(qtbot, shared):
    step = FeatureSelectionStep(shared)
    qtbot.addWidget(step)
    return step


def pick(step, name):
    index = step.sets.findText(name)
    step.sets.setCurrentIndex(index)
    step.sets.activated.emit(index)


def n_values(features):
    """How many values features of the nuclei have."""
    return sum(spec.n_values for spec in feature_catalog(2, 1) if spec.id in features)


def measured(shared, features):
    return shared.shown and shared.shown.table is not None and shared.shown.table.features == features


def test_without_image_it_says_what_is_needed(step):
    assert (step.state, step.summary) == (StepState.AHEAD, "")
    assert step.hint.startswith("Add an image")
    assert not step.sets.isEnabled()
    assert not step.choose.isEnabled()


def test_it_starts_by_itself(step, with_nuclei):
    number = n_values(choose("default", 2, 1))
    assert (step.state, step.summary) == (StepState.DONE, f"{number} values, recommended")
    assert step.sets.currentText() == "Recommended"
    assert step.status.text().startswith(f"{number} values per object · ")
    assert step.status.text().endswith(" s")


def test_it_tells_how_much_of_every_branch_of_the_tree_is_chosen(step, with_nuclei, monkeypatch):
    specs = many_features()
    monkeypatch.setattr(FeatureSelectionStep, "_chosen", ("num_pixels", "intensity_mean", "skeleton_terminal_1"))
    step._catalog = [spec for spec in specs if spec.plugin == "Standard Object Features"]
    step.refresh()
    assert step.groups.text().splitlines() == ["Shape: 1 of 2", "Location: 0 of 1", "Intensity Distribution: 1 of 5"]
    step._catalog = specs
    step.refresh()
    assert step.groups.text().splitlines() == [
        "Standard Object Features: 2 of 8",
        "2D Skeleton Features: 1 of 3",
        "2D Convex Hull Features: 0 of 1",
        "Spherical Texture: 0 of 1",
    ]


def test_it_tells_the_neighborhood_where_a_feature_depends_on_it(step, with_nuclei, mailbox, monkeypatch):
    margin = replace(with_nuclei.session.feature_selection, margin=(10, 20))
    with_nuclei.do("feature_selection", lambda s: setattr(s, "feature_selection", margin))
    mailbox.until(lambda: with_nuclei.session.feature_selection == margin)
    step._catalog = many_features()
    for feature, is_told in {"num_pixels": False, "texture_spectrum_circular": True}.items():
        monkeypatch.setattr(FeatureSelectionStep, "_chosen", (feature,))
        step.refresh()
        assert ("Neighborhood: 20 × 10 pixels" in step.groups.text()) == is_told


def test_sets_tell_how_much_they_are(step, with_nuclei):
    row = step.sets.findText("Everything")
    everything = n_values(choose("all", 2, 1))
    assert f"{everything} values per object" in step.sets.itemData(row, Qt.ItemDataRole.ToolTipRole)


def test_it_leads_on_until_there_are_labels(step, with_nuclei, mailbox):
    assert step.hint.endswith("go on to Classify.")
    with_nuclei.annotate(0, [1], 1)
    mailbox.until(lambda: step.hint == "")


def test_a_set_is_measured_and_one_undo_takes_it_back(step, with_nuclei, mailbox):
    shared = with_nuclei
    shared.annotate(0, [1], 1)
    before = replace(shared.session.feature_selection, margin=5)
    shared.do("feature_selection", lambda s: setattr(s, "feature_selection", before))
    pick(step, "Shape")
    mailbox.until(lambda: measured(shared, SHAPE))
    mailbox.settle()
    assert shared.session.feature_selection == replace(before, features=SHAPE)
    assert shared.shown.claims.active
    assert step.summary == f"{n_values(SHAPE)} values, shape"
    shared.undo()
    mailbox.until(lambda: measured(shared, before.features))
    mailbox.settle()
    assert step.sets.currentText() == "Recommended"


def test_of_equal_sets_it_names_the_one_that_was_picked(step, with_nuclei, mailbox):
    pick(step, "Everything")
    mailbox.until(lambda: measured(with_nuclei, choose("all", 2, 1)))
    mailbox.settle()
    assert step.sets.currentText() == "Everything"


def test_a_list_that_is_no_set_is_custom(step, with_nuclei, mailbox):
    chosen = replace(with_nuclei.session.feature_selection, features=("num_pixels",))
    with_nuclei.do("feature_selection", lambda s: setattr(s, "feature_selection", chosen))
    mailbox.until(lambda: measured(with_nuclei, ("num_pixels",)))
    mailbox.settle()
    assert (step.sets.currentText(), step.summary) == ("Custom", "1 value, custom")


def test_custom_opens_the_dialog_and_changes_nothing(step, with_nuclei):
    pick(step, "Custom")
    assert step.findChildren(FeatureDialog)
    assert step.sets.currentText() == "Recommended"


def test_without_raw_intensity_cannot_be_picked_and_says_why(step, shared, mailbox, nuclei):
    shared.do("input_data", lambda s: s.add_lane(labels=nuclei.labels, name="no raw"))
    mailbox.until(lambda: measured(shared, choose("default", 2, 0)))
    row = step.sets.findText("Intensity")
    assert not step.sets.model().item(row).isEnabled()
    assert "intensities" in step.sets.itemData(row, Qt.ItemDataRole.ToolTipRole)
    assert step.sets.model().item(step.sets.findText("Shape")).isEnabled()


def test_features_that_the_image_does_not_allow_are_mended_by_a_set(step, with_nuclei, mailbox, nuclei):
    shared = with_nuclei
    shared.do("input_data", lambda s: (s.remove_lane(0), s.add_lane(labels=nuclei.labels, name="no raw")))
    mailbox.until(lambda: shared.problem("feature_selection"))
    assert step.state == StepState.PROBLEM
    assert step.hint.startswith("Choose another set")
    pick(step, "Recommended")
    mailbox.until(lambda: measured(shared, choose("default", 2, 0)))
    mailbox.settle()
    assert step.state == StepState.DONE


def test_it_tells_progress_and_that_it_was_stopped(step, with_nuclei):
    shared = with_nuclei
    table = shared.shown.table
    shared.shown = replace(shared.shown, table=None)
    shared._activities.set_live(Activity("measuring objects", 42, 100))
    assert (step.state, step.summary) == (StepState.AHEAD, "measuring… 42 %")
    assert "measuring… 42 %" in step.status.text()
    assert step.measure.isHidden()
    shared._activities.set_live(None)
    assert step.summary == "stopped"
    assert not step.measure.isHidden()
    assert "Measure" in step.hint
    shared.shown = replace(shared.shown, table=table)
    shared.shown_changed.emit({"table"})
    assert step.state == StepState.DONE
    assert step.measure.isHidden()


def test_after_a_stop_measuring_goes_on_by_the_button(step, with_nuclei, mailbox):
    shared = with_nuclei
    shared.shown = replace(shared.shown, table=None)
    shared._activities.set_live(Activity("measuring objects", 1, 100))
    shared._activities.set_live(None)
    step.measure.click()
    assert step.measure.isHidden()
    mailbox.until(lambda: shared.shown.table is not None)
    assert step.state == StepState.DONE


def test_a_problem_is_told_by_state_and_status(step, with_nuclei):
    with_nuclei.set_problem("feature_selection", ObjClassError("the image is gone; find it again"))
    assert (step.state, step.hint) == (StepState.PROBLEM, "")
    with_nuclei.set_problem("feature_selection", None)
    assert step.state == StepState.DONE


def test_objects_with_missing_values_are_counted(step, shared, mailbox, nuclei):
    raw = nuclei.raw.copy()
    raw[np.isin(nuclei.labels, (3, 57))] = 500
    shared.do("input_data", lambda s: s.add_lane(raw=raw, labels=nuclei.labels, name="flat"))
    mailbox.until(lambda: shared.shown and shared.shown.table is not None)
    assert step.missing.text() == "2 objects have missing values"
    pick(step, "Shape")
    mailbox.until(lambda: measured(shared, SHAPE))
    assert step.missing.isHidden()
    assert step.show_missing.isHidden()


def test_it_fits_the_dock(step, with_nuclei):
    assert step.minimumSizeHint().width() <= 284
    assert step.sizeHint().height() <= 400
