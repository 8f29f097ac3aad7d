"""The step Results: which files are written where, and that nothing is overwritten unasked."""

import numpy as np
import pytest
from qtpy.QtCore import QUrl

import napari_objclass as oc
from napari_objclass.io.readers import open_image
from napari_objclass.io.writers import write_image
from napari_objclass.widgets.export import ExportStep
from napari_objclass.widgets.viewer.exporting import ExportChoice


@pytest.fixture
def step(with_nuclei, mailbox, nuclei, qtbot, tmp_path):
    """The step, with labelled nuclei, and a folder for the results."""
    for object_id, number in oc.sample.labelled_examples(nuclei).items():
        with_nuclei.annotate(0, [object_id], number)
    mailbox.until(lambda: with_nuclei.shown.prediction is not None)
    step = ExportStep(with_nuclei)
    qtbot.addWidget(step)
    step.folder.setText(str(tmp_path))
    step.show()
    return step


def test_the_files_that_were_chosen_are_written(step, mailbox, tmp_path):
    step.boxes["Uncertainty"].setChecked(True)
    assert step.example.text() == "nuclei_Object Predictions.tif"
    step.this.click()
    mailbox.until(step.result.isVisible)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"nuclei_Object Predictions.tif", "nuclei_Uncertainty.tif", "nuclei_table.csv"}
    assert step.result.text().startswith("3 files written to")
    assert QUrl.fromLocalFile(str(tmp_path)).toString() in step.result.text()
    painted = step.shared.shown.prediction.paint("classes")
    assert np.array_equal(open_image(tmp_path / "nuclei_Object Predictions.tif").data, painted)


def test_after_an_export_the_next_thing_is_told(step, mailbox, tmp_path):
    assert (step.summary, step.hint) == ("", "Choose what to write, and export it.")
    step.this.click()
    mailbox.until(step.result.isVisible)
    assert step.summary == "2 files"
    assert step.hint.startswith("Save the project")
    step.shared.save(tmp_path / "nuclei.objclass")
    mailbox.until(lambda: "Images" in step.hint)


def test_overwriting_is_asked_for_in_the_page(step, mailbox, tmp_path):
    table = tmp_path / "nuclei_table.csv"
    table.write_text("mine", "utf-8")
    step.this.click()
    mailbox.until(step.question.isVisible)
    assert step.question.text.text() == "nuclei_table.csv is there already."
    assert [path.name for path in tmp_path.iterdir()] == ["nuclei_table.csv"]
    step.question.overwrite.click()
    mailbox.until(step.result.isVisible)
    assert table.read_text("utf-8") != "mine"
    assert step.question.isHidden()


def test_a_choice_withdraws_the_question(step, mailbox, tmp_path):
    (tmp_path / "nuclei_table.csv").touch()
    step.this.click()
    mailbox.until(step.question.isVisible)
    step.name.setText("other_{nickname}_{result_type}")
    assert step.question.isHidden()


def test_what_goes_wrong_is_told(step, mailbox, tmp_path):
    (tmp_path / "file").touch()
    step.folder.setText(str(tmp_path / "file"))
    step.this.click()
    mailbox.until(lambda: step.shared.problem("export"))
    assert "file is not a folder" in step.shared.problem("export")
    step.folder.setText(str(tmp_path))
    step.this.click()
    mailbox.until(lambda: step.shared.problem("export") is None)


def test_all_images_are_exported_beside_them(step, mailbox, tmp_path, nuclei):
    assert not step.all.isVisible()
    folder = tmp_path / "second"
    folder.mkdir()
    raw = write_image(folder / "raw.tif", nuclei.raw, "yx")
    labels = write_image(folder / "labels.tif", nuclei.labels, "yx")
    step.shared.do("input_data", lambda s: s.add_lane(raw=raw, labels=labels, name="second"))
    mailbox.until(step.all.isVisible)
    records = step.shared.session.lanes
    step.folder.clear()
    files = [path for record in records for path in step.choice.files(record).all]
    assert {path.parent for path in files} == {records[0].folder, folder}
    step.folder.setText(str(tmp_path))
    step.all.click()
    mailbox.until(step.result.isVisible)
    assert sum(path.is_file() for path in tmp_path.iterdir()) == 4


def test_without_anything_to_write_nothing_can_be_exported(step):
    step.table.setChecked(False)
    step.boxes["Object Predictions"].setChecked(False)
    assert not step.this.isEnabled()


def test_the_table_goes_by_the_name_of_the_images():
    choice = ExportChoice((), table=True, format="tif", folder="", name="{nickname}_{result_type}")
    assert choice.table_filename == "{dataset_dir}/{nickname}_table.csv"
