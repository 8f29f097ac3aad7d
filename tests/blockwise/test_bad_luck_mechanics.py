"""What a run that was stopped left is used again only as far as it fits, and never if it is damaged."""

import hashlib
import os
import random
import shutil
import signal
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from blockwise.executors import Shuffled
from blockwise.test_whole_image_invariant import blobs_of, raw_of
from workflow.full_disk import file_size_limit

import napari_objclass as oc
from napari_objclass import block_kernels
from napari_objclass.errors import FileError
from napari_objclass.io.locks import alone
from napari_objclass.io.writers import write_image
from napari_objclass.workflow.blockwise.parts import Parts
from napari_objclass.workflow.export import Export

#: Some of the block, of the range of all, and of crops.
FEATURES = ("num_pixels", "intensity_mean", "intensity_histogram", "intensity_mean_neighborhood")
SHAPE, BLOCK = (1, 8, 30, 31), (8, 12, 16)
FLOODED = oc.Thresholding(method="hysteresis", threshold=0.4, core_threshold=0.6, merge=False, min_size=2)
FILLED = oc.Thresholding(method="hysteresis", threshold=0.4, core_threshold=0.6, fill_holes=True, min_size=2)


class Broken(Exception):
    """What a task fails with."""


def trained(images, thresholding=None, turned=0):
    with closing(oc.Session()) as session:
        session.feature_selection = oc.FeatureSelection(FEATURES, margin=2)
        if thresholding is not None:
            session.thresholding = thresholding
        lane = session.add_lane(**images)
        for object_id in session.table(lane).ids[:12]:
            session.annotate(lane, int(object_id), cls=1 + (int(object_id) + turned) % 2)
        session.train()
        return session.predictor()


@pytest.fixture(scope="module")
def given():
    labels, raw = blobs_of(4, SHAPE)[0].astype(np.uint16), raw_of(4, SHAPE, 1, np.uint16)[0, ..., 0]
    images = {"raw": raw, "labels": labels}
    return trained(images), images


@pytest.fixture(scope="module")
def foreground():
    raw = raw_of(4, SHAPE, 1, np.uint16)[0, ..., 0]
    shape = [-(-length // 4) for length in SHAPE[1:]]
    coarse = np.random.default_rng(1).random(shape, np.float32)
    fine = np.kron(coarse, np.ones((4, 4, 4), np.float32))[tuple(map(slice, SHAPE[1:]))]
    return {"raw": raw, "probabilities": np.ascontiguousarray(fine)}


def run(predictor, images, out, fail_at="", export=None, block_shape=BLOCK, **options):
    """Classify, or fail before the first task of this name; return the tasks that were done."""

    def fail(task):
        if task.__name__ == fail_at:
            raise Broken

    with closing(Shuffled(1, 2, fail)) as client:
        options = {"client": client, "out": out, "block_shape": block_shape, "export": export, **options}
        try:
            oc.classify_blockwise(predictor, **images, **options)
        except Broken:
            assert fail_at
        else:
            assert not fail_at
        return [name for name, _ in client.done]


def contents(folder):
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_other_outputs_need_no_new_features(given, tmp_path):
    predictor, images = given
    table = Export(images=(), table="{dataset_dir}/table.csv")
    run(predictor, images, tmp_path / "a", "paint_box")
    done = run(predictor, images, tmp_path / "a", export=table)
    assert done == []
    run(predictor, images, tmp_path / "b", export=table)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_other_features_need_no_new_objects(given, tmp_path):
    predictor, images = given
    table = Export(images=(), table="{dataset_dir}/table.csv", features=(*FEATURES, "intensity_max"))
    run(predictor, images, tmp_path / "a", "paint_box")
    done = run(predictor, images, tmp_path / "a", export=table)
    assert {"collect", "finish"} <= set(done) <= {"collect", "finish", "leave_ranges"}
    run(predictor, images, tmp_path / "b", export=table)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_another_forest_needs_no_new_features(given, tmp_path):
    predictor, images = given
    other = trained(images, turned=1)
    stop_after_painting(predictor, images, tmp_path / "a")
    done = run(other, images, tmp_path / "a")
    assert set(done) <= {"paint_box", "halve_box"}
    run(other, images, tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def stop_after_painting(predictor, images, out, export=None):
    """Leave a hidden image that is painted, but not in its place."""
    replace = Path.replace

    def fail(path, target):
        if ".zarr." in path.name:
            raise Broken
        return replace(path, target)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Path, "replace", fail)
        with pytest.raises(Broken):
            oc.classify_blockwise(predictor, **images, out=out, export=export, block_shape=BLOCK)
    assert list(out.glob(".*.zarr.*.part/0/c"))


@pytest.mark.parametrize("change", ["objects", "raw", "blocks"])
def test_other_images_and_blocks_begin_anew(given, tmp_path, change):
    """Also where objects of the run before are background now, which zarr does not store."""
    predictor, images = given
    export, options = Export(images=("Object Identities",), format="single-scale OME-Zarr"), {}
    stop_after_painting(predictor, images, tmp_path / "a", export)
    if change == "objects":
        images = {**images, "labels": np.zeros_like(images["labels"])}
    elif change == "raw":
        images = {**images, "raw": images["raw"] + 1}
    else:
        options = {"block_shape": (8, 30, 16)}
    run(predictor, images, tmp_path / "a", export=export, **options)
    run(predictor, images, tmp_path / "b", export=export, **options)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_files_that_were_touched_begin_anew(given, tmp_path):
    """Samples of an image do not tell; what the disk says of its files does, also of one among many in a folder."""
    predictor, images = given
    write_image(tmp_path / "raw.zarr", images["raw"], "zyx")
    images = {**images, "raw": tmp_path / "raw.zarr"}
    run(predictor, images, tmp_path / "a", "paint_box")
    assert set(run(predictor, images, tmp_path / "a", "paint_box")) == set()
    chunk = next(path for path in sorted((tmp_path / "raw.zarr").rglob("*")) if path.is_file() and path.name == "0")
    os.utime(chunk)
    assert "label_ids" in run(predictor, images, tmp_path / "a")


def test_files_that_change_while_they_are_read_are_told(given, tmp_path):
    predictor, images = given
    write_image(tmp_path / "raw.zarr", images["raw"], "zyx")

    def remove(task):
        if task.__name__ == "finish":
            for chunk in (tmp_path / "raw.zarr" / "0").rglob("0"):
                if chunk.is_file():
                    chunk.unlink(missing_ok=True)

    with closing(Shuffled(fail=remove)) as client, pytest.raises(FileError, match=r"changed while they were read"):
        oc.classify_blockwise(
            predictor,
            tmp_path / "raw.zarr",
            labels=images["labels"],
            block_shape=BLOCK,
            client=client,
            out=tmp_path / "a",
        )
    assert list((tmp_path / "a").rglob("*")) == []


def damage(path, how, chance):
    data = bytearray(path.read_bytes())
    if how == "cut off":
        data = data[: chance.randrange(len(data))]
    elif how == "empty":
        data.clear()
    else:
        place = chance.randrange(len(data))
        data[place] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


@pytest.mark.parametrize("how", ["cut off", "empty", "flipped"])
def test_damage_is_noticed_and_another_run_begins_anew(tmp_path, how):
    parts, chance = Parts.of_run(tmp_path, {"run": 1}), random.Random(how)
    labels = block_kernels.label_block(np.arange(60, dtype=np.uint8).reshape(1, 3, 4, 5), (0, 0, 0), (3, 4, 5))
    parts.write("labels", 1, labels.to_bytes())
    parts.save("ids", 1, ids=np.arange(60, dtype=np.uint64), n_small=np.array(3))
    reads = {
        parts.path("labels", 1): lambda: parts.read("labels", 1, block_kernels.BlockLabels.from_bytes),
        parts.path("ids", 1): lambda: parts.load("ids", 1),
    }
    for path, read in reads.items():
        good, expected = path.read_bytes(), read()
        for _ in range(60):
            damage(path, how, chance)
            try:
                found = read()
            except FileError as error:
                told = str(error)
                assert "run.json" not in {each.name for each in tmp_path.iterdir()}
            else:  # a date, or the like
                told = None
                assert how == "flipped"
                assert isinstance(found, dict)
                assert {name: each.tolist() for name, each in found.items()} == {
                    name: each.tolist() for name, each in expected.items()
                }
            assert told in (None, f"{path} is damaged or missing; run it again, and all is done anew")
            path.write_bytes(good)
            (tmp_path / "run.json").touch()
    assert Parts.of_run(tmp_path, {"run": 1}).missing("ids", [1]) == [1]


@pytest.mark.parametrize(("rule", "stop"), [(None, "paint_box"), (FLOODED, "collect"), (FILLED, "leave_filled")])
def test_no_damaged_file_is_used(given, foreground, tmp_path, rule, stop):
    """Of every step one: the next run says so or does not need it, and the one after that is as if nothing had been."""
    predictor, images = given if rule is None else (trained(foreground, rule), foreground)
    run(predictor, images, tmp_path / "good")
    run(predictor, images, tmp_path / "left", stop)
    expected, chance, n_told = contents(tmp_path / "good"), random.Random(0), 0
    (left,) = (tmp_path / "left").glob(".*.parts")
    for step in sorted({path.name.partition("-")[0] for path in left.glob("*.bin")}):
        shutil.copytree(tmp_path / "left", tmp_path / step)
        path = max((tmp_path / step).rglob(f"{step}-*.bin"), key=lambda each: each.stat().st_size)
        damage(path, "cut off", chance)
        try:
            run(predictor, images, tmp_path / step)
        except FileError as error:
            n_told += path.name in str(error)
            run(predictor, images, tmp_path / step)
        assert contents(tmp_path / step) == expected
    assert n_told > 2


def test_one_process_at_a_time(given, tmp_path):
    predictor, images = given
    run(predictor, images, tmp_path / "a", "paint_box")
    (own,) = (tmp_path / "a").glob(".*.parts")
    before = sorted(path.name for path in own.iterdir())
    with alone(own), pytest.raises(FileError, match=f"^another process works on the same image in {tmp_path / 'a'}; "):
        run(predictor, images, tmp_path / "a")
    assert sorted(path.name for path in own.iterdir()) == before
    run(predictor, images, tmp_path / "a")
    assert not list((tmp_path / "a").glob(".*"))


def test_a_folder_that_cannot_be_made_is_one_sentence(given, tmp_path):
    predictor, images = given
    (tmp_path / "file").write_text("taken")
    with pytest.raises(FileError, match=r" cannot be written: .+/file is not a folder; choose"):
        run(predictor, images, tmp_path / "file")


def test_nothing_is_left_of_processes_that_were_killed(given, tmp_path):
    """In the middle of a file, or of putting an image in the place of another."""
    predictor, images = given
    run(predictor, images, tmp_path / "a")
    expected = contents(tmp_path / "a")
    for name in ("image_Object Predictions.ome.zarr.0123456789abcdef.old", "image_table.csv.01234567.part"):
        (tmp_path / "a" / f".{name}").write_text("left")
    run(predictor, images, tmp_path / "a")
    assert contents(tmp_path / "a") == expected


@pytest.mark.skipif(
    not hasattr(signal, "SIGXFSZ"), reason="Windows cannot limit the size of files, as a full disk does"
)
@pytest.mark.parametrize("size", [0, 200, 1500])
def test_full_disks_are_one_sentence_and_cost_nothing(given, tmp_path, size):
    predictor, images = given
    run(predictor, images, tmp_path / "good")
    with file_size_limit(size), pytest.raises(FileError, match=r"^[^:]+: File too large(; [^.]+)?$"):
        run(predictor, images, tmp_path / "full")
    run(predictor, images, tmp_path / "full")
    assert contents(tmp_path / "full") == contents(tmp_path / "good")
