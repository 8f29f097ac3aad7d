"""The image that is shown while others come and go: it stays, and clicks mean its objects."""

import threading

import numpy as np
import pytest

from napari_objclass.widgets.viewer.exporting import write
from napari_objclass.workflow import sources
from napari_objclass.workflow.export import Export
from napari_objclass.workflow.session import Session


@pytest.fixture
def three(with_nuclei, mailbox, nuclei):
    """Session with three images, of which the second is shown."""
    shared = with_nuclei
    for name, part in (("top", slice(0, 300)), ("bottom", slice(200, 512))):
        raw, labels = nuclei.raw[part].copy(), nuclei.labels[part].copy()
        shared.do(
            "input_data", lambda s, raw=raw, labels=labels, name=name: s.add_lane(raw=raw, labels=labels, name=name)
        )
    mailbox.until(lambda: len(shared.session.lanes) == 3)
    shared.wake()
    shared.show(1)
    mailbox.until(lambda: shared.shown.table is not None)
    mailbox.settle()
    return shared


def test_it_stays_when_one_before_it_goes_and_comes_back(three, mailbox):
    shown = three.shown
    three.do("input_data", lambda s: s.remove_lane(0))
    mailbox.until(lambda: three.position == 0)
    mailbox.settle()
    assert three.shown is shown
    assert (three.record.name, three.position) == ("top", 0)
    three.undo()
    mailbox.until(lambda: three.position == 1)
    mailbox.settle()
    assert three.shown is shown
    assert (three.record.name, three.position) == ("top", 1)


def test_the_next_one_is_shown_when_it_goes(three, mailbox):
    three.do("input_data", lambda s: s.remove_lane(1))
    mailbox.until(lambda: three.record and three.record.name == "bottom" and three.shown.table is not None)
    mailbox.settle()
    assert three.position == 1
    assert three.viewer.layers["Objects"].data.shape == (312, 512)
    three.do("input_data", lambda s: s.remove_lane(1))
    mailbox.until(lambda: three.record and three.record.name == "nuclei")
    three.do("input_data", lambda s: s.remove_lane(0))
    mailbox.until(lambda: three.shown is None)
    assert (three.shown, three.record, three.position) == (None, None, None)


def test_a_click_means_the_image_that_is_shown_whatever_was_asked_for_before(three, mailbox):
    shown = three.shown.uuid
    object_id = int(three.shown.objects.ids[0])
    go = threading.Event()
    three.do("input_data", lambda s: (go.wait(20), s.remove_lane(0)))
    three.annotate(0, [object_id], 1)
    go.set()
    mailbox.until(lambda: three.session.annotations and three.shown.claims and three.shown.claims.active)
    (label,) = three.session.annotations
    assert three.session.lanes[label.lane].uuid == shown
    assert label.object_id == object_id


def test_a_click_means_the_class_that_was_chosen_whatever_was_asked_for_before(with_nuclei, mailbox):
    shared = with_nuclei
    chosen = shared.session.classes[1]
    go = threading.Event()
    shared.do("object_classification", lambda s: (go.wait(20), s.add_class("third"), s.delete_class(1)))
    shared.annotate(0, [1], 2)
    go.set()
    mailbox.until(lambda: shared.session.annotations)
    (label,) = shared.session.annotations
    assert label.class_name == chosen.name


def test_an_export_writes_the_image_that_was_chosen_whatever_was_asked_for_before(three, mailbox, tmp_path):
    for number, object_id in enumerate(three.shown.objects.ids[:2].tolist(), 1):
        three.annotate(0, [object_id], number)
    chosen = [three.shown.uuid]
    three.session.export_settings = Export((sources.IDENTITIES,), f"{tmp_path.as_posix()}/{{nickname}}", "tif")
    three.do("input_data", lambda s: s.remove_lane(0))
    written = []
    three.run("export", "exporting", lambda **run: write(three.session, chosen, overwrite=False, **run), written.append)
    mailbox.until(lambda: written)
    assert [path.name for path in written[0].written] == ["top.tif"]


def test_what_is_wrong_with_an_image_goes_with_it(shared, mailbox, nuclei, tmp_path):
    np.save(tmp_path / "labels.npy", nuclei.labels)
    shared.do("input_data", lambda s: s.add_lane(labels=tmp_path / "labels.npy"))
    mailbox.until(lambda: shared.shown is not None)
    shared.save(tmp_path / "p.objclass")
    mailbox.until(lambda: shared.session.path is not None)
    shared.open(Session)
    mailbox.until(lambda: shared.session.path is None)
    (tmp_path / "labels.npy").unlink()
    shared.open(lambda: Session.open(tmp_path / "p.objclass"))
    mailbox.until(lambda: shared.problem("input_data"))
    shared.do("input_data", lambda s: s.remove_lane(0))
    mailbox.until(lambda: shared.shown is None)
    assert shared.problem("input_data") is None
