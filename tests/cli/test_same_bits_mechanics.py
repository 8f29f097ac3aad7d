"""The same project and image give the same files, byte for byte, whoever asks: a session, a batch, ilastik's flags."""

from pathlib import Path

import numpy as np
import pytest

from napari_objclass import sample
from napari_objclass.io.writers import write_image
from napari_objclass.workflow.session import Session
from napari_objclass.workflow.thresholding import Thresholding

SOURCES = ("Object Predictions", "Object Probabilities", "Object Identities", "Uncertainty")

FLAGS = {"labels": "--label-image", "segmentation": "--segmentation-image", "probabilities": "--prediction-maps"}


def _plane():
    """Raw, labels and probabilities of a quarter of the sample."""
    nuclei = sample.nuclei_2d()
    quarter = np.s_[:256, :256]
    return nuclei.raw[quarter], nuclei.labels[quarter], sample.probabilities(nuclei)[quarter]


def _kinds():
    """Axes of raw and of the objects, and both images, by the kind of project."""
    raw, labels, probabilities = _plane()
    film = {"raw": np.stack([raw, raw[::-1]]), "labels": np.stack([labels, labels[::-1]])}
    solid = {"raw": np.stack([raw, raw, raw]), "labels": np.stack([labels, labels, np.zeros_like(labels)])}
    return {
        "label image": ({"raw": raw, "labels": labels}, "yx"),
        "segmentation": ({"raw": raw, "segmentation": (labels > 0).astype(np.uint8)}, "yx"),
        "probabilities": ({"raw": raw, "probabilities": probabilities}, "yx"),
        "raw alone": ({"raw": raw}, "yx"),
        "film": (film, "tyx"),
        "solid": (solid, "zyx"),
        "labels alone": ({"labels": labels}, "yx"),
    }


@pytest.fixture(params=list(_kinds()))
def place(request, tmp_path, monkeypatch):
    """A folder with a trained project, ``p.objclass``, and one more image; files by role."""
    images, axes = _kinds()[request.param]
    monkeypatch.chdir(tmp_path)
    for name in ("trained", "other"):
        Path(name).mkdir()
        for role, array in images.items():
            flipped = np.ascontiguousarray(array if name == "trained" else np.flip(array, axes.index("x")))
            write_image(f"{name}/{role}.tif", flipped, axes + "c" * (flipped.ndim - len(axes)))
    with Session(recover=False) as session:
        for cls in ("round", "long"):
            session.add_class(cls)
        if request.param == "raw alone":
            session.thresholding = Thresholding(threshold=float(np.quantile(images["raw"], 0.9)))
        session.add_lane(**{role: f"trained/{role}.tif" for role in images})
        ids = [int(each) for each in session.objects(0).ids[:12]]
        session.annotate_many(0, ids=ids, classes=[1, 2] * 6)
        session.train()
        session.save("p.objclass")
    return {role: f"other/{role}.tif" for role in images}


def written(folder):
    return {path.name.replace("_table.csv", ".csv"): path.read_bytes() for path in Path(folder).iterdir()}


def test_all_ways_write_the_same_bytes(objclass, place):
    ways = ("session", "predictor", "predict", "headless")
    for way in ways:
        Path(way).mkdir()

    with Session.open("p.objclass", read_only=True) as session:
        lane = session.add_lane(**place)
        for source in SOURCES:
            session.export(lane, source, filename="session/{nickname}_{result_type}", table="session/{nickname}.csv")

    with Session.open("p.objclass", read_only=True) as session:
        predictor, settings = session.predictor(), session.export_settings
    chain, record = predictor.open(place)
    chosen = {"images": SOURCES, "filename": "predictor/{nickname}_{result_type}", "table": "predictor/{nickname}.csv"}
    settings = type(settings)(**chosen)
    predictor.export(chain, record, settings, settings.files(record.name, record.folder))

    for way, words in (("predict", ["predict", "p.objclass"]), ("headless", ["--headless", "--project=p.objclass"])):
        roles = [word for role, path in place.items() for word in (FLAGS.get(role, "--raw-data"), path)]
        for source in SOURCES:
            names = [
                f"--output-filename-format={way}/{{nickname}}_{{result_type}}",
                f"--table-filename={way}/{{nickname}}.csv",
            ]
            result = objclass(*words, *roles, f"--export-source={source}", *names)
            assert result.code == 0, result.err

    expected = written("session")
    assert len(expected) == len(SOURCES) + 1
    for way in ways[1:]:
        found = written(way)
        assert found.keys() == expected.keys(), way
        assert [name for name in expected if found[name] != expected[name]] == [], way
