"""Inputs of a batch: lists, folders paired by names, and tables as spreadsheets save them."""

from pathlib import Path

import numpy as np
import pytest

from napari_objclass.errors import FileError, ParameterError
from napari_objclass.io.writers import write_image
from napari_objclass.workflow import batch_inputs
from napari_objclass.workflow.batch import ImageSet


@pytest.fixture
def plate(tmp_path) -> Path:
    """Folders ``raw`` and ``masks`` with three images each."""
    for folder, suffix in (("raw", ""), ("masks", "_mask")):
        (tmp_path / folder).mkdir()
        for name in ("a", "b", "c"):
            (tmp_path / folder / f"{name}{suffix}.tif").touch()
    return tmp_path


def pairs(inputs):
    return [tuple(Path(file).name for file in each.files) for each in inputs.image_sets]


def folders(plate, *parents):
    parents = parents or (plate,)
    return {role: [str(parent / name) for parent in parents] for role, name in (("labels", "masks"), ("raw", "raw"))}


def test_folders_are_paired_by_names(plate):
    found = batch_inputs.from_files(folders(plate))
    assert pairs(found) == [("a.tif", "a_mask.tif"), ("b.tif", "b_mask.tif"), ("c.tif", "c_mask.tif")]
    assert [list(each.images) for each in found.image_sets] == [["raw", "labels"]] * 3
    assert [each.title for each in found.image_sets] == ["a", "b", "c"]
    assert found.unpaired == []


@pytest.mark.parametrize("role", ["labels", "segmentation"])
def test_one_folder_for_both(plate, role):
    for name in ("a", "b"):
        (plate / f"{name}.tif").touch()
        (plate / f"{name}_labels.tif").touch()
    found = batch_inputs.from_files({role: [str(plate)], "raw": [str(plate)]})
    assert [each.images for each in found.image_sets] == [
        {"raw": str(plate / f"{name}.tif"), role: str(plate / f"{name}_labels.tif")} for name in ("a", "b")
    ]
    assert found.unpaired == []


def test_what_has_no_partner_is_told(plate):
    (plate / "masks" / "b_mask.tif").unlink()
    (plate / "masks" / "z_mask.tif").touch()
    found = batch_inputs.from_files(folders(plate))
    assert pairs(found) == [("a.tif", "a_mask.tif"), ("c.tif", "c_mask.tif")]
    assert {Path(file).name for file in found.unpaired} == {"b.tif", "z_mask.tif"}


def test_results_in_a_folder_are_no_images(plate):
    for result in ("a_Object Predictions.h5", "a_Object Identities.tif", "table.csv", ".a.tif.12345678.part"):
        (plate / "raw" / result).touch()
    found = batch_inputs.from_files(folders(plate))
    assert pairs(found)[0] == ("a.tif", "a_mask.tif")
    assert found.unpaired == []


def test_identities_of_another_run_are_labels(plate):
    for path in (plate / "masks").iterdir():
        path.rename(path.with_name(path.name.replace("_mask", "_Object Identities")))
    assert pairs(batch_inputs.from_files(folders(plate)))[0] == ("a.tif", "a_Object Identities.tif")


def test_folders_of_the_same_names_are_partners_in_their_order(plate, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    for folder in ("raw", "masks"):
        (plate / folder).rename(plate / f"1{folder}")
        (other / f"2{folder}").mkdir()
        for path in (plate / f"1{folder}").iterdir():
            (other / f"2{folder}" / path.name).touch()
    given = {
        role: [str(plate / f"1{name}"), str(other / f"2{name}")] for role, name in (("raw", "raw"), ("labels", "masks"))
    }
    found = batch_inputs.from_files(given)
    assert len(found.image_sets) == 6
    assert all(len({Path(file).parents[1] for file in each.files}) == 1 for each in found.image_sets)


def test_a_folder_without_images(plate):
    with pytest.raises(FileError, match="no images in the folder"):
        batch_inputs.from_files({"labels": [str(plate)]})


def test_lists_of_other_lengths(plate):
    with pytest.raises(ParameterError, match="2 for raw but 1 for labels"):
        batch_inputs.from_files({"labels": ["a"], "raw": ["b", "c"]})


def table(tmp_path, content) -> list[ImageSet]:
    path = tmp_path / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return batch_inputs.from_table(path)


EXPECTED = [
    ("raw/a.tif", "masks/a_mask.tif", "first", {"well": "A1", "dose": "0,5"}),
    ("raw/b.tif", "masks/b_mask.tif", None, {"well": "B1", "dose": ""}),
]
COMMAS = 'raw,labels,name,well,dose\nraw/a.tif,masks/a_mask.tif,first,A1,"0,5"\n\nraw/b.tif,masks/b_mask.tif,,B1\n'
SEMICOLONS = (
    "raw;labels;name;well;dose;;\r\nraw/a.tif;masks/a_mask.tif;first;A1;0,5;;\r\nraw/b.tif;masks/b_mask.tif;;B1"
)


@pytest.mark.parametrize(
    "content",
    [
        COMMAS,
        COMMAS.replace("raw,labels,name", "Label Image,RAW_DATA,nickname").replace(
            "raw/a.tif,masks/a_mask.tif", "masks/a_mask.tif,raw/a.tif"
        ).replace("raw/b.tif,masks/b_mask.tif", "masks/b_mask.tif,raw/b.tif"),
        SEMICOLONS,
        "sep=;\r\n" + SEMICOLONS,
        "\ufeff" + SEMICOLONS,
        SEMICOLONS.replace("0,5", '"0,5"').replace(";", "\t").encode("utf-16"),
    ],
)  # fmt: skip
def test_a_table_as_spreadsheets_save_it(tmp_path, content):
    found = table(tmp_path, content)
    for each, (raw, labels, name, columns) in zip(found, EXPECTED, strict=True):
        assert each.images == {"raw": str(tmp_path / raw), "labels": str(tmp_path / labels)}
        assert list(each.images) == ["raw", "labels"]
        assert (each.name, each.columns) == (name, columns)


def test_cells_in_quotes_keep_their_lines(tmp_path):
    found = table(tmp_path, 'labels,"remark\n2"\r\na.tif,"one\ntwo\u2028three"\r\n')
    assert [each.columns for each in found] == [{"remark\n2": "one\ntwo\u2028three"}]


def test_a_table_of_the_western_code_page(tmp_path):
    assert table(tmp_path, "labels,place\na.tif,Köln\n".encode("cp1252"))[0].columns == {"place": "Köln"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("labels\n", "no images below"),
        ("file,well\na.tif,A1\n", "no column of images"),
        ("labels,well,well\na.tif,1,2\n", "two columns 'well'"),
        ("labels,well\n,A1\n", "line 2 .* no image"),
        ("labels,segmentation\na.tif,b.tif\n", "line 2 .* two images"),
        ("labels\na.tif,b\n", "line 2 .* cell too many"),
        ("labels,Predicted Class\na.tif,b\n", "'Predicted Class', as results do"),
        ("labels,image\na.tif,b\n", "'image', as results do"),
        ("labels,status\na.tif,b\n", "'status', as results do"),
        ("labels,Number of cells\na.tif,b\n", "'Number of cells', as results do"),
        ("labels,label image\na.tif,b.tif\n", "columns 'labels' and 'label image' for one image"),
        (b"PK\x03\x04\x00\x00\x00", "no text"),
        ('labels\n"a.tif\n', "save it as CSV"),
    ],
)
def test_a_table_that_cannot_be_used_is_one_sentence(tmp_path, content, said):
    with pytest.raises(FileError, match=said) as error:
        table(tmp_path, content)
    assert "\n" not in str(error.value)


def test_a_table_that_is_not_there(tmp_path):
    with pytest.raises(FileError, match="No such file"):
        batch_inputs.from_table(tmp_path / "gone.csv")


def test_a_level_of_an_image_is_an_image(tmp_path):
    for name in ("raw.zarr", "labels.zarr"):
        write_image(tmp_path / name, np.zeros((4, 5), np.uint8), "yx")
    raw, labels = str(tmp_path / "raw.zarr/0"), str(tmp_path / "labels.zarr/0")
    found = batch_inputs.from_files({"raw": [raw], "labels": [labels]})
    assert [each.images for each in found.image_sets] == [{"raw": raw, "labels": labels}]
