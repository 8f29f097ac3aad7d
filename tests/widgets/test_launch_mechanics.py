"""What ``objclass gui`` opens the workbench on: images of which some cannot be read, and folders."""

from widgets.user import until

from napari_objclass import sample
from napari_objclass.io.writers import write_image
from napari_objclass.widgets.launch import open_workbench


def write(folder):
    made = sample.nuclei_2d()
    raw, labels = write_image(folder / "raw.tif", made.raw, "yx"), write_image(folder / "labels.tif", made.labels, "yx")
    return {"raw": str(raw), "labels": str(labels)}


def test_what_cannot_be_added_is_told_though_the_rest_goes_on(make_napari_viewer, tmp_path):
    image = write(tmp_path)
    shared = open_workbench(make_napari_viewer(), images=[{"labels": str(tmp_path / "gone.tif")}, image]).shared
    until(lambda: shared.shown is not None and shared.shown.objects is not None)
    assert "gone.tif was not added" in shared.problem("input_data")


def test_images_in_a_folder_are_offered(make_napari_viewer, tmp_path):
    write(tmp_path)
    workbench = open_workbench(make_napari_viewer(), folders=[str(tmp_path)])
    step = workbench.step("input_data")
    assert workbench.accordion.page is step
    until(lambda: step.pairing.add.isEnabled())
    step.pairing.add.click()
    until(lambda: workbench.shared.session.lanes)
    assert sorted(workbench.shared.session.lanes[0].sources) == ["labels", "raw"]
