"""The fields of the step Objects: whose values they show, what is applied, and what is told."""

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from napari_objclass.errors import ParameterError
from napari_objclass.widgets._base import StepState
from napari_objclass.widgets.objects import ObjectsStep, kept_labels
from napari_objclass.widgets.parts.size_bounds import SizeBounds
from napari_objclass.widgets.parts.threshold_fields import CORE, FINAL, ThresholdFields
from napari_objclass.widgets.viewer.slice_finder import Distribution
from napari_objclass.widgets.viewer.thresholding_change import apply
from napari_objclass.workflow.thresholding import Thresholding

LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier

#: Four squares of 16 pixels, of which two are brighter.
PROBABILITIES = np.zeros((24, 32), np.float32)
for number, value in enumerate((0.6, 0.6, 0.9, 0.9)):
    PROBABILITIES[6:10, 2 + 8 * number : 6 + 8 * number] = value


@pytest.fixture
def fields(shared, qtbot):
    fields = ThresholdFields(shared.viewer)
    qtbot.addWidget(fields)
    fields.resize(276, 400)
    fields.show()
    return fields


@pytest.fixture
def step(shared, mailbox, qtbot):
    shared.wake()
    shared.session.thresholding = Thresholding(sigma=0.0)
    shared.do("input_data", lambda s: s.add_lane(probabilities=PROBABILITIES, name="cells"))
    mailbox.until(lambda: shared.shown and shared.shown.table is not None and not shared.display.is_busy)
    step = ObjectsStep(shared)
    qtbot.addWidget(step)
    step.resize(276, 400)
    step.show()
    mailbox.until(lambda: shared.preview.seen is not None)
    yield step
    step.hide()


# ------------------------------------------------------------------------------------------------------- the fields


@pytest.mark.parametrize("lines", [(0.0, 0.0), (0.8, 0.9), (0.9, 0.8), (1.0, 1.0), (0.02, 0.1), (0.2, 0.7)])
def test_names_of_the_lines_are_beside_each_other(fields, lines):
    histogram = fields.histogram
    histogram.show_lines(dict(zip((CORE, FINAL), lines, strict=True)))
    places = sorted((left, left + histogram.fontMetrics().horizontalAdvance(name))
                    for name, left in histogram._name_places().items())  # fmt: skip
    assert places[0][0] >= 0
    assert places[0][1] < places[1][0]
    assert places[1][1] <= histogram.width()


@pytest.mark.parametrize(
    "settings",
    [
        Thresholding(),
        Thresholding("hysteresis", 1, 3, (0.5, 1.0, 2.0), 0.1234567, 0.7, merge=False, min_size=0, max_size=7.25),
        Thresholding(threshold=-3.5, sigma=(1.5, 2.0), physical_sizes=True, min_size=1 / 3, fill_holes=True),
    ],
)
def test_what_is_shown_and_not_touched_stays_exact(fields, settings):
    fields.show_settings(settings)
    assert not fields.is_edited
    assert fields.settings == settings


def test_only_what_was_touched_changes(fields):
    before = Thresholding("hysteresis", threshold=0.123456789, min_size=5)
    fields.show_settings(before)
    fields.core_threshold.setValue(0.9)
    assert fields.is_edited
    assert fields.settings == replace(before, core_threshold=0.9)
    fields.core_threshold.setValue(0.8)
    assert not fields.is_edited


def test_fields_that_do_not_matter_are_not_there(fields):
    fields.offer_channels(["one"])
    assert not fields.channels.isVisible()
    assert not fields.core_threshold.isVisible()
    assert not fields.apart.isVisible()
    fields.offer_channels(["nuclei", "cells"])
    assert fields.channels.isVisible()
    assert not fields.core_channel.isVisible()
    fields.show_settings(Thresholding("hysteresis"))
    assert fields.core_channel.isVisible()
    assert fields.core_threshold.isVisible()
    assert fields.apart.isVisible()


def test_the_core_channel_follows_until_it_is_seen(fields):
    fields.offer_channels(["nuclei", "cells"])
    fields.channel.setCurrentIndex(1)
    fields.channel.activated.emit(1)
    assert fields.settings == Thresholding(channel=1)
    fields.method.setCurrentIndex(1)
    fields.core_channel.setCurrentIndex(0)
    assert fields.settings == Thresholding("hysteresis", channel=1, core_channel=0)


def test_smoothing_by_axis_begins_where_it_was(fields):
    fields.offer_space(None, "", n_dims=3)
    fields.smoothing.one.setValue(2.0)
    fields.smoothing.toggle.click()
    assert [field.isVisible() for field in fields.smoothing.each.values()] == [True] * 3
    assert fields.settings.sigma == 2.0
    fields.smoothing.each["z"].setValue(0.5)
    assert fields.settings.sigma == (0.5, 2.0, 2.0)
    fields.offer_space(None, "", n_dims=2)
    assert not fields.smoothing.each["z"].isVisible()


def test_nonsense_is_refused_by_the_settings(fields):
    fields.sizes.smallest.setValue(50)
    fields.sizes.largest.setValue(20)
    with pytest.raises(ParameterError, match="is above the largest"):
        _ = fields.settings


def test_the_unit_of_sizes_changes_no_size(qtbot):
    bounds = SizeBounds()
    qtbot.addWidget(bounds)
    bounds.show_values(10, 400, physical=False)
    assert not bounds.unit.isEnabled()
    bounds.offer(0.25, "µm", n_dims=2)
    assert [bounds.unit.itemText(row) for row in range(2)] == ["pixels", "µm²"]
    bounds.unit.setCurrentIndex(1)
    bounds.unit.activated.emit(1)
    assert bounds.values == (2.5, 100.0, True)
    bounds.offer(0.125, "µm", n_dims=3)
    assert bounds.unit.currentText() == "µm³"


# ---------------------------------------------------------------------------------------------------- the histogram


def test_lines_are_dragged(fields):
    fields.show_distribution(Distribution(0.0, 1.0, np.arange(128)))
    fields.show_settings(Thresholding("hysteresis", threshold=0.5, core_threshold=0.8))
    histogram = fields.histogram
    drag(histogram, 0.8, 0.9)
    assert fields.core_threshold.value() == pytest.approx(0.9, abs=0.01)
    assert fields.threshold.value() == 0.5
    drag(histogram, 0.5, 0.25)
    assert fields.threshold.value() == pytest.approx(0.25, abs=0.01)


def test_keys_move_the_line(fields):
    fields.show_distribution(Distribution(0.0, 200.0, np.arange(128)))
    fields.show_settings(Thresholding("hysteresis", threshold=50, core_threshold=80))
    QTest.keyClick(fields.histogram, Qt.Key.Key_Right)
    assert fields.threshold.value() == 52
    QTest.keyClick(fields.histogram, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert fields.threshold.value() == 32
    QTest.keyClick(fields.histogram, Qt.Key.Key_Up)
    QTest.keyClick(fields.histogram, Qt.Key.Key_Left)
    assert fields.core_threshold.value() == 78


def test_of_two_lines_in_one_place_the_one_moves_that_can(fields):
    fields.show_distribution(Distribution(0.0, 1.0, np.arange(128)))
    fields.show_settings(Thresholding("hysteresis", threshold=0.5, core_threshold=0.5))
    drag(fields.histogram, 0.5, 0.9, grip=3)
    assert (fields.threshold.value(), round(fields.core_threshold.value(), 1)) == (0.5, 0.9)


def test_digits_fit_the_values(fields):
    fields.show_distribution(Distribution(0.0, 4095.0, np.arange(128)))
    drag(fields.histogram, 0.5, 1234.56)
    assert fields.threshold.value() == round(fields.threshold.value())
    assert fields.threshold.text() == f"{fields.threshold.value():.0f}"


def test_values_beyond_the_bars_are_at_their_end(fields):
    fields.show_distribution(Distribution(0.0, 1.0, np.arange(128)))
    histogram = fields.histogram
    assert histogram.x_of(7.0) == histogram.x_of(1.0)
    assert histogram.value_at(-50) == 0.0


def drag(histogram, start, stop, grip=0):
    """Drag from one value to another."""
    begin, end = (QPoint(round(histogram.x_of(value)), 40) for value in (start, stop))
    QTest.mousePress(histogram, LEFT, NO_KEY, begin + QPoint(grip, 0))
    QTest.mouseMove(histogram, end)
    QTest.mouseRelease(histogram, LEFT, NO_KEY, end)


# -------------------------------------------------------------------------------------------------------- the step


def test_nothing_changes_until_apply(step, shared, mailbox):
    panel = step.thresholds
    assert "4 objects, 0 too small, 0 too large" in step.text.text()
    assert not panel.apply.isEnabled()
    panel.fields.threshold.setValue(0.7)
    mailbox.settle()
    assert shared.session.thresholding.threshold == 0.5
    assert (panel.apply.isEnabled(), step.summary) == (True, "not applied yet")
    assert panel.note.text() == "Not applied yet. Found so far:"
    panel.apply.click()
    mailbox.until(lambda: len(shared.shown.objects.ids) == 2)
    assert shared.session.thresholding == Thresholding(sigma=0.0, threshold=0.7)
    assert (panel.apply.isEnabled(), panel.note.isVisible(), step.summary) == (False, False, "2 objects")
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    for modifiers, value in ((control, 0.5), (control | shift, 0.7)):
        QTest.keyClick(panel.fields.histogram, Qt.Key.Key_Z, modifiers)
        mailbox.until(lambda value=value: panel.fields.threshold.value() == value)


@pytest.mark.parametrize("name", ["threshold", "method", "fill_holes", "histogram"])
def test_enter_applies_in_any_field(step, shared, mailbox, name):
    step.thresholds.fields.threshold.setValue(0.7)
    QTest.keyClick(getattr(step.thresholds.fields, name), Qt.Key.Key_Return)
    mailbox.until(lambda: shared.session.thresholding.threshold == 0.7)


def test_what_the_user_types_is_not_overwritten(step, shared, mailbox):
    fields = step.thresholds.fields
    fields.sizes.smallest.setValue(3)
    shared.do("x", lambda s: setattr(s, "thresholding", Thresholding(sigma=0.0, threshold=0.7)))
    mailbox.until(lambda: len(shared.shown.objects.ids) == 2)
    assert fields.sizes.smallest.value() == 3
    assert step.thresholds.note.text() == "Not applied yet. Found so far:"
    step.thresholds.revert.click()
    assert (fields.sizes.smallest.value(), fields.threshold.value()) == (10, 0.7)
    assert not step.thresholds.is_edited


def test_sizes_that_are_left_out_are_counted(step, mailbox, shared):
    step.thresholds.fields.sizes.smallest.setValue(17)
    step.thresholds.apply_now()
    mailbox.until(lambda: not len(shared.shown.objects.ids))
    assert "0 objects, 4 too small, 0 too large" in step.text.text()
    assert step.warning.text() == "There are no objects: lower the threshold, or the smallest size."
    assert step.state is StepState.PROBLEM


def test_labels_that_are_kept_are_counted(step, mailbox, shared):
    shared.do("x", lambda s: s.annotate_many(0, ids=[1, 3], classes=[1, 1]))
    mailbox.until(lambda: "2 labels kept, 0 waiting" in step.text.text())
    step.thresholds.fields.threshold.setValue(0.7)
    step.thresholds.apply_now()
    mailbox.until(lambda: "1 label kept, 1 waiting" in step.text.text())
    assert kept_labels(None) == ""


@pytest.mark.parametrize(
    ("sigma", "told"), [((0.0, 1.0), "set all of them, or none"), (9.0, "where the image has 24 pixels")]
)
def test_smoothing_that_makes_no_sense_is_refused(step, shared, mailbox, sigma, told):
    step.thresholds.fields.smoothing.show_value(sigma)
    step.thresholds.fields.smoothing.edited.emit()
    step.thresholds.apply_now()
    mailbox.until(lambda: shared.problem(step.ID))
    assert told in shared.problem(step.ID)
    assert shared.session.thresholding.sigma == 0.0
    step.thresholds.revert.click()
    assert shared.problem(step.ID) is None


def test_a_channel_that_is_not_there_is_refused(step, shared):
    with pytest.raises(ParameterError, match="there is no channel 2"):
        apply(shared.session, Thresholding(channel=2), shared.shown.uuid)


def test_sizes_in_the_wrong_order_are_told_at_once(step, shared):
    step.thresholds.fields.sizes.largest.setValue(3)
    assert "is above the largest" in shared.problem(step.ID)
    step.thresholds.fields.sizes.largest.setValue(30)
    assert shared.problem(step.ID) is None


def test_intermediate_results_are_there_while_their_box_is_ticked(step, shared, mailbox):
    panel = step.thresholds
    assert not panel.stage.isVisible()
    panel.intermediate.click()
    mailbox.until(lambda: "Overlay" in shared.viewer.layers)
    assert panel.stage.currentText() == "Smoothed input"
    np.testing.assert_array_equal(shared.viewer.layers["Overlay"].data, PROBABILITIES)
    panel.intermediate.click()
    assert "Overlay" not in shared.viewer.layers


def test_otsu_is_for_intensities(step, shared, mailbox):
    assert not step.thresholds.otsu.isVisible()
    shared.do("input_data", lambda s: s.add_lane(raw=PROBABILITIES * 1000, name="itself"))
    mailbox.until(lambda: len(shared.session.lanes) == 2)
    shared.show(1)
    mailbox.until(lambda: shared.preview.seen and shared.preview.seen.look.images is shared.shown.images)
    assert step.thresholds.otsu.isVisible()
    step.thresholds.otsu.click()
    mailbox.until(lambda: step.thresholds.fields.threshold.value() > 1)
    assert 0 < step.thresholds.fields.threshold.value() < 600
    assert step.thresholds.is_edited


def test_a_label_image_needs_no_thresholds(shared, mailbox, qtbot, nuclei):
    shared.do("input_data", lambda s: s.add_lane(labels=nuclei.labels))
    mailbox.until(lambda: shared.shown and shared.shown.objects)
    step = ObjectsStep(shared)
    qtbot.addWidget(step)
    step.show()
    assert not step.thresholds.isVisible()
    assert "Ids are used as they are." in step.text.text()


# --------------------------------------------------------------------------------------------------- what comes next


def test_sizes_are_told_in_the_unit_of_their_bounds(step, shared, mailbox):
    shared.do(step.ID, lambda s: s.set_spacing(0, (1, 0.5, 0.5), units="µm"))
    mailbox.until(lambda: shared.record.spacing is not None and shared.activity is None)
    assert "Sizes: 16 to 16 pixels" in step.text.text()
    physical = replace(shared.session.thresholding, min_size=1, physical_sizes=True)
    shared.do(step.ID, lambda s: setattr(s, "thresholding", physical))
    mailbox.until(lambda: "Sizes: 4 to 4 µm², median 4." in step.text.text())


def test_the_hint_goes_from_the_lines_to_labels_that_wait(step, shared, mailbox):
    assert step.hint == "Drag the line until the objects are filled, or go on to Classify."
    step.thresholds.fields.threshold.setValue(0.8)
    assert (step.hint, step.state) == ("Press Apply to find objects with these values.", StepState.AHEAD)
    step.thresholds.fields.sizes.largest.setValue(3)
    assert (step.hint, step.thresholds.apply.isEnabled()) == ("", False)
    step.thresholds.revert.click()
    shared.annotate(0, [1, 3], 1)
    mailbox.until(lambda: shared.shown.claims is not None and len(shared.shown.claims.marks) == 2)
    mailbox.until(lambda: step.hint == "")
    shared.session.thresholding = Thresholding(sigma=0.0, threshold=0.8)
    mailbox.until(lambda: step.hint.startswith("1 label waits for its object: choose other values"))
