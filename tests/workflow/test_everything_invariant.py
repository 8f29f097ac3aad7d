"""Random sequences of all that changes objects: labels stay, and what was computed on the way changes no result."""

import numpy as np
import pytest
from workflow.scenes import probability_map

import napari_objclass as oc
from napari_objclass.workflow.chain import Chain, Memory

N = 30
SIZE = 280
FLAT = probability_map(3, n_nuclei=90, size=SIZE).clip(0, 1).astype(np.float32)
SOLID = np.stack([FLAT * share for share in (0.5, 0.8, 1.0, 0.9, 0.6)])
CROPS = ((0, 0), (20, 30), (0, 50))
FIRST = oc.Thresholding(sigma=0.5, min_size=4)
RULES = (
    FIRST,
    oc.Thresholding(sigma=1, threshold=0.6, min_size=4),
    oc.Thresholding(method="hysteresis", sigma=1, threshold=0.3, core_threshold=0.8, min_size=4),
    oc.Thresholding(method="hysteresis", sigma=0, threshold=0.3, core_threshold=0.7, merge=False, min_size=4),
    oc.Thresholding(threshold=2),
)


def images_of(scene, rng, folder):
    """Files of the scene or a crop of it, as raw, and of its objects as one of the three roles."""
    y, x = CROPS[rng.integers(len(CROPS))]
    part = scene[..., y:, x:]
    cut = rng.choice([0.4, 0.5, 0.7])
    role = rng.choice(["probabilities", "segmentation", "labels"], p=[0.6, 0.2, 0.2])
    objects = {
        "probabilities": part,
        "segmentation": (part > cut).astype(np.uint8),
        "labels": oc.connected_components((part > cut).astype(np.uint8)) * np.uint32(3),
    }
    files = {"raw": folder / f"raw-{y}-{x}.npy", str(role): folder / f"{role}-{cut}-{y}-{x}.npy"}
    for file, image in zip(files.values(), (part, objects[role]), strict=True):
        np.save(file, image)
    return files | {"offset": (*(0,) * (scene.ndim - 2), y, x)}


def edited(rng, labels):
    """A box painted with background, an object that is there, or a new one."""
    labels = labels.copy()
    part = tuple(slice(corner, corner + rng.integers(2, 20)) for corner in rng.integers(0, labels.shape))
    labels[part] = rng.choice([0, labels.max(), labels.max() + 1])
    return labels


class Pair:
    """A session that is asked for everything after every step, and one that is asked for nothing on the way."""

    def __init__(self, scene, folder):
        self.scene, self.folder = scene, folder
        self.images = {"raw": scene, "probabilities": scene}
        self.paths = [folder / "asked.objclass", folder / "silent.objclass"]
        self.sessions = [oc.Session(recover=False) for _ in self.paths]
        for session, path in zip(self.sessions, self.paths, strict=True):
            session.thresholding = FIRST
            session.classifier = oc.Classifier(n_trees=5)
            session.add_lane(**self.images)
            ids = session.objects(0).ids[:N].tolist()
            session.annotate_many(0, ids=ids, classes=[1 + i % 2 for i in ids])
            session.save(path)
        self.reopen()  # what was done till here cannot be undone

    @property
    def asked(self):
        return self.sessions[0]

    def do(self, step):
        for session in self.sessions:
            step(session)

    def reopen(self):
        for i, path in enumerate(self.paths):
            self.sessions[i].close()
            self.sessions[i] = oc.Session.open(path)

    def change(self, kind, rng):
        if kind == "rule":
            rule = RULES[rng.integers(len(RULES))]
            self.do(lambda session: setattr(session, "thresholding", rule))
        elif kind == "relink":
            self.images = images_of(self.scene, rng, self.folder)
            self.do(lambda session: session.relink_lane(0, **self.images))
        elif kind == "edit":
            labels = edited(rng, self.asked.label_image(0))
            self.do(lambda session: session.edit_objects(0, labels))
        elif kind == "remove":
            self.do(lambda session: session.remove_lane(0))
            assert {str(mark.state) for mark in self.asked.annotations} == {"parked"}
            if rng.random() < 0.5:
                self.do(lambda session: session.undo())
            else:
                self.do(lambda session: session.add_lane(**self.images))
        elif kind == "save":
            self.do(lambda session: session.save())
            self.reopen()
        elif kind == "replay":
            self.reopen()
        else:
            self.do(lambda session: getattr(session, kind)())
            if not self.asked.lanes:  # redone: the removal
                self.do(lambda session: session.undo())


def check_alone(session):
    """Compare the outputs of a session with those of a chain that remembers nothing, and with a new measurement."""
    found = [str(mark.state) for mark in session.annotations]
    assert len(found) == N
    assert len(session.object_classes(0)) <= found.count("active")
    known, lane = session._chain, session.lane(0)
    fresh = Chain(known.state, Memory(None), known.given)
    labels, table = session.objects(0).labels, session.table(0)
    np.testing.assert_array_equal(labels, fresh.objects(lane).labels)
    assert list(session.claims(0).rows()) == list(fresh.claims(lane).rows())
    same = oc.measure(labels.copy(), session.images(0).raw, axes="tzyxc", features=table.features)
    assert table.values.tobytes() == same.values.tobytes()
    assert table.ids.tolist() == same.ids.tolist()
    if session.claims(0).active:
        session.predict(0)


def check_same(asked, silent):
    np.testing.assert_array_equal(asked.label_image(0), silent.label_image(0))
    assert asked.object_classes(0) == silent.object_classes(0)
    assert asked.table(0).values.tobytes() == silent.table(0).values.tobytes()
    if asked.object_classes(0):
        assert asked.predict(0).probabilities.tobytes() == silent.predict(0).probabilities.tobytes()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("scene", [FLAT, SOLID], ids=["2D", "3D"])
def test_random_sequences_of_everything(scene, seed, tmp_path):
    rng = np.random.default_rng(seed)
    pair = Pair(scene, tmp_path)
    before, labels = pair.asked.object_classes(0), pair.asked.label_image(0).copy()
    assert len(before) == N
    kinds = ["rule", "relink", "edit", "remove", "undo", "redo", "save", "replay"]
    for kind in rng.choice(kinds, 20, p=[0.2, 0.12, 0.25, 0.06, 0.17, 0.1, 0.05, 0.05]):
        pair.change(str(kind), rng)
        check_alone(pair.asked)
    check_same(*pair.sessions)

    def bring_back(session):
        session.thresholding = FIRST
        session.relink_lane(0, raw=scene, probabilities=scene, offset=(0,) * scene.ndim)
        session.edit_objects(0, labels)

    pair.do(bring_back)
    check_same(*pair.sessions)
    assert pair.asked.object_classes(0) == before
    pair.do(lambda session: session.close())
