"""The same files, byte for byte, from the workbench, a session, a batch, and both commands: ours and ilastik's."""

import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from napari_objclass.cli import main
from napari_objclass.io.writers import write_image
from napari_objclass.kernels import CancelToken
from napari_objclass.widgets.viewer import exporting
from napari_objclass.workflow import batch
from napari_objclass.workflow.batch import ImageSet
from napari_objclass.workflow.export import Export
from napari_objclass.workflow.opening import open_project

AXES = "yxc"  # said, since ilastik's flags write the axes of raw, others those of the objects
FORMAT = "compressed hdf5"  # said too, since the workbench begins with another
SOURCES = ("Object Predictions", "Object Probabilities", "Object Identities", "Uncertainty")
DATA = Path(__file__).parents[1] / "data" / "nuclei2d"


@pytest.fixture(params=["workbench", "ilastik"])
def project(request, shared, mailbox, nuclei, tmp_path, monkeypatch):
    """Name of a project that was trained in the workbench or in ilastik, and images by role that it does not know."""
    monkeypatch.chdir(tmp_path)
    if request.param == "ilastik":
        for name in ("nuclei2d.ilp", "nuclei2d_raw.h5", "nuclei2d_seg.h5"):
            shutil.copy(DATA / name, name)
        shutil.copy("nuclei2d_raw.h5", "other.h5")
        shared.open(partial(open_project, "nuclei2d.ilp"))
        mailbox.settle()
        return "nuclei2d.ilp", {"raw": "other.h5/data", "labels": "nuclei2d_seg.h5/data"}
    for name, image in (("raw", nuclei.raw), ("labels", nuclei.labels)):
        write_image(f"{name}.tif", image[:192, :160], "yx")
        write_image(f"other_{name}.tif", np.ascontiguousarray(image[100:260, 50:]), "yx")
    shared.do("input_data", lambda s: s.add_lane(raw="raw.tif", labels="labels.tif"))
    mailbox.until(lambda: shared.shown and shared.shown.table is not None)
    ids = shared.shown.table.ids[:12].tolist()
    for number in (1, 2):
        shared.annotate(0, ids[number - 1 :: 2], number)
    mailbox.until(lambda: shared.shown.prediction is not None)
    shared.save("p.objclass")
    mailbox.settle()
    return "p.objclass", {"raw": "other_raw.tif", "labels": "other_labels.tif"}


def settings(way):
    Path(way).mkdir()
    template = f"{way}/{{nickname}}"
    return Export(SOURCES, template + "_{result_type}", FORMAT, axes=AXES, table=template + ".csv")


def in_workbench(shared, mailbox, images):
    def add(session):
        lane = session.add_lane(**images, name=name_of(images))
        ilastik_names = session.export_settings.ilastik_names
        session.export_settings = replace(settings("workbench"), ilastik_names=ilastik_names)
        return session.lane(lane).uuid

    lanes = []
    shared.do("input_data", add, lanes.append)
    mailbox.until(lambda: lanes)
    outcomes = []
    work = partial(exporting.write, shared.session, lanes, overwrite=False)
    shared.run("export", "exporting", lambda **run: work(**{"cancel": CancelToken(), **run}), outcomes.append)
    mailbox.until(lambda: outcomes)
    assert len(outcomes[0].written) == len(SOURCES) + 1


def in_session(project, images):
    with open_project(project, read_only=True) as session:
        names = session.export_settings.ilastik_names
        session.export_settings = replace(settings("session"), ilastik_names=names)
        session.export(session.add_lane(**images, name=name_of(images)))


def in_batch(project, images):
    with open_project(project, read_only=True) as session:
        chosen = replace(settings("batch"), ilastik_names=session.export_settings.ilastik_names)
        planned = batch.plan([ImageSet(images, name_of(images))], chosen)
        (outcome,) = batch.run(session.predictor(), planned)
    assert not outcome.error


def in_commands(project, images):
    flags = ["--raw-data", images["raw"], "--label-image", images["labels"], f"--output-axis-order={AXES}"]
    flags.append(f"--output-format={FORMAT}")
    name = name_of(images)
    for way, words in (("predict", ["predict", project]), ("headless", ["--headless", f"--project={project}"])):
        for source in SOURCES:
            to = [f"--output-filename-format={way}/{name}_{{result_type}}", f"--table-filename={way}/{name}.csv"]
            assert main([*words, *flags, f"--export-source={source}", *to]) == 0
        for table in Path(way).glob("*_table.csv"):
            table.rename(f"{way}/{name}.csv")


def name_of(images):
    return Path(images["raw"].removesuffix("/data")).stem


def files(way):
    return {path.name: path.read_bytes() for path in Path(way).iterdir()}


def test_all_ways_write_the_same_bytes(project, shared, mailbox):
    in_session(*project)
    in_batch(*project)
    in_commands(*project)
    in_workbench(shared, mailbox, project[1])  # last, since others would see what it changes
    expected = files("workbench")
    assert len(expected) == len(SOURCES) + 1
    for way in ("session", "batch", "predict", "headless"):
        found = files(way)
        assert found.keys() == expected.keys(), way
        assert [name for name in expected if found[name] != expected[name]] == [], way
