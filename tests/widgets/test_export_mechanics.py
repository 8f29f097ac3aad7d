"""The page Export: which files are written where, what is kept in the project, and that nothing is overwritten."""

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import Qt, QUrl
from qtpy.QtTest import QTest

import napari_objclass as oc
from napari_objclass.io.readers import open_image
from napari_objclass.io.writers import write_image
from napari_objclass.widgets.export import ExportStep
from napari_objclass.widgets.parts.export_contents import TABLES
from napari_objclass.widgets.table_features import TableFeatures
from napari_objclass.widgets.viewer.exporting import DEFAULT
from napari_objclass.workflow import sources
from napari_objclass.workflow.export import Export


@pytest.fixture
def page(shared, mailbox, nuclei, qtbot, tmp_path):
    """The page, made before there is an image; then labelled nuclei, and a folder for the results."""
    page = ExportStep(shared)
    qtbot.addWidget(page)
    shared.do("input_data", lambda s: s.add_lane(raw=nuclei.raw, labels=nuclei.labels, name="nuclei"))
    mailbox.until(lambda: shared.shown and shared.shown.table is not None)
    for object_id, number in oc.sample.labelled_examples(nuclei).items():
        shared.annotate(0, [object_id], number)
    mailbox.until(lambda: shared.shown.prediction is not None)
    page.show()
    write_into(page, page.names.folder, str(tmp_path))
    mailbox.settle()
    return page


def write_into(page, line, text):
    """Replace the text of a line by typing, and finish it."""
    line.setFocus()
    line.selectAll()
    if text:
        QTest.keyClicks(line, text)
    else:
        QTest.keyClick(line, Qt.Key.Key_Delete)
    QTest.keyClick(line, Qt.Key.Key_Return)


def choose(combo, data):
    """Choose the entry of some data."""
    combo.setCurrentIndex(combo.findData(data))
    combo.activated.emit(combo.currentIndex())


def names(folder):
    return {path.name for path in folder.iterdir()}


# ----------------------------------------------------------------------------------------------------- exporting


def test_the_files_that_were_chosen_are_written(page, mailbox, tmp_path):
    page.contents.boxes["Uncertainty"].click()
    page.this.click()
    mailbox.until(page.result.isVisible)
    assert names(tmp_path) == {"nuclei_Object Predictions.tif", "nuclei_Uncertainty.tif", "nuclei_table.csv"}
    assert page.result.text().startswith("3 files written to")
    assert QUrl.fromLocalFile(str(tmp_path)).toString() in page.result.text()
    painted = page.shared.shown.prediction.paint("classes")
    assert np.array_equal(open_image(tmp_path / "nuclei_Object Predictions.tif").data, painted)


def test_what_is_typed_counts_even_if_the_button_comes_first(page, mailbox, tmp_path):
    page.names.name.setFocus()
    page.names.name.selectAll()
    QTest.keyClicks(page.names.name, "a_{{result_type}}".format())
    page.this.click()
    mailbox.until(page.result.isVisible)
    assert names(tmp_path) == {"a_Object Predictions.tif", "a_table.csv"}


def test_after_an_export_the_next_thing_is_told(page, mailbox, tmp_path):
    assert (page.summary, page.hint) == ("", "Choose what to write, and export it.")
    page.this.click()
    mailbox.until(page.result.isVisible)
    assert page.summary == "2 files"
    assert page.hint.startswith("Save the project")
    page.shared.save(tmp_path / "nuclei.objclass")
    mailbox.until(lambda: "Images" in page.hint)


def test_overwriting_is_asked_for_in_the_page(page, mailbox, tmp_path):
    table = tmp_path / "nuclei_table.csv"
    table.write_text("mine", "utf-8")
    page.this.click()
    mailbox.until(page.question.isVisible)
    assert page.question.text.text() == "nuclei_table.csv is there already."
    assert names(tmp_path) == {"nuclei_table.csv"}
    page.question.overwrite.click()
    mailbox.until(page.result.isVisible)
    assert table.read_text("utf-8") != "mine"
    assert page.question.isHidden()


def test_a_choice_withdraws_the_question(page, mailbox, tmp_path):
    (tmp_path / "nuclei_table.csv").touch()
    page.this.click()
    mailbox.until(page.question.isVisible)
    write_into(page, page.names.name, "other_{nickname}")
    assert page.question.isHidden()


def test_what_goes_wrong_is_told(page, mailbox, tmp_path):
    (tmp_path / "file").touch()
    write_into(page, page.names.folder, str(tmp_path / "file"))
    page.this.click()
    mailbox.until(lambda: page.shared.problem("export"))
    assert "file is not a folder" in page.shared.problem("export")
    write_into(page, page.names.folder, str(tmp_path))
    page.this.click()
    mailbox.until(lambda: page.shared.problem("export") is None)


def test_all_images_are_exported_beside_them(page, mailbox, tmp_path, nuclei):
    assert not page.all.isVisible()
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
        raw = write_image(folder / "raw.tif", nuclei.raw, "yx")
        labels = write_image(folder / "labels.tif", nuclei.labels, "yx")
        page.shared.do("input_data", lambda s, f=folder, r=raw, n=labels: s.add_lane(raw=r, labels=n, name=f.name))
    mailbox.until(page.all.isVisible)
    page.shared.do("input_data", lambda s: s.remove_lane(0))
    mailbox.settle()
    for object_id, number in oc.sample.labelled_examples(nuclei).items():
        page.shared.annotate(0, [object_id], number)
    write_into(page, page.names.folder, "")
    page.all.click()
    mailbox.until(page.result.isVisible)
    for folder in folders:
        assert names(folder) - {"raw.tif", "labels.tif"} == {
            f"{folder.name}_Object Predictions.tif",
            f"{folder.name}_table.csv",
        }


def test_the_table_is_written_with_every_image_once_it_is_chosen(page, mailbox, tmp_path):
    page.contents.table.click()
    page.this.click()
    mailbox.until(page.result.isVisible)
    assert names(tmp_path) == {"nuclei_Object Predictions.tif"}
    page.contents.table.click()
    mailbox.settle()
    page.shared.session.export(0, "Object Identities")
    assert names(tmp_path) == {"nuclei_Object Predictions.tif", "nuclei_Object Identities.tif", "nuclei_table.csv"}


ONE_FILE = [name for name in sources.FORMATS if not name.endswith(" sequence")]


@pytest.mark.parametrize("name", ONE_FILE)
def test_every_format_of_images_is_written(page, mailbox, tmp_path, name):
    choose(page.contents.format, name)
    page.this.click()
    mailbox.until(lambda: page.result.isVisible() or page.shared.problem("export"))
    assert page.shared.problem("export") is None
    assert names(tmp_path) == {f"nuclei_Object Predictions{sources.FORMATS[name]}", "nuclei_table.csv"}


@pytest.mark.parametrize("suffix", TABLES)
def test_every_format_of_tables_is_written(page, mailbox, tmp_path, suffix):
    choose(page.contents.table_format, suffix)
    page.contents.columns.activated.emit(1)
    page.this.click()
    mailbox.until(lambda: page.result.isVisible() or page.shared.problem("export"))
    assert page.shared.problem("export") is None
    assert names(tmp_path) == {"nuclei_Object Predictions.tif", f"nuclei_table{suffix}"}


def test_a_region_is_written(page, mailbox, tmp_path):
    write_into(page, page.more.region.rows["x"][0], "100")
    write_into(page, page.more.region.rows["y"][1], "64")
    page.this.click()
    mailbox.until(page.result.isVisible)
    painted = page.shared.shown.prediction.paint("classes")
    written = open_image(tmp_path / "nuclei_Object Predictions.tif").data
    assert np.array_equal(written, painted[:64, 100:])


def test_without_anything_to_write_nothing_can_be_exported(page):
    page.contents.table.click()
    page.contents.boxes["Object Predictions"].click()
    assert not page.this.isEnabled()


# ----------------------------------------------------------------------------------------------- names and examples


def test_examples_are_those_of_the_image_shown(page, tmp_path):
    examples = [label.text() for label in page.names.examples.lines]
    assert examples == [str(tmp_path / "nuclei_Object Predictions.tif"), str(tmp_path / "nuclei_table.csv")]
    page.names.name.setFocus()
    page.names.name.selectAll()
    QTest.keyClicks(page.names.name, "{nickname}_{x_start}-{x_stop}")
    assert page.names.examples.lines[0].text() == str(tmp_path / "nuclei_0-512.tif")


def test_a_wrong_placeholder_is_told_at_once(page, mailbox):
    before = page.shared.session.export_settings
    page.names.name.setFocus()
    QTest.keyClicks(page.names.name, "{nam}")
    assert "{nam}" in page.refusal.text()
    assert "{nickname}" in page.refusal.text()
    assert page.refusal.isVisible()
    assert not page.this.isEnabled()
    QTest.keyClick(page.names.name, Qt.Key.Key_Return)
    page.shared.annotate(0, [int(page.shared.shown.objects.ids[0])], 1)
    mailbox.settle()
    assert page.names.name.text().startswith("{nam}")  # what the user wrote stays
    assert page.shared.session.export_settings == before
    write_into(page, page.names.name, "{nickname}_{result_type}")
    assert page.refusal.isHidden()
    assert page.this.isEnabled()


def test_a_table_goes_by_the_name_of_the_images_unless_it_has_its_own(page, mailbox, tmp_path):
    write_into(page, page.names.name, "b_{nickname}_{result_type}")
    mailbox.settle()
    assert page.shared.session.export_settings.table == f"{tmp_path.as_posix()}/b_{{nickname}}_table.csv"
    own = f"{tmp_path.as_posix()}/{{nickname}}_values"
    write_into(page, page.more.table, own)
    write_into(page, page.names.name, "c_{nickname}_{result_type}")
    mailbox.settle()
    assert page.shared.session.export_settings.table == f"{own}.csv"
    assert page.more.table.text() == own


# ----------------------------------------------------------------------------------------------------- settings


def test_a_session_of_the_workbench_begins_with_files_that_everything_opens(page, mailbox):
    assert page.shared.session.export_settings == replace(
        DEFAULT,
        filename=page.shared.session.export_settings.filename,
        table=page.shared.session.export_settings.table,
    )
    assert (DEFAULT.images, DEFAULT.format) == ((sources.PREDICTIONS,), "tif")
    assert DEFAULT.table == "{dataset_dir}/{nickname}_table.csv"


def test_a_choice_of_the_library_s_defaults_is_kept(page, mailbox, tmp_path):
    page.shared.do("export", lambda s: setattr(s, "export_settings", Export()))
    mailbox.settle()
    page.shared.do("input_data", lambda s: s.remove_lane(0))
    page.shared.do("input_data", lambda s: s.add_lane(labels=np.ones((9, 9), np.uint8), name="other"))
    mailbox.settle()
    assert page.shared.session.export_settings == Export()


ODD = Export(
    images=("Uncertainty", "Annotations"),
    filename="{dataset_dir}/deep/er/{nickname}-{result_type}",
    format="hdf5",
    inner="volume/data",
    region=(("y", 3, None), ("x", 0, 40)),
    dtype="uint16",
    renormalize=(0, 0.5, 1, 1000),
    axes="xy",
    table="{dataset_dir}/tables/{nickname}.h5",
    columns="compact",
    features=("Count",),
    crops="image",
    margin=7,
    ilastik_names=True,
)


@pytest.fixture
def known():
    """Settings with every field another than by default, with features that exist."""
    ids = [spec.id for spec in oc.feature_catalog(2, 1)][:3]
    return replace(ODD, features=tuple(ids))


def test_all_settings_of_a_project_are_shown_and_none_is_lost(page, mailbox, known, tmp_path):
    session = oc.Session()
    session.add_lane(labels=np.ones((50, 60), np.uint8), name="other")
    session.export_settings = known
    session.save(tmp_path / "p.objclass")
    session.close()
    page.shared.open(lambda: oc.Session.open(tmp_path / "p.objclass"))
    mailbox.settle()
    assert page.shared.session.export_settings == known
    assert page.settings == known
    assert page.names.folder.text() == "{dataset_dir}/deep/er"
    page.contents.boxes["Uncertainty"].click()
    mailbox.settle()
    assert page.shared.session.export_settings == replace(known, images=("Annotations",))


def test_every_choice_goes_into_the_session(page, mailbox):
    choose(page.contents.format, "compressed hdf5")
    choose(page.contents.table_format, ".h5")
    page.contents.columns.activated.emit(1)
    write_into(page, page.more.region.rows["x"][0], "12")
    write_into(page, page.more.region.rows["x"][1], "99")
    choose(page.more.dtype, "uint16")
    page.more.renormalize.click()
    write_into(page, page.more.ranges[3], "1000")
    write_into(page, page.more.axes, "xy")
    write_into(page, page.more.inner, "data")
    choose(page.more.crops, sources.OBJECTS)
    write_into(page, page.more.margin, "4")
    mailbox.settle()
    folder = page.names.folder.text()
    assert page.shared.session.export_settings == Export(
        filename=f"{folder}/{{nickname}}_{{result_type}}",
        format="compressed hdf5",
        inner="data",
        region=(("x", 12, 99),),
        dtype="uint16",
        renormalize=(0, 1, 0, 1000),
        axes="xy",
        table=f"{folder}/{{nickname}}_table.h5",
        columns="compact",
        crops=sources.OBJECTS,
        margin=4,
    )
    write_into(page, page.more.region.rows["x"][0], "")
    write_into(page, page.more.region.rows["x"][1], "")
    mailbox.settle()
    assert page.shared.session.export_settings.region == ()


def test_quick_choices_are_all_kept(page, mailbox):
    for box in page.contents.boxes.values():
        box.click()  # before any of them has reached the session
    mailbox.settle()
    assert set(page.shared.session.export_settings.images) == set(page.contents.boxes) - {sources.PREDICTIONS}
    assert [box.isChecked() for box in page.contents.boxes.values()] == [False, True, True, True, True]


def test_ilastiks_blocks_are_under_more(page, mailbox, tmp_path):
    page.more_section.open()
    page.contents.boxes["Object Predictions"].click()
    assert "approximate" in page.more.blockwise["Blockwise Object Predictions"].toolTip()
    page.more.blockwise["Blockwise Object Predictions"].click()
    mailbox.settle()
    assert page.shared.session.export_settings.images == ("Blockwise Object Predictions",)
    assert page.contents.format.isEnabled()
    page.this.click()
    mailbox.until(page.result.isVisible)
    painted = page.shared.shown.prediction.paint("classes")  # the image has one block
    assert np.array_equal(open_image(tmp_path / "nuclei_Blockwise Object Predictions.tif").data, painted)


def test_what_a_script_or_another_widget_changes_is_shown(page, mailbox, qtbot, known):
    other = ExportStep(page.shared)
    qtbot.addWidget(other)
    page.contents.boxes["Object Identities"].click()
    mailbox.settle()
    assert other.contents.boxes["Object Identities"].isChecked()
    page.shared.session.export_settings = known
    mailbox.settle()
    assert page.settings == other.settings == known


def test_the_axes_are_those_of_the_image(page, mailbox):
    page.more_section.open()
    shown = [axis for axis, (start, _) in page.more.region.rows.items() if start.isVisible()]
    assert shown == ["x", "y"]
    assert page.more.region.rows["x"][1].placeholderText() == "all 512"
    page.contents.boxes["Object Probabilities"].click()
    assert page.more.region.rows["c"][0].isVisible()


def test_columns_are_chosen_whatever_is_used_to_classify(page, mailbox, qtbot):
    measured = page.shared.session.feature_selection
    page.contents.columns.activated.emit(2)
    (dialog,) = page.window().findChildren(TableFeatures)
    assert set(dialog.tree.chosen) == set(measured.features)
    two = [spec.id for spec in page.shared.shown.table.specs][:2]
    dialog.tree.choose(two)
    dialog.tree.ticked.emit()
    dialog.apply.click()
    mailbox.settle()
    assert set(page.shared.session.export_settings.features) == set(two)
    assert page.shared.session.feature_selection == measured
    assert page.contents.columns.currentText() == "2 chosen…"
    page.contents.columns.activated.emit(0)
    mailbox.settle()
    assert page.shared.session.export_settings.features is None
    dialog.close()


# ---------------------------------------------------------------------------------------------------- in windows


def test_a_dock_that_is_opened_again_shows_the_settings(make_napari_viewer, qtbot, known):
    viewer = make_napari_viewer()
    dock, widget = viewer.window.add_plugin_dock_widget("napari-objclass", "Object Information Export")
    shared = widget.shared
    shared.do("input_data", lambda s: s.add_lane(labels=np.ones((50, 60), np.uint8), name="ones"))
    qtbot.waitUntil(lambda: shared.session.export_settings == DEFAULT)
    shared.do("export", lambda s: setattr(s, "export_settings", known))
    qtbot.waitUntil(lambda: shared.session.export_settings == known)
    viewer.window.remove_dock_widget(dock)
    _, again = viewer.window.add_plugin_dock_widget("napari-objclass", "Object Information Export")
    assert again.step.settings == known


def test_results_fit_the_dock(workbench, qtbot):
    workbench.start.sample.click()
    qtbot.waitUntil(lambda: workbench.shared.shown and workbench.shared.shown.table is not None)
    results = workbench.step("results")
    workbench.accordion.headers[results].click()
    page = results.pages["export"]
    page.more_section.open()
    choose(page.contents.table_format, ".h5")
    choose(page.contents.format, "hdf5")
    for number, page in enumerate(results.pages.values()):
        results.tabs.setCurrentIndex(number)
        assert results.minimumSizeHint().width() <= 276
        assert results.hint == page.hint


def test_a_problem_of_a_page_is_seen_in_the_step(workbench):
    results = workbench.step("results")
    header = workbench.accordion.headers[results]
    workbench.shared.set_problem("export", oc.ObjClassError("there is no folder"))
    assert header.mark.text() == "!"
    workbench.shared.set_problem("export", None)
    assert header.mark.text() == "○"
