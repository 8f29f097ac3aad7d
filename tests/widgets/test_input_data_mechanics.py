"""The step Images: adding from layers and files, the table, details, and what it tells."""

import os
import threading

import h5py
import numpy as np
import pytest
import tifffile
from napari.layers._source import layer_source
from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QComboBox, QFileDialog

from napari_objclass.widgets._base import StepState
from napari_objclass.widgets.input_data import InputDataDock, InputDataStep
from napari_objclass.widgets.viewer import adding, glance, layer_files, mask_guess
from napari_objclass.widgets.viewer.glance import Fate
from napari_objclass.workflow.lane import RAW

LABELS = np.zeros((20, 30), np.uint16)
LABELS[2:6, 3:9], LABELS[10:15, 12:20] = 1, 2
PIXELS = np.arange(600, dtype=np.uint16).reshape(20, 30)


@pytest.fixture
def step(qtbot, shared, monkeypatch):
    """The step on a viewer without window; ``step.adopted`` has what the display was given."""
    step = InputDataStep(shared)
    qtbot.addWidget(step)
    step.adopted = []
    monkeypatch.setattr(shared.display, "adopt", lambda *layers: step.adopted.append(layers))
    return step


@pytest.fixture
def folder(tmp_path):
    """Three images with their label images, one of which does not fit, and a file that is no image."""
    for name in ("a", "b", "c"):
        tifffile.imwrite(tmp_path / f"{name}.tif", PIXELS)
        tifffile.imwrite(tmp_path / f"{name}_labels.tif", LABELS if name != "b" else LABELS[:10])
    (tmp_path / "broken.tif").write_bytes(b"nothing")
    return tmp_path


def settle(qtbot, mailbox, seconds=0.15):
    """Let Qt's timers and our threads do what they have."""
    qtbot.wait(10)
    mailbox.linger(seconds)


def use_layers(qtbot, mailbox, step, raw=PIXELS, labels=LABELS):
    viewer = step.shared.viewer
    layers = viewer.add_image(raw, name="cells"), viewer.add_labels(labels.copy(), name="nuclei")
    settle(qtbot, mailbox)
    n_images = len(step.shared.session.lanes)
    step.layers.use.click()
    mailbox.until(lambda: len(step.shared.session.lanes) > n_images)
    settle(qtbot, mailbox)
    return layers


def add_folder(qtbot, mailbox, step, folder):
    step.look_at([str(folder)])
    mailbox.until(lambda: "Looking" not in step.pairing.text.text())
    step.pairing.add.click()
    mailbox.until(lambda: step.intake.progress is None)
    settle(qtbot, mailbox)


def names(step):
    model = step.table.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def test_nothing_is_there_at_first(step):
    assert (step.state, step.summary) == (StepState.AHEAD, "none yet")
    assert step.hint == "Open an image and its label image, or choose layers."
    assert step.layers_section.is_open
    assert "no layer to use" in step.layers.text.text()
    assert not step.layers.use.isEnabled()


def test_one_click_uses_the_layers(qtbot, mailbox, step):
    raw, labels = use_layers(qtbot, mailbox, step)
    (record,) = step.shared.session.lanes
    assert (step.state, step.summary, step.hint) == (StepState.DONE, "cells  1/1", "")
    assert step.adopted == [(record.uuid, (raw,), labels)]
    assert not step.layers_section.is_open
    assert names(step) == ["cells"]
    mailbox.until(lambda: step.table.model().index(0, 1).data() == "2")
    assert step.table.model().index(0, 0).data(Qt.ItemDataRole.DecorationRole) is not None
    assert step.details.places[RAW].text() == "in memory"


def test_layers_are_not_offered_any_more_when_there_is_an_image(mailbox, step):
    step.shared.do("x", lambda s: s.add_lane(labels=LABELS))
    mailbox.until(lambda: not step.layers_section.is_open)


def test_layers_are_followed(qtbot, mailbox, step):
    viewer = step.shared.viewer
    layer = viewer.add_labels(LABELS, name="nuclei")
    settle(qtbot, mailbox)
    layer.name = "cells"
    settle(qtbot, mailbox)
    assert step.layers.objects.currentText() == "cells"
    assert step.hint == "Use these layers, or add files."
    viewer.layers.clear()
    settle(qtbot, mailbox)
    assert step.layers.objects.count() == 0
    assert not step.layers.use.isEnabled()


def test_an_image_of_another_size_is_told(qtbot, mailbox, step):
    step.shared.viewer.add_image(PIXELS[:9], name="cells")
    step.shared.viewer.add_labels(LABELS, name="nuclei")
    settle(qtbot, mailbox)
    assert step.layers.text.text().startswith("No image is of the size of “nuclei”")
    assert step.layers.use.isEnabled()
    step.shared.viewer.add_image(PIXELS, name="cells")
    settle(qtbot, mailbox)
    assert step.layers.text.text() == ""


def test_layers_that_are_in_the_project_are_not_suggested_again(qtbot, mailbox, step):
    use_layers(qtbot, mailbox, step)
    raw, labels = use_layers(qtbot, mailbox, step)
    assert [lane.name for lane in step.shared.session.lanes] == ["cells", raw.name]
    assert step.adopted[1][1:] == ((raw,), labels)
    first = step.layers.objects.findText("nuclei")
    step.layers.objects.setCurrentIndex(first)
    assert len(step.layers.reading.choice.raw) == 2


def test_images_of_one_name_are_told_apart(qtbot, mailbox, step):
    use_layers(qtbot, mailbox, step)
    step.shared.viewer.layers.clear()
    use_layers(qtbot, mailbox, step)
    assert names(step) == ["cells", "cells 2"]


def test_a_mask_is_recognised_and_gets_an_objects_layer_of_ours(qtbot, mailbox, step):
    raw, _ = use_layers(qtbot, mailbox, step, labels=(LABELS > 0).astype(np.uint8))
    (record,) = step.shared.session.lanes
    assert "segmentation" in record.sources
    assert step.adopted == [(record.uuid, (raw,), None)]
    mailbox.until(lambda: step.table.model().index(0, 1).data() == "2")


def test_what_the_user_says_of_a_mask_counts(qtbot, mailbox, step):
    step.shared.viewer.add_labels((LABELS > 0).astype(np.uint8))
    settle(qtbot, mailbox)
    assert step.layers.role.currentText() == "mask"
    step.layers.role.setCurrentIndex(0)
    step.layers.role.activated.emit(0)
    assert step.layers.reading.choice.role == "labels"
    assert step.layers.role_guess.text() == ""


def test_unchecked_and_renamed_images(qtbot, mailbox, step):
    viewer = step.shared.viewer
    for name in ("dapi", "gfp", "phase"):
        viewer.add_image(PIXELS, name=name)
    viewer.add_labels(LABELS)
    settle(qtbot, mailbox)
    assert step.layers.reading.channels == ("dapi", "gfp", "phase")
    step.layers.images.item(1).setCheckState(Qt.CheckState.Unchecked)
    step.layers.images.item(0).setText("DNA")
    assert step.layers.reading.channels == ("DNA", "phase")
    step.layers.use.click()
    mailbox.until(lambda: step.shared.shown is not None and step.shared.shown.table is not None)
    assert step.shared.shown.images.raw_shape[-1] == 2
    assert step.shared.session.lanes[0].channel_names == ("DNA", "phase")


def test_typed_axes_are_used(qtbot, mailbox, step):
    step.shared.viewer.add_labels(np.stack([LABELS] * 3))
    settle(qtbot, mailbox)
    assert (step.layers.axes.text(), step.layers.guess.text()) == ("zyx", "guessed")
    step.layers.axes.selectAll()
    qtbot.keyClicks(step.layers.axes, "tyx")
    step.layers.axes.editingFinished.emit()
    assert step.layers.guess.text() == ""
    step.layers.use.click()
    mailbox.until(lambda: step.shared.session.lanes)
    assert step.shared.session.lanes[0].sources["labels"].axes == "tyx"


def test_painting_later_is_noticed_and_taken(qtbot, mailbox, step):
    _, labels = use_layers(qtbot, mailbox, step)
    labels.data_setitem((np.array([0]), np.array([0])), 7)
    assert "“nuclei” was painted on" in step.problem.text.text()
    assert step.hint == "Take what was painted, if it is meant to count."
    step.problem.take.click()
    mailbox.until(lambda: step.shared.shown.objects is not None and 7 in step.shared.shown.objects.ids)
    assert step.hint == ""


def test_a_folder_is_paired_shown_and_added(qtbot, mailbox, step, folder):
    step.look_at([str(folder)])
    assert step.hint == "Check which files belong together, then add them."
    mailbox.until(lambda: step.pairing.add.text() == "Add 3 images")
    assert "broken.tif" in step.pairing.text.text().replace("\u200b", "")
    step.pairing.add.click()
    mailbox.until(lambda: step.intake.progress is None)
    assert names(step) == ["a", "c"]
    problem = step.shared.problem(step.ID)
    assert problem.startswith("b.tif was not added: ")
    assert "\n" not in problem
    assert step.summary == "a  1/2"


def test_roles_are_changed_in_the_pairing(qtbot, mailbox, step, folder):
    step.look_at([str(folder / "a.tif"), str(folder / "b.tif")])
    mailbox.until(lambda: "Looking" not in step.pairing.text.text())
    assert not step.pairing.add.isEnabled()
    step.pairing.set_role(str(folder / "b.tif"), "labels")
    assert step.pairing.add.text() == "Add 1 image"
    step.pairing.add.click()
    mailbox.until(lambda: step.shared.session.lanes)
    assert step.shared.session.lanes[0].sources["labels"].path == str(folder / "b.tif")


def test_a_role_is_chosen_in_its_cell(qtbot, mailbox, step, folder):
    step.look_at([str(folder / "a.tif"), str(folder / "b.tif")])
    mailbox.until(lambda: "Looking" not in step.pairing.text.text())
    tree = step.pairing.tree
    (item,) = tree.findItems("b.tif", Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
    tree.editItem(item, 1)
    (combo,) = tree.findChildren(QComboBox)
    combo.setCurrentText("label image")
    combo.activated.emit(combo.currentIndex())
    qtbot.waitUntil(lambda: step.pairing.add.text() == "Add 1 image")


def test_datasets_of_a_container_are_offered(qtbot, mailbox, step, tmp_path):
    for name in ("1.h5", "2.h5"):
        with h5py.File(tmp_path / name, "w") as file:
            file["volume/first"], file["volume/second"], file["text"] = PIXELS, LABELS, "no image"
    step.look_at([str(tmp_path)])
    mailbox.until(lambda: "Looking" not in step.pairing.text.text())
    assert not step.pairing.add.isEnabled()
    step.pairing.set_role(str(tmp_path / "1.h5/volume/second"), "labels")
    assert step.pairing.add.text() == "Add 2 images"
    step.pairing.add.click()
    mailbox.until(lambda: step.intake.progress is None)
    assert [lane.sources["labels"].inner for lane in step.shared.session.lanes] == ["volume/second"] * 2


def test_cancelling_adds_nothing(mailbox, step, folder):
    step.look_at([str(folder)])
    mailbox.until(lambda: step.pairing.add.isEnabled())
    step.pairing._cancel()
    assert step.main.isVisibleTo(step)
    assert step.shared.session.lanes == []


def test_dropped_files_are_looked_at(mailbox, step, folder):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(folder / name)) for name in ("a.tif", "a_labels.tif")])
    none = Qt.KeyboardModifier.NoModifier
    step.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, none))
    mailbox.until(lambda: step.pairing.add.text() == "Add 1 image")


def test_files_are_asked_for_without_stopping_the_viewer(mailbox, step, folder):
    step.add_files.click()
    (dialog,) = step.findChildren(QFileDialog)
    dialog.filesSelected.emit([str(folder / "a.tif"), str(folder / "a_labels.tif")])
    dialog.close()
    mailbox.until(lambda: step.pairing.add.text() == "Add 1 image")


def test_images_are_chosen_renamed_and_removed_in_the_table(qtbot, mailbox, step, folder):
    add_folder(qtbot, mailbox, step, folder)
    step.table.selectRow(1)
    assert (step.shared.position, step.summary) == (1, "c  2/2")
    model = step.table.model()
    model.setData(model.index(1, 0), "control")
    mailbox.until(lambda: names(step) == ["a", "control"])
    step.remove.click()
    mailbox.until(lambda: names(step) == ["a"] and step.summary == "a  1/1")
    assert step.table.currentIndex().row() == 0


def test_a_missing_file_is_told_and_found(qtbot, mailbox, step, folder):
    add_folder(qtbot, mailbox, step, folder)
    (folder / "a.tif").rename(folder / "moved.tif")
    record = step.shared.session.lanes[0]
    step.glances.again(record)
    mailbox.until(lambda: step.glances.of(record).fate is Fate.MISSING)
    assert (step.state, step.problem.find.isVisibleTo(step)) == (StepState.PROBLEM, True)
    assert step.hint == f"a.tif is not in {folder} any more; put it back or find it."
    assert step.table.model().index(0, 1).data() == "! missing file"
    step.problem.find.click()
    (dialog,) = step.findChildren(QFileDialog)
    dialog.filesSelected.emit([str(folder / "moved.tif")])
    dialog.close()
    mailbox.until(lambda: step.state is StepState.DONE)
    assert step.shared.session.lanes[0].sources[RAW].path == str(folder / "moved.tif")


def test_changed_content_is_told_and_taken(qtbot, mailbox, step, folder):
    add_folder(qtbot, mailbox, step, folder)
    tifffile.imwrite(folder / "a_labels.tif", LABELS[::-1])
    record = step.shared.session.lanes[0]
    step.glances.again(record)
    mailbox.until(lambda: step.glances.of(record).fate is Fate.CHANGED)
    assert "a_labels.tif has other content" in step.hint
    step.problem.take.click()
    mailbox.until(lambda: step.state is StepState.DONE)
    assert step.shared.session.lanes[0].sources["labels"].fingerprint != record.sources["labels"].fingerprint


def test_axes_are_changed_for_both(qtbot, mailbox, step):
    use_layers(qtbot, mailbox, step, np.stack([PIXELS] * 3), np.stack([LABELS] * 3))
    mailbox.until(lambda: step.details.marks[RAW].text() == "guessed")
    edit = step.details.axes["labels"]
    edit.selectAll()
    qtbot.keyClicks(edit, "tyx")
    edit.editingFinished.emit()
    mailbox.until(lambda: step.shared.session.lanes[0].sources[RAW].axes == "tyx")
    assert step.shared.session.lanes[0].sources["labels"].axes == "tyx"
    settle(qtbot, mailbox)
    assert step.details.marks[RAW].text() == ""


def test_a_label_image_becomes_a_mask(qtbot, mailbox, step):
    touching = np.zeros((20, 30), np.uint8)
    touching[2:4, 2:4] = touching[10:12, 2:4] = 1
    touching[10:12, 4:6] = 2
    use_layers(qtbot, mailbox, step, labels=touching)
    mailbox.until(lambda: step.table.model().index(0, 1).data() == "2")
    step.details.come_from.setCurrentIndex(1)
    step.details.come_from.activated.emit(1)
    mailbox.until(lambda: step.table.model().index(0, 1).data() == "3")


def test_the_voxel_size_is_edited(qtbot, mailbox, step):
    use_layers(qtbot, mailbox, step)
    assert step.details.sizes[0].isHidden()
    for edit, text in zip((*step.details.sizes[1:], step.details.units), ("0.5", "0.25", "µm"), strict=True):
        qtbot.keyClicks(edit, text)
        edit.editingFinished.emit()
    mailbox.until(lambda: step.shared.session.lanes[0].units == "µm")
    assert step.shared.session.lanes[0].spacing == (1, 0.5, 0.25)


def test_pixels_are_read_on_other_threads(qtbot, mailbox, step, folder, monkeypatch):
    threads = {}

    def note(module, name):
        original = getattr(module, name)

        def noted(*args, **options):
            threads.setdefault(name, set()).add(threading.current_thread())
            return original(*args, **options)

        monkeypatch.setattr(module, name, noted)

    for module, name in ((layer_files, "open_image"), (mask_guess, "is_mask"), (glance, "take"), (adding, "look")):
        note(module, name)
    with layer_source(path=str(folder / "a.tif")):
        use_layers(qtbot, mailbox, step)
    add_folder(qtbot, mailbox, step, folder)
    assert set(threads) == {"open_image", "is_mask", "take", "look"}
    assert threading.main_thread() not in set.union(*threads.values())


def test_a_closed_step_hears_nothing(qtbot, mailbox, shared):
    step = InputDataStep(shared)
    use_layers(qtbot, mailbox, step)
    layer = shared.viewer.layers["nuclei"]
    step.deleteLater()
    qtbot.wait(20)
    shared.viewer.add_labels(LABELS)
    layer.data_setitem((np.array([0]), np.array([0])), 7)
    shared.do("input_data", lambda session: session.remove_lane(0))
    settle(qtbot, mailbox)
    assert shared.problem("input_data") is None


@pytest.mark.skipif(
    os.environ.get("QT_QPA_PLATFORM") == "offscreen",
    reason="the offscreen platform has no OpenGL to draw what the test looks at",
)
def test_in_a_real_window(make_napari_viewer, qtbot):
    viewer = make_napari_viewer()
    dock = InputDataDock(viewer)
    viewer.window.add_dock_widget(dock)
    viewer.add_image(PIXELS, name="cells")
    viewer.add_labels(LABELS, name="nuclei")
    step = dock.step
    qtbot.waitUntil(step.layers.use.isEnabled)
    qtbot.mouseClick(step.layers.use, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: step.state is StepState.DONE)
    assert step.minimumSizeHint().width() <= 284
    step.details_section.open()
    assert step.minimumSizeHint().width() <= 284
    step.layers_section.open()
    assert step.minimumSizeHint().width() <= 284
    viewer.layers.clear()
    qtbot.waitUntil(lambda: step.layers.objects.count() == 0)
    dock.shared.close()
