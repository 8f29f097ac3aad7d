"""Files of images that moved: found by one of them, told apart from those that are there."""

import numpy as np
import pytest

import napari_objclass as oc
from napari_objclass.io.writers import write_image
from napari_objclass.widgets.viewer.image_changes import ImageChanges
from napari_objclass.widgets.viewer.moved import gone, moved


@pytest.fixture
def project(tmp_path):
    """A project of three images, two of which moved into one folder, and one into nothing."""
    with oc.Session(recover=False) as session:
        for name in ("a", "b", "c"):
            raw = write_image(tmp_path / f"{name}_raw.tif", np.ones((9, 9), np.uint8), "yx")
            labels = write_image(tmp_path / f"{name}_labels.tif", np.eye(9, dtype=np.uint8), "yx")
            session.add_lane(raw=raw, labels=labels, name=name)
        session.save(tmp_path / "p.objclass")
    (tmp_path / "new").mkdir()
    for path in [*tmp_path.glob("a_*"), *tmp_path.glob("b_*")]:
        path.rename(tmp_path / "new" / path.name)
    (tmp_path / "c_labels.tif").unlink()
    return tmp_path


def test_what_is_gone_is_known_and_where_it_may_be(project):
    with oc.Session.open(project / "p.objclass", read_only=True) as session:
        first, _, last = session.lanes
        assert (gone(first), gone(last)) == (["labels", "raw"], ["labels"])
        new = project / "new"
        assert moved(first, [project, new]) == {"raw": str(new / "a_raw.tif"), "labels": str(new / "a_labels.tif")}
        assert moved(last, [project, new]) == {}


def test_images_that_moved_along_are_found_too(shared, mailbox, project):
    shared.open(lambda: oc.Session.open(project / "p.objclass"))
    mailbox.until(lambda: len(shared.session.lanes) == 3)
    first = shared.session.lanes[0]
    lacking = []
    ImageChanges(shared, "input_data").relink(first.uuid, {"raw": str(project / "new" / "a_raw.tif")}, lacking.append)
    mailbox.settle()
    assert [gone(lane) for lane in shared.session.lanes] == [[], [], ["labels"]]
    assert lacking == []


def test_a_file_that_is_not_there_either_is_asked_for(shared, mailbox, project):
    (project / "new" / "a_labels.tif").unlink()
    shared.open(lambda: oc.Session.open(project / "p.objclass"))
    mailbox.until(lambda: len(shared.session.lanes) == 3)
    before, lacking = shared.session.lanes, []
    ImageChanges(shared, "input_data").relink(
        before[0].uuid, {"raw": str(project / "new" / "a_raw.tif")}, lacking.append
    )
    mailbox.settle()
    assert lacking == ["labels"]
    assert shared.session.lanes == before
