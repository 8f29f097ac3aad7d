"""Names of results: what may stand in a template, and what is refused before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_objclass.errors import FileError, ObjClassError, ParameterError
from napari_objclass.workflow.export import Export, check_overwriting
from napari_objclass.workflow.file_names import filled_in
from napari_objclass.workflow.sources import FORMATS

SOURCE = "Object Predictions"
REGION = {"z": (0, 5), "y": (10, 20), "x": (3, 30)}


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{dataset_dir}/{nickname}_{result_type}", "cells_Object Predictions.h5"),
        ("{dataset_dir}/{nickname}.h5", "cells.h5"),
        ("{dataset_dir}/{nickname}.ome.tiff", "cells.h5"),
        ("{dataset_dir}/{nickname}.v1", "cells.v1.h5"),
        ("{dataset_dir}/{x_start}-{x_stop} {t_start}-{t_stop} {c_stop}", "3-30 0-1 1.h5"),
        ("{dataset_dir}/{roi}", "z0-5_y10-20_x3-30.h5"),
    ],
)
def test_placeholders(tmp_path: Path, template: str, name: str) -> None:
    planned = Export(filename=template).files("cells", tmp_path).images[SOURCE]
    assert filled_in(planned, REGION) == tmp_path / name


@pytest.mark.parametrize(("name", "suffix"), FORMATS.items())
def test_every_format_has_its_suffix(tmp_path: Path, name: str, suffix: str) -> None:
    planned = Export(format=name.upper(), filename="{dataset_dir}/{nickname}").files("cells", tmp_path).images[SOURCE]
    assert planned.name == ("cells_{slice_index}" if name.endswith("sequence") else "cells") + suffix
    again = Export(format=name, filename=str(planned)).files("cells", tmp_path).images[SOURCE]
    assert again == planned


@pytest.mark.parametrize(
    ("name", "kept"), [("a*b", "ab"), ("a/b\\c", "a_b_c"), ("..", "__"), ("{x_sto}", "{x_sto}"), ("*.*", "_")]
)
def test_harmless_nicknames(tmp_path: Path, name: str, kept: str) -> None:
    settings = Export(filename="{dataset_dir}/{nickname}/a", table="{dataset_dir}/{nickname}.csv")
    files = settings.files(name, tmp_path)
    assert files.images[SOURCE] == tmp_path / kept / "a.h5"
    assert files.table == tmp_path / f"{kept}.csv"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"filename": "{nickname}_{channel}"}, "{channel} in .* file names of images may have {dataset_dir}"),
        ({"filename": "{}"}, "{} in"),
        ({"filename": "{slice_index}"}, "{slice_index} in"),
        ({"table": "{nickname}_{result_type}.csv"}, "file names of tables may have {dataset_dir}, {nickname}$"),
        ({"table": "{x_stop}.csv"}, "{x_stop} in"),
        ({"filename": "a\0b"}, "no file name can have"),
        ({"inner": "/"}, "'/' names no dataset"),
        ({"inner": "a/."}, "'a/.' names no dataset"),
        ({"region": ("y", 0, 5)}, "a region is made of axis, start and stop"),
        ({"region": (("y", 0),)}, "a region is made of axis, start and stop"),
        ({"region": (("y", "a", None),)}, "axis y begins or ends at a"),
        ({"region": (("y", float("nan"), None),)}, "axis y begins or ends at nan"),
        ({"renormalize": ("a", 0, 1, 2)}, "renormalize takes"),
        ({"renormalize": 5}, "renormalize takes"),
        ({"margin": -1}, "margin of crops is -1"),
        ({"margin": 2.5}, "margin of crops is 2.5"),
        ({"format": None}, "unknown format None"),
    ],
)
def test_placeholders_that_nobody_knows(fields: dict[str, str], says: str) -> None:
    with pytest.raises(ParameterError, match=says) as caught:
        Export(**fields)
    assert "\n" not in str(caught.value)


def test_results_of_one_image_in_one_file(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"put {result_type} into it"):
        Export(("Uncertainty", SOURCE), "{dataset_dir}/a").files("cells", tmp_path)


def test_image_and_table_in_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("napari_objclass.workflow.export.check_table_path", Path)
    settings = Export(filename="{dataset_dir}/{nickname}", table="{dataset_dir}/{nickname}.h5")
    with pytest.raises(ParameterError, match="both image and table; give the table another name"):
        settings.files("cells", tmp_path)


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(FileError, match="a is not a folder"):
        Export(filename="{dataset_dir}/a/b/{nickname}").files("cells", tmp_path)
    Export(filename="{dataset_dir}/b/c/{nickname}").files("cells", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize(
    ("template", "format_name", "taken"),
    [
        ("{dataset_dir}/{nickname}", "tif", "cells.tif"),
        ("{dataset_dir}/{nickname}", "png sequence", "cells_007.png"),
        ("{dataset_dir}/{nickname}_{x_stop}", "tif", "cells_512.tif"),
        ("{dataset_dir}/{x_stop}/{nickname}", "tif", "512/cells.tif"),
    ],
)
def test_inputs_and_results_are_not_overwritten(tmp_path: Path, template: str, format_name: str, taken: str) -> None:
    files = Export(filename=template, format=format_name).files("cells", tmp_path).all
    other = Export(filename=template, format=format_name).files("nuclei", tmp_path).all
    check_overwriting([files, other], [("raw", tmp_path / "other" / taken), ("raw", tmp_path / "cells_raw.png")])
    for results, inputs in (
        ([files], [("raw", tmp_path / taken)]),
        ([files, other, files], []),
        ([[tmp_path / taken], files], []),
    ):
        with pytest.raises(ObjClassError, match="raw image itself" if inputs else "for two images"):
            check_overwriting(results, inputs)


def test_results_that_exist(tmp_path: Path) -> None:
    settings = Export(filename="{dataset_dir}/{nickname}", format="png sequence", table="{dataset_dir}/{nickname}.csv")
    files = settings.files("cells", tmp_path)
    assert files.existing == []
    for name in ("cells_0.png", "cells_1.png", "cells_1.tif", "other_0.png", "cells.csv"):
        (tmp_path / name).touch()
    assert [path.name for path in files.existing] == ["cells_0.png", "cells_1.png", "cells.csv"]


@pytest.mark.parametrize("template", ["", ".", "/", "a/..", ".h5"])
def test_a_template_without_a_name(tmp_path: Path, template: str) -> None:
    with pytest.raises(ParameterError, match=r"names no file; put {nickname} into it"):
        Export(filename=template).files("cells", tmp_path)


@pytest.mark.parametrize("name", ["folder", "cells"])
def test_a_name_like_a_placeholder_is_not_filled_in(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name.replace("folder", "{x_start}")
    with pytest.raises(ParameterError, match=r"{x_start}.* has a placeholder in its name"):
        Export().files(name.replace("cells", "{x_start}"), folder)
    assert Export(filename=f"{tmp_path}/a").files("{x_start}", folder).images[SOURCE] == tmp_path / "a.h5"


def test_a_link_that_leads_to_itself_is_replaced_by_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.h5").symlink_to("a.h5")
    check_overwriting([[tmp_path / "a.h5"], [tmp_path / "b.h5"]], [("raw", tmp_path / "raw.h5")])
    with pytest.raises(FileError, match="would be written for two images"):
        check_overwriting([[tmp_path / "a.h5"], [tmp_path / "a.h5"]], [])
