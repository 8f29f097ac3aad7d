"""Exported tables from the session to the file: columns, pixels of objects, joining, and what is refused."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import openpyxl
import pytest
from workflow.scenes import movie, nuclei

import napari_objclass as oc
from napari_objclass.errors import Cancelled, FileError, ParameterError
from napari_objclass.io import excel_table
from napari_objclass.io.tables import Crops, check_table_path, join_tables, write_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LEADING = ["object_id", "timestep", "labelimage_oid", "User Label", "Predicted Class"]


def trained(scene: Any, **lane: Any) -> oc.Session:
    session = oc.Session(recover=False)
    session.add_lane(raw=scene.raw, labels=scene.labels, **lane)
    for (t, object_id), cls in list(scene.truth.items())[:12]:
        session.annotate(0, object_id, cls=cls, t=t)
    return session


@pytest.fixture
def flat() -> Iterator[oc.Session]:
    with trained(nuclei(seed=3), spacing=(0.5, 0.25), units="µm") as session:
        yield session


def read(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return header, rows


def export(session: oc.Session, path: Path, **settings: Any) -> Path:
    """A table without an image."""
    (written,) = session.export(0, [], table=str(path), **settings)
    return written


def test_compact_table(flat: oc.Session, tmp_path: Path) -> None:
    header, rows = read(export(flat, tmp_path / "a.csv", columns="compact"))
    probabilities = [f"Probability of {each.name}" for each in flat.classes]
    center = ["Center of the object_0", "Center of the object_1"]
    assert header == [*LEADING, *probabilities, "Uncertainty", "Size in pixels", *center]
    everything, all_rows = read(export(flat, tmp_path / "b.csv"))
    assert "Uncertainty" not in everything
    for name in set(header) - {"Uncertainty"}:
        assert [row[header.index(name)] for row in rows] == [row[everything.index(name)] for row in all_rows]
    uncertainty = [row[header.index("Uncertainty")] for row in rows]
    np.testing.assert_array_equal(np.float32(uncertainty), flat.predict(0).uncertainty)


def test_features_of_the_table_are_not_those_of_the_classifier(flat: oc.Session, tmp_path: Path) -> None:
    header, _ = read(export(flat, tmp_path / "a.csv", features=("intensity_mean",)))
    assert "Mean Intensity" in header
    assert "Size in pixels" in header
    assert "Bounding Box Maximum_1" in header
    assert "Variance of Intensity" not in header


def test_names_of_hulls(flat: oc.Session, tmp_path: Path) -> None:
    both = ("hull_convexity", "hull_convexity_ilastik")
    header, rows = read(export(flat, tmp_path / "a.csv", features=both))
    theirs, their_rows = read(export(flat, tmp_path / "b.csv", features=both, ilastik_names=True))
    assert header[-3:] == ["Convexity", "Convexity (bounding box)", "original_oid"]
    assert theirs[-3:] == ["hull_convexity", "Convexity", "original_oid"]
    assert rows == their_rows
    assert read(export(flat, tmp_path / "c.csv", features=both[1:], ilastik_names=True))[0][-2] == "Convexity"


def test_one_class_with_a_name_of_all_kinds(tmp_path: Path) -> None:
    scene, name = nuclei(seed=3), 'a, "b"\nµ/c'
    with oc.Session(recover=False) as session:
        session.add_lane(raw=scene.raw, labels=scene.labels)
        session.rename_class(1, name)
        session.annotate(0, 1, cls=1)
        for suffix in ("csv", "h5", "xlsx"):
            export(session, tmp_path / f"a.{suffix}")
    header, rows = read(tmp_path / "a.csv")
    column = header.index("Predicted Class")
    assert {row[column] for row in rows} == {name}
    assert [row[column - 1] for row in rows[:2]] == [name, "0"]
    assert f"Probability of {name}" in header
    with h5py.File(tmp_path / "a.h5") as data:
        assert data["table"]["Predicted Class"][3].decode() == name
        assert set(data["table"][f"Probability of {name}"]) == {1}
    assert list(next(openpyxl.load_workbook(tmp_path / "a.xlsx").active.values)) == header


@pytest.mark.parametrize("margin", [0, 3, 500])
def test_pixels_of_objects(flat: oc.Session, tmp_path: Path, margin: int) -> None:
    path = export(flat, tmp_path / "a.h5", margin=margin)
    objects, raw = flat.objects(0), nuclei(seed=3).raw
    with h5py.File(path) as data:
        assert len(data["images"]) == len(data["table"]) == len(objects.ids)
        assert data["table"].attrs["spacing"].tolist() == [1, 0.5, 0.25]
        for row in (0, 7, len(objects.ids) - 1):
            box = data["table"][row]
            name = "Bounding Box {}_{}".format
            start = [max(int(box[name("Minimum", k)]) - margin, 0) for k in (1, 0)]
            stop = [min(int(box[name("Maximum", k)]) + margin, n) for k, n in zip((1, 0), raw.shape, strict=True)]
            where = tuple(map(slice, start, stop))
            own = data["images"][str(row)]
            assert own["labeling"].dtype == np.uint8
            np.testing.assert_array_equal(own["labeling"], objects.labels[0, 0][where] == box["labelimage_oid"])
            np.testing.assert_array_equal(own["raw"], raw[where])
            assert (own["labeling"].attrs["type"], own["raw"].attrs["type"]) == ("labeling", "image")
            tags = json.loads(own["raw"].attrs["axistags"])["axes"]
            assert [(tag["key"], tag["resolution"]) for tag in tags] == [("y", 0.5), ("x", 0.25)]


@pytest.mark.parametrize(
    ("scene", "lane", "crop", "whole"),
    [
        (nuclei((40, 40, 40), seed=1), {}, "zyx", "zyx"),
        (movie(2, shape=(60, 60)), {"axes": "tyx"}, "yx", "tyx"),
        (movie(2, shape=(60, 60)), {"axes": "tyxc", "two": True}, "yxc", "tyxc"),
    ],
)
def test_axes_of_pixels(tmp_path: Path, scene: Any, lane: dict[str, Any], crop: str, whole: str) -> None:
    options = dict(lane)
    if options.pop("two", False):
        scene = scene._replace(raw=np.stack([scene.raw, -scene.raw], axis=-1))
    with trained(scene, **options) as session:
        one, other = export(session, tmp_path / "a.h5"), export(session, tmp_path / "b.h5", crops="image")
        objects = session.objects(0)
    with h5py.File(one) as data, h5py.File(other) as all_raw:
        last = len(objects.ids) - 1
        own = data["images"][str(last)]
        z0, y0, x0, z1, y1, x1 = objects.boxes[last]
        box = (slice(z0, z1), slice(y0, y1), slice(x0, x1))[-len(crop.replace("c", "")) :]
        frame = scene.raw[objects.frames[last]] if whole[0] == "t" else scene.raw
        np.testing.assert_array_equal(own["raw"], frame[box])
        assert own["labeling"][()].sum() == objects.sizes[last]
        assert own["labeling"].ndim == len(crop.replace("c", ""))
        np.testing.assert_array_equal(all_raw["images"]["raw"], scene.raw)
        assert "raw" not in all_raw["images"][str(last)]
        np.testing.assert_array_equal(all_raw["images"][str(last)]["labeling"], own["labeling"])
        keys = ["".join(tag["key"] for tag in json.loads(each.attrs["axistags"])["axes"])
                for each in (own["raw"], all_raw["images"]["raw"])]  # fmt: skip
        assert keys == [crop, whole]
        assert data["table"]["timestep"].tolist() == objects.frames.tolist()


@pytest.mark.parametrize(("dtype", "first"), [("i8", 2**60), ("u8", 2**63)])
def test_pixels_of_neighbours_with_large_ids(tmp_path: Path, dtype: str, first: int) -> None:
    scene = nuclei(seed=3, ids=lambda k: first + k, dtype=dtype)
    with trained(scene) as session, h5py.File(export(session, tmp_path / "a.h5", margin=20)) as data:
        sizes = [data["images"][str(row)]["labeling"][()].sum() for row in range(len(data["table"]))]
        assert sizes == data["table"]["Size in pixels"].tolist()
        assert data["table"]["labelimage_oid"][0] == first


def test_pixels_left_out_and_without_raw(tmp_path: Path) -> None:
    scene = nuclei(seed=3)
    with trained(scene._replace(raw=None)) as session:
        with h5py.File(export(session, tmp_path / "a.h5")) as data:
            assert list(data["images"]["0"]) == ["labeling"]
        with h5py.File(export(session, tmp_path / "a.h5", crops="image")) as data:
            assert "raw" not in data["images"]
        with h5py.File(export(session, tmp_path / "a.h5", crops="nothing")) as data:
            assert list(data) == ["table"]


@pytest.mark.parametrize("suffix", [".csv", ".h5", ".xlsx"])
def test_image_without_objects(flat: oc.Session, tmp_path: Path, suffix: str) -> None:
    export(flat, tmp_path / f"full{suffix}")
    chain, lane = flat.predictor().open({"raw": np.ones((9, 9), "f4"), "labels": np.zeros((9, 9), "u1")})
    settings = oc.Export(images=(), table=str(tmp_path / f"empty{suffix}"))
    written = flat.predictor().export(chain, lane, settings, settings.files("a", tmp_path))
    assert (written.n_objects, written.files) == (0, (tmp_path / f"empty{suffix}",))
    join_tables([tmp_path / f"empty{suffix}", tmp_path / f"full{suffix}"], tmp_path / f"both{suffix}")
    n_rows = 0
    if suffix == ".h5":
        with h5py.File(written.files[0]) as data, h5py.File(tmp_path / "full.h5") as full:
            assert data["table"].dtype.names == full["table"].dtype.names
            n_rows = len(data["table"])
    elif suffix == ".csv":
        n_rows = len(read(written.files[0])[1])
    else:
        n_rows = openpyxl.load_workbook(written.files[0]).active.max_row - 1
    assert n_rows == 0


@pytest.mark.parametrize("suffix", [".csv", ".h5", ".xlsx"])
def test_tables_joined(tmp_path: Path, suffix: str) -> None:
    names = ["image", "b, 1", "two\nlines"]
    parts = [
        {names[0]: np.array([f"é{k}"] * k), names[1]: np.arange(k) / 3, names[2]: np.arange(k, dtype="f4") / 3}
        for k in (2, 0, 3)
    ]
    paths = [write_table(tmp_path / f"{k}{suffix}", part) for k, part in enumerate(parts)]
    joined = join_tables(paths, tmp_path / f"all{suffix}")
    with h5py.File(join_tables(paths, tmp_path / "mixed.h5")) as data:
        assert [data["table"].dtype[name].kind for name in names] == ["S", "f", "f"]
    whole = write_table(
        tmp_path / f"whole{suffix}", {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    )
    if suffix == ".csv":
        assert joined.read_bytes() == whole.read_bytes()
    elif suffix == ".h5":
        with h5py.File(joined) as one, h5py.File(whole) as other:
            assert one["table"].dtype == other["table"].dtype
            assert (one["table"][()] == other["table"][()]).all()
    else:
        one, other = (list(openpyxl.load_workbook(p).active.iter_rows(values_only=True)) for p in (joined, whole))
        assert one == other
    mixed = join_tables(paths, tmp_path / "mixed.csv")
    rows = read(mixed)[1]
    assert [row[0] for row in rows] == ["é2", "é2", "é3", "é3", "é3"]
    assert rows[1][1] == str(1 / 3)


def test_tables_with_other_columns_are_not_joined(tmp_path: Path) -> None:
    x = np.zeros(1)
    first = write_table(tmp_path / "1.csv", {"x": x, "y": x})
    more = write_table(tmp_path / "2.csv", {"x": x, "z": x})
    turned = write_table(tmp_path / "3.csv", {"y": x, "x": x})
    with pytest.raises(FileError, match=r"2\.csv cannot be joined with .*1\.csv: it lacks 'y' and has 'z' besides;"):
        join_tables([first, more], tmp_path / "all.csv")
    with pytest.raises(FileError, match="another order"):
        join_tables([first, turned], tmp_path / "all.csv")
    with pytest.raises(FileError, match=r"^two cannot be joined with one: it lacks 'y'"):
        join_tables([first, more], tmp_path / "all.csv", ["one", "two"])
    with pytest.raises(ParameterError, match="no tables"):
        join_tables([], tmp_path / "all.csv")
    assert not (tmp_path / "all.csv").exists()


def test_what_excel_cannot_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileError, match="1,048,576 rows and 16,384 columns, this table has 1,048,577 and 1; write"):
        write_table(tmp_path / "a.xlsx", {"x": np.zeros(excel_table._MOST_ROWS)})
    with pytest.raises(FileError, match="16,385"):
        write_table(tmp_path / "a.xlsx", {str(k): np.zeros(1) for k in range(16_385)})
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(FileError, match=r"pip install \"napari-objclass\[excel\]\""):
        check_table_path(tmp_path / "a.xlsx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.csv", "a.h5", "a.xlsx", "pixels.h5"])
def test_progress_and_stopping(tmp_path: Path, name: str) -> None:
    seen: list[tuple[int, int, str]] = []
    n_rows, token = 25_000, oc.CancelToken()

    def objects() -> Iterator[tuple[np.ndarray, None]]:
        for row in range(n_rows):
            if row == 300:
                token.cancel()
            yield np.ones((2, 2), np.uint8), None

    def stop(done: int, total: int, what: str) -> None:
        seen.append((done, total, what))
        if name != "pixels.h5":
            token.cancel()

    crops = Crops(objects(), "yx") if name == "pixels.h5" else None
    columns = {str(k): np.arange(n_rows) for k in range(100 if name == "a.csv" else 3)}
    with pytest.raises(Cancelled):
        write_table(tmp_path / name, columns, crops=crops, progress=stop, cancel=token)
    assert seen[0][:2] == (0, n_rows)
    assert list(tmp_path.iterdir()) == []


def test_carried_columns_whose_name_is_taken(flat: oc.Session, tmp_path: Path) -> None:
    flat.train()
    chain, lane = flat.predictor().open({"raw": nuclei(seed=3).raw, "labels": nuclei(seed=3).labels}, name="x")
    settings = oc.Export(images=(), table=str(tmp_path / "a.csv"), columns="compact")
    carried = {"well": "B, 2", "timestep": "late", "timestep (2)": "very late", "": "nameless"}
    flat.predictor().export(chain, lane, settings, settings.files("x", tmp_path), carried)
    header, rows = read(tmp_path / "a.csv")
    assert header[:4] == ["well", "timestep (2)", "timestep (2) (2)", "column"]
    assert rows[0][:4] == ["B, 2", "late", "very late", "nameless"]
    assert rows[0][header.index("timestep")] == "0"


FILL_THE_DISK = """
import resource, signal, sys
import numpy as np
from napari_objclass.errors import FileError
from napari_objclass.io.tables import write_table
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
columns = {str(k): np.random.default_rng(k).normal(size=2_000) for k in range(40)}
for suffix in ("csv", "h5", "xlsx"):
    try:
        write_table(f"{sys.argv[1]}/a.{suffix}", columns)
    except FileError as error:
        print(error)
"""


@pytest.mark.skipif(os.name != "posix", reason="a full disk is imitated by a limit of POSIX")
def test_a_full_disk_is_an_error_and_no_crash(tmp_path: Path) -> None:
    words = [sys.executable, "-c", FILL_THE_DISK, str(tmp_path)]
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert [line.partition(" cannot be written: ")[0] for line in result.stdout.splitlines()] == [
        str(tmp_path / f"a.{suffix}") for suffix in ("csv", "h5", "xlsx")
    ]
    assert list(tmp_path.iterdir()) == []
