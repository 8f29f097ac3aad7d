"""``objclass info`` about projects of ilastik: a line per fact, with what is missing."""

import pickle

import pytest
from workflow import ilp_files
from workflow.ilp_files import HULL, RAW, STANDARD


def facts(result):
    assert (result.code, result.err) == (0, "")
    return {name.strip(): fact for name, _, fact in (line.partition("  ") for line in result.out.splitlines())}


def test_a_trained_project(objclass, data):
    folder = data / "nuclei2d"
    told = facts(objclass("info", folder / "nuclei2d.ilp"))
    assert told["ilastik"].strip() == "1.4.2, Object Classification (from label image)"
    assert f"raw {folder}/nuclei2d_raw.h5/data (yxc 512 × 512 × 2)" in told["image 1"]
    assert told["features"].strip() == f"{HULL} 9, 2D Skeleton Features 6, {STANDARD} 12"
    assert told["class 2"].strip() == "class B, 16 objects labelled"
    assert told["forest"].strip() == "100 trees, 44 columns"
    assert told["table"].strip() == "csv nuclei2d_table.csv, 27 features"
    assert told["halo"].strip() == "64 × 64 × 64 pixels along z, y, x"
    assert not any("note" in name for name in told)


def test_settings_and_missing_images(objclass, tmp_path):
    path = tmp_path / "x.ilp"
    with ilp_files.create(path, "probabilities") as file:
        for number in range(9):
            (tmp_path / f"{number}.h5").touch()
            missing = "gone" if number in (0, 7) else number
            raw = ilp_files.new_dataset(f"{missing}.h5/data", "yx", (3, 4))
            maps = ilp_files.new_dataset(f"{number}.h5/data;{number}.h5/data", "zyx", (2, 3, 4))
            ilp_files.add_lane(file, **{RAW: raw, "Prediction Maps": maps})
        ilp_files.add_thresholds(
            file,
            {"x": 2.0, "y": 1.0},
            CurOperator=3,
            LowThreshold=0.5,
            HighThreshold=0.75,
            MinSize=7,
            MaxSize=1_000_000,
        )
        ilp_files.add_features(file, {STANDARD: ["Mean", "Sum in neighborhood"]}, (9, 8))
        ilp_files.add_selection(file, {STANDARD: ["Mean"]})
        ilp_files.add_table(file, pickle.dumps(({}, [len]), 0))
    told = {name: fact.strip() for name, fact in facts(objclass("info", path)).items()}
    assert told["image 1"] == (
        f"probabilities {tmp_path}/0.h5/data and 1 more along z (zyx 2 × 3 × 4); "
        f"raw {tmp_path}/gone.h5/data (yx 3 × 4) is missing"
    )
    assert "is missing" not in told["image 2"]
    assert told["images"] == "3 more, 1 of them with missing files"
    assert told["thresholding"] == (
        "hysteresis without merging, from 0.5, cores 0.75, sizes from 7, to 1000000, smoothed by y 1 x 2"
    )
    assert told["features"] == f"{STANDARD} 2; the classifier uses 1 of them"
    assert told["neighborhood"] == "8, 9 pixels along y, x"
    assert told["forest"] == "none trained"
    assert told["note 1"].startswith("Settings of the table were left out")


@pytest.mark.parametrize("name", ["x.ilp", "X.ILP"])
def test_a_project_with_nothing_in_it(objclass, tmp_path, name):
    ilp_files.create(tmp_path / name).close()
    told = facts(objclass("info", tmp_path / name))
    assert {"images": "none", "features": "none chosen yet"}.items() <= {k: v.strip() for k, v in told.items()}.items()


def test_other_workflows(objclass, tmp_path):
    ilp_files.create(tmp_path / "x.ilp", workflow="Pixel Classification").close()
    result = objclass("info", tmp_path / "x.ilp")
    assert result.code == 1
    assert "export its probabilities" in result.err
    assert len(result.err.splitlines()) == 1
