"""The frame: which page is open, what headers and hint say, and that it fits the screens users have."""

import pytest
from qtpy.QtWidgets import QApplication, QLabel
from widgets.user import deleted

import napari_objclass as oc
from napari_objclass.widgets import workbench as workbench_module
from napari_objclass.widgets._base import Step, StepState
from napari_objclass.widgets.parts.accordion import Accordion
from napari_objclass.widgets.parts.image_switch import ImageSwitch
from napari_objclass.widgets.results import PAGES, ResultsStep
from napari_objclass.widgets.samples import SAMPLES, add_sample

#: What a window has above and below the inside of a dock.
DECORATION = 65


class Told(Step):
    """A step that says what it is told to."""

    APPLET = "What ilastik calls it"
    said = ("", "", StepState.AHEAD)
    summary = property(lambda self: self.said[0])
    hint = property(lambda self: self.said[1])
    state = property(lambda self: self.said[2])

    def say(self, summary="", hint="", state=StepState.AHEAD):
        self.said = (summary, hint, state)
        self.told.emit()


class First(Told):
    """One step."""

    ID, TITLE = "first", "First"


class Second(Told):
    """Another."""

    ID, TITLE = "second", "Second"


@pytest.fixture
def accordion(shared, qtbot):
    steps = [First(shared), Second(shared)]
    accordion = Accordion(shared, QLabel("start"), steps)
    qtbot.addWidget(accordion)
    accordion.show()
    return accordion


def test_one_page_is_open_below_its_header(accordion):
    first, second = accordion.headers
    accordion.headers[second].click()
    assert (first.isVisible(), second.isVisible()) == (False, True)
    accordion.headers[first].click()
    assert (first.isVisible(), second.isVisible()) == (True, False)
    accordion.layout().activate()
    assert accordion.headers[first].y() < accordion.scroll.y() < accordion.headers[second].y()


def test_names_in_headers_are_whole(accordion):
    for step, header in accordion.headers.items():
        header.click()
        assert header.name.fontMetrics().horizontalAdvance("0 Features") <= header.name.width(), step.TITLE


def test_headers_show_state_summary_and_problems(accordion, shared):
    first = next(iter(accordion.headers))
    header = accordion.headers[first]
    first.say("12 objects", state=StepState.DONE)
    assert (header.mark.text(), header.summary.text(), header.toolTip()) == ("✓", "12 objects", First.APPLET)
    shared.set_problem("first", oc.ObjClassError("the file is gone; put it back"))
    assert header.mark.text() == "!"
    assert "the file is gone; put it back" in [label.text() for label in accordion.findChildren(QLabel, "problem")]
    shared.set_problem("first", None)
    assert header.mark.text() == "✓"
    assert not any(label.isVisible() for label in accordion.findChildren(QLabel, "problem"))


def test_classify_opens_with_the_first_image(workbench, qtbot):
    assert workbench.accordion.page is workbench.start
    assert "sample" in workbench.hint.text()
    workbench.start.sample.click()
    qtbot.waitUntil(lambda: workbench.accordion.page is workbench.step("object_classification"))
    qtbot.waitUntil(lambda: workbench.shared.shown.table is not None)
    workbench.shared.open(oc.Session)
    qtbot.waitUntil(lambda: workbench.accordion.page is workbench.start)


def test_what_the_user_opened_stays_open(workbench, qtbot):
    images = workbench.step("input_data")
    workbench.accordion.headers[images].click()
    add_sample(workbench.shared, SAMPLES[0])
    qtbot.waitUntil(lambda: workbench.shared.shown is not None)
    assert workbench.accordion.page is images


def test_the_hint_is_of_the_open_step_or_of_the_first_that_has_one(make_napari_viewer, monkeypatch):
    monkeypatch.setattr(workbench_module, "STEPS", (First, Second))
    monkeypatch.setattr(workbench_module.Workbench, "_page", lambda self: self.steps[0])
    workbench = workbench_module.Workbench(make_napari_viewer())
    first, second = workbench.steps
    second.say(hint="Do the second.")
    assert workbench.hint.text() == "➜ Do the second."
    first.say(hint="Do the first.")
    assert workbench.hint.text() == "➜ Do the first."
    workbench.accordion.headers[second].click()
    assert workbench.hint.text() == "➜ Do the second."


def test_the_switch_shows_the_other_image(with_nuclei, mailbox, qtbot, nuclei):
    switch = ImageSwitch(with_nuclei)
    qtbot.addWidget(switch)
    assert switch.isHidden()
    with_nuclei.do("input_data", lambda s: s.add_lane(labels=nuclei.labels, name="other"))
    mailbox.until(lambda: not switch.isHidden())
    assert switch.text() == "1/2 ▾"
    switch.menu().aboutToShow.emit()
    actions = switch.menu().actions()
    assert [(action.text(), action.isChecked()) for action in actions] == [("1  nuclei", True), ("2  other", False)]
    actions[1].trigger()
    assert (with_nuclei.position, switch.text()) == (1, "2/2 ▾")


@pytest.mark.parametrize("size", [(1366, 698), (1093, 560)])
def test_it_fits_small_screens(make_napari_viewer, qtbot, nuclei, size):
    viewer = make_napari_viewer(show=True)
    window = viewer.window.main_menu.window()
    window.resize(*size)
    viewer.add_labels(nuclei.labels)  # napari's own controls of such a layer need 593 px
    qtbot.wait(100)
    without_us = (window.width(), window.height())
    _, workbench = viewer.window.add_plugin_dock_widget("napari-objclass", "Object Classification")
    add_sample(workbench.shared, SAMPLES[0])
    qtbot.waitUntil(lambda: workbench.shared.shown is not None and workbench.shared.shown.table is not None)
    workbench.shared.set_problem("project", oc.ObjClassError("the project cannot be saved there, choose another; " * 4))
    for step in workbench.steps:
        workbench.shared.set_problem(step.ID, oc.ObjClassError("one sentence that is as long as they are. " * 3))
        workbench.accordion.headers[step].click()
        qtbot.wait(50)
        assert (window.width(), window.height()) == without_us
        assert workbench.minimumSizeHint().height() < size[1] - DECORATION
        assert workbench.width() <= 300
        assert workbench.mapTo(window, workbench.rect().bottomRight()).y() < window.height()
        assert step.width() <= workbench.accordion.scroll.viewport().width(), f"{step.TITLE} is cut off at the right"
        workbench.shared.set_problem(step.ID, None)


def test_it_has_the_whole_height_of_its_dock(make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=True)
    closed, _ = viewer.window.add_plugin_dock_widget("napari-objclass", "Object Classification")
    viewer.window.remove_dock_widget(closed)  # napari gives away more of the height with every dock that it can
    _, workbench = viewer.window.add_plugin_dock_widget("napari-objclass", "Object Classification")
    for page in (workbench.start, *workbench.steps):
        workbench.accordion.open(page)
        qtbot.wait(50)
        assert workbench.footer.geometry().bottom() >= workbench.height() - 4


def test_a_dock_answers_with_the_menu_of_an_object(workbench, qtbot):
    workbench.start.sample.click()
    qtbot.waitUntil(lambda: workbench.shared.shown is not None and workbench.shared.shown.table is not None)
    workbench.shared.menu_asked.emit(0, 1)
    menu = QApplication.activePopupWidget()
    assert "Label as" in [action.text() for action in menu.actions()]
    with deleted(menu):
        menu.close()


@pytest.mark.parametrize("step", [step for step in (*workbench_module.STEPS, *PAGES) if step is not ResultsStep])
def test_a_step_alone_is_neither_cut_off_nor_stretched(step, make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=True)
    name = step.APPLET + " (only this step)" * (step.APPLET == "Object Classification")
    _, dock = viewer.window.add_plugin_dock_widget("napari-objclass", name)
    qtbot.wait(50)
    assert dock.step.minimumSizeHint().width() <= dock.step.width() <= dock.width()
    assert all(label.height() < 100 for label in dock.step.findChildren(QLabel) if label.isVisible())
