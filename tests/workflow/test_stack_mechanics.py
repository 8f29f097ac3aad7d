"""Files that are planes, frames or channels of one image: opened lazily, kept by projects, refused in one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import imagecodecs
import numpy as np
import pytest
import tifffile
from workflow.scenes import movie, nuclei

from napari_objclass import Stack
from napari_objclass.errors import FileError, ObjClassError
from napari_objclass.io import readers, stack
from napari_objclass.io.formats import matching
from napari_objclass.io.stack import open_files
from napari_objclass.io.writers import write_image
from napari_objclass.workflow.lane import Source
from napari_objclass.workflow.predictor import Predictor
from napari_objclass.workflow.script import script
from napari_objclass.workflow.session import Session

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCENE = nuclei((24, 60, 70))
FILM = movie(shape=(40, 60))


def planes(folder: Path, name: str, volume: NDArray[np.generic]) -> str:
    """Write one file per plane, numbered without leading zeros; the pattern of their names."""
    folder.mkdir(exist_ok=True)
    for number, plane in enumerate(volume):
        np.save(folder / f"{name}{number}.npy", plane)
    return str(folder / f"{name}*.npy")


def n_open() -> int:
    """Number of open files of this process, 0 where it is not told."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def table(session: Session, lane: int = 0) -> NDArray[np.float64]:
    return session.table(lane, features=["num_pixels", "intensity_mean"]).values


def test_files_of_a_pattern_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for name in ("z10", "z9", "z1", "other"):
        np.save(tmp_path / f"{name}.npy", np.zeros((2, 2)))
    np.save(tmp_path / "[1].npy", np.zeros((2, 2)))
    assert [Path(each).name for each in matching(f"{tmp_path}/z*.npy")] == ["z1.npy", "z9.npy", "z10.npy"]
    assert matching(f"{tmp_path}/[1].npy") == (f"{tmp_path}/[1].npy",)
    assert matching("no/such.tif") == ("no/such.tif",)
    assert matching(f"{tmp_path}/z1?.npy") == (f"{tmp_path}/z10.npy",)
    for number in (2, 10):
        write_image(tmp_path / f"{number}.h5", np.zeros((2, 2)), "yx")
    expected = [str(tmp_path / f"{number}.h5/exported_data") for number in (2, 10)]
    assert list(matching(f"{tmp_path}/*.h5/exported_data")) == expected
    with pytest.raises(FileError, match=r"no file matches '.*q\*\.npy'"):
        Stack(f"{tmp_path}/q*.npy")


@pytest.mark.parametrize(
    ("along", "part", "whole"),
    [("z", "yx", "zyx"), ("t", "yx", "tyx"), ("t", "zyx", "tzyx"), ("z", "tyx", "tzyx"), ("z", "yxc", "zyxc"),
     ("c", "yx", "yxc"), ("c", "zyx", "zyxc"), ("t", "xy", "txy")],
)  # fmt: skip
def test_the_new_axis_is_where_it_belongs(tmp_path: Path, along: str, part: str, whole: str) -> None:
    parts = np.random.default_rng(0).integers(0, 99, (3, *(4, 5, 2)[: len(part)]))
    files = Stack(planes(tmp_path, "a", parts), along)
    for axes in (part, whole):
        image = open_files(files, axes=axes)
        assert image.axes == whole
        np.testing.assert_array_equal(image.data, np.moveaxis(parts, 0, whole.index(along)))


def test_a_stack_is_the_volume_of_its_planes(tmp_path: Path) -> None:
    raw, labels = planes(tmp_path, "raw", SCENE.raw), planes(tmp_path, "labels", SCENE.labels)
    with Session() as session:
        session.add_lane(raw=SCENE.raw, labels=SCENE.labels)
        expected = table(session)
        session.remove_lane(0)
        session.add_lane(raw=Stack(raw), labels=Stack(labels))
        np.testing.assert_array_equal(table(session), expected)
        assert session.add_lane(raw=Stack(raw), labels=Stack(labels)) == 0
        assert session.add_lane(raw=Stack(raw), labels=SCENE.labels) == 1
        session.remove_lane(1)
        names: dict[str, Session] = {}
        exec(script(session), names)
        np.testing.assert_array_equal(table(names["session"]), expected)
        session.annotate(0, 1, cls=1)
        session.save(tmp_path / "p.objclass")
    with Session.open(tmp_path / "p.objclass") as session:
        assert session.notes == []
        np.testing.assert_array_equal(table(session), expected)
        assert session.lanes[0].name == "raw0"
        moved = tmp_path / "moved"
        planes(moved, "raw", SCENE.raw)
        session.relink_lane(0, raw=Stack(str(moved / "raw*.npy")))
        np.testing.assert_array_equal(table(session), expected)
        assert session.lanes[0].places["raw"][10] == str(moved / "raw10.npy")
        assert session.annotations[0].state == "active"
        session.save()
    np.save(moved / "raw7.npy", SCENE.raw[7] + 1)
    with Session.open(tmp_path / "p.objclass") as session:
        assert "other content" in session.annotations[0].reason
    (moved / "raw7.npy").unlink()
    with Session.open(tmp_path / "p.objclass") as session:
        assert f"there is no file {moved / 'raw7.npy'}" in session.annotations[0].reason


def test_frames_of_a_film(tmp_path: Path) -> None:
    raw, labels = planes(tmp_path, "raw", FILM.raw), planes(tmp_path, "labels", FILM.labels)
    with Session() as session:
        session.add_lane(raw=FILM.raw, labels=FILM.labels, axes={"raw": "tyx", "labels": "tyx"})
        session.add_lane(raw=Stack(raw, "t"), labels=Stack(labels, "t"))
        session.add_lane(raw=Stack(raw, "t"), labels=FILM.labels, axes="tyx")
        np.testing.assert_array_equal(table(session, 1), table(session, 0))
        np.testing.assert_array_equal(table(session, 2), table(session, 0))


def test_segmentation_and_probabilities(tmp_path: Path) -> None:
    mask = (SCENE.labels > 0).astype(np.uint8)
    files = Stack(planes(tmp_path, "mask", mask))
    shares = Stack(planes(tmp_path, "share", np.stack([1 - mask, mask], -1).astype(np.float32)))
    with Session() as session:
        session.add_lane(raw=SCENE.raw, segmentation=mask)
        session.add_lane(raw=SCENE.raw, segmentation=files)
        session.add_lane(raw=SCENE.raw, probabilities=shares, axes={"probabilities": "zyxc", "raw": "zyx"})
        np.testing.assert_array_equal(session.objects(1).labels, session.objects(0).labels)
        assert session.images(2).thresholded.shape == (1, *mask.shape, 2)


def test_a_predictor_opens_stacks(tmp_path: Path) -> None:
    with Session(recover=False) as session:
        session.add_lane(raw=SCENE.raw, labels=SCENE.labels)
        session.annotate(0, 1, cls=1)
        session.annotate(0, 2, cls=2)
        session.train()
        predictor = session.predictor()
    assert isinstance(predictor, Predictor)
    raw, labels = planes(tmp_path, "raw", SCENE.raw), planes(tmp_path, "labels", SCENE.labels)
    chain, lane = predictor.open({"raw": Stack(raw), "labels": Stack(labels)})
    other, given = predictor.open({"raw": SCENE.raw, "labels": SCENE.labels})
    expected = other.predict(given, retrain=False).probabilities
    np.testing.assert_array_equal(chain.predict(lane, retrain=False).probabilities, expected)


def test_projects_that_know_no_other_parts_than_channels(tmp_path: Path) -> None:
    source = Source("yxc", "f", "/a", parts=(Source("yx", "", "/a"), Source("yx", "", "/b")), along="c")
    stored = json.loads(json.dumps(source.to_json()))
    assert Source.from_json(stored) == source
    del stored["along"]
    assert Source.from_json(stored) == source


def test_many_files_are_opened_few_times_and_none_is_kept_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    volume = np.random.default_rng(0).integers(0, 255, (40, 30, 30), np.uint8)
    pattern = planes(tmp_path, "a", volume)
    opened: list[str] = []

    def counted(source: str, **named: object) -> readers.Image:
        opened.append(source)
        return readers.open_image(source, **named)

    monkeypatch.setattr(stack, "open_image", counted)
    before = n_open()
    data = open_files(Stack(pattern)).data
    assert len(opened) == len(volume)
    assert n_open() <= before
    np.testing.assert_array_equal(data[3:5, 7], volume[3:5, 7])
    assert len(opened) == len(volume) + 2
    with Session(recover=False) as session:
        session.add_lane(raw=volume, labels=Stack(pattern))
    assert len(opened) == len(volume) + 2 + 3 * len(volume)  # found, recognised, read


def test_pictures(tmp_path: Path) -> None:
    volume = np.random.default_rng(0).integers(0, 255, (3, 8, 9, 3), np.uint8)
    for number, plane in enumerate(volume):
        (tmp_path / f"{number}.png").write_bytes(imagecodecs.png_encode(plane))
    image = open_files(Stack(f"{tmp_path}/*.png"))
    assert (image.axes, image.channel_names) == ("zyxc", ("red", "green", "blue"))
    np.testing.assert_array_equal(image.data, volume)


def test_sizes_of_planes_say_nothing_of_their_distance(tmp_path: Path) -> None:
    files = [write_image(tmp_path / f"{n}.tif", np.zeros((4, 5), "u1"), "yx", spacing=(2, 3)) for n in range(2)]
    volume, film = open_files(Stack(files)), open_files(Stack(files, "t"))
    assert (volume.spacing, volume.units) == (None, None)
    assert (film.spacing, film.units) == ((2.0, 3.0), "µm")


def test_what_makes_no_stack(tmp_path: Path) -> None:
    one, two, small = (tmp_path / f"{name}.tif" for name in ("one", "two", "small"))
    for path in (one, two):
        tifffile.imwrite(path, np.zeros((4, 5), "u1"))
    tifffile.imwrite(small, np.zeros((4, 4), "u1"))
    pages, colour = tmp_path / "pages.tif", tmp_path / "colour.tif"
    tifffile.imwrite(pages, np.zeros((6, 4, 5), "u1"), photometric="minisblack")
    tifffile.imwrite(colour, np.zeros((4, 5, 3), "u1"), photometric="rgb")
    for files, along, says in (
        ((one, small), "z", r"planes must have one shape, got \(4, 5\) and \(4, 4\) in .*small\.tif"),
        ((one, pages), "z", r"pages\.tif has planes itself \(axes zyx\)"),
        ((one, pages), "t", r"frames have different axes \(yx, zyx in .*pages\.tif\)"),
        ((colour, colour), "c", "has channels itself"),
        ((one, tmp_path / "gone.tif", two), "z", r"there is no file .*gone\.tif"),
        ((one, two), "x", "along z, t or c, not 'x'"),
        ((), "z", "no files"),
    ):
        with pytest.raises(ObjClassError, match=says) as caught, Session(recover=False) as session:
            session.add_lane(raw=Stack(files, along), labels=np.zeros((4, 5), "u1"))
        assert "\n" not in str(caught.value)


def test_a_plane_that_changed_its_shape_meanwhile(tmp_path: Path) -> None:
    pattern = planes(tmp_path, "a", np.zeros((3, 4, 5)))
    data = open_files(Stack(pattern)).data
    np.save(tmp_path / "a1.npy", np.zeros((4, 6)))
    with pytest.raises(FileError, match=r"a1\.npy was \(4, 5\) and is \(4, 6\) now"):
        data[:]
