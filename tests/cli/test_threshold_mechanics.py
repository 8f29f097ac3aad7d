"""Objects found in probabilities on the command line: ``objclass threshold``, and the role in all other commands."""

import numpy as np
import pytest

import napari_objclass as oc
from napari_objclass.io.readers import open_image
from napari_objclass.io.writers import write_image


@pytest.fixture(scope="session")
def probabilities(images):
    return np.asarray(open_image(images / "probabilities.h5").data)


@pytest.mark.parametrize("name", ["objects.h5", "objects.h5/inner/path", "objects.tif", "objects.npy"])
def test_label_images_in_any_format(objclass, images, probabilities, tmp_path, name):
    result = objclass("threshold", images / "probabilities.h5", "-o", tmp_path / name, "--spacing", 0.5, 0.25)
    file = tmp_path / name.partition("/")[0]
    expected = oc.threshold(probabilities)
    assert result.out == f"{expected.max()} objects, 8 too small, 0 too large → {file}\n", result.err
    image = open_image(tmp_path / name)
    assert np.array_equal(np.asarray(image.data), expected)
    if file.suffix != ".npy":
        assert (image.axes, image.spacing) == ("yx", (0.5, 0.25))


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("--method simple --channel 1 --threshold 0.6 --sigma 2", {"channel": 1, "threshold": 0.6, "sigma": 2}),
        (
            "--method hysteresis --core-channel 0 --core-threshold 0.9 --no-merge --sigma 1 2.5",
            {"method": "hysteresis", "core_channel": 0, "core_threshold": 0.9, "merge": False, "sigma": (1, 2.5)},
        ),
        ("--min_size 200 --max_size=400 --fill-holes", {"min_size": 200, "max_size": 400, "fill_holes": True}),
        ("--value-range 0 0.5 --threads 1", {"value_range": (0, 0.5)}),
        ("--threshold -0.1", {"threshold": -0.1}),
        (
            "--physical-sizes --spacing 0.5 0.5 --min-size 50 --max-size 100",
            {"spacing": (0.5, 0.5), "min_size": 50, "max_size": 100},
        ),
    ],
)
def test_options_are_those_of_the_function(objclass, images, probabilities, tmp_path, words, options):
    result = objclass("threshold", images / "probabilities.h5", "-o", tmp_path / "o.npy", *words.split())
    assert result.code == 0, result.err
    assert np.array_equal(np.load(tmp_path / "o.npy"), oc.threshold(probabilities, **options))


def test_frames_in_any_order_of_axes(objclass, tmp_path):
    film = oc.sample.probabilities(oc.sample.nuclei_2d_t())
    np.save(tmp_path / "film.npy", film.transpose(3, 1, 2, 0))
    result = objclass("threshold", tmp_path / "film.npy", "-o", tmp_path / "o.h5", "--axes", "cyxt")
    expected = oc.threshold(film, axes="tyxc")
    assert result.out.startswith(f"{expected.max(axis=(1, 2)).sum()} objects, "), result.err
    image = open_image(tmp_path / "o.h5")
    assert image.axes == "yxt"
    assert np.array_equal(np.moveaxis(np.asarray(image.data), -1, 0), expected)


def test_intensities(objclass, images, tmp_path):
    raw = np.asarray(open_image(images / "raw.tif").data)
    words = ("--value-range", 0, 1, "--threshold", 700)
    assert objclass("threshold", images / "raw.tif", "-o", tmp_path / "o.npy", *words).code == 0
    assert np.array_equal(np.load(tmp_path / "o.npy"), oc.threshold(raw.astype(float), threshold=700))


def test_nothing_found_is_no_error(objclass, images, tmp_path):
    result = objclass("threshold", images / "probabilities.h5", "-o", tmp_path / "o.tif", "--threshold", 1.5)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("0 objects, 0 too small, 0 too large")


def test_nan_is_told(objclass, tmp_path):
    image = np.zeros((20, 20), np.float32)
    image[3, 4] = np.nan
    np.save(tmp_path / "p.npy", image)
    result = objclass("threshold", tmp_path / "p.npy", "-o", tmp_path / "o.npy")
    assert result.err == f"objclass: note: 1 value of {tmp_path / 'p.npy'} is NaN and counted as 0\n"


@pytest.fixture
def project(objclass, images, tmp_path):
    """A trained project whose objects are found in probabilities."""
    path = tmp_path / "p.objclass"
    made = objclass(
        "annotate", path, "--raw", images / "raw.tif", "--probabilities", images / "probabilities.h5",
        "--from", images / "classes.tif",
    )  # fmt: skip
    assert made.code == 0, made.err
    assert objclass("train", path).code == 0
    return path


def test_a_project_with_probabilities(objclass, images, project, tmp_path):
    told = objclass("info", project).out
    assert "thresholding  simple, from 0.5\n" in told
    for flag in ("--probabilities", "--prediction-maps", "--prediction_maps"):
        result = objclass(
            "predict", project, "--raw-data", images / "raw.tif", flag, images / "probabilities.h5",
            "--export-source", "Object Identities", "--output-filename-format", tmp_path / "ids",
            "--table-filename", tmp_path / "table.csv",
        )  # fmt: skip
        assert result.code == 0, result.err
        labels = np.asarray(open_image(tmp_path / "ids.h5").data)
        assert len((tmp_path / "table.csv").read_text("utf-8").splitlines()) == 1 + labels.max() > 100


def test_settings_are_those_of_the_project(objclass, project):
    with oc.Session.open(project) as session:
        session.thresholding = oc.Thresholding("hysteresis", sigma=2, core_threshold=0.9, min_size=100)
        session.save()
    facts = dict(line.split("  ", 1) for line in objclass("info", project).out.splitlines())
    assert facts["thresholding"].strip() == "hysteresis, from 0.5, cores 0.9, sigma 2.0, min_size 100"


def test_features(objclass, images, tmp_path):
    words = ("--probabilities", images / "probabilities.h5", "-o", tmp_path / "t.csv")
    result = objclass("features", images / "raw.tif", *words)
    assert result.out.startswith("159 objects"), result.err


def test_raw_alone_where_the_project_thresholds_it(objclass, images, tmp_path):
    path = tmp_path / "raw.objclass"
    with oc.Session(recover=False) as session:
        session.add_lane(raw=images / "raw.tif")
        ids = session.objects(0).ids[:10].tolist()
        session.annotate_many(0, ids=ids, classes=[1 + number % 2 for number in ids])
        session.train()
        session.save(path)
        expected = session.label_image(0)
        threshold = session.thresholding.threshold
    assert f"thresholding  simple, from {threshold:g}" in objclass("info", path).out
    other = write_image(tmp_path / "other.tif", np.asarray(open_image(images / "raw.tif").data)[::-1], "yx")
    words = ("--export-source", "Object Identities", "--output-filename-format", tmp_path / "{nickname}")
    result = objclass("predict", path, "--raw-data", images / "raw.tif", other, *words, "--output-format", "numpy")
    assert result.code == 0, result.err
    assert np.array_equal(np.load(tmp_path / "raw.npy"), expected)
    assert np.load(tmp_path / "other.npy").max() == expected.max()
    told = objclass("annotate", path, "--raw", other, "--image", "other", "--from", images / "classes.tif")
    assert told.code == 0, told.err
    with oc.Session.open(path, read_only=True) as session:
        assert [set(lane.sources) for lane in session.lanes] == [{"raw"}, {"raw"}]
        assert session.thresholding.threshold == threshold
