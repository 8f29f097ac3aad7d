"""Images that a session writes: annotations, parts of an image, sequences, and what is told about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h5py
import numpy as np
import PIL.Image
import pytest
from workflow.scenes import movie, nuclei

from napari_objclass.errors import ObjClassError
from napari_objclass.io.readers import open_image
from napari_objclass.workflow.export import Export
from napari_objclass.workflow.session import Session
from napari_objclass.workflow.sources import SOURCES

if TYPE_CHECKING:
    from pathlib import Path

SCENE = movie(3, ids=lambda k: 7 * k + 3)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    session = Session()
    session.add_lane(
        raw=SCENE.raw, labels=SCENE.labels, axes="tyx", name="cells", spacing=(500, 250), units="nm", offset=(7, 9)
    )
    for (t, object_id), cls in list(SCENE.truth.items())[::5]:
        session.annotate(0, object_id, cls=cls, t=t)
    session.export_settings = Export(filename=f"{tmp_path.as_posix()}/{{nickname}}_{{result_type}}")
    return session


def test_annotations(session: Session) -> None:
    (path,) = session.export(0, "Annotations")
    image = open_image(path)
    expected = np.zeros(SCENE.labels.shape, "u1")
    for each in session.annotations:
        expected[each.t][SCENE.labels[each.t] == each.object_id] = each.cls
    assert np.unique(expected).tolist() == [0, 1, 2]
    assert image.data.dtype == np.uint8
    np.testing.assert_array_equal(image.data, expected)
    assert image.colors == {1: session.classes[0].color, 2: session.classes[1].color}


def test_annotations_of_another_image_are_none(session: Session, tmp_path: Path) -> None:
    other = nuclei(seed=9)
    session.train()
    predictor = session.predictor()
    chain, lane = predictor.open({"raw": other.raw, "labels": other.labels}, name="other")
    settings = Export("annotations", f"{tmp_path.as_posix()}/{{nickname}}")
    written = predictor.export(chain, lane, settings, settings.files("other", tmp_path))
    np.testing.assert_array_equal(open_image(written.files[0]).data, np.zeros(other.labels.shape))


@pytest.mark.parametrize(("format_name", "unit"), [("compressed hdf5", 1.0), ("hdf5", 1.0), ("multipage tiff", 1e-3)])
def test_all_images_have_voxel_size_and_place(session: Session, format_name: str, unit: float) -> None:
    session.export_settings = Export(SOURCES, session.export_settings.filename, format_name, region=(("y", 40, 90),))
    for path in session.export(0):
        image = open_image(path)
        assert image.units == ("nm" if unit == 1 else "µm")
        assert image.spacing == pytest.approx((500 * unit, 250 * unit), rel=1e-12)
        assert image.offset == (47, 9)
        assert dict(zip(image.axes, image.data.shape, strict=True))["y"] == 50


def test_sequence_of_a_region(session: Session) -> None:
    paths = session.export(0, "Object Identities", format="png sequence", region=(("t", 1, None), ("x", 30, 999)))
    assert [path.name for path in paths] == ["cells_Object Identities_1.png", "cells_Object Identities_2.png"]
    for t, path in enumerate(paths, 1):
        np.testing.assert_array_equal(np.array(PIL.Image.open(path)), SCENE.labels[t, :, 30:])
    assert any("which ends along x at 140" in note for note in session.notes)


def test_an_image_that_cannot_be_written_leaves_nothing(session: Session, tmp_path: Path) -> None:
    with pytest.raises(ObjClassError, match="do not fit into uint8"):
        session.export(0, "Object Probabilities", dtype="uint8", renormalize=(0, 1, 0, 999))
    with pytest.raises(ObjClassError, match="choose the dtype uint8"):
        session.export(0, "Uncertainty", format="png sequence")
    assert list(tmp_path.iterdir()) == []
    paths = session.export(0, "Uncertainty", format="png sequence", dtype="uint8", renormalize=(0, 1, 0, 255))
    assert len(paths) == 3


def test_probabilities_declare_their_range(session: Session) -> None:
    (path,) = session.export(0, "Object Probabilities", axes="tcyx")
    with h5py.File(path) as file:
        assert file["exported_data"].attrs["drange"].tolist() == [0, 1]
        assert file["exported_data"].shape == (3, 2, 120, 140)
    assert open_image(path).channel_names == ("Class 1", "Class 2")
