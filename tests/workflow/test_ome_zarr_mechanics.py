"""OME-Zarr in sessions and projects, folders that are put in place whole, and the sentences of what cannot be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr
from workflow.scenes import nuclei

from napari_objclass.errors import FileError, ObjClassError
from napari_objclass.io import ome_zarr
from napari_objclass.io.fingerprint import fingerprint
from napari_objclass.io.formats import is_zarr
from napari_objclass.io.image import Picture
from napari_objclass.io.readers import open_image
from napari_objclass.io.whole_files import check_place
from napari_objclass.io.writers import write_image, write_picture
from napari_objclass.workflow.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

SCENE = nuclei((300, 80))
IMAGE = np.arange(42, dtype="u2").reshape(6, 7)


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    """An image with a label image in it, as a folder."""
    form = {"spacing": (0.5, 0.25), "units": "µm", "offset": (30, 40)}
    path = write_picture(tmp_path / "data" / "cells.ome.zarr", Picture(SCENE.raw, "yx", **form))
    write_picture(tmp_path / "cells.zarr", Picture(SCENE.labels, "yx", **form, colors={}))
    zarr.open_group(path).create_group("labels", attributes={"ome": {"version": "0.5", "labels": ["cells"]}})
    (tmp_path / "cells.zarr").rename(path / "labels" / "cells")
    return path


@pytest.fixture
def tmp_path(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path


def table(session: Session, lane: int = 0) -> np.ndarray:
    return session.table(lane, features=["num_pixels", "intensity_mean"]).values


def test_a_session_has_it_as_any_file(tmp_path: Path, scene: Path) -> None:
    with Session() as session:
        session.add_lane(raw=SCENE.raw, labels=SCENE.labels)
        expected = table(session)
        session.relink_lane(0, raw=scene, labels=f"{scene}/labels/cells")
        np.testing.assert_array_equal(table(session), expected)
        assert session.add_lane(raw=f"{scene}/0", labels=f"{scene}/labels/cells/0") == 0
        session.remove_lane(0)
        assert session.add_lane(raw=scene, labels=f"{scene}/labels/cells") == 0
        lane = session.lanes[0]
        assert (lane.spacing, lane.units, lane.offset) == ((1.0, 0.5, 0.25), "µm", (0, 30, 40))
        assert lane.folder == scene.parent
        session.annotate(0, 1, cls=1)
        session.save(tmp_path / "p.objclass")
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    with Session.open(tmp_path / "p.objclass") as session:
        moved = tmp_path / "elsewhere" / scene.name
        session.relink_lane(0, raw=moved, labels=f"{moved}/labels/cells")
        np.testing.assert_array_equal(table(session), expected)
        assert session.annotations[0].state == "active"
        session.save()
    with Session.open(tmp_path / "p.objclass") as session:
        np.testing.assert_array_equal(table(session), expected)
        assert session.notes == []
    write_picture(tmp_path / "other.zarr", Picture(SCENE.raw + 1, "yx"))
    (tmp_path / "other.zarr" / "0").rename(tmp_path / "0")
    (moved / "0").rename(tmp_path / "old")
    (tmp_path / "0").rename(moved / "0")
    with Session.open(tmp_path / "p.objclass") as session:
        assert "other content" in session.annotations[0].reason


def test_its_fingerprint_is_that_of_the_pixels(scene: Path) -> None:
    assert fingerprint(open_image(scene).data, "yx") == fingerprint(SCENE.raw, "yx")


def test_only_the_chunks_of_a_slice_are_read(tmp_path: Path) -> None:
    volume = np.ones((130, 70, 70), "u1")
    path = write_image(tmp_path / "a.zarr", volume, "zyx")
    data = open_image(path).data
    for chunk in (path / "0" / "c" / "1").rglob("*"):
        if chunk.is_file():
            chunk.write_bytes(b"damaged")
    np.testing.assert_array_equal(data[:64], volume[:64])
    np.testing.assert_array_equal(data[129, 3], volume[129, 3])
    with pytest.raises(FileError, match=r"a\.zarr/0 is damaged \(.*make it again") as caught:
        data[64]
    assert "\n" not in str(caught.value)


def test_plain_arrays_and_groups(tmp_path: Path) -> None:
    for version, path in ((2, tmp_path / "two.zarr"), (3, tmp_path / "three.zarr")):
        zarr.create_array(path, data=IMAGE, zarr_format=version)
        np.testing.assert_array_equal(open_image(path).data, IMAGE)
        assert open_image(path).axes == "yx"
    named = zarr.create_array(tmp_path / "named.zarr", data=IMAGE, dimension_names=["x", "y"])
    assert open_image(named.store.root).axes == "xy"
    group = zarr.create_group(tmp_path / "group.zarr")
    group.create_array("a", data=IMAGE)
    assert open_image(tmp_path / "group.zarr").inner == "a"
    group.create_array("b", data=IMAGE + 1)
    np.testing.assert_array_equal(open_image(tmp_path / "group.zarr/b").data, IMAGE + 1)


def test_series_of_bioformats2raw(tmp_path: Path) -> None:
    zarr.create_group(tmp_path / "a.zarr", zarr_format=2, attributes={"bioformats2raw.layout": 3})
    write_image(tmp_path / "0.zarr", IMAGE, "yx")
    write_image(tmp_path / "1.zarr", IMAGE + 1, "yx")
    (tmp_path / "0.zarr").rename(tmp_path / "a.zarr" / "0")
    assert open_image(tmp_path / "a.zarr").note == ""
    (tmp_path / "1.zarr").rename(tmp_path / "a.zarr" / "1")
    image = open_image(tmp_path / "a.zarr")
    assert (image.inner, image.note) == ("0/0", f"the first image in {tmp_path / 'a.zarr'} was taken")
    np.testing.assert_array_equal(image.data, IMAGE)
    np.testing.assert_array_equal(open_image(tmp_path / "a.zarr/1").data, IMAGE + 1)


def metadata(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads((path / "zarr.json").read_text())
    change(content["attributes"]["ome"])
    (path / "zarr.json").write_text(json.dumps(content))


def first(ome: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = ome["multiscales"][0]
    return found


REFUSED = {
    "version": (lambda ome: ome.update(version="0.9"), "is OME-Zarr of version 0.9, and 0.4 and 0.5 are known"),
    "no datasets": (lambda ome: first(ome).update(datasets=[]), "metadata of .* are damaged .*datasets"),
    "no axes": (lambda ome: first(ome).pop("axes"), "metadata of .* are damaged .*axes"),
    "plate": (lambda ome: ome.update(plate={"wells": [{"path": "B/3"}]}), r"is a plate; .*such as .*a\.zarr/B/3/0$"),
    "well": (lambda ome: ome.update(well={"images": [{"path": "2"}]}), r"one field, such as .*a\.zarr/2$"),
    "gone": (lambda ome: first(ome)["datasets"][0].update(path="7"), "has no image '7'; it has 0"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_image(tmp_path: Path, case: str) -> None:
    change, says = REFUSED[case]
    path = write_image(tmp_path / "a.zarr", IMAGE, "yx")
    metadata(path, change)
    with pytest.raises(ObjClassError, match=says) as caught:
        open_image(path)
    assert "\n" not in str(caught.value)
    np.testing.assert_array_equal(open_image(path / "0").data, IMAGE)


def test_folders_that_are_no_zarr(tmp_path: Path) -> None:
    empty = zarr.create_group(tmp_path / "empty.zarr").store.root
    (tmp_path / "folder.zarr").mkdir()
    (tmp_path / "file.zarr").write_text("")
    (tmp_path / "broken.zarr").mkdir()
    (tmp_path / "broken.zarr" / "zarr.json").write_text("{")
    write_image(tmp_path / "folder.zarr" / "a.npy", IMAGE, "yx")
    np.testing.assert_array_equal(open_image(tmp_path / "folder.zarr" / "a.npy").data, IMAGE)
    for path, says in (
        (empty, "holds no image"),
        (tmp_path / "folder.zarr", "is a folder; name one image file in it"),
        (tmp_path / "file.zarr", "is a file, and zarr images are folders"),
        (tmp_path / "broken.zarr", "damaged or not what its suffix says"),
        (tmp_path / "missing.zarr", "there is no file"),
        ("https://host/a.zarr", "web address"),
    ):
        with pytest.raises(FileError, match=says) as caught:
            open_image(path)
        assert "\n" not in str(caught.value)


def test_sizes_that_cannot_be_used_are_left_out_with_a_note(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.zarr", Picture(IMAGE, "yx", spacing=(2.0, 2.0), units="µm", offset=(1, 2)))
    metadata(path, lambda ome: first(ome)["axes"][0].update(unit="nanometer"))
    image = open_image(path)
    assert (image.spacing, image.units, image.offset) == (None, None, (1, 2))
    assert "units of the axes differ" in image.note
    transforms = [{"type": "scale", "scale": [2.0, 2.0]}, {"type": "translation", "translation": [3.0, 4.0]}]
    metadata(path, lambda ome: first(ome)["datasets"][0].update(coordinateTransformations=transforms))
    image = open_image(path)
    assert image.offset is None
    assert "no whole number of pixels" in image.note


def test_transformations_of_the_whole_image_count(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.zarr", Picture(IMAGE, "yx", offset=(1, 2)))
    transforms = [{"type": "scale", "scale": [0.5, 0.25]}, {"type": "translation", "translation": [5.0, 0.5]}]
    metadata(path, lambda ome: first(ome).update(coordinateTransformations=transforms))
    image = open_image(path)
    assert (image.spacing, image.offset) == ((0.5, 0.25), (11, 4))


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_an_interrupted_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException) -> None:
    write = ome_zarr.write

    def interrupted(*args: Any, **named: Any) -> None:
        write(*args, **named)
        raise failure

    path = write_image(tmp_path / "data" / "a.ome.zarr", IMAGE, "yx")
    monkeypatch.setattr(ome_zarr, "write", interrupted)
    for each in (path, tmp_path / "data" / "b.ome.zarr"):
        with pytest.raises(FileError if isinstance(failure, OSError) else KeyboardInterrupt):
            write_image(each, IMAGE + 1, "yx")
    assert list((tmp_path / "data").iterdir()) == [path]
    np.testing.assert_array_equal(open_image(path).data, IMAGE)


def test_a_folder_that_cannot_be_exchanged_is_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_image(tmp_path / "data" / "a.ome.zarr", IMAGE, "yx")
    rename = Path.replace

    def failing(self: Path, target: Path) -> Path:
        if self.suffix == ".part":
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(FileError, match="Permission denied"):
        write_image(path, IMAGE + 1, "yx")
    assert list((tmp_path / "data").iterdir()) == [path]
    np.testing.assert_array_equal(open_image(path).data, IMAGE)


def test_a_result_is_replaced_and_nothing_else(tmp_path: Path, scene: Path) -> None:
    path = write_image(tmp_path / "a.ome.zarr", np.zeros((600, 600)), "yx")
    (tmp_path / "link.ome.zarr").symlink_to("a.ome.zarr")
    write_image(tmp_path / "link.ome.zarr", IMAGE, "yx")
    assert (tmp_path / "link.ome.zarr").is_symlink()
    assert sorted(each.name for each in path.iterdir()) == ["0", "zarr.json"]
    np.testing.assert_array_equal(open_image(path).data, IMAGE)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.ome.zarr", "data", "link.ome.zarr"]
    with pytest.raises(FileError, match="would be inside"):
        write_image(path / "labels" / "cells", IMAGE, "yx")
    np.testing.assert_array_equal(open_image(path).data, IMAGE)
    (tmp_path / "folder.ome.zarr").mkdir()
    (tmp_path / "file.ome.zarr").write_text("")
    array = zarr.create_array(tmp_path / "array.zarr", data=IMAGE).store.root
    (tmp_path / "diary.zarr").mkdir()
    write_image(tmp_path / "diary.zarr" / "a.zarr", IMAGE, "yx").joinpath("notes.txt").write_text("mine")
    for taken in (
        scene,
        array,
        tmp_path / "folder.ome.zarr",
        tmp_path / "file.ome.zarr",
        tmp_path / "diary.zarr",
        tmp_path / "diary.zarr" / "a.zarr",
    ):
        with pytest.raises(FileError, match="not just an image; choose another name"):
            check_place(taken)
        with pytest.raises(FileError, match="choose another name"):
            write_image(taken, IMAGE, "yx")
    for taken in (path, scene):
        with pytest.raises(FileError, match="it is not a file"):
            check_place(taken.rename(taken.with_suffix(".h5")))


@pytest.mark.parametrize("form", ["single-scale OME-Zarr", "multi-scale OME-Zarr"])
def test_a_session_exports_it(tmp_path: Path, scene: Path, form: str) -> None:
    sources = ["Object Predictions", "Object Probabilities", "Object Identities", "Uncertainty"]
    with Session(recover=False) as session:
        session.add_lane(raw=scene, labels=f"{scene}/labels/cells", name="cells")
        session.annotate_many(0, ids=[1, 2], classes=[1, 2])
        first = session.export(0, sources, format=form)
        assert session.export(0, sources, format=form) == first  # in the place of the first
        prediction, classes = session.predict(0), session.classes
        with pytest.raises(FileError, match="choose another name"):
            session.export(0, "Object Predictions", filename="{dataset_dir}/{nickname}", format=form)
    assert [path.name for path in first] == [f"cells_{source}.ome.zarr" for source in sources]
    images = [open_image(path) for path in first]
    for image in images:
        assert (image.spacing, image.units, image.offset) == ((0.5, 0.25), "µm", (30, 40))
        assert is_zarr(image.path / "1") == (form == "multi-scale OME-Zarr")
    np.testing.assert_array_equal(images[0].data, prediction.paint("classes"))
    assert images[0].colors == {number: each.color for number, each in enumerate(classes, 1)}
    np.testing.assert_array_equal(images[1].data[1], prediction.paint(2))
    assert images[1].channel_names == tuple(each.name for each in classes)
    np.testing.assert_array_equal(images[2].data, SCENE.labels)
    assert images[2].colors == {}


def test_what_is_in_a_folder_is_listed(scene: Path, tmp_path: Path) -> None:
    assert ome_zarr.datasets(scene) == ["0", "labels/cells"]
    with pytest.raises(FileError, match="holds no image"):
        ome_zarr.datasets(zarr.create_group(tmp_path / "a.zarr").store.root)
