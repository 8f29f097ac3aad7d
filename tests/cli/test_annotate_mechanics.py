"""``objclass annotate``: tables of all kinds, the same image again, and all or nothing."""

import shutil

import numpy as np
import pytest

import napari_objclass as oc


@pytest.fixture
def files(images, tmp_path):
    for name in ("raw.tif", "labels.tif", "table.csv"):
        shutil.copy(images / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def annotate(objclass, files):
    """Annotate with a table, given as text or as a file, and return result and (class names, classes by id)."""

    def run(table, *words, image=("--raw", files / "raw.tif", "--labels", files / "labels.tif")):
        if isinstance(table, str):
            (files / "given.csv").write_text(table, "utf-8")
            table = files / "given.csv"
        result = objclass("annotate", files / "p.objclass", *image, "--from", table, *words)
        if not (files / "p.objclass").exists():
            return result, None
        with oc.Session.open(files / "p.objclass", read_only=True) as session:
            names = [each.name for each in session.classes]
            return result, [(names, session.object_classes(lane)) for lane in range(len(session.lanes))]

    return run


@pytest.mark.parametrize(
    "table",
    [
        "id,class\n1,a\n2,b\n",
        "id;class\n1;a\n2;b\n",
        "id\tclass\n1\ta\n2\tb\n",
        '\ufeff"id","class"\r\n"1","a"\r\n"2","b"\r\n',
        "label,frame,class\n1.0,0.0,a\n2.0,0.0,b\n3.0,0.0,\n4.0,0.0,nan\n5.0,0.0,NA\n",
    ],
)
def test_tables(annotate, table):
    result, found = annotate(table)
    assert result.code == 0, result.err
    assert found == [(["a", "b"], {1: 1, 2: 2})]


def test_places_with_decimal_commas(annotate, files):
    labels = oc.sample.nuclei_2d().labels
    y, x = np.argwhere(labels == 1)[7]
    result, found = annotate(f"y;x;class\n{y},0;{x},25;a\n")
    assert result.code == 0, result.err
    assert found[0][1] == {1: 1}


@pytest.mark.parametrize("number", ["2", "2.0"])
def test_class_numbers(annotate, number):
    result, found = annotate(f"id,class\n1,{number}\n2,0\n3,3\n")
    assert result.code == 0, result.err
    assert found == [(["Class 1", "Class 2", "Class 3"], {1: 2, 3: 3})]


@pytest.mark.parametrize(("number", "hint"), [("-1", "line 2"), ("70000", "class number")])
def test_numbers_that_are_no_class(annotate, number, hint):
    result, found = annotate(f"id,class\n1,{number}\n")
    assert (result.code, found) == (1, None)
    assert hint in result.err


def test_the_same_command_again_changes_nothing(annotate, files):
    _, once = annotate(files / "table.csv")
    result, twice = annotate(files / "table.csv")
    assert result.code == 0, result.err
    assert twice == once


def test_labels_follow_a_new_segmentation_of_the_image(annotate, files):
    annotate("id,class\n1,a\n2,b\n")
    labels = oc.sample.nuclei_2d().labels
    np.save(files / "new.npy", np.where(labels, labels + 50, 0))
    image = ("--image", "raw", "--raw", files / "raw.tif", "--labels", files / "new.npy")
    result, found = annotate("id,class\n53,a\n", image=image)
    assert result.code == 0, result.err
    assert found == [(["a", "b"], {51: 1, 52: 2, 53: 1})]


def test_names_that_two_images_share_name_none(annotate, files):
    (files / "other").mkdir()
    for name in ("raw.tif", "labels.tif"):
        shutil.copy(files / name, files / "other" / name)
    other = ("--raw", files / "other" / "raw.tif", "--labels", files / "other" / "labels.tif")
    annotate("id,class\n1,a\n2,b\n")
    assert annotate("id,class\n2,b\n", image=other)[1] == [(["a", "b"], {1: 1, 2: 2}), (["a", "b"], {2: 2})]
    result, _ = annotate("id,class\n1,a\n", "--image", "raw", image=())
    assert result.code == 1
    assert "2 images" in result.err


def test_a_failure_leaves_the_project_as_it_was(annotate, files):
    _, before = annotate("id,class\n1,a\n")
    names = sorted(path.name for path in files.iterdir())
    np.save(files / "more.npy", oc.sample.nuclei_2d().labels)
    result, after = annotate("id,class\n99999,newer\n", image=("--labels", files / "more.npy"))
    assert result.code == 1
    assert after == before
    assert sorted(path.name for path in files.iterdir()) == sorted([*names, "more.npy"])


def test_planes_that_should_be_frames(objclass, files):
    stack = np.repeat(oc.sample.nuclei_2d().labels[None], 3, 0)
    np.save(files / "stack.npy", stack)
    (files / "t.csv").write_text("t,id,class\n2,1,a\n", "utf-8")
    words = ("annotate", files / "p.objclass", "--labels", files / "stack.npy", "--from", files / "t.csv")
    result = objclass(*words)
    assert result.code == 1
    assert "axes" in result.err
    assert objclass(*words, "--axes", "tyx").code == 0
