"""The page Large images: settings, plan, run, check, the command for elsewhere; and what is left when it is closed."""

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

import napari_objclass as oc
from napari_objclass.io.writers import write_image
from napari_objclass.widgets.blockwise import BlockwiseDock
from napari_objclass.widgets.viewer.display import OVERLAY, PREDICTIONS


@pytest.fixture
def folder(tmp_path):
    """Raw and labels of the sample as files, in folders of theirs."""
    nuclei = oc.sample.nuclei_2d()
    write_image(tmp_path / "cells.tif", nuclei.raw, "yx")
    write_image(tmp_path / "cells_labels.tif", nuclei.labels, "yx")
    return tmp_path


@pytest.fixture
def dock(make_napari_viewer, qtbot, folder):
    """The widget of its own, with labels, and a session that writes into a folder."""
    dock = BlockwiseDock(make_napari_viewer(show=False))
    qtbot.addWidget(dock)
    shared, nuclei = dock.shared, oc.sample.nuclei_2d()

    def label(session):
        session.add_lane(raw=str(folder / "cells.tif"), labels=str(folder / "cells_labels.tif"))
        examples = oc.sample.labelled_examples(nuclei)
        session.annotate_many(0, ids=list(examples), classes=list(examples.values()))
        session.export_settings = oc.Export(
            filename=f"{folder.as_posix()}/new/{{nickname}}_{{result_type}}",
            table=f"{folder.as_posix()}/new/{{nickname}}.csv",
        )

    shared.do("blockwise", label)
    qtbot.waitUntil(lambda: shared.shown is not None and shared.shown.prediction is not None and not shared.activity)
    return dock


@pytest.fixture
def step(dock):
    """The page."""
    return dock.step


def settle(step, qtbot):
    qtbot.waitUntil(lambda: not (step.large.running or step.large.checking))


def checked(step, qtbot, *, as_ilastik, **blocks):
    step.shared.do("blockwise", lambda s: setattr(s, "blockwise_settings", replace(s.blockwise_settings, **blocks)))
    step.check.how.setCurrentIndex(int(as_ilastik))
    step.check.start.click()
    settle(step, qtbot)
    assert step.shared.problem("blockwise") is None
    assert step.large.comparison is not None
    return step.large.comparison


# --- settings


def test_fields_are_settings_of_the_project(step, qtbot):
    session = step.shared.session
    step.fields.memory.setText("1.5 GB")
    step.fields.memory.setModified(True)
    step.fields.memory.editingFinished.emit()
    qtbot.waitUntil(lambda: session.blockwise_settings.memory == 1_500_000_000)
    step.fields.blocks.setCurrentIndex(1)
    step.fields.blocks.activated.emit(1)
    qtbot.waitUntil(lambda: session.blockwise_settings.block_shape is not None)
    step.fields.sides.fields["x"].setValue(77)
    qtbot.waitUntil(lambda: session.blockwise_settings.block_shape[2] == 77)
    step.check.how.setCurrentIndex(1)
    step.check.halo.fields["y"].setValue(9)
    qtbot.waitUntil(lambda: session.blockwise_settings.halo == (64, 9, 64))
    step.fields.blocks.setCurrentIndex(0)
    step.fields.blocks.activated.emit(0)
    qtbot.waitUntil(lambda: session.blockwise_settings.block_shape is None)
    assert session.blockwise_settings.memory == 1_500_000_000


def test_what_a_script_changes_is_shown(step, qtbot):
    settings = oc.Blockwise(memory=3 * 10**9, block_shape=(1, 30, 40), ilastik_block_shape=(1, 50, 60), halo=(0, 7, 8))
    step.shared.do("blockwise", lambda s: setattr(s, "blockwise_settings", settings))
    qtbot.waitUntil(lambda: step.fields.memory.text() == "3.0 GB")
    assert step.fields.sides.value == (1, 30, 40)
    assert (step.check.blocks.value, step.check.halo.value) == ((1, 50, 60), (0, 7, 8))
    assert step.fields.applied_to(settings) == settings


def test_no_amount_of_memory_is_refused_in_words(step):
    step.fields.memory.setText("much")
    step.fields.memory.setModified(True)
    step.fields.memory.editingFinished.emit()
    assert "'much' is no amount of memory" in step.refusal.text()
    assert step.shared.session.blockwise_settings.memory is None
    step.fields.memory.setText("")
    step.fields.memory.setModified(True)
    step.fields.memory.editingFinished.emit()
    assert step.refusal.text() == ""


def test_planes_have_no_fields_along_z(step):
    assert not step.fields.sides.fields["z"].isVisibleTo(step.fields.sides)
    assert not step.check.halo.fields["z"].isVisibleTo(step.check.halo)


def test_it_is_as_narrow_as_the_dock(step):
    step.section.open()
    step.check.how.setCurrentIndex(1)
    step.fields.blocks.setCurrentIndex(1)
    assert step.minimumSizeHint().width() <= 284


def test_what_cannot_be_written_block_by_block_becomes_ome_zarr(step, qtbot):
    assert not step.instead.isVisibleTo(step)
    step.shared.do("blockwise", lambda s: setattr(s, "export_settings", replace(s.export_settings, format="tif")))
    qtbot.waitUntil(lambda: step.instead.isVisibleTo(step))
    assert step.files.lines[0].text().endswith("cells_Object Predictions.ome.zarr")
    assert "tif is not written block by block" in step.instead.text()


# --- checking


def test_ilastiks_blocks_are_compared(step, qtbot):
    found = checked(step, qtbot, as_ilastik=True, ilastik_block_shape=(1, 40, 40), halo=(0, 0, 0))
    assert found.differences
    n, n_objects = len(found.differences), len(step.shared.shown.objects.ids)
    assert step.check.text.text() == f"{n} of {n_objects} objects differ."
    model = step.check.table.model()
    assert model.rowCount() == n
    names = [each.name for each in step.shared.session.classes]
    first = found.differences[0]
    assert [model.index(0, column).data() for column in (0, 1)] == [str(first.object_id), names[first.whole - 1]]
    assert model.index(0, 2).data().split(" and ")[0] in (*names, "no object")


def test_with_a_wide_halo_nothing_differs(step, qtbot):
    checked(step, qtbot, as_ilastik=True, ilastik_block_shape=(1, 64, 64), halo=(0, 64, 64))
    assert step.check.text.text() == f"0 of {len(step.shared.shown.objects.ids)} objects differ."
    assert not step.check.table.isVisibleTo(step.check)


def test_two_layers_are_there_to_be_compared_by_eye(step, qtbot):
    found = checked(step, qtbot, as_ilastik=True, ilastik_block_shape=(1, 40, 40), halo=(0, 0, 0))
    layers = step.shared.viewer.layers
    qtbot.waitUntil(lambda: OVERLAY in layers)
    assert layers[PREDICTIONS].visible
    np.testing.assert_array_equal(np.asarray(layers[OVERLAY].data), found.classes[0, 0])
    colors = [layers[name].get_color(1) for name in (OVERLAY, PREDICTIONS)]
    np.testing.assert_array_equal(*colors)
    assert step.check.show_blocks.isChecked()
    step.check.show_blocks.click()
    qtbot.waitUntil(lambda: OVERLAY not in layers)
    step.check.show_blocks.click()
    qtbot.waitUntil(lambda: OVERLAY in layers)


def test_a_click_leads_to_the_object(step, qtbot):
    found = checked(step, qtbot, as_ilastik=True, ilastik_block_shape=(1, 40, 40), halo=(0, 0, 0))
    table = step.check.table
    table.clicked.emit(table.model().index(len(found.differences) - 1, 0))
    last = found.differences[-1]
    assert step.shared.guide.current == (last.t, last.object_id)


def test_what_does_not_fit_into_memory_is_compared_in_part(step, qtbot):
    shape = step.shared.shown.images.shape
    found = checked(
        step, qtbot, as_ilastik=True, memory=int(np.prod(shape)) * 5, ilastik_block_shape=(1, 64, 64), halo=(0, 64, 64)
    )
    assert found.part is not None
    assert 0 < found.n_objects < len(step.shared.shown.objects.ids)
    assert "the whole image does not fit into memory" in step.check.text.text()
    assert step.check.text.text().startswith(f"0 of {found.n_objects} objects differ.")


def test_what_was_compared_is_dropped_when_classes_change(step, qtbot):
    checked(step, qtbot, as_ilastik=True, ilastik_block_shape=(1, 40, 40), halo=(0, 0, 0))
    step.shared.undo()
    qtbot.waitUntil(lambda: step.large.comparison is None)
    assert not step.check.text.isVisibleTo(step.check)
    qtbot.waitUntil(lambda: OVERLAY not in step.shared.viewer.layers)


def test_a_halo_that_cannot_be_is_the_problem_of_the_page(step, qtbot):
    nuclei = oc.sample.nuclei_3d()
    step.shared.do("blockwise", lambda s: s.add_lane(raw=nuclei.raw, labels=nuclei.labels, name="volume"))
    step.shared.do(
        "blockwise",
        lambda s: setattr(s, "blockwise_settings", oc.Blockwise(ilastik_block_shape=(1, 64, 64), halo=(0, 8, 8))),
    )
    qtbot.waitUntil(lambda: len(step.shared.session.lanes) == 2)
    step.shared.show(1)
    qtbot.waitUntil(lambda: step.shared.shown.images is not None)
    step.check.how.setCurrentIndex(1)
    step.check.start.click()
    settle(step, qtbot)
    assert "give a halo of at least 1 along z" in (step.shared.problem("blockwise") or "")


# --- elsewhere


def test_the_command_for_elsewhere_is_copied(step, qtbot, folder):
    QApplication.clipboard().setText("")
    step.copy.click()
    qtbot.waitUntil(lambda: step.shared.problem("blockwise") is not None)
    assert step.shared.problem("blockwise").startswith("save the project first")
    step.shared.save(folder / "a b.objclass")
    settings = oc.Blockwise(memory=2 * 10**9, block_shape=(1, 64, 32))
    step.shared.do("blockwise", lambda s: setattr(s, "blockwise_settings", settings))
    qtbot.waitUntil(lambda: step.shared.session.path is not None and step.fields.memory.text() == "2.0 GB")
    step.copy.click()
    qtbot.waitUntil(lambda: QApplication.clipboard().text() != "")
    assert QApplication.clipboard().text() == (
        f"objclass predict '{folder}/a b.objclass' --raw {folder}/cells.tif --labels {folder}/cells_labels.tif "
        "--memory 2GB --block-shape 1,64,32"
    )
