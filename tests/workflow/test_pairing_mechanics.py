"""Image files and label files are paired by their names."""

from pathlib import Path

import pytest

from napari_objclass.workflow.pairing import File, pair, role_by_name


def files(*places):
    return [File(place, "raw" if (role := role_by_name(place)) is None else role) for place in places]


def pairs(*places):
    found, alone = pair(files(*places))
    return {each.objects.place: [raw.place for raw in each.raw] for each in found}, [each.place for each in alone]


@pytest.mark.parametrize(
    ("place", "role"),
    [
        ("cells_01.tif", None),
        ("cells_01_labels.tif", "labels"),
        ("cells_01_mask.png", "labels"),
        ("cells_01_cp_masks.tif", "labels"),
        ("cells_01-Seg.ome.tif", "labels"),
        ("cells_01_Object Identities.h5", "labels"),
        ("cells_01_Probabilities.h5", "probabilities"),
        ("probabilities/cells_01.tif", "probabilities"),
        ("cells_01_Object Probabilities.h5", ""),
        ("cells_01_Object Predictions.h5", ""),
        ("cells_01_raw.tif", "raw"),
        ("labels/cells_01.tif", "labels"),
        ("masks/cells_01_raw.tif", "raw"),
        ("a.h5/volume/labels", "labels"),
        ("a_labels.h5/raw", "raw"),
        ("segment_of_road.tif", None),
    ],
)
def test_roles_by_name(place, role):
    assert role_by_name(place) == role


@pytest.mark.parametrize("suffix", ["_labels.tif", "_mask.png", "_seg.tif", "_cp_masks.tif", ".labels.h5"])
def test_suffixes(suffix):
    assert pairs("cells_01.tif", "cells_02.tif", f"cells_02{suffix}", f"cells_01{suffix}") == (
        {f"cells_02{suffix}": ["cells_02.tif"], f"cells_01{suffix}": ["cells_01.tif"]},
        [],
    )


def test_folders():
    own = [str(Path("d", kind, name)) for kind in ("raw", "labels") for name in ("1.tif", "2.tif")]
    assert pairs(*own) == ({own[2]: [own[0]], own[3]: [own[1]]}, [])


def test_the_same_name_in_two_experiments():
    own = [str(Path(place)) for place in ("a/1.tif", "a/1_labels.tif", "b/1.tif", "b/1_labels.tif")]
    assert pairs(*own) == ({own[1]: [own[0]], own[3]: [own[2]]}, [])


def test_folders_of_any_name():
    assert pairs("x/1.tif", "y/1_mask.tif") == ({"y/1_mask.tif": ["x/1.tif"]}, [])


def test_datasets_of_one_file():
    assert pairs("a.h5/raw", "a.h5/labels") == ({"a.h5/labels": ["a.h5/raw"]}, [])


def test_files_per_channel():
    assert pairs("a_c0.tif", "a_c1.tif", "a_labels.tif", "b_c0.tif", "b_c1.tif", "b_labels.tif") == (
        {"a_labels.tif": ["a_c0.tif", "a_c1.tif"], "b_labels.tif": ["b_c0.tif", "b_c1.tif"]},
        [],
    )


def test_two_files_whatever_their_names():
    assert pairs("dapi.tif", "result_labels.tif") == ({"result_labels.tif": ["dapi.tif"]}, [])


def test_what_has_no_partner_is_told():
    assert pairs("1.tif", "2.tif", "3.tif", "3_mask.tif", "4_mask.tif") == (
        {"3_mask.tif": ["3.tif"], "4_mask.tif": []},
        ["1.tif", "2.tif"],
    )


def test_two_label_images_of_one_name_take_no_image_from_each_other():
    found, alone = pairs("1.tif", "2.tif", "1_mask.tif", "1_labels.tif")
    assert found == {"1_mask.tif": [], "1_labels.tif": []}
    assert alone == ["1.tif", "2.tif"]


def test_probabilities():
    assert pairs("1.tif", "1_Probabilities.h5", "2_probs.tif", "2.tif") == (
        {"1_Probabilities.h5": ["1.tif"], "2_probs.tif": ["2.tif"]},
        [],
    )


def test_probabilities_are_not_needed_where_there_are_labels():
    assert pairs("1.tif", "1_Probabilities.h5", "1_mask.png", "2.tif", "2_Probabilities.h5") == (
        {"1_mask.png": ["1.tif"], "2_Probabilities.h5": ["2.tif"]},
        [],
    )


def test_roles_of_the_user_count():
    found, alone = pair([File("a.tif", "raw"), File("b.tif", "segmentation"), File("c.tif", "")])
    assert [(each.objects.place, each.raw[0].place) for each in found] == [("b.tif", "a.tif")]
    assert alone == []
