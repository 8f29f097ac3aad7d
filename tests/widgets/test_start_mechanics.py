"""The page of an empty session: sample, projects, and work that was not saved."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from qtpy.QtWidgets import QPushButton

import napari_objclass as oc
from napari_objclass.widgets import recent
from napari_objclass.widgets.start import StartPage, found_sentence


@pytest.fixture
def page(shared, qtbot):
    page = StartPage(shared)
    qtbot.addWidget(page)
    return page


def buttons(page):
    return {button.text(): button for button in page.findChildren(QPushButton) if button.isVisibleTo(page)}


def crash(n_clicks=1):
    """Leave a session behind that was never saved."""
    session = oc.Session()
    for number in range(n_clicks):
        session.add_class(f"class {number}")
    session.close()
    return session


def test_the_sample_is_one_click(page, shared, mailbox):
    page.sample.click()
    mailbox.until(lambda: shared.shown and shared.shown.table is not None)
    assert [each.name for each in shared.session.classes] == ["interphase", "mitotic"]
    assert len(shared.shown.table.ids) == 160


@pytest.mark.parametrize(("entry", "axes"), [(1, "zyx"), (2, "tyx")])
def test_other_samples_are_in_the_menu(page, shared, mailbox, entry, axes):
    page.other_samples.menu().actions()[entry].trigger()
    mailbox.until(lambda: shared.shown and shared.shown.images is not None)
    assert shared.shown.images.axes == axes


def test_unsaved_work_is_restored(shared, mailbox, qtbot):
    crash(3)
    page = StartPage(shared)
    qtbot.addWidget(page)
    mailbox.until(lambda: "Restore" in buttons(page))
    buttons(page)["Restore"].click()
    mailbox.until(lambda: len(shared.session.classes) == 5)


def test_unsaved_work_is_discarded_after_a_second_click(shared, mailbox, qtbot):
    crash()
    page = StartPage(shared)
    qtbot.addWidget(page)
    mailbox.until(lambda: "Discard" in buttons(page))
    buttons(page)["Discard"].click()
    mailbox.settle()
    assert len(oc.Session.recoverable()) == 1
    buttons(page)["Really discard?"].click()
    mailbox.until(lambda: "Really discard?" not in buttons(page))
    assert oc.Session.recoverable() == []


@pytest.mark.parametrize(
    ("n_labels", "n_changes", "path", "sentence"),
    [
        (37, 40, None, "Found 37 labels from {time} that were not saved."),
        (1, 1, Path("a/mitosis.objclass"), "Found 1 label of mitosis.objclass from {time} that was not saved."),
        (0, 3, None, "Found 3 changes from {time} that were not saved."),
    ],
)
def test_what_is_said_of_unsaved_work(n_labels, n_changes, path, sentence):
    time = datetime.now(UTC)
    work = SimpleNamespace(id="x", path=path, n_changes=n_changes, time=time, n_labels=n_labels)
    assert found_sentence(work) == sentence.format(time=f"{time.astimezone():%H:%M}")
    work.time = time - timedelta(days=400)
    assert f"{work.time.astimezone():%d %b %H:%M}" in found_sentence(work)


def test_recent_projects_open_and_missing_ones_are_grey(shared, mailbox, qtbot, tmp_path):
    for name in ("gone", "here"):
        with oc.Session(recover=False) as session:
            session.add_class("third")
            session.save(tmp_path / f"{name}.objclass")
        recent.add(tmp_path / f"{name}.objclass")
    (tmp_path / "gone.objclass").unlink()
    page = StartPage(shared)
    qtbot.addWidget(page)
    mailbox.until(lambda: "here" in buttons(page))
    assert not buttons(page)["gone"].isEnabled()
    buttons(page)["here"].click()
    mailbox.until(lambda: shared.session.path == tmp_path / "here.objclass")
    assert len(shared.session.classes) == 3


def test_the_list_of_projects_keeps_the_last_eight(tmp_path, state):
    for number in range(10):
        recent.add(tmp_path / f"{number}")
    recent.add(tmp_path / "5")
    assert [int(project.path.name) for project in recent.read()] == [5, 9, 8, 7, 6, 4, 3, 2]
    (state / "recent.json").write_text("{", "utf-8")
    assert recent.read() == []


def test_images_and_layers_are_asked_for(page, shared, nuclei):
    asked = []
    page.images_asked.connect(lambda: asked.append("images"))
    page.layers_asked.connect(lambda: asked.append("layers"))
    shared.viewer.add_labels(nuclei.labels)
    page.images.click()
    page.layers.click()
    assert asked == ["images", "layers"]


def test_layers_are_offered_when_there_are_label_layers(page, shared, nuclei):
    assert page.layers.isHidden()
    shared.viewer.add_labels(nuclei.labels)
    assert not page.layers.isHidden()
    shared.viewer.layers.clear()
    assert page.layers.isHidden()
