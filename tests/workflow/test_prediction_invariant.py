"""The same clicks give the same forest and the same numbers, whatever else happens."""

import numpy as np
import pytest
from workflow.scenes import nuclei

from napari_objclass.workflow.session import Session

SCENES = [nuclei((100, 100), seed=seed) for seed in range(2)]


def clicks(session, order=None):
    todo = [(lane, i, SCENES[lane].truth[0, i]) for lane in range(2) for i in range(1, 13)]
    for lane, object_id, cls in [todo[k] for k in order] if order is not None else todo:
        session.annotate(lane, object_id, cls=cls)


def add_lanes(session):
    for scene in SCENES:
        session.add_lane(raw=scene.raw, labels=scene.labels)


def outcome(session, **run):
    """Bits of the forest and of all predictions."""
    trained = session.train(**run)
    predictions = [session.predict(lane, **run) for lane in range(2)]
    arrays = trained.forest.to_arrays() | {"X": trained.samples.X, "y": trained.samples.y}
    arrays |= {f"p{lane}": each.probabilities for lane, each in enumerate(predictions)}
    arrays |= {f"u{lane}": each.uncertainty for lane, each in enumerate(predictions)}
    arrays |= {"importances": trained.importances, "confusion": trained.oob_confusion}
    return {name: (array.dtype.str, array.shape, array.tobytes()) for name, array in arrays.items()}


@pytest.fixture(scope="module")
def expected():
    with Session(recover=False) as session:
        add_lanes(session)
        clicks(session)
        return outcome(session, threads=1)


@pytest.mark.parametrize("threads", [1, 2, 5, None])
def test_any_number_of_threads(expected, threads):
    with Session(recover=False) as session:
        add_lanes(session)
        clicks(session)
        assert outcome(session, threads=threads) == expected


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_clicks(expected, seed):
    with Session(recover=False) as session:
        add_lanes(session)
        clicks(session, np.random.default_rng(seed).permutation(24))
        assert outcome(session) == expected


def test_detours(expected):
    with Session(recover=False) as session:
        add_lanes(session)
        session.annotate(0, 20, cls=1)
        session.annotate(0, 20, cls=0)
        session.annotate(1, 5, cls=2)
        session.add_class()
        clicks(session)
        session.annotate(1, 21, cls=3)
        session.undo()
        session.delete_class(3)
        session.rename_class(2, "renamed")
        assert outcome(session) == expected


@pytest.mark.parametrize("trained", [False, True])
def test_saved_and_opened(expected, trained, tmp_path):
    with Session() as session:
        add_lanes(session)
        clicks(session)
        if trained:
            session.train()
        session.save(tmp_path / "p.objclass")
    with Session.open(tmp_path / "p.objclass") as session:
        if trained:
            stored = session.forest
            assert outcome(session) == expected
            assert session.forest is stored
        else:
            assert session.forest is None
            assert outcome(session) == expected


def test_undo_brings_the_forest_back(expected):
    with Session(recover=False) as session:
        add_lanes(session)
        clicks(session)
        session.annotate(0, 22, cls=1)
        assert outcome(session) != expected
        session.undo()
        assert outcome(session) == expected


def test_ids_do_not_matter():
    def probabilities(labels, ids):
        with Session(recover=False) as session:
            session.add_lane(raw=SCENES[0].raw, labels=labels)
            session.annotate_many(0, ids=ids, classes=[SCENES[0].truth[0, i] for i in range(1, 9)])
            return session.predict(0).probabilities

    labels = SCENES[0].labels
    gappy = np.where(labels > 0, labels.astype(np.uint64) * 10**17 + 1, 0)
    plain = probabilities(labels, list(range(1, 9)))
    np.testing.assert_array_equal(probabilities(gappy, [i * 10**17 + 1 for i in range(1, 9)]), plain)


def test_a_movie_is_predicted_like_its_frames():
    first, second = SCENES
    with Session(recover=False) as film, Session(recover=False) as frames:
        film.add_lane(raw=np.stack([first.raw, second.raw]), labels=np.stack([first.labels, second.labels]), axes="tyx")
        add_lanes(frames)
        for t, scene in enumerate(SCENES):
            for i in range(1, 9):
                film.annotate(0, i, cls=scene.truth[0, i], t=t)
                frames.annotate(t, i, cls=scene.truth[0, i])
        together = film.predict(0)
        for t in range(2):
            np.testing.assert_array_equal(together.probabilities[together.frames == t], frames.predict(t).probabilities)


@pytest.mark.parametrize("rows", [[], [7], [0, 3, 4, 24], list(range(25))])
def test_some_rows_are_those_of_the_whole_prediction(rows):
    with Session(recover=False) as session:
        add_lanes(session)
        clicks(session)
        part = session.predict(1, rows=rows, threads=1)
        whole = session.predict(1)
        for name in ("ids", "frames", "classes", "probabilities", "uncertainty"):
            np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[rows])
            assert getattr(part, name).dtype == getattr(whole, name).dtype
        np.testing.assert_array_equal(part.paint(), np.where(np.isin(SCENES[1].labels, part.ids), whole.paint(), 0))
        assert session.predict(1) is whole
