"""A run that fails anywhere goes on where it ended: nothing is done twice, and the result is the same."""

import hashlib
import random
from contextlib import closing

import numpy as np
import pytest
from blockwise.executors import Shuffled
from blockwise.test_whole_image_invariant import blobs_of, raw_of

import napari_objclass as oc


class Broken(Exception):
    """What a task fails with."""


@pytest.fixture(scope="module")
def predictor_and_images():
    shape = (1, 8, 30, 31)
    labels, raw = blobs_of(4, shape)[0].astype(np.uint16), raw_of(4, shape, 1, np.uint16)[0, ..., 0]
    with closing(oc.Session()) as session:
        session.feature_selection = oc.FeatureSelection("default", margin=2)
        lane = session.add_lane(raw=raw, labels=labels)
        for object_id in session.table(lane).ids:
            session.annotate(lane, int(object_id), cls=1 + int(object_id) % 2)
        session.train()
        return session.predictor(), raw, labels


def contents(folder):
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("seed", range(4))
def test_a_run_goes_on(predictor_and_images, tmp_path, seed):
    predictor, raw, labels = predictor_and_images
    options = {"labels": labels, "block_shape": (4, 12, 11)}
    with closing(Shuffled()) as client:
        expected = oc.classify_blockwise(predictor, raw, **options, client=client, out=tmp_path / "once")
        n_tasks = len(client.done)
    chance, done, stops, result = random.Random(seed), [], 0, None

    def fail(task):
        if chance.random() < 0.05:
            raise Broken

    while result is None:
        with closing(Shuffled(seed + stops, 3, fail)) as client:
            try:
                result = oc.classify_blockwise(predictor, raw, **options, client=client, out=tmp_path / "stopped")
            except Broken:
                stops += 1
        done += client.done
    assert stops > 0
    assert len(set(done)) == len(done) == n_tasks
    np.testing.assert_array_equal(result.table.values, expected.table.values)
    np.testing.assert_array_equal(result.probabilities, expected.probabilities)
    assert contents(tmp_path / "stopped") == contents(tmp_path / "once")


def test_another_image_begins_anew(predictor_and_images, tmp_path):
    predictor, raw, labels = predictor_and_images

    def fail(task):
        if task.__name__ == "finish":
            raise Broken

    with closing(Shuffled(fail=fail)) as client, pytest.raises(Broken):
        oc.classify_blockwise(predictor, raw, labels=labels, block_shape=(4, 12, 11), client=client, out=tmp_path)
    result = oc.classify_blockwise(predictor, raw + 1, labels=labels, block_shape=(4, 12, 11), out=tmp_path)
    expected = oc.classify_blockwise(predictor, raw + 1, labels=labels, block_shape=(4, 12, 11))
    np.testing.assert_array_equal(result.table.values, expected.table.values)
