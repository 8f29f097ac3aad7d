"""Reading ilastik's projects: every variant and version, other workflows, and images that may have moved."""

import fcntl

import h5py
import numpy as np
import pytest
from workflow import ilp_files
from workflow.ilp_files import RAW, VARIANTS

from napari_objclass.errors import FileError
from napari_objclass.io import ilp
from napari_objclass.io.readers import open_image

PIXELS = np.arange(12, dtype=np.uint8).reshape(3, 4)


@pytest.fixture
def project(tmp_path):
    """Path of a project to be, in a folder of its own."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder / "x.ilp"


def raw_of(path):
    """The dataset of raw of the only image."""
    read = ilp.read(path)
    assert read.notes == ()
    [lane] = read.lanes
    return lane.datasets["raw"]


# --- which project it is


@pytest.mark.parametrize("version", ["1.2.2rc4", "1.3.3", "1.4.2"])
@pytest.mark.parametrize("name", [0, 1], ids=["stored name", "Python class"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_variants_and_versions(project, variant, name, version):
    *names, role = VARIANTS[variant]
    describe = ilp_files.old_dataset if version < "1.3" else ilp_files.new_dataset
    shape = () if version < "1.3" else ((3, 4),)
    with ilp_files.create(project, variant, version=version, workflow=names[name]) as file:
        datasets = {RAW: describe("raw.h5/data", "yx", *shape), role: describe("other.h5", "yx", *shape)}
        ilp_files.add_lane(file, **datasets, **({} if version < "1.3" else {"Atlas": None}))
    read = ilp.read(project)
    assert (read.version, read.workflow, read.variant, read.notes) == (version, names[name], variant, ())
    assert read.path == project
    [lane] = read.lanes
    assert {key: (each.axes, each.shape) for key, each in lane.datasets.items()} == {
        "raw": ("yx", *(shape or [()])),
        variant: ("yx", *(shape or [()])),
    }


@pytest.mark.parametrize(
    ("workflow", "advice"),
    {
        "Object Classification (from pixel classification)": "export its pixel probabilities",
        "ObjectClassificationWorkflowPixel": "export its pixel probabilities",
        "Pixel Classification": "export its probabilities",
        "Autocontext (2-stage)": "export its probabilities",
        "Neural Network Classification (Local)": "export its probabilities",
        "Automatic Tracking Workflow (Conservation Tracking) from prediction image": "label images",
        "Manual Tracking Workflow": "label images",
        "Tracking with Learning": "label images",
        "Carving From Pixel Predictions": "label images",
        "Edge Training With Multicut": "label images",
        "Cell Density Counting": "find them in its images",
        "Data Conversion": "add these as they are",
        "Something new": "label images",
    }.items(),
)
def test_other_workflows_are_refused_with_what_helps(project, workflow, advice):
    ilp_files.create(project, workflow=workflow).close()
    with pytest.raises(FileError) as refused:
        ilp.read(project)
    assert advice in str(refused.value)
    assert repr(workflow) in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no file"),
        (b"no project", "not an ilastik project"),
        (b"", "not an ilastik project"),
        ("folder", "is a folder"),
        ("cut", "is damaged"),
        ("HDF5", "names no workflow"),
    ],
)
def test_what_is_no_project_is_refused(project, content, said):
    if content == "folder":
        project.mkdir()
    elif content == "HDF5":
        h5py.File(project, "w").close()
    elif content == "cut":
        ilp_files.create(project).close()
        project.write_bytes(project.read_bytes()[:-100])
    elif content is not None:
        project.write_bytes(content)
    with pytest.raises(FileError, match=said):
        ilp.read(project)


def test_a_project_that_ilastik_has_open_is_refused(project):
    ilp_files.create(project).close()
    with project.open("rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(FileError, match="open in another program, probably ilastik; close it there"):
            ilp.read(project)


@pytest.mark.parametrize("name", ["workflowName", "Input Data/infos"])
def test_a_project_whose_frame_is_damaged_is_refused(project, name):
    ilp_files.create(project).close()
    with h5py.File(project, "r+") as file:
        if name in file:
            del file[name]
        file[name] = 7
    with pytest.raises(FileError, match=r"x\.ilp is damaged: the project cannot be read"):
        ilp.read(project)


# --- where images are


@pytest.mark.parametrize(
    ("stored", "place"),
    {
        "raw.h5/data": "work/raw.h5",
        "./raw.h5/data": "work/raw.h5",
        "../images/raw.h5/data": "images/raw.h5",
        "images\\raw.h5\\data": "work/images/raw.h5",
        "images\\raw.h5/data": "work/images/raw.h5",
        "{root}/images/raw.h5/data": "images/raw.h5",
        "/gone/study/images/raw.h5/data": "work/study/images/raw.h5",
        "/gone/study/images/raw.h5/deep/data": "work/images/raw.h5",
        "/gone/study/./images/raw.h5/data": "work/raw.h5",
        "../images/raw.h5": "work/images/raw.h5",
        "images/raw.h5/data": "work/raw.h5",
        "C:\\study\\images\\raw.h5\\data": "work/images/raw.h5",
        "C:/study/images/raw.h5/data": "work/raw.h5",
        "\\\\server\\share\\raw.h5\\data": "work/share/raw.h5",
        "a;b: [c].tif": "work/a;b: [c].tif",
        "file://{root}/images/a%20b.tif": "images/a b.tif",
    }.items(),
)
def test_an_image_is_found_where_it_was_or_beside_the_project(project, stored, place):
    root = project.parents[1]
    file = root / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    with ilp_files.create(project) as opened:
        ilp_files.add_lane(opened, **{RAW: ilp_files.new_dataset(stored.format(root=root), "yx", (3, 4))})
    inner = "/deep/data" if "deep" in stored else "/data" * stored.endswith("data")
    dataset = raw_of(project)
    assert (dataset.found, dataset.sought) == ((f"{file}{inner}",), ())


def test_the_place_that_the_project_names_comes_first(project):
    for name in ("images/raw.h5", "work/images/raw.h5", "work/raw.h5"):
        (project.parents[1] / name).parent.mkdir(exist_ok=True)
        (project.parents[1] / name).touch()
    with ilp_files.create(project) as file:
        ilp_files.add_lane(file, **{RAW: ilp_files.new_dataset("../images/raw.h5/data", "yx", (3, 4))})
    assert raw_of(project).found == (f"{project.parents[1]}/images/raw.h5/data",)


def test_missing_images_are_listed_with_where_they_were_sought(project):
    with ilp_files.create(project) as file:
        ilp_files.add_lane(file, **{RAW: ilp_files.new_dataset("C:\\a\\b\\raw.h5\\data", "tyx", (5, 3, 4))})
    dataset = raw_of(project)
    assert (dataset.files, dataset.found) == (("C:/a/b/raw.h5/data",), ())
    home = str(project.parent)
    assert dataset.sought == ("C:/a/b/raw.h5", f"{home}/a/b/raw.h5", f"{home}/b/raw.h5", f"{home}/raw.h5")
    assert (dataset.axes, dataset.shape, dataset.nickname) == ("tyx", (5, 3, 4), "data")


@pytest.mark.parametrize(
    "stored",
    [
        "s/1.png;s/2.png;s/3.png",
        "s/1.png:s/2.png:s/3.png",
        "s\\1.png;s\\2.png;s\\3.png",
        "C:\\x\\s\\1.png;C:\\x\\s\\2.png;C:\\x\\s\\3.png",
        "/gone/s/1.png:/gone/s/2.png:/gone/s/3.png",
        "s/*.png",
        "s\\?.png",
        "/gone/s/[123].png",
    ],
)
@pytest.mark.parametrize(
    ("axes", "shape", "along"), [("zyx", (3, 3, 4), "z"), ("tzyx", (3, 1, 3, 4), "t"), ("", (), "z")]
)
def test_stacks(project, stored, axes, shape, along):
    (project.parent / "s").mkdir()
    for number in (3, 1, 2):
        (project.parent / f"s/{number}.png").touch()
    with ilp_files.create(project) as file:
        ilp_files.add_lane(file, **{RAW: ilp_files.new_dataset(stored, axes, shape)})
    dataset = raw_of(project)
    assert dataset.found == tuple(f"{project.parent}/s/{number}.png" for number in (1, 2, 3))
    assert dataset.along == along


def test_a_stack_of_which_a_file_is_missing_is_not_found(project):
    (project.parent / "1.h5").touch()
    with ilp_files.create(project) as file:
        ilp_files.add_lane(file, **{RAW: ilp_files.new_dataset("1.h5/data;2.h5/data", "zyx", (2, 3, 4))})
    dataset = raw_of(project)
    assert dataset.files == (f"{project.parent}/1.h5/data", f"{project.parent}/2.h5/data")
    assert (dataset.found, dataset.sought) == ((), (f"{project.parent}/2.h5",))


@pytest.mark.parametrize(
    "facts",
    [
        {"__class__": "ProjectInternalDatasetInfo", "inner_path": "/Input Data/local_data/abc"},
        {"__class__": "ProjectInternalDatasetInfo", "datasetId": "abc", "filePath": "gone.h5/data"},
        {"__class__": "PreloadedArrayDatasetInfo", "location": "PreloadedArray", "datasetId": "abc"},
        {"location": "ProjectInternal", "datasetId": "abc"},
        {"location": "PreloadedArray", "datasetId": "abc", "filePath": ""},
    ],
)
def test_images_inside_the_project_are_read_from_it(project, facts):
    with ilp_files.create(project) as file:
        file["Input Data/local_data/abc"] = PIXELS
        ilp_files.add_lane(file, **{RAW: {"axistags": ilp_files.axistags("yx"), **facts}})
    [place] = raw_of(project).found
    np.testing.assert_array_equal(open_image(place, axes="yx").data, PIXELS)


def test_a_web_address_is_told(project):
    address = "https://example.org/x.zarr"
    facts = ilp_files.new_dataset(address, "yx", (3, 4), __class__="MultiscaleUrlDatasetInfo")
    with ilp_files.create(project) as file:
        ilp_files.add_lane(file, **{RAW: facts})
    read = ilp.read(project)
    [note] = read.notes
    assert address in note
    assert "download it" in note
    dataset = read.lanes[0].datasets["raw"]
    assert (dataset.files, dataset.found, dataset.sought) == ((address,), (), ())


def test_parts_of_images_and_unknown_roles_are_told(project):
    with ilp_files.create(project) as file:
        facts = ilp_files.new_dataset("raw.h5", "yx", (3, 4), subvolume_roi=np.array([[0, 0], [2, 2]]), drange=[0, 5.5])
        ilp_files.add_lane(file, **{RAW: facts, "Depth Map": facts})
    read = ilp.read(project)
    assert [note.partition(" of image 1")[0] for note in read.notes] == [
        "Depth Map",
        "ilastik used only a part of Raw Data",
    ]
    assert read.lanes[0].datasets["raw"].drange == (0, 5.5)
