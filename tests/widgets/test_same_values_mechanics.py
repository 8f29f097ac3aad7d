"""The same values whoever asks: the function, a session, the command that writes a table, and the viewer."""

import csv
from dataclasses import replace

import numpy as np
import pytest

import napari_objclass as oc
from napari_objclass.cli import main
from napari_objclass.features import choose
from napari_objclass.workflow.feature_selection import FeatureSelection
from napari_objclass.workflow.session import Session

MARGIN = (5, 4)


@pytest.fixture(params=[1, 2])
def images(request, nuclei):
    """A part of the nuclei with one flat object, as one channel or two."""
    labels = nuclei.labels[:120, :130]
    raw = np.where(labels == labels.max(), 500, nuclei.raw[:120, :130]).astype(np.uint16)
    return labels, raw if request.param == 1 else np.stack([raw, raw[::-1] // 3], -1)


@pytest.mark.parametrize("chosen", ["default", "all"])
def test_all_ways_to_a_table_give_the_same(chosen, images, shared, mailbox, tmp_path):
    labels, raw = images
    axes = "yxc"[: raw.ndim]
    table = oc.measure(labels, raw, axes=axes, features=chosen, margin=MARGIN)

    with Session(recover=False) as session:
        session.feature_selection = FeatureSelection(chosen, MARGIN)
        lane = session.add_lane(raw=raw, labels=labels, axes=axes)
        equal(session.table(lane), table)
        exported = session.table_to_export(lane)
    assert set(table.features) <= set(exported.features)
    equal(exported.select(table.features), table)

    features = choose(chosen, 2, raw.shape[2] if raw.ndim == 3 else 1)
    shared.do("features", lambda s: setattr(s, "feature_selection", FeatureSelection(features, MARGIN)))
    shared.do("input_data", lambda s: s.add_lane(raw=raw, labels=labels, axes=axes, name="nuclei"))
    mailbox.until(lambda: shared.shown and shared.shown.table is not None)
    assert shared.session.feature_selection == replace(FeatureSelection(features), margin=MARGIN)
    equal(shared.shown.table, table)

    np.save(tmp_path / "raw.npy", raw)
    np.save(tmp_path / "labels.npy", labels)
    words = ["features", tmp_path / "raw.npy", "--labels", tmp_path / "labels.npy", "--axes", axes]
    words += ["--features", chosen, "--margin", "5,4", "-o", tmp_path / "table.csv"]
    assert main([str(word) for word in words]) == 0
    with (tmp_path / "table.csv").open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    assert [int(row[head.index("labelimage_oid")]) for row in rows] == table.ids.tolist()
    first = head.index("labelimage_oid") + 1
    written = np.array([row[first : first + exported.values.shape[1]] for row in rows], float)
    np.testing.assert_array_equal(written.astype(np.float32), exported.values.astype(np.float32))
    centroid = [exported.columns.index(f"centroid_{axis}") for axis in "xy"]
    np.testing.assert_array_equal(written[:, centroid], exported["centroid"])


def equal(ours, table):
    assert ours.features == table.features
    assert ours.columns == table.columns
    np.testing.assert_array_equal(ours.ids, table.ids)
    np.testing.assert_array_equal(ours.values, table.values)
    assert ours.problems == table.problems
    assert table.problems
