"""Images found in folders before they are added: OME-Zarr folders are images, and what is in them is listed."""

import numpy as np
import zarr

from napari_objclass.io.image import Picture
from napari_objclass.io.writers import write_image, write_picture
from napari_objclass.widgets.viewer.found import look

IMAGE = np.arange(42, dtype="u2").reshape(6, 7)


def test_a_zarr_folder_is_an_image_with_its_labels(tmp_path):
    write_image(tmp_path / "deep" / "b.tif", IMAGE, "yx")
    path = write_image(tmp_path / "a.ome.zarr", IMAGE, "yx")
    (tmp_path / "empty.zarr").mkdir()
    zarr.open_group(path).create_group("labels", attributes={"ome": {"version": "0.5", "labels": ["cells"]}})
    labels = write_picture(tmp_path / "cells.zarr", Picture(IMAGE.astype("u4"), "yx", colors={}))
    labels.rename(path / "labels" / "cells")
    inside = [(f"{path}/0", "raw"), (f"{path}/labels/cells", "labels")]
    assert [(each.place, each.role) for each in look([path])] == inside
    both = [*inside, (str(tmp_path / "deep" / "b.tif"), "raw")]
    assert [(each.place, each.role) for each in look([tmp_path])] == both


def test_a_plate_says_what_it_is(tmp_path):
    zarr.create_group(
        tmp_path / "p.zarr", attributes={"ome": {"version": "0.5", "plate": {"wells": [{"path": "A/1"}]}}}
    )
    (found,) = look([tmp_path / "p.zarr"])
    assert found.problem.endswith(f"such as {tmp_path / 'p.zarr'}/A/1/0")
