"""The page Batch: images in, results out, by the classifier of the workbench; what fails is told, the rest goes on."""

import csv
import json

import numpy as np
import pytest

import napari_objclass as oc
from napari_objclass.io.readers import open_image
from napari_objclass.io.writers import write_image
from napari_objclass.widgets.batch import BatchDock
from napari_objclass.workflow.batch import Status


@pytest.fixture(scope="module")
def plate(tmp_path_factory):
    """Three images with label images, the last of which cannot be read."""
    folder = tmp_path_factory.mktemp("plate")
    for number in range(3):
        nuclei = oc.sample.nuclei_2d(seed=number + 1)
        write_image(folder / f"cells_{number}.tif", nuclei.raw, "yx")
        write_image(folder / f"cells_{number}_labels.tif", nuclei.labels, "yx")
    return folder


def images(folder, *numbers):
    return [{"raw": str(folder / f"cells_{n}.tif"), "labels": str(folder / f"cells_{n}_labels.tif")} for n in numbers]


@pytest.fixture
def dock(make_napari_viewer, qtbot, tmp_path):
    """The widget of its own, with a session that has labels and writes into a folder."""
    dock = BatchDock(make_napari_viewer(show=False))
    qtbot.addWidget(dock)
    shared, nuclei = dock.shared, oc.sample.nuclei_2d()

    def label(session):
        session.add_lane(raw=nuclei.raw, labels=nuclei.labels)
        examples = oc.sample.labelled_examples(nuclei)
        session.annotate_many(0, ids=list(examples), classes=list(examples.values()))
        session.export_settings = oc.Export(
            filename=f"{tmp_path.as_posix()}/new/{{nickname}}_{{result_type}}",
            format="tif",
            table=f"{tmp_path.as_posix()}/new/{{nickname}}.csv",
        )

    shared.do("batch", label)
    qtbot.waitUntil(lambda: shared.session.n_annotated_classes == 2 and shared.activity is None)
    return dock


@pytest.fixture
def step(dock):
    """The page."""
    return dock.step


def test_images_are_classified_as_in_the_project(step, plate, qtbot, tmp_path):
    assert not step.run.isVisibleTo(step)
    step.images_chosen.emit(images(plate, 0, 1))
    assert step.run.isVisibleTo(step)
    assert [line.text() for line in step.files.lines] == [
        str(tmp_path / "new" / "cells_0_Object Predictions.tif"),
        str(tmp_path / "new" / "cells_0.csv"),
    ]
    step.run.click()
    qtbot.waitUntil(lambda: not step.batch.running)
    assert step.summary == "2 of 2 done"
    session = step.shared.session
    total = 0
    for number, arguments in enumerate(images(plate, 0, 1)):
        lane = session.add_lane(**arguments)
        expected = session.predict(lane)
        found = open_image(tmp_path / "new" / f"cells_{number}_Object Predictions.tif").data
        np.testing.assert_array_equal(found, expected.paint("classes"))
        with (tmp_path / "new" / f"cells_{number}.csv").open(newline="") as file:
            assert len(list(csv.DictReader(file))) == len(expected.ids)
        total += len(expected.ids)
    assert f"{total:,} objects" in step.result.text()
    assert json.loads((tmp_path / "new" / "run.json").read_text("utf-8"))["ending"] == "done"


def test_what_fails_is_told_and_the_rest_goes_on(step, plate, qtbot, tmp_path):
    bad = tmp_path / "bad.tif"
    bad.write_bytes(b"no picture")
    step.images_chosen.emit([{"raw": str(bad), "labels": str(bad)}, *images(plate, 2)])
    step.run.click()
    qtbot.waitUntil(lambda: not step.batch.running)
    assert [step.batch.outcome(row).status for row in (0, 1)] == [Status.FAILED, Status.DONE]
    assert "<b>1 failed</b>: " in step.result.text()
    assert "bad.tif" in step.result.text().replace("\u200b", "")
    assert "in 1 of 2 images" in step.result.text()
    model = step.table.model()
    assert model.index(0, 2).data() == "! failed"
    assert "bad.tif" in model.index(0, 0).data(3)
    write_image(bad, oc.sample.nuclei_2d().labels, "yx")  # mended meanwhile
    assert step.run.text() == "Go on"
    step.run.click()
    qtbot.waitUntil(lambda: not step.batch.running)
    assert not step.batch.left


def test_a_run_that_was_stopped_goes_on(step, plate, qtbot):
    step.images_chosen.emit(images(plate, 0, 1, 2))
    step.connections.connect(step.shared.activity_changed, lambda: step.batch.outcome(0) and step.stop.click())
    step.run.click()
    qtbot.waitUntil(lambda: not step.batch.running)
    n_left = len(step.batch.left)
    assert step.shared.problem("batch") is None
    if n_left:  # unless the machine was faster than the click
        step.run.click()
        qtbot.waitUntil(lambda: not step.batch.running)


def test_results_are_never_written_over_images(step, plate, qtbot):
    step.images_chosen.emit(images(plate, 0))
    step.shared.do(
        "batch",
        lambda s: setattr(s, "export_settings", oc.Export(filename=f"{plate.as_posix()}/{{nickname}}", format="tif")),
    )
    qtbot.waitUntil(lambda: step.shared.session.export_settings.table is None)
    before = (plate / "cells_0.tif").read_bytes()
    step.run.click()
    qtbot.waitUntil(lambda: not step.batch.running)
    assert "is the raw image itself" in step.shared.problem("batch")
    assert (plate / "cells_0.tif").read_bytes() == before


def test_images_leave_the_list(step, plate):
    step.images_chosen.emit(images(plate, 0, 1))
    step.images_chosen.emit(images(plate, 1))
    assert len(step.batch.images) == 2
    step.table.selectRow(0)
    step.remove.click()
    assert [each.title for each in step.batch.images] == ["cells_1"]
    step.table.clearSelection()
    step.remove.click()
    assert not step.batch.images
    assert step.empty.isVisibleTo(step)


def test_results_are_called_after_the_image_whatever_comes_first(step, plate):
    (image,) = images(plate, 0)
    step.images_chosen.emit([{"labels": image["labels"], "raw": image["raw"]}])  # as Qt's signals sort them
    assert step.batch.images[0].title == "cells_0"


def test_results_are_brought_up_to_date_when_the_project_has_changed(step, plate, qtbot, tmp_path):
    step.images_chosen.emit(images(plate, 0, 1))

    def run():
        step.run.click()
        qtbot.waitUntil(lambda: not step.batch.running)
        return [step.batch.outcome(row).status for row in (0, 1)]

    assert run() == [Status.DONE, Status.DONE]
    assert "up to date" not in step.hint
    assert run() == [Status.KEPT, Status.KEPT]
    table = tmp_path / "all.csv"
    step.shared.do("batch", lambda s: setattr(s, "export_settings", oc.Export(images=(), table=str(table))))
    qtbot.waitUntil(lambda: step.batch.outdated)
    assert "up to date" in step.hint
    assert run() == [Status.DONE, Status.DONE]
    step.images_chosen.emit(images(plate, 2))
    assert step.run.text() == "Go on"
    step.run.click()
    qtbot.waitUntil(lambda: not step.batch.running)
    with table.open(newline="") as file:  # the one table has all images, not those of the last run alone
        assert {row["image"] for row in csv.DictReader(file)} == {"cells_0", "cells_1", "cells_2"}


def test_a_batch_outlives_its_page_and_is_one_for_all_pages(dock, plate, qtbot):
    closed = BatchDock(dock.shared.viewer)
    closed.step.images_chosen.emit(images(plate, 0))
    assert [each.title for each in dock.step.batch.images] == ["cells_0"]
    assert dock.step.table.isVisibleTo(dock.step)
    closed.step.run.click()
    closed.deleteLater()
    qtbot.waitUntil(lambda: not dock.step.batch.running)
    assert dock.step.summary == "1 of 1 done"


def test_long_names_do_not_make_the_page_wider(step, qtbot, tmp_path):
    width = step.minimumSizeHint().width()
    bad = tmp_path / f"{'well_A1_' * 12}.tif"
    bad.write_bytes(b"no picture")
    step.images_chosen.emit([{"raw": str(bad), "labels": str(bad)}])
    step.run.click()
    qtbot.waitUntil(lambda: not step.batch.running)
    assert "failed" in step.result.text()
    assert step.minimumSizeHint().width() <= max(width, 284)
