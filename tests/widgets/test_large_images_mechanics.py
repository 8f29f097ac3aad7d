"""The page Large images: settings, plan, run, check, the command for elsewhere; and what is left when it is closed."""

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

import napari_objclass as oc
from napari_objclass.errors import Cancelled
from napari_objclass.io.readers import open_image
from napari_objclass.io.writers import write_image
from napari_objclass.widgets.blockwise import BlockwiseStep
from napari_objclass.widgets.parts.difference_table import BLOCKS, OBJECT, WHOLE
from napari_objclass.widgets.viewer import block_runs
from napari_objclass.widgets.viewer.display import OVERLAY, PREDICTIONS
from napari_objclass.workflow.blockwise.check import Difference

#: Blocks that cut objects, if they know nothing of each other.
CUT = {"ilastik_block_shape": (1, 40, 40), "halo": (0, 0, 0)}


@pytest.fixture(scope="module")
def files(tmp_path_factory, nuclei):
    """Folder with raw and labels of the sample."""
    folder = tmp_path_factory.mktemp("data")
    write_image(folder / "cells.tif", nuclei.raw, "yx")
    write_image(folder / "cells_labels.tif", nuclei.labels, "yx")
    return folder


@pytest.fixture
def step(shared, mailbox, nuclei, files, qtbot, tmp_path):
    """The page, made before there is an image; then labelled nuclei, and a folder for the results."""
    step = BlockwiseStep(shared)
    qtbot.addWidget(step)
    shared.wake()
    examples = oc.sample.labelled_examples(nuclei)

    def label(session):
        session.add_lane(raw=str(files / "cells.tif"), labels=str(files / "cells_labels.tif"))
        session.annotate_many(0, ids=list(examples), classes=list(examples.values()))
        session.export_settings = oc.Export(
            ("Object Predictions", "Object Probabilities"),
            f"{tmp_path.as_posix()}/{{nickname}}_{{result_type}}",
            "multi-scale OME-Zarr",
            table=f"{tmp_path.as_posix()}/{{nickname}}.csv",
        )
        session.blockwise_settings = oc.Blockwise(block_shape=(1, 100, 90))

    shared.do("blockwise", label)
    mailbox.until(lambda: shared.shown is not None and shared.shown.prediction is not None)
    step.show()
    mailbox.settle()
    return step


def change(step, mailbox, **blocks):
    step.shared.do("blockwise", lambda s: setattr(s, "blockwise_settings", replace(s.blockwise_settings, **blocks)))
    mailbox.settle()


def use_local_features(step, mailbox):
    """Use features that depend on nothing but the object; histograms depend on what else is in a block."""
    selection = oc.FeatureSelection(("num_pixels", "intensity_mean"))
    step.shared.do("blockwise", lambda s: setattr(s, "feature_selection", selection))
    mailbox.settle()


def write_into(line, text):
    """Replace the text of a line by typing, and finish it."""
    line.setFocus()
    line.selectAll()
    QTest.keyClick(line, Qt.Key.Key_Delete)
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)


def choose(combo, row):
    combo.setCurrentIndex(row)
    combo.activated.emit(row)


def checked(step, mailbox, *, as_ilastik=True, **blocks):
    """Check, and return what came of it."""
    change(step, mailbox, **blocks)
    step.section.open()
    step.check.how.setCurrentIndex(int(as_ilastik))
    step.check.start.click()
    assert step.stop.isVisible()
    mailbox.settle()
    assert step.shared.problem("blockwise") is None
    return step.large.comparison


# ---------------------------------------------------------------------------------------------- settings and plan


def test_fields_are_settings_of_the_project(step, mailbox):
    session = step.shared.session
    change(step, mailbox, block_shape=None)
    write_into(step.fields.memory, "1.5 GB")
    mailbox.settle()
    assert session.blockwise_settings.memory == 1_500_000_000
    choose(step.fields.blocks, 1)
    step.fields.sides.fields["x"].setValue(77)
    step.section.open()
    step.check.how.setCurrentIndex(1)
    step.check.halo.fields["y"].setValue(9)
    mailbox.settle()
    assert session.blockwise_settings.block_shape[2] == 77
    assert session.blockwise_settings.halo == (64, 9, 64)
    choose(step.fields.blocks, 0)
    mailbox.settle()
    assert (session.blockwise_settings.block_shape, session.blockwise_settings.memory) == (None, 1_500_000_000)
    write_into(step.fields.memory, "")
    mailbox.settle()
    assert session.blockwise_settings.memory is None


def test_what_a_script_changes_is_shown(step, mailbox):
    settings = oc.Blockwise(3 * 10**9, (1, 30, 40), ilastik_block_shape=(1, 50, 60), halo=(0, 7, 8))
    step.shared.do("blockwise", lambda s: setattr(s, "blockwise_settings", settings))
    mailbox.settle()
    assert (step.fields.memory.text(), step.fields.sides.value) == ("3.0 GB", (1, 30, 40))
    assert (step.check.blocks.value, step.check.halo.value) == ((1, 50, 60), (0, 7, 8))
    assert step.fields.applied_to(settings) == settings


def test_no_amount_of_memory_is_refused_in_words(step):
    write_into(step.fields.memory, "much")
    assert "'much' is no amount of memory" in step.refusal.text()
    assert step.shared.session.blockwise_settings.memory is None
    write_into(step.fields.memory, "2 GB")
    assert step.refusal.isHidden()


def test_the_plan_is_told_and_follows_the_settings(step, mailbox):
    height, width = step.shared.shown.images.shape[2:]
    n_blocks = -(-height // 100) * -(-width // 90)
    assert step.plan.text().startswith(f"{n_blocks} blocks of up to 100 x 90 voxels")
    change(step, mailbox, block_shape=(1, 9999, 9999))
    assert step.plan.text().startswith(f"1 block of {height} x {width} voxels, in at most ")
    change(step, mailbox, block_shape=None, memory=1)
    assert "1 bytes is too little" in step.refusal.text()
    assert step.hint.startswith("Mend what the red line says")
    assert not step.run.isEnabled()


def test_planes_have_no_fields_along_z(step):
    step.section.open()
    step.check.how.setCurrentIndex(1)
    assert step.fields.sides.fields["y"].isVisible()
    assert not step.fields.sides.fields["z"].isVisible()
    assert not step.check.halo.fields["z"].isVisible()


def test_it_is_as_narrow_as_the_dock(step, mailbox):
    change(step, mailbox, memory=10**9)
    checked(step, mailbox, **CUT)
    QApplication.processEvents()
    assert step.minimumSizeHint().width() <= 284


def test_what_cannot_be_written_block_by_block_is_told(step, mailbox):
    assert not step.instead.isVisible()
    images = ("Object Predictions", "Blockwise Object Predictions")
    step.shared.do(
        "blockwise",
        lambda s: setattr(s, "export_settings", replace(s.export_settings, format="tif", images=images)),
    )
    mailbox.settle()
    assert step.files.lines[0].text().endswith("cells_Object Predictions.ome.zarr")
    assert step.instead.text() == (
        "Blockwise Object Predictions only in Export. Images as OME-Zarr, since TIFF is not written block by block."
    )


# ------------------------------------------------------------------------------------------------------------ runs


def test_it_writes_what_the_whole_image_gives(step, mailbox, tmp_path):
    step.run.click()
    assert step.stop.isVisible()
    assert not step.run.isVisible()
    mailbox.settle()
    assert step.shared.problem("blockwise") is None
    expected = step.shared.shown.prediction
    n = len(expected.ids)
    assert f"<b>{n} objects</b> in this image" in step.result.text()
    assert "3 files written to" in step.result.text()
    np.testing.assert_array_equal(
        open_image(tmp_path / "cells_Object Predictions.ome.zarr").data, expected.paint("classes")
    )
    assert len((tmp_path / "cells.csv").read_text("utf-8").splitlines()) == n + 1
    assert step.state.value == "✓"


def test_nothing_is_overwritten_unasked(step, mailbox, tmp_path):
    (tmp_path / "cells.csv").write_text("mine", "utf-8")
    step.run.click()
    mailbox.settle()
    assert step.question.isVisible()
    assert (tmp_path / "cells.csv").read_text("utf-8") == "mine"
    step.question.cancel.click()
    assert step.run.isVisible()
    step.run.click()
    mailbox.settle()
    step.question.overwrite.click()
    mailbox.settle()
    assert (tmp_path / "cells.csv").read_text("utf-8") != "mine"
    assert len(list(tmp_path.glob("*.ome.zarr"))) == 2
    assert step.question.isHidden()


def test_files_of_a_run_that_was_stopped_are_its_own(step, mailbox, tmp_path, monkeypatch):
    classify = block_runs.classify

    def stop_at_the_table(*args, **kwargs):
        classify(*args, **kwargs)
        (tmp_path / "cells.csv").unlink()
        raise Cancelled("stopped")

    monkeypatch.setattr(block_runs, "classify", stop_at_the_table)
    step.run.click()
    mailbox.settle()
    assert step.hint == "Stopped: Run here goes on from there."
    monkeypatch.setattr(block_runs, "classify", classify)
    step.run.click()
    mailbox.settle()
    assert step.question.isHidden()
    assert len(step.large.outcome.files) == 3
    step.run.click()
    mailbox.settle()
    assert step.question.isVisible()  # now they are results


def test_an_earlier_problem_goes_when_a_run_begins(step, mailbox):
    step.copy.click()
    mailbox.settle()
    assert step.shared.problem("blockwise").startswith("save the project first")
    step.run.click()
    assert step.shared.problem("blockwise") is None
    mailbox.settle()


def test_what_was_stopped_goes_on(step, mailbox, files):
    change(step, mailbox, block_shape=(1, 64, 64))

    def stop_once():
        activity = step.shared.activity
        if activity is not None and activity.done and len(list(files.glob(".*.parts"))):
            step.stop.click()

    step.connections.connect(step.shared.activity_changed, stop_once)
    step.run.click()
    mailbox.settle()
    step.connections.release()
    assert step.shared.problem("blockwise") is None
    was_stopped = step.large.outcome is None
    if was_stopped:  # unless the machine was faster than the click
        assert list(files.glob(".*.parts"))
        step.large.run(overwrite=False, ask=pytest.fail)
        mailbox.settle()
    assert len(step.large.outcome.files) == 3
    assert not list(files.glob(".*.parts"))


def test_a_run_goes_on_without_the_page(step, mailbox, shared, qtbot):
    step.run.click()
    step.connections.release()
    step.deleteLater()
    mailbox.settle()
    again = BlockwiseStep(shared)
    qtbot.addWidget(again)
    assert "3 files written to" in again.result.text()


# ----------------------------------------------------------------------------------------------------------- check


def test_our_blocks_find_what_the_whole_image_does(step, mailbox):
    found = checked(step, mailbox, as_ilastik=False, block_shape=(1, 33, 47))
    assert found.differences == ()
    assert step.check.text.text() == f"0 of {len(step.shared.shown.objects.ids)} objects differ."
    assert not step.check.table.isVisible()
    np.testing.assert_array_equal(found.classes[0, 0], step.shared.shown.prediction.paint("classes"))


def test_ilastiks_blocks_differ_where_they_cut(step, mailbox):
    found = checked(step, mailbox, **CUT)
    assert found.differences
    n, n_objects = len(found.differences), len(step.shared.shown.objects.ids)
    assert step.check.text.text() == f"{n} of {n_objects} objects differ."
    use_local_features(step, mailbox)
    checked(step, mailbox, ilastik_block_shape=(1, 64, 64), halo=(0, 64, 64))
    assert step.check.text.text() == f"0 of {n_objects} objects differ."


def test_what_differs_is_listed_and_a_click_leads_there(step, mailbox):
    found = checked(step, mailbox, **CUT)
    table = step.check.table
    assert table.isVisible()
    model, row = table.model(), len(found.differences) - 1
    last, names = found.differences[row], [each.name for each in step.shared.session.classes]
    assert model.rowCount() == row + 1
    assert model.index(row, OBJECT).data() == str(last.object_id)
    assert model.index(row, WHOLE).data() == names[last.whole - 1]
    assert model.index(row, BLOCKS).data() == " + ".join(names[number - 1] for number in last.blockwise)
    table.clicked.emit(model.index(row, WHOLE))
    assert step.shared.guide.current == (last.t, last.object_id)


def test_objects_that_are_not_found_are_told(step):
    table = step.check.table
    table.put([Difference(3, 7, (0,) * 6, 1, (0, 2))], step.shared.session.classes)
    assert table.model().index(0, BLOCKS).data() == "no object + Class 2"
    assert table.model().index(0, OBJECT).data() == "7 (t 3)"


def test_two_layers_are_there_to_be_compared_by_eye(step, mailbox):
    found = checked(step, mailbox, **CUT)
    layers = step.shared.viewer.layers
    assert layers[PREDICTIONS].visible
    np.testing.assert_array_equal(np.asarray(layers[OVERLAY].data), found.classes[0, 0])
    np.testing.assert_array_equal(layers[OVERLAY].get_color(1), layers[PREDICTIONS].get_color(1))
    assert layers[OVERLAY].opacity == 1  # colours do not mix
    assert step.check.show_blocks.isChecked()
    step.check.show_blocks.click()
    mailbox.settle()
    assert OVERLAY not in layers
    step.check.show_blocks.click()
    mailbox.settle()
    assert OVERLAY in layers
    assert layers[PREDICTIONS].visible


def test_what_does_not_fit_into_memory_is_compared_in_part(step, mailbox):
    use_local_features(step, mailbox)
    shape = step.shared.shown.images.shape
    found = checked(step, mailbox, memory=int(np.prod(shape)) * 6, ilastik_block_shape=(1, 64, 64), halo=(0, 64, 64))
    assert found.part is not None
    assert 0 < found.n_objects < len(step.shared.shown.objects.ids)
    assert step.check.text.text().startswith(f"0 of {found.n_objects} objects differ. Only a part of ")
    pixels = np.asarray(step.shared.viewer.layers[OVERLAY].data)
    np.testing.assert_array_equal(pixels[found.part[2:]], found.classes[0, 0])
    assert np.count_nonzero(pixels) == np.count_nonzero(found.classes)


def test_what_was_compared_is_dropped_when_classes_change(step, mailbox):
    checked(step, mailbox, **CUT)
    step.shared.undo()
    mailbox.settle()
    assert step.large.comparison is None
    assert not step.check.text.isVisible()
    assert OVERLAY not in step.shared.viewer.layers


def test_what_was_compared_is_of_the_image_shown(step, mailbox, nuclei):
    checked(step, mailbox, **CUT)
    step.shared.do("blockwise", lambda s: s.add_lane(raw=nuclei.raw, labels=nuclei.labels, name="other"))
    mailbox.settle()
    step.shared.show(1)
    mailbox.settle()
    assert step.large.comparison is None
    assert not step.check.show_blocks.isVisible()
    assert OVERLAY not in step.shared.viewer.layers


def test_a_halo_that_cannot_be_is_the_problem_of_the_page(step, mailbox):
    use_local_features(step, mailbox)
    made = oc.sample.nuclei_3d()
    step.shared.do("blockwise", lambda s: s.add_lane(raw=made.raw, labels=made.labels, name="volume"))
    change(step, mailbox, ilastik_block_shape=(1, 64, 64), halo=(0, 8, 8))
    step.shared.show(1)
    mailbox.settle()
    step.check.how.setCurrentIndex(1)
    assert step.fields.sides.fields["z"].isVisible()
    step.check.start.click()
    mailbox.settle()
    assert "give a halo of at least 1 along z" in step.shared.problem("blockwise")
    assert step.check.start.isEnabled()
    assert step.large.comparison is None


# ------------------------------------------------------------------------------------------------------- elsewhere


def test_the_command_for_elsewhere_is_copied(step, mailbox, files, tmp_path):
    QApplication.clipboard().setText("")
    step.copy.click()
    mailbox.settle()
    assert step.shared.problem("blockwise").startswith("save the project first")
    step.shared.save(tmp_path / "a b.objclass")
    change(step, mailbox, memory=2 * 10**9, block_shape=(1, 64, 32))
    step.copy.click()
    mailbox.settle()
    assert QApplication.clipboard().text() == (
        f"objclass predict '{tmp_path}/a b.objclass' --raw {files}/cells.tif --labels {files}/cells_labels.tif "
        "--memory 2GB --block-shape 1,64,32"
    )
    assert step.shared.problem("blockwise") is None
