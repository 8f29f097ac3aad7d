"""Batches: what one bad image, a dead process, a full disk or an interruption does, and what it does not."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from workflow import batch_samples
from workflow.batch_samples import DIRT, LARGE, SMALL, sizes
from workflow.full_disk import file_size_limit

from napari_objclass.errors import Cancelled, FileError, ParameterError
from napari_objclass.kernels import CancelToken
from napari_objclass.workflow import batch, batch_summary
from napari_objclass.workflow.batch import ImageSet, Record, Status

posix_only = pytest.mark.skipif(
    os.name != "posix", reason="Windows has neither the rights of files nor the signals of POSIX"
)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return batch_samples.project(tmp_path_factory.mktemp("project") / "p.objclass")


@pytest.fixture(scope="module")
def predictor(project):
    return batch_samples.predictor(project)


@pytest.fixture
def out(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def content(folder):
    """Files with their bytes, without those that tell how long it took."""
    files = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if not re.match(r"run\..*json", name.name)}


def rows_of(path):
    return csv.DictReader(path.read_text("utf-8").splitlines())


def statuses(outcomes):
    return [str(each.status) for each in outcomes]


@pytest.mark.parametrize("jobs", [1, 2])
def test_one_table_for_all_images(predictor, tmp_path, out, jobs):
    images = batch_samples.image_sets(tmp_path, 3, columns=lambda number: {"well": f"W{number}"})
    outcomes = list(batch.run(predictor, images, batch_samples.settings(out), jobs=jobs))
    assert sorted(statuses(outcomes)) == ["done"] * 3
    rows = list(rows_of(out / "all.csv"))
    assert list(rows[0])[:5] == ["image", "well", "object_id", "timestep", "labelimage_oid"]
    assert [row["image"] for row in rows] == [f"i{n:03}" for n in range(3) for _ in range(16)]
    assert {(row["image"], row["well"]) for row in rows} == {(f"i{n:03}", f"W{n}") for n in range(3)}
    assert {path.name for path in out.iterdir()} == {"all.csv", "i000.tif", "i001.tif", "i002.tif"}
    for number, outcome in enumerate(sorted(outcomes, key=lambda each: each.image.title)):
        assert outcome.image in images
        assert outcome.counts == sizes(number)
        assert outcome.files == (out / f"i{number:03}.tif",)


def test_processes_write_the_same_bytes(predictor, tmp_path):
    images, found = batch_samples.image_sets(tmp_path, 4), []
    for jobs in (1, 2):
        folder = tmp_path / f"out{jobs}"
        folder.mkdir()
        list(batch.run(predictor, images, batch_samples.settings(folder), jobs=jobs))
        found.append(content(folder))
    assert found[0] == found[1]


@pytest.mark.parametrize("jobs", [1, 2])
def test_bad_images_do_not_stop_the_others(predictor, tmp_path, out, jobs):
    images = batch_samples.image_sets(tmp_path, 4)
    Path(images[1].images["raw"]).write_bytes(b"II*\0 damaged")
    Path(images[2].images["labels"]).unlink()
    outcomes = {each.image.title: each for each in batch.run(predictor, images, batch_samples.settings(out), jobs=jobs)}
    assert statuses(outcomes[name] for name in sorted(outcomes)) == ["done", "failed", "failed", "done"]
    assert "damaged" in outcomes["i001"].error
    assert "no file" in outcomes["i002"].error
    assert {path.name for path in out.iterdir()} == {"all.csv", "i000.tif", "i003.tif"}
    assert len((out / "all.csv").read_text().splitlines()) == 33


def test_what_nobody_expected_is_said_of_its_image_alone(predictor, tmp_path, out, monkeypatch):
    def strange(array, *_, **__):
        raise IndexError("strange")

    monkeypatch.setattr(predictor.__class__, "open", strange)
    [outcome] = batch.run(predictor, batch_samples.image_sets(tmp_path, 1), batch_samples.settings(out))
    assert outcome.status is Status.FAILED
    assert "IndexError (strange)" in outcome.error


def test_want_of_memory_is_said_of_its_image_alone(predictor, tmp_path, out, monkeypatch):
    def huge(*_, **__):
        raise MemoryError

    monkeypatch.setattr(predictor.__class__, "open", huge)
    [outcome] = batch.run(predictor, batch_samples.image_sets(tmp_path, 1), batch_samples.settings(out))
    assert "not enough memory" in outcome.error


@posix_only
def test_results_that_are_too_large_for_the_disk_leave_nothing(predictor, tmp_path, out):
    images = batch_samples.image_sets(tmp_path, 2)
    settings = batch_samples.settings(out, "{nickname}.csv")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.tif")}
    with file_size_limit(500):
        outcomes = list(batch.run(predictor, images, settings))
    assert statuses(outcomes) == ["failed", "failed"]
    assert list(out.glob(".*")) == []
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_full_disk_ends_the_run(predictor, tmp_path, jobs):
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full, by which a full disk is imitated")
    images = batch_samples.image_sets(tmp_path, 3)
    record = Record(tmp_path)
    record.path.unlink()
    record.path.symlink_to("/dev/full")
    with pytest.raises(FileError, match="No space left"):
        list(batch.run(predictor, images, batch_samples.settings(tmp_path, None), jobs=jobs, record=record))


def test_an_image_that_meets_a_full_disk_ends_the_run(predictor, tmp_path, out, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    images = batch_samples.image_sets(tmp_path, 2)
    monkeypatch.setattr("napari_objclass.io.tiff.write", full)
    with pytest.raises(FileError, match=r"No space left.*it goes on from here"):
        list(batch.run(predictor, images, batch_samples.settings(out)))
    assert list(out.iterdir()) == []


def test_a_folder_that_vanishes_is_made_again(predictor, tmp_path, out):
    run = batch.run(predictor, batch_samples.image_sets(tmp_path, 3), batch_samples.settings(out, None))
    next(run)
    for path in out.iterdir():
        path.unlink()
    out.rmdir()
    assert statuses(run) == ["done"] * 2
    assert len(list(out.iterdir())) == 2


def test_the_same_run_again_keeps_what_is_done(predictor, tmp_path, out):
    plan = batch.plan(batch_samples.image_sets(tmp_path, 3), batch_samples.settings(out), folder=out)
    first = list(batch.run(predictor, plan, record=Record(out)))
    before = content(out)
    again = list(batch.run(predictor, plan, record=Record(out)))
    assert statuses(again) == ["kept"] * 3
    assert [(each.counts, each.files) for each in again] == [(each.counts, each.files) for each in first]
    assert content(out) == before
    assert statuses(batch.run(predictor, plan, record=Record(out, restart=True))) == ["done"] * 3
    assert content(out) == before


def test_only_what_changed_is_done_again(predictor, tmp_path, out):
    images = batch_samples.image_sets(tmp_path, 5)
    plan = batch.plan(images, batch_samples.settings(out, "{nickname}.csv"), folder=out)
    list(batch.run(predictor, plan, record=Record(out)))
    (out / "i001.tif").unlink()
    with (out / "i002.csv").open("a") as file:
        file.write("more")
    os.utime(images[3].images["raw"], ns=(1, 1))
    again = {each.image.title: str(each.status) for each in batch.run(predictor, plan, record=Record(out))}
    assert again == {"i000": "kept", "i001": "done", "i002": "done", "i003": "done", "i004": "kept"}


def test_another_classifier_or_other_settings_begin_anew(predictor, tmp_path, out):
    images, settings = batch_samples.image_sets(tmp_path, 2), batch_samples.settings(out)
    list(batch.run(predictor, batch.plan(images, settings, folder=out), record=Record(out)))
    other = type(settings)(**{**settings.to_json(), "columns": "compact"})
    assert "kept" not in statuses(batch.run(predictor, batch.plan(images, other, folder=out), record=Record(out)))
    state = predictor.state
    colored = tuple(type(each)(each.name, "#123456", each.ignore, each.uuid) for each in state.classes)
    other = type(predictor)(type(state)(settings=state.settings, classes=colored), predictor.forest)
    assert "kept" not in statuses(batch.run(other, batch.plan(images, settings, folder=out), record=Record(out)))


def test_a_failed_image_that_is_mended_is_added(predictor, tmp_path, out):
    images = batch_samples.image_sets(tmp_path, 3)
    good = Path(images[1].images["raw"]).read_bytes()
    Path(images[1].images["raw"]).write_bytes(b"II*\0")
    plan = batch.plan(images, batch_samples.settings(out), folder=out)
    assert statuses(batch.run(predictor, plan, record=Record(out))) == ["done", "failed", "done"]
    Path(images[1].images["raw"]).write_bytes(good)
    assert statuses(batch.run(predictor, plan, record=Record(out))) == ["kept", "kept", "done"]
    rows = list(rows_of(out / "all.csv"))
    assert [row["image"] for row in rows] == [f"i{n:03}" for n in range(3) for _ in range(16)]
    assert not (out / "run.parts").exists()


def test_a_torn_line_of_the_record_is_passed_over(predictor, tmp_path, out):
    plan = batch.plan(batch_samples.image_sets(tmp_path, 3), batch_samples.settings(out), folder=out)
    record = Record(out)
    run = batch.run(predictor, plan, record=record)
    next(run), next(run)
    run.close()
    record.path.write_bytes(record.path.read_bytes()[:-20])
    assert statuses(batch.run(predictor, plan, record=Record(out))) == ["kept", "done", "done"]
    assert statuses(batch.run(predictor, plan, record=Record(out))) == ["kept"] * 3


def test_a_record_that_was_edited_is_passed_over(predictor, tmp_path, out):
    plan = batch.plan(batch_samples.image_sets(tmp_path, 3), batch_samples.settings(out), folder=out)
    assert statuses(batch.run(predictor, plan, record=Record(out))) == ["done"] * 3
    record = out / "run.record.jsonl"
    *lines, _ = (json.loads(line) for line in record.read_text("utf-8").splitlines())
    edited = [lines[0] | {"files": 5}, lines[1] | {"counts": None}, {"files": []}, 5, None, [], {"table": 3}]
    record.write_text("\n".join(map(json.dumps, [*edited, lines[2]])) + "\n", "utf-8")
    (out / "all.csv").unlink()
    assert statuses(batch.run(predictor, plan, record=Record(out))) == ["done"] * 3


def test_shards_are_one_run(predictor, tmp_path, out):
    plan = batch.plan(batch_samples.image_sets(tmp_path, 5), batch_samples.settings(out), folder=out)
    for number in (2, 1):
        record = Record(out, f"run.shard-{number}-of-2")
        assert set(statuses(batch.run(predictor, plan.shard(number, 2), record=record, join=False))) == {"done"}
    assert not (out / "all.csv").exists()
    assert statuses(batch.run(predictor, plan, record=Record(out))) == ["kept"] * 5
    assert len((out / "all.csv").read_text().splitlines()) == 1 + 5 * 16
    with pytest.raises(ParameterError, match="no part 3 of 2"):
        plan.shard(3, 2)


KILLED = """
import os, signal, sys
from pathlib import Path
from workflow import batch_samples
from napari_objclass.workflow import batch
from napari_objclass.workflow.batch import ImageSet, Record

def main(folder, project, jobs, n):
    images = [ImageSet({role: str(folder / role / f"i{k:03}.tif") for role in ("raw", "labels")}) for k in range(6)]
    out = folder / "killed"
    plan = batch.plan(images, batch_samples.settings(out), folder=out)
    for number, _ in enumerate(batch.run(batch_samples.predictor(project), plan, jobs=jobs, record=Record(out)), 1):
        if number == n:
            (out / ".i005.tif.0123abcd.part").touch()
            os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
"""


@posix_only
@pytest.mark.parametrize(("jobs", "n"), [(1, 2), (2, 4)])
def test_killed_and_resumed_is_as_in_one_go(project, predictor, tmp_path, jobs, n):
    images = batch_samples.image_sets(tmp_path, 6)
    found = []
    for name in ("whole", "killed"):
        out = tmp_path / name
        out.mkdir()
        plan = batch.plan(images, batch_samples.settings(out), folder=out)
        if name == "killed":
            program = tmp_path / "program.py"
            program.write_text(KILLED)
            paths = os.pathsep.join(str(Path(__file__).parents[level]) for level in (1, 2))
            words = [sys.executable, program, tmp_path, project, str(jobs), str(n)]
            # Its processes have the pipe, too: there is an end to it when the last one is gone.
            ended = subprocess.run(words, env=os.environ | {"PYTHONPATH": paths}, stdout=subprocess.PIPE, timeout=60)
            assert ended.returncode == -signal.SIGKILL
        outcomes = list(batch.run(predictor, plan, record=Record(out)))
        outcomes.sort(key=lambda each: each.image.title)
        batch_summary.Summary(outcomes, predictor.classes).write(out / "summary.csv", out / "groups.csv")
        found.append(content(out))
    assert "kept" in statuses(outcomes)
    assert found[0] == found[1]


class Deadly:
    """Kills the process that opens it."""

    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        import multiprocessing

        if multiprocessing.parent_process() is not None:
            os.kill(os.getpid(), signal.SIGKILL)
        return str(self.path)


@posix_only
def test_a_process_that_dies_takes_its_image_with_it_and_no_other(predictor, tmp_path, out):
    images = batch_samples.image_sets(tmp_path, 5)
    images[1] = ImageSet({**images[1].images, "labels": Deadly(images[1].images["labels"])}, name="deadly")
    outcomes = {each.image.title: each for each in batch.run(predictor, images, batch_samples.settings(out), jobs=2)}
    assert {name for name, each in outcomes.items() if each.status is Status.FAILED} == {"deadly"}
    assert "SIGKILL" in outcomes["deadly"].error
    assert len(outcomes) == 5


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_is_cancelled(predictor, tmp_path, out, jobs):
    cancel = CancelToken()
    run = batch.run(
        predictor, batch_samples.image_sets(tmp_path, 6), batch_samples.settings(out), jobs=jobs, cancel=cancel
    )
    next(run)
    cancel.cancel()
    with pytest.raises(Cancelled):
        list(run)
    assert not list(out.glob(".*"))
    assert not (out / "all.csv").exists()


def test_summaries_leave_out_what_is_ignored(predictor, tmp_path, out):
    images = batch_samples.image_sets(tmp_path, 4, columns=lambda number: {"dose": str(number % 2), "plate": "P"})
    Path(images[3].images["raw"]).unlink()
    outcomes = list(batch.run(predictor, images, batch_samples.settings(out)))
    summary = batch_summary.Summary(outcomes, predictor.classes)
    summary.write(out / "summary.csv", out / "summary_groups.csv")
    rows = list(rows_of(out / "summary.csv"))
    assert [row["status"] for row in rows] == ["done"] * 3 + ["failed"]
    for number, row in enumerate(rows[:3]):
        counts = sizes(number)
        total = counts[LARGE] + counts[SMALL]
        assert (row["image"], row["dose"], row["objects"]) == (f"i{number:03}", str(number % 2), str(total))
        assert int(row[f"Number of {SMALL}"]) == counts[SMALL]
        assert float(row[f"Share of {LARGE}"]) == pytest.approx(counts[LARGE] / total, abs=1e-6)
    assert not any(DIRT in column for column in rows[0])
    groups = {(row["column"], row["value"]): row for row in rows_of(out / "summary_groups.csv")}
    assert set(groups) == {("dose", "0"), ("dose", "1"), ("plate", "P")}
    assert groups["dose", "0"]["images"] == "2"
    assert int(groups["dose", "0"][f"Number of {LARGE}"]) == sizes(0)[LARGE] + sizes(2)[LARGE]
    assert int(groups["plate", "P"][f"Number of {SMALL}"]) == sum(sizes(n)[SMALL] for n in range(3))
    assert len(summary.lines) == 4


def test_a_plan_refuses_what_would_be_lost(predictor, tmp_path, out):
    images = batch_samples.image_sets(tmp_path, 2)
    settings = batch_samples.settings(out)
    with pytest.raises(FileError, match="two images"):
        batch.plan([images[0], ImageSet(images[1].images, name="i000")], settings)
    with pytest.raises(FileError, match="raw image itself"):
        batch.plan(images, batch_samples.settings(tmp_path / "raw"))
    with pytest.raises(FileError, match="table image itself"):
        batch.plan(images, settings, protected=[("table", out / "all.csv")])
    with pytest.raises(ParameterError, match="nothing to do"):
        batch.plan([], settings)
    with pytest.raises(ParameterError, match="at least 1"):
        list(batch.run(predictor, images, settings, jobs=0))


def test_memory_does_not_grow(predictor, tmp_path, out):
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("memory is read from /proc/self/status, which only Linux has")
    images = batch_samples.image_sets(tmp_path, 20)
    named = [ImageSet(images[n % 20].images, name=f"n{n:03}") for n in range(300)]
    held = [
        int(re.search(r"VmRSS:\s+(\d+)", status.read_text())[1])
        for _ in batch.run(predictor, named, batch_samples.settings(out), threads=1)
    ]
    assert held[270] <= 1.05 * held[30]


def test_a_predictor_goes_through_a_pipe(predictor):
    import pickle

    again = pickle.loads(pickle.dumps(predictor))
    assert again.digest == predictor.digest
    raw, labels = batch_samples.scene(7)
    painted = []
    for each in (predictor, again):
        chain, lane = each.open({"raw": raw, "labels": labels})
        painted.append(chain.predict(lane, retrain=False).paint("classes"))
    np.testing.assert_array_equal(*painted)


def test_the_record_is_lines_of_json(predictor, tmp_path, out):
    plan = batch.plan(batch_samples.image_sets(tmp_path, 2), batch_samples.settings(out, None), folder=out)
    list(batch.run(predictor, plan, record=Record(out)))
    lines = [json.loads(line) for line in (out / "run.record.jsonl").read_text().splitlines()]
    assert [line["image"] for line in lines] == ["i000", "i001"]
    assert lines[0]["files"] == [["i000.tif", (out / "i000.tif").stat().st_size]]
    assert tifffile.imread(out / "i000.tif").max() <= 3
