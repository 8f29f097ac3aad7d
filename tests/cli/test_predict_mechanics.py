"""Predicting many images from the command line: pairing, tables of inputs, reports, resuming, interruptions."""

import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tifffile
from workflow import batch_samples
from workflow.batch_samples import LARGE, SMALL, sizes

import napari_objclass as oc
from napari_objclass.commands import _arguments

OBJCLASS = [sys.executable, "-m", "napari_objclass"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return batch_samples.project(tmp_path_factory.mktemp("trained") / "p.objclass")


@pytest.fixture
def plate(tmp_path):
    """Folder with ``raw`` and ``labels`` of three images."""
    batch_samples.image_sets(tmp_path, 3)
    return tmp_path


def folders(plate, *words):
    return ["--raw-data", plate / "raw", "--labels", plate / "labels", "--out", plate / "out", *words]


def names(folder):
    return {path.name for path in folder.iterdir()}


RESULTS = {f"i00{n}_Object Predictions.h5" for n in range(3)}
REPORTS = {"run.json", "run.record.jsonl", "summary.csv"}


def test_folders_and_reports(objclass, trained, plate):
    before = trained.read_bytes()
    result = objclass("predict", trained, *folders(plate, "--jobs", "2"))
    assert result.code == 0, result.err
    assert names(plate / "out") == RESULTS | REPORTS
    assert {Path(line).name for line in result.out.splitlines()} == RESULTS
    lines = result.err.splitlines()
    assert lines[0].startswith("raw/i000.tif + labels/i000.tif → i000")
    assert lines[-1] == "3 of 3 done, 0 failed"
    total = {name: sum(sizes(n)[name] for n in range(3)) for name in (LARGE, SMALL)}
    assert f"{total[LARGE]} {LARGE}, {total[SMALL]} {SMALL}" in lines[-2]
    report = json.loads((plate / "out" / "run.json").read_text("utf-8"))
    assert (report["ending"], report["images_done"], report["images_failed"]) == ("done", 3, 0)
    assert report["command"].startswith(f"objclass predict {trained}")
    assert [each["inputs"] for each in report["images"]] == [
        [f"../raw/i00{n}.tif", f"../labels/i00{n}.tif"] for n in range(3)
    ]
    assert report["images"][1]["counts"] == sizes(1)
    assert report["classifier"]["features"] == ["num_pixels"]
    assert [each["ignore"] for each in report["classifier"]["classes"]] == [False, False, True]
    assert trained.read_bytes() == before


def test_a_dry_run_shows_all_and_does_nothing(objclass, trained, plate):
    before = names(plate)
    result = objclass("predict", trained, *folders(plate, "--table-filename", "{nickname}.csv", "--dry-run"))
    assert result.code == 0, result.err
    assert result.err.splitlines()[2] == "raw/i002.tif + labels/i002.tif → i002_Object Predictions.h5, i002.csv"
    assert names(plate) == before


def test_what_has_no_partner_is_refused_unless_it_is_left_out(objclass, trained, plate):
    (plate / "labels" / "i001.tif").unlink()
    result = objclass("predict", trained, *folders(plate))
    assert result.code == 1
    assert len(result.err.splitlines()) == 1
    assert "i001.tif" in result.err
    assert not (plate / "out").exists()
    result = objclass("predict", trained, *folders(plate, "--skip-unpaired"))
    assert result.code == 0, result.err
    assert names(plate / "out") == RESULTS - {"i001_Object Predictions.h5"} | REPORTS


def test_results_beside_the_images_are_no_inputs_of_the_next_run(objclass, trained, plate):
    words = ["--raw-data", plate / "raw", "--labels", plate / "labels"]
    words += ["--output-filename-format", "{dataset_dir}/{nickname}_classes", "--output-format", "tif"]
    assert objclass("predict", trained, *words).code == 0
    again = objclass("predict", trained, *words)
    assert again.code == 0, again.err
    assert "3 images were done before" in again.err
    assert (
        names(plate / "raw") == {f"i00{n}{suffix}" for n in range(3) for suffix in (".tif", "_classes.tif")} | REPORTS
    )


def test_a_table_of_inputs_is_carried_into_results(objclass, trained, plate):
    rows = [f"raw/i00{n}.tif;labels/i00{n}.tif;cell {n};{'treated' if n else 'control'}" for n in range(3)]
    (plate / "table.csv").write_text("\ufeffraw;labels;name;treatment\r\n" + "\r\n".join(rows), "utf-8")
    result = objclass(
        "predict", trained, "--inputs", plate / "table.csv", "--out", plate / "out", "--table-only",
        "--table-filename", "all.csv", "--columns", "compact",
    )  # fmt: skip
    assert result.code == 0, result.err
    assert names(plate / "out") == REPORTS | {"all.csv", "summary_groups.csv"}
    header, *rows = csv.reader((plate / "out" / "all.csv").read_text("utf-8").splitlines())
    assert header[:3] == ["image", "treatment", "object_id"]
    assert [tuple(row[:2]) for row in rows[::16]] == [(f"cell {n}", "treated" if n else "control") for n in range(3)]
    groups = list(csv.DictReader((plate / "out" / "summary_groups.csv").read_text("utf-8").splitlines()))
    assert [(row["value"], row["images"]) for row in groups] == [("control", "1"), ("treated", "2")]
    assert int(groups[1][f"Number of {LARGE}"]) == sizes(1)[LARGE] + sizes(2)[LARGE]


def test_what_the_project_says_is_written_unless_the_line_says_otherwise(objclass, trained, plate):
    project = plate / "own.objclass"
    project.write_bytes(trained.read_bytes())
    with oc.Session.open(project) as session:
        session.export_settings = oc.Export(images=("Uncertainty",), format="tif", table="{dataset_dir}/{nickname}.csv")
        session.save()
    words = ["predict", project, "--raw-data", plate / "raw/i000.tif", "--labels", plate / "labels/i000.tif"]
    assert objclass(*words).code == 0
    assert names(plate / "raw") == {f"i00{n}.tif" for n in range(3)} | {"i000_Uncertainty.tif", "i000.csv"}
    result = objclass(*words, "--out", plate / "out", "--export-source", "object predictions", "Object Identities")
    assert result.code == 0, result.err
    expected = {"i000_Object Predictions.tif", "i000_Object Identities.tif", "i000.csv"}
    assert names(plate / "out") == REPORTS | expected


def test_options_of_exports_become_settings():
    import argparse

    parser = argparse.ArgumentParser()
    _arguments.export_arguments(parser)
    words = (
        "--export-dtype uint8 --output-axis-order xyc --pipeline-result-drange (0.0,1.0) --export-drange (0,255) "
        "--cutout-subregion [(0,10,None,0,0),(1,20,30,1,1)] --table-features a,b --table-margin 3 --out there"
    )
    settings = _arguments.export_settings(parser.parse_args(words.split()), oc.Export())
    assert (settings.dtype, settings.axes, settings.renormalize) == ("uint8", "xyc", (0.0, 1.0, 0.0, 255.0))
    assert settings.region == (("t", 0, 1), ("x", 10, 20), ("y", None, 30), ("z", 0, 1), ("c", 0, 1))
    assert (settings.features, settings.margin) == (("a", "b"), 3)
    assert settings.filename == "there/{nickname}_{result_type}"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--export-drange", "(0,1)"], "give both"),
        (["--cutout-subregion", "[(0,0),(9,9)]"], "--input-axes"),
        (["--cutout-subregion", "everything"], "whole numbers"),
        (["--shard", "3"], "--shard is I/N"),
        (["--shard", "5/4"], "no part 5 of 4"),
        (["--jobs", "0"], "at least 1"),
        (["--threads", "0"], "at least 1"),
        (["--inputs", "table.csv"], "leave out the others"),
        (["--table-filename", "summary.csv"], "report of the run"),
        (["--log-json", "no/where.json"], "no/where.json"),
    ],
)
def test_refusals_are_one_line_before_anything_is_done(objclass, trained, plate, words, said):
    result = objclass("predict", trained, *folders(plate, *words))
    assert result.code == 1
    assert said in result.err.splitlines()[-1]
    assert not (plate / "out").exists() or not RESULTS & names(plate / "out")


def test_errors_are_told_at_once_and_in_a_log(objclass, trained, plate):
    (plate / "raw" / "i001.tif").write_bytes(b"II*\0 damaged")
    result = objclass("predict", trained, *folders(plate, "--log-json", "-"))
    assert result.code == 3
    lines = [json.loads(line) for line in result.out.splitlines()]
    assert [line["status"] for line in lines] == ["done", "failed", "done"]
    assert "damaged" in lines[1]["error"]
    assert lines[2]["n_objects"] == 16
    assert sum("damaged" in line for line in result.err.splitlines()) == 1
    assert result.err.splitlines()[-1] == "2 of 3 done, 1 failed"


def test_shards_and_then_the_whole(objclass, trained, plate):
    words = folders(plate, "--table-filename", "all.csv", "--output-format", "tif")
    for shard in ("1/2", "2/2"):
        assert objclass("predict", trained, *words, "--shard", shard).code == 0
    assert "all.csv" not in names(plate / "out")
    assert {"run.shard-1-of-2.json", "summary.shard-2-of-2.csv"} <= names(plate / "out")
    result = objclass("predict", trained, *words)
    assert "3 images were done before" in result.err
    assert len((plate / "out" / "all.csv").read_text().splitlines()) == 1 + 3 * 16
    assert len((plate / "out" / "summary.csv").read_text().splitlines()) == 4
    again = objclass("predict", trained, *words, "--restart")
    assert "before" not in again.err
    assert tifffile.imread(plate / "out" / "i000_Object Predictions.tif").shape == (64, 64)


def test_one_image_alone_leaves_its_folder_tidy(objclass, trained, plate):
    words = ["--raw-data", plate / "raw/i000.tif", "--labels", plate / "labels/i000.tif", "--output-format", "tif"]
    assert objclass("predict", trained, *words).code == 0
    assert names(plate / "raw") == {f"i00{n}.tif" for n in range(3)} | {"i000_Object Predictions.tif"}


@pytest.mark.skipif(os.name != "posix", reason="Windows cannot send SIGINT or SIGTERM to another process")
@pytest.mark.parametrize(("jobs", "number", "code"), [(1, 2, 130), (2, 2, 130), (2, 15, 143)])
def test_an_interruption_is_one_line_and_leaves_nothing_half_written(trained, tmp_path, jobs, number, code):
    batch_samples.image_sets(tmp_path, 25)
    before = trained.read_bytes()
    words = [*OBJCLASS, "predict", trained, *folders(tmp_path, "--jobs", str(jobs), "--table-filename", "all.csv")]
    run = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    record = tmp_path / "out" / "run.record.jsonl"
    while run.poll() is None and not (record.exists() and record.read_bytes().count(b"\n") > 1):
        time.sleep(0.01)
    run.send_signal(number)
    said = run.communicate(timeout=30)[1]
    assert run.returncode == code, said
    assert [line for line in said.splitlines() if "→" not in line and "…" not in line] == [
        f"objclass: {'interrupted' if code == 130 else 'terminated'}; nothing half-written was left behind"
    ]
    assert not list(tmp_path.rglob(".*.part"))
    report = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert report["ending"] == "interrupted"
    assert 0 < report["images_done"] < 25
    assert "all.csv" not in names(tmp_path / "out")
    assert trained.read_bytes() == before


def test_many_processes_predict_from_one_project(trained, tmp_path):
    batch_samples.image_sets(tmp_path, 4)
    before = [(path, path.read_bytes()) for path in sorted(trained.parent.rglob("*")) if path.is_file()]
    words = [
        *OBJCLASS,
        "predict",
        trained,
        "--output-filename-format",
        tmp_path / "{nickname}",
        "--output-format",
        "tif",
    ]
    runs = [
        subprocess.Popen(
            [*words, "--raw-data", tmp_path / f"raw/i00{n}.tif", "--labels", tmp_path / f"labels/i00{n}.tif"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(4)
    ]
    said = [run.communicate(timeout=60)[1] for run in runs]
    assert [run.returncode for run in runs] == [0] * 4, said
    assert {path.name for path in tmp_path.glob("*.tif")} == {f"i00{n}.tif" for n in range(4)}
    after = [(path, path.read_bytes()) for path in sorted(trained.parent.rglob("*")) if path.is_file()]
    assert after == before
