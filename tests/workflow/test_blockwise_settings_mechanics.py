"""Settings of blockwise classification: kept in the project, taken over from ilastik, refused in one sentence."""

from dataclasses import replace

import numpy as np
import pytest
from workflow import ilp_files

import napari_objclass as oc
from napari_objclass.errors import ParameterError

CHOSEN = oc.Blockwise(memory=10**9, block_shape=(1, 64, 32), ilastik_block_shape=(1, 256, 512), halo=(0, 32, 64))


def test_they_come_back_with_the_project(tmp_path):
    session = oc.Session(recover=False)
    assert session.blockwise_settings == oc.Blockwise()
    session.blockwise_settings = CHOSEN
    session.save(tmp_path / "a.objclass")
    session.close()
    again = oc.Session.open(tmp_path / "a.objclass")
    assert again.blockwise_settings == CHOSEN
    again.close()


def test_they_outlive_a_crash_and_are_no_matter_of_undo(tmp_path):
    session = oc.Session(recover=False)
    session.add_class("third")
    session.save(tmp_path / "a.objclass")
    session.add_class("fourth")
    session.blockwise_settings = CHOSEN
    session.undo()
    assert (len(session.classes), session.blockwise_settings) == (3, CHOSEN)
    session.close()  # which saves nothing
    again = oc.Session.open(tmp_path / "a.objclass")
    assert again.blockwise_settings == CHOSEN
    again.close()


def test_a_change_is_told_once_and_makes_nothing_stale():
    session, told = oc.Session(recover=False), []
    session.changed.connect(told.append)
    session.blockwise_settings = CHOSEN
    session.blockwise_settings = replace(CHOSEN)
    assert told == [{("blockwise", None)}]


def test_what_a_classifier_says_does_not_depend_on_them():
    session, nuclei = oc.Session(recover=False), oc.sample.nuclei_2d()
    session.add_lane(raw=nuclei.raw, labels=nuclei.labels)
    examples = oc.sample.labelled_examples(nuclei)
    session.annotate_many(0, ids=list(examples), classes=list(examples.values()))
    session.train()
    before = session.predictor().digest
    session.blockwise_settings = CHOSEN
    assert session.predictor().digest == before


def test_blocks_of_ilastik_come_along(tmp_path):
    with ilp_files.create(tmp_path / "a.ilp") as file:
        ilp_files.add_blocks(file, {"x": 512, "y": 256, "z": 1}, {"x": 64, "y": 32, "z": 0})
    session = oc.import_ilp(tmp_path / "a.ilp", recover=False)
    assert session.blockwise_settings == oc.Blockwise(ilastik_block_shape=(1, 256, 512), halo=(0, 32, 64))
    assert not [note for note in session.notes if "block" in note]


def test_ilastiks_defaults_without(tmp_path):
    ilp_files.create(tmp_path / "a.ilp").close()
    settings = oc.import_ilp(tmp_path / "a.ilp", recover=False).blockwise_settings
    assert settings == oc.Blockwise(ilastik_block_shape=(512, 512, 512), halo=(64, 64, 64))


def test_impossible_blocks_of_ilastik_are_left_out_and_told(tmp_path):
    with ilp_files.create(tmp_path / "a.ilp") as file:
        ilp_files.add_blocks(file, {"x": 0, "y": 256, "z": 1}, {"x": 64, "y": 32, "z": 0})
    session = oc.import_ilp(tmp_path / "a.ilp", recover=False)
    assert session.blockwise_settings == oc.Blockwise()
    assert [note for note in session.notes if "the block and halo of the project were left out" in note]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("memory", 0),
        ("memory", 1.5),
        ("memory", True),
        ("block_shape", (64, 64)),
        ("block_shape", (0, 64, 64)),
        ("block_shape", 64),
        ("ilastik_block_shape", None),
        ("ilastik_block_shape", (1, 2, 2**40)),
        ("halo", (1, 2, -1)),
        ("halo", (1, 2, 0.5)),
        ("halo", "abc"),
    ],
)
def test_what_cannot_be_is_refused(field, value):
    with pytest.raises(ParameterError, match=field.replace("_", ".")):
        oc.Blockwise(**{field: value})


def test_numpys_numbers_are_numbers():
    settings = oc.Blockwise(block_shape=np.array([1, 2, 3]), halo=list(np.array([4, 5, 6], np.uint8)))
    assert (settings.block_shape, settings.halo) == ((1, 2, 3), (4, 5, 6))
    assert oc.Blockwise.from_json(settings.to_json()) == settings
