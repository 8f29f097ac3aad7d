"""``objclass train``: what it says of few labels, of one class, and of labels that do not count at present."""

import shutil

import pytest


@pytest.fixture
def labelled(objclass, images, tmp_path):
    """A project with the labels of a table, and its label image."""

    def make(table):
        shutil.copy(images / "labels.tif", tmp_path / "labels.tif")
        (tmp_path / "t.csv").write_text(table, "utf-8")
        words = ("--raw", images / "raw.tif", "--labels", tmp_path / "labels.tif", "--from", tmp_path / "t.csv")
        assert objclass("annotate", tmp_path / "p.objclass", *words).code == 0
        return tmp_path / "p.objclass"

    return make


def test_a_single_label(objclass, labelled):
    path = labelled("id,class\n1,a\n")
    result = objclass("train", path)
    assert result.code == 0
    assert "too few" in result.out
    assert "only one class" in result.err
    assert "nan" not in result.out + objclass("info", path).out.split("forest")[1]


def test_examples_are_counted_by_class(objclass, labelled):
    result = objclass("train", labelled("id,class\n1,a\n2,b\n3,a\n"))
    assert result.out.splitlines()[1:3] == ["  a: 2", "  b: 1"]
    assert result.err == ""


def test_a_missing_image_is_the_reason_and_not_a_lack_of_labels(objclass, labelled, tmp_path):
    path = labelled("id,class\n1,a\n2,b\n")
    (tmp_path / "labels.tif").unlink()
    result = objclass("train", path)
    assert result.code == 1
    assert len(result.err.splitlines()) == 1
    assert "labels.tif" in result.err
