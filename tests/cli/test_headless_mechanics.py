"""``objclass --headless``: scripts that were written for ilastik run, and its flags mean what they mean there."""

import csv
import shutil
from argparse import Namespace
from pathlib import Path

import h5py
import numpy as np
import pytest

from napari_objclass.cli import main
from napari_objclass.commands._ilastik_inputs import ordered_images, volume
from napari_objclass.errors import FileError, ParameterError
from napari_objclass.io.image import Stack
from napari_objclass.io.readers import open_image
from napari_objclass.io.writers import write_image
from napari_objclass.workflow.session import Session

PREDICTIONS = "Object Predictions"


@pytest.fixture(scope="module")
def trained(images, tmp_path_factory) -> Path:
    """A folder with a corner of the images, one of another size, one inside an HDF5 file, and a trained project."""
    folder = tmp_path_factory.mktemp("trained")
    raw, labels = (open_image(images / name).data[:192, :160] for name in ("raw.tif", "labels.tif"))
    write_image(folder / "raw.tif", raw, "yx")
    write_image(folder / "labels.tif", labels, "yx")
    write_image(folder / "other.tif", raw[:100], "yx")
    write_image(folder / "data.h5/volumes/raw", raw, "yx")
    with Session(recover=False) as session:
        session.add_lane(raw=folder / "raw.tif", labels=folder / "labels.tif")
        ids = [int(each) for each in session.objects(0).ids[:12]]
        session.annotate_many(0, ids=ids, classes=[1, 2] * 6)
        session.train()
        session.save(folder / "nuclei.objclass")
    return folder


@pytest.fixture
def here(trained, tmp_path, monkeypatch) -> Path:
    """The current folder: a copy of all that."""
    for path in trained.iterdir():
        if path.suffix not in (".bak", ".journal"):
            shutil.copy(path, tmp_path / path.name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def headless(objclass, here):
    """Run with the project, on its kind of images unless others are named."""

    def run(*words, images=("--raw_data", "raw.tif", "--label_image", "labels.tif")):
        return objclass("--headless", "--project", "nuclei.objclass", *images, *words)

    return run


def header(path: Path) -> list[str]:
    with path.open(newline="") as file:
        return next(csv.reader(file))


# ------------------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    "words",
    [
        ["--headless", "--project=nuclei.objclass", "--raw_data=raw.tif", "--label_image=labels.tif"],
        ["--raw-data", "raw.tif", "--label-image", "labels.tif", "--headless", "--project", "nuclei.objclass"],
        ["--project", "nuclei.objclass", "--headless", "--label_image", "labels.tif", "--raw_data", "raw.tif"],
    ],
)
def test_dashes_underscores_and_any_order(objclass, here, words):
    result = objclass(*words)
    assert result.code == 0, result.err
    assert result.out.splitlines() == [str(here / f"raw_{PREDICTIONS}.h5")]
    with h5py.File(here / f"raw_{PREDICTIONS}.h5") as file:
        assert file["exported_data"].dtype == np.uint8


@pytest.mark.parametrize("raw", ["data.h5/volumes/raw", "data.h5"])
def test_a_dataset_is_part_of_the_nickname_whether_named_or_found(headless, here, raw):
    result = headless(images=("--raw_data", raw, "--label_image", "labels.tif"))
    assert result.code == 0, result.err
    assert (here / f"data-volumes-raw_{PREDICTIONS}.h5").exists()


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("a.csv", "a_table.csv"),
        ("a.CSV", "a_table.csv"),
        ("out/a", "out/a_table.csv"),
        ("out.d/{nickname}", "out.d/raw_table.csv"),
        ("{dataset_dir}/{nickname}.csv", "raw_table.csv"),
    ],
)
def test_a_csv_table_says_so_in_its_name(headless, here, given, written):
    for folder in ("out", "out.d"):
        (here / folder).mkdir()
    result = headless("--table_filename", given, "--table_only")
    assert result.code == 0, result.err
    assert header(here / written)[:4] == ["object_id", "timestep", "labelimage_oid", "User Label"]
    assert not list(here.glob("*.h5*Predictions*"))


def test_predict_leaves_the_name_of_a_table_as_it_is(objclass, here):
    result = objclass(
        "predict", "nuclei.objclass", "--raw-data", "raw.tif", "--labels", "labels.tif",
        "--table-filename", "{nickname}.csv", "--table-only",
    )  # fmt: skip
    assert result.code == 0, result.err
    assert (here / "raw.csv").exists()


# ------------------------------------------------------------------------------------------------------ inputs


def test_files_without_a_flag_are_raw_images(objclass, here):
    result = objclass("--headless", "--project=nuclei.objclass", "raw.tif")
    assert result.code == 1
    assert "--labels" in result.err


def test_files_without_a_flag_beside_files_with_one_are_refused(headless):
    result = headless(images=("raw.tif", "--label_image", "labels.tif"))
    assert result.code == 2
    assert "'raw.tif'" in result.err


def test_images_in_sequence_by_role(headless, here):
    shutil.copy(here / "raw.tif", here / "second.tif")
    result = headless(images=("--raw_data", "raw.tif", "second.tif", "--label_image", "labels.tif", "labels.tif"))
    assert result.code == 0, result.err
    assert result.out.splitlines() == [str(here / f"{name}_{PREDICTIONS}.h5") for name in ("raw", "second")]
    assert "2 of 2 done" in result.err


def test_one_image_that_fails(headless, here):
    images = ("--raw_data", "raw.tif", "other.tif", "--label_image", "labels.tif", "labels.tif")
    result = headless(images=images)
    assert result.code == 3
    assert "other" in result.err
    assert (here / f"raw_{PREDICTIONS}.h5").exists()


def test_a_file_is_named_once(headless, here):
    result = headless(images=("--raw_data", "nothing.tif", "--label_image", "labels.tif"))
    assert result.code == 1
    assert result.err.count("nothing.tif") == 1


def test_stopping_at_the_first_that_fails(headless, here):
    shutil.copy(here / "raw.tif", here / "second.tif")
    images = ("--raw_data", "other.tif", "second.tif", "--label_image", "labels.tif", "labels.tif")
    result = headless("--exit_on_failure", images=images)
    assert result.code == 1
    assert not (here / f"second_{PREDICTIONS}.h5").exists()


def test_roles_with_different_numbers_of_images(headless):
    result = headless(images=("--raw_data", "raw.tif", "raw.tif", "--label_image", "labels.tif"))
    assert result.code == 1
    assert "2 images for raw but 1 images for labels" in result.err


@pytest.fixture
def planes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in (1, 2, 10):
        write_image(tmp_path / f"z{number}.tif", np.zeros((8, 9), np.uint8), "yx")
    return tmp_path


def test_a_pattern_is_a_stack_in_natural_order(planes):
    assert volume("z*.tif", "t") == Stack((*(str(Path(f"z{n}.tif")) for n in (1, 2, 10)),), "t")


def test_joined_files_are_a_stack_in_their_order(planes):
    assert volume("z10.tif:z2.tif", "z") == Stack(("z10.tif", "z2.tif"), "z")


def test_a_file_is_itself(planes):
    assert volume("z1.tif", "z") == "z1.tif"
    (planes / "a:b[1].tif").touch()
    assert volume("a:b[1].tif", "z") == "a:b[1].tif"


def test_a_pattern_of_datasets_is_a_stack(planes):
    with h5py.File("film.h5", "w") as file:
        for number in (1, 2, 10):
            file[f"frames/{number}"] = np.zeros((8, 9), np.uint8)
    assert volume("film.h5/frames/*", "t") == Stack(tuple(f"film.h5/frames/{n}" for n in (1, 2, 10)), "t")
    with pytest.raises(FileError, match="no dataset"):
        volume("film.h5/slices/*", "t")


def described(training=None, **words):
    named = dict.fromkeys(("raw", "labels", "segmentation", "probabilities", "axes")) | {"stack_along": "z"} | words
    (found,) = ordered_images(Namespace(**named), training or {})
    return found


@pytest.mark.parametrize(
    ("training", "axes", "expected", "order"),
    [
        ({}, None, None, "yx"),
        ({"raw": "xy"}, None, {"raw": "xy"}, "xy"),
        ({"raw": "zyx"}, None, None, "yx"),
        ({"raw": "xy"}, ["yx"], {"raw": "yx"}, "yx"),
        ({}, ["yx,tyx"], {"raw": "yx"}, "yx"),
        ({}, ["None", "yx"], None, "yx"),
    ],
)
def test_axes_of_an_image(planes, training, axes, expected, order):
    found = described(training, raw=["z1.tif"], axes=axes)
    assert (found.images.axes, found.axes) == (expected, order)


def test_axes_by_role(planes):
    found = described(raw=["z1.tif"], labels=["z2.tif"], axes=["yx", "xy"])
    assert found.images.axes == {"raw": "yx", "labels": "xy"}
    found = described(raw=["z1.tif"], labels=["z2.tif"], axes=["xy"])
    assert found.images.axes == {"raw": "xy", "labels": "xy"}


@pytest.mark.parametrize(("along", "order"), [("z", "zyx"), ("t", "tyx"), ("c", "yxc")])
def test_axes_of_a_stack(planes, along, order):
    found = described(raw=["z*.tif"], stack_along=along)
    assert found.axes == order
    assert found.images.name == "z1"


def test_no_images(planes):
    with pytest.raises(ParameterError, match="--raw-data"):
        described()


def test_a_stack_is_one_image(headless, here):
    raw, labels = open_image("raw.tif").data[...], open_image("labels.tif").data[...]
    for t in (2, 10):
        write_image(here / f"raw_{t}.tif", raw if t == 2 else raw[::-1], "yx")
        write_image(here / f"labels_{t}.tif", labels if t == 2 else labels[::-1], "yx")
    result = headless("--stack_along=t", images=("--raw_data", "raw_*.tif", "--label_image", "labels_*.tif"))
    assert result.code == 0, result.err
    with h5py.File(here / f"raw_2_{PREDICTIONS}.h5") as file:
        frames = file["exported_data"][...]
    assert headless().code == 0
    with h5py.File(here / f"raw_{PREDICTIONS}.h5") as file:
        plain = file["exported_data"][...]
    assert frames.shape == (2, *plain.shape)
    np.testing.assert_array_equal(frames[0], plain)


# ----------------------------------------------------------------------------------------------------- outputs


def test_what_is_written(headless, here):
    result = headless(
        "--export_source=object identities", "--output_format=numpy", "--output_filename_format=ids/{nickname}",
        "--export_dtype", "uint16", "--output_axis_order=xy", '--cutout_subregion=[(0,10,20,0,0),(1,90,101,1,1)]',
    )  # fmt: skip
    assert result.code == 0, result.err
    written = np.load(here / "ids" / "raw.npy")
    assert written.dtype == np.uint16
    np.testing.assert_array_equal(written, open_image("labels.tif").data[20:101, 10:90].T)


def test_results_have_the_axes_of_the_raw_image(headless, here):
    raw = open_image("raw.tif").data[...]
    write_image(here / "raw.h5/data", raw[..., np.newaxis], "yxc")
    result = headless(images=("--raw_data", "raw.h5/data", "--label_image", "labels.tif"))
    assert result.code == 0, result.err
    with h5py.File(here / f"raw-data_{PREDICTIONS}.h5") as file:
        assert file["exported_data"].shape == (*raw.shape, 1)
    result = headless("--export_source=Object Probabilities")
    assert result.code == 0, result.err
    with h5py.File(here / "raw_Object Probabilities.h5") as file:
        assert file["exported_data"].shape == (*raw.shape, 2)


def test_images_of_different_axes(headless, here):
    write_image(here / "plane.h5/data", open_image("raw.tif").data[...][..., np.newaxis], "yxc")
    images = ("--raw_data", "raw.tif", "plane.h5/data", "--label_image", "labels.tif", "labels.tif")
    result = headless("--table_filename=all.csv", images=images)
    assert result.code == 1
    assert "two images" in result.err
    assert not list(here.glob("*Predictions*"))
    result = headless("--table_filename={nickname}.csv", images=images)
    assert result.code == 0, result.err
    assert (here / "plane-data_table.csv").exists()


def test_one_table_for_all_images(headless, here):
    shutil.copy(here / "raw.tif", here / "second.tif")
    images = ("--raw_data", "raw.tif", "second.tif", "--label_image", "labels.tif", "labels.tif")
    result = headless("--table_filename=tables/all.csv", "--table_only", images=images)
    assert result.code == 0, result.err
    assert result.out.splitlines() == [str(Path("tables/all_table.csv"))]
    with (here / "tables" / "all_table.csv").open(newline="") as file:
        assert {row["image"] for row in csv.DictReader(file)} == {"raw", "second"}


def test_a_range_of_values_becomes_another(headless, here):
    result = headless("--pipeline_result_drange=(0,2)", "--export_drange=(0.0, 200.0)")
    assert result.code == 0, result.err
    with h5py.File(here / f"raw_{PREDICTIONS}.h5") as file:
        assert set(np.unique(file["exported_data"])) <= {0, 100, 200}
    assert headless("--export_drange=(0,200)").code in (1, 2)


# -------------------------------------------------------------------------------------------------- other flags


@pytest.mark.parametrize(
    "words",
    [
        ["--readonly"], ["--readonly=1"], ["--preconvert_stacks"], ["--atlas", "labels.tif"], ["--distributed"],
        ["--distributed_block_roi", "512"], ["--export_object_prediction_img"], ["--export_object_probability_img"],
        ["--export_pixel_probability_img"], ["--configfile=ilastikrc"], ["--redirect_output=log.txt"],
        ["--clean_paths"], ["--process_name=ilastik"], ["--fullscreen"], ["--nobatch"], ["--fillmissing=none"],
    ],
)  # fmt: skip
def test_flags_that_make_no_sense_here_say_so_in_a_line(headless, here, words):
    result = headless(*words)
    assert result.code == 0, result.err
    (line,) = result.err.splitlines()
    assert words[0].partition("=")[0].replace("_", "-") in line
    assert (here / f"raw_{PREDICTIONS}.h5").exists()


@pytest.mark.parametrize("flag", ["--new_project", "--workflow"])
def test_projects_are_made_in_the_workbench(headless, flag):
    result = headless(f"{flag}=Object Classification (from label image)")
    assert result.code == 2
    assert len(result.err.splitlines()) == 1
    assert "workbench" in result.err


@pytest.mark.parametrize(("typed", "meant"), [("--raw_date", "--raw-data"), ("--projct=a", "--project")])
def test_an_unknown_flag_names_the_nearest(objclass, typed, meant):
    result = objclass("--headless", typed)
    assert result.code == 2
    assert f"nearest is {meant};" in result.err


def test_a_project_is_needed(objclass):
    result = objclass("--headless", "--raw_data", "raw.tif")
    assert result.code == 2
    assert "--project" in result.err


def test_a_log_file_has_what_is_said(headless, here):
    assert headless("--logfile=log.txt", "--fullscreen").code == 0
    assert headless("--logfile=log.txt", images=()).code == 1
    log = (here / "log.txt").read_text("utf-8")
    assert f"raw_{PREDICTIONS}.h5" in log
    assert "--fullscreen has no effect" in log
    assert "name images" in log


def test_debug_shows_where_an_error_comes_from(here):
    with pytest.raises(ParameterError):
        main(["--headless", "--project=nuclei.objclass", "--debug"])


# -------------------------------------------------------------------------------------------------- the project


def test_nothing_is_written_to_the_project_and_its_images_are_not_needed(headless, here, images, monkeypatch):
    (here / "moved").mkdir()
    for name in ("nuclei.objclass", "raw.tif", "labels.tif"):
        shutil.move(here / name, here / "moved" / name)
    monkeypatch.chdir(here / "moved")
    before = (here / "moved" / "nuclei.objclass").read_bytes()
    assert headless().code == 0
    assert (here / "moved" / "nuclei.objclass").read_bytes() == before
    assert {path.name for path in (here / "moved").iterdir()} == {
        "nuclei.objclass", "raw.tif", "labels.tif", f"raw_{PREDICTIONS}.h5",
    }  # fmt: skip


def test_a_project_without_a_forest(objclass, here):
    with Session(recover=False) as session:
        session.save("fresh.objclass")
    result = objclass("--headless", "--project=fresh.objclass", "--raw_data=raw.tif", "--label_image=labels.tif")
    assert result.code == 1
    assert "no trained forest" in result.err
