"""Every kind of image: used from layers, labelled by clicks, and painted on the user's layers as it is predicted."""

from types import SimpleNamespace

import numpy as np
import pytest
from napari.layers import Image, Labels
from napari.utils.interactions import mouse_press_callbacks, mouse_release_callbacks
from napari.utils.notifications import notification_manager
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QColor
from widgets.user import User, settle, until

from napari_objclass.axes import from_canonical
from napari_objclass.widgets.input_data import InputDataStep
from napari_objclass.workflow.feature_selection import FeatureSelection

#: Objects of each frame: bright ones have even, dark ones odd numbers.
N = 6


def plane(dtype=np.uint8, ids=None, seed=0):
    """Six discs, every second one brighter, and their label image; ids are 1 to 6 or those given."""
    rng = np.random.default_rng(seed)
    labels, raw = np.zeros((48, 64), dtype), rng.integers(0, 20, (48, 64)).astype(np.uint16)
    y, x = np.ogrid[:48, :64]
    for number in range(1, N + 1):
        row, column = divmod(number - 1, 3)
        disc = (y - 12 - 24 * row) ** 2 + (x - 11 - 21 * column) ** 2 < (7 + number % 3) ** 2
        labels[disc] = number if ids is None else ids[number - 1]
        raw[disc] += 500 + 900 * (number % 2 == 0)
    return raw, labels


def volume(depth=9, **kind):
    """The discs as cylinders."""
    raw, labels = plane(**kind)
    raw, labels = (np.repeat(each[None], depth, axis=0) for each in (raw, labels))
    labels[0] = labels[-1] = 0
    return raw + np.arange(depth, dtype=raw.dtype)[:, None, None], labels


def film(n_frames=3, make=plane):
    """Frames in which ids come again: in every second one, bright and dark ones have changed ids."""
    frames = [make(ids=(1, 2, 3, 4, 5, 6) if t % 2 == 0 else (2, 1, 4, 3, 6, 5), seed=t) for t in range(n_frames)]
    return tuple(np.stack(each) for each in zip(*frames, strict=True))


def layers_of(pair, raw_place=None, **place):
    """An image and a label image that lie at one place."""
    raw, labels = pair
    return [
        Image(raw, name="cells", **(place if raw_place is None else raw_place)),
        Labels(labels, name="nuclei", **place),
    ]


def with_raw(change, pair=None, **place):
    """The same, but for another image."""
    raw, labels = plane() if pair is None else pair
    return layers_of((change(raw), labels), **place)


def both(change, pair, **place):
    """The same, image and label image changed alike."""
    return layers_of([change(each) for each in pair], **place)


def levels(array):
    return [array, array[::2, ::2], array[::4, ::4]]


def several():
    raw, labels = plane()
    images = [Image(each, name=name) for name, each in (("a", raw), ("b", raw // 3), ("c", raw[::-1].copy()))]
    return [*images, Labels(labels, name="nuclei")]


def lazy():
    da = pytest.importorskip("dask.array")
    raw, labels = volume()
    pyramid = [da.from_array(labels[:, ::step, ::step], chunks=(3, 16, 16)) for step in (1, 2)]
    return [
        Image(da.from_array(raw, chunks=(3, 16, 16)), name="cells"),
        Labels(pyramid, name="nuclei", multiscale=True),
    ]


def arrays_as_they_come():
    raw, labels = volume(dtype=np.uint16)
    labels = np.asfortranarray(labels.astype(">u2"))
    raw = np.repeat(raw, 2, axis=2).astype(">u2")[:, :, ::2]
    for each in (labels, raw):
        each.flags.writeable = False
    return layers_of((raw, labels))


def colours(raw, n=3):
    return np.stack([raw // 8] * n, axis=-1).astype(np.uint8)


def mask(raw, labels):
    return raw, np.where(labels > 0, np.uint8(255), np.uint8(0))


AFFINE = np.array([[2.0, 0.3, 5], [-0.2, 1.5, -7], [0, 0, 1]])
TYX, ZYX, UM = ("t", "y", "x"), ("z", "y", "x"), ("um", "um", "um")

KINDS = {
    "plane": lambda: layers_of(plane()),
    "volume": lambda: layers_of(volume()),
    "film": lambda: layers_of(film(), axis_labels=TYX),
    "film of volumes": lambda: layers_of(film(make=volume)),
    "channels first": lambda: with_raw(lambda raw: np.stack([raw, raw // 2])),
    "channels last": lambda: with_raw(lambda raw: np.stack([raw, raw // 2], axis=-1)),
    "colours": lambda: with_raw(colours),
    "three images": several,
    "film of channels": lambda: with_raw(
        lambda raw: np.stack([raw, raw // 2], axis=1), film(), raw_place={}, axis_labels=TYX
    ),
    "volume of channels": lambda: with_raw(
        lambda raw: np.stack([raw, raw // 2]), volume(), raw_place={"scale": (1, 3, 0.5, 0.5)}, scale=(3, 0.5, 0.5)
    ),
    "anisotropic": lambda: layers_of(volume(), scale=(3, 0.5, 0.5), units=UM, axis_labels=ZYX),
    "shifted": lambda: layers_of(plane(), scale=(0.5, 0.25), translate=(-30, 7)),
    "far away": lambda: layers_of(plane(), translate=(1e6, -2e6), scale=(1e-3, 1e-3)),
    "turned": lambda: layers_of(plane(), rotate=37, scale=(2, 3)),
    "sheared": lambda: layers_of(plane(), affine=AFFINE),
    "turned in its plane": lambda: layers_of(volume(), rotate=(0, 0, 20), scale=(2, 1, 1), translate=(4, 5, 6)),
    "mirrored": lambda: layers_of(plane(), scale=(-1, 2)),
    "xyz": lambda: both(np.transpose, volume(), axis_labels=("x", "y", "z")),
    "zt": lambda: both(lambda each: each.swapaxes(0, 1), film(make=volume), axis_labels=("z", "t", "y", "x")),
    "wide ids": lambda: layers_of(plane(np.uint64, (3, 2**63, 2**63 + 1, 2**64 - 1, 7, 2**40))),
    "int64 ids": lambda: layers_of(plane(np.int64, (3, 2**62, 9, 11, 2**53 + 1, 2**40))),
    "int32 ids": lambda: layers_of(plane(np.int32, (3, 2**31 - 1, 9, 11, 1, 70000))),
    "int8 ids": lambda: layers_of(plane(np.int8, (3, 127, 9, 11, 1, 70))),
    "bool mask": lambda: layers_of(plane(bool)),
    "mask of bytes": lambda: layers_of(mask(*plane())),
    "levels": lambda: both(levels, plane()),
    "colours of levels": lambda: both(levels, (colours(plane()[0], 4), plane()[1])),
    "lazy": lazy,
    "arrays as they come": arrays_as_they_come,
    "float": lambda: with_raw(lambda raw: raw.astype(np.float32) / 1400),
    "half": lambda: with_raw(lambda raw: raw.astype(np.float16)),
    "yes and no": lambda: with_raw(lambda raw: raw > 1000),
    "below zero": lambda: with_raw(lambda raw: raw.astype(np.int64) - 700),
    "missing pixels": lambda: with_raw(lambda raw: np.where(raw < 3, np.nan, raw)),
}


class Bench:
    """The step Images on a viewer without window."""

    def __init__(self, shared, mailbox, qtbot):
        self.shared, self.viewer, self.mailbox, self.qtbot = shared, shared.viewer, mailbox, qtbot
        self.step = InputDataStep(shared)
        qtbot.addWidget(self.step)
        shared.wake()

    def settle(self):
        self.qtbot.wait(5)
        self.mailbox.settle()
        self.mailbox.until(lambda: self.shared.activity is None)
        self.mailbox.settle()

    def use(self, layers):
        """Add layers and use them as an image."""
        self.viewer.layers.extend(layers)
        self.settle()
        self.step.layers.use.click()
        self.mailbox.until(lambda: self.shared.session.lanes or self.shared.problem("input_data"))
        if self.shared.session.lanes:
            self.mailbox.until(lambda: (self.shared.shown and self.shared.shown.table is not None) or self.problem)
        self.settle()

    @property
    def problem(self):
        return next(filter(None, map(self.shared.problem, ("input_data", "objects", "object_features"))), None)

    def click(self, layer, voxel, cls):
        """Label what is at a voxel of a layer, in the view that there is."""
        self.shared.set_tool(active=True, cls=cls)
        world = np.array(layer.data_to_world(voxel))
        position = (*np.zeros(self.viewer.dims.ndim - layer.ndim), *world)
        self.viewer.dims.set_point(range(self.viewer.dims.ndim), position)
        for kind, act in (("mouse_press", mouse_press_callbacks), ("mouse_release", mouse_release_callbacks)):
            event = SimpleNamespace(
                type=kind, pos=np.zeros(2), position=position, button=1, modifiers=(), view_direction=None,
                dims_displayed=list(self.viewer.dims.displayed), is_dragging=True, handled=False,
            )  # fmt: skip
            act(self.viewer, event)


def pixels(layer):
    return np.asarray(layer.data[0] if layer.multiscale else layer.data)


def middles(labels):
    """Middle voxel tzyx of each object of a label image tzyx, by frame and id."""
    found = {}
    for t, frame in enumerate(labels):
        for i in np.unique(frame[frame != 0]).tolist():
            places = np.argwhere(frame == i)
            middle = places[np.argmin(((places - places.mean(axis=0)) ** 2).sum(axis=1))]
            found[t, i] = (t, *middle.tolist())
    return found


def brightness(raw, places):
    """1 for bright objects, 0 for dark ones."""
    values = np.array([raw[at] for at in places.values()], float)
    return dict(zip(places, (values > values.mean()).astype(int).tolist(), strict=True))


def painted(labels, prediction, values):
    """Image of a value per object of a prediction."""
    image = np.zeros(labels.shape, np.int64)
    for t, i, value in zip(prediction.frames.tolist(), prediction.ids.tolist(), values.tolist(), strict=True):
        image[t][labels[t] == i] = value
    return image


@pytest.fixture
def bench(shared, mailbox, qtbot):
    return Bench(shared, mailbox, qtbot)


@pytest.mark.parametrize("kind", KINDS)
def test_clicks_label_and_predictions_lie_on_the_objects(bench, kind):
    layers = KINDS[kind]()
    users = layers[-1]
    bench.use(layers)
    assert bench.problem is None
    shared, images = bench.shared, bench.shared.session.images(0)
    labels, axes = shared.shown.objects.labels, images.axes
    np.testing.assert_array_equal(from_canonical(labels, axes) > 0, pixels(users) > 0)
    places = middles(labels)
    bright = brightness(images.raw[..., 0], places)
    chosen = [key for is_bright in (True, False) for key in [k for k in places if bright[k] == is_bright][:2]]
    for key in chosen:
        bench.click(users, [places[key]["tzyx".index(letter)] for letter in axes], 1 + bright[key])
        bench.mailbox.linger(0.01)
    bench.settle()
    uuids = [each.uuid for each in shared.session.classes]
    assert shared.shown.claims.active == {key: uuids[bright[key]] for key in chosen}
    prediction = shared.session.predict(0)
    assert prediction.classes.tolist() == [1 + bright[key] for key in places]
    values = {
        "Annotations": np.array([1 + bright[key] if key in chosen else 0 for key in places]),
        "Predictions": prediction.classes,
        "Uncertainty": 1 + np.rint(254 * prediction.uncertainty),
    }
    for name, of_objects in values.items():
        layer = bench.viewer.layers[name]
        expected = from_canonical(painted(labels, prediction, of_objects), axes)
        np.testing.assert_array_equal(pixels(layer), expected, name)
        for corner in (np.zeros(users.ndim), np.array(expected.shape) - 1, np.arange(users.ndim)):
            np.testing.assert_allclose(layer.data_to_world(corner), users.data_to_world(corner))


def test_negative_ids_are_refused_in_one_sentence(bench):
    bench.use(layers_of(plane(np.int16, (1, -2, 3, 4, 5, 6))))
    assert bench.problem.endswith("has negative ids; 0 is background and ids start at 1")
    assert not bench.shared.session.lanes
    assert len(bench.viewer.layers) == 2


def test_an_image_without_objects_and_one_with_one(bench):
    raw, labels = plane()
    for present in (labels == 0) & (labels > 0), labels == 3:
        bench.viewer.layers.clear()
        bench.use(layers_of((raw, np.where(present, labels, 0))))
        bench.shared.show(len(bench.shared.session.lanes) - 1)
        bench.shared.display.restore()
        bench.settle()
        assert bench.problem is None
        assert len(bench.shared.shown.objects.ids) == present.any()
    bench.shared.annotate(0, bench.shared.shown.objects.ids.tolist(), 2)
    bench.settle()
    np.testing.assert_array_equal(pixels(bench.shared.display._layers["Annotations"]), 2 * (labels == 3))


def test_many_small_objects(bench):
    ids = np.arange(1, 70_001, dtype=np.uint32).reshape(280, 250)
    labels = np.zeros((560, 1000), np.uint32)
    for column in range(3):
        labels[::2, column::4] = ids
    bench.use(layers_of((labels % 251, labels)))
    bench.click(bench.viewer.layers["nuclei"], (0, 1), 1)
    bench.click(bench.viewer.layers["nuclei"], (558, 997), 2)
    bench.settle()
    assert bench.shared.shown.claims.active == {(0, 1): "class-1", (0, 70_000): "class-2"}
    classes = np.append(0, bench.shared.shown.prediction.classes)
    np.testing.assert_array_equal(pixels(bench.viewer.layers["Predictions"]), classes[labels])


# ------------------------------------------------------------------------------------------------------ real windows


class Window:
    """The workbench in a window that is shown, and its user."""

    def __init__(self, make_napari_viewer):
        self.viewer = make_napari_viewer(show=True)
        _, self.workbench = self.viewer.window.add_plugin_dock_widget("napari-objclass", "Object Classification")
        self.viewer.window.resize(800, 600)
        self.shared, self.user = self.workbench.shared, User(self.viewer)
        self.images = self.workbench.step("input_data")
        settle()

    def use(self, layers):
        """Add layers and use them as an image."""
        n_images = len(self.shared.session.lanes)
        self.workbench.accordion.open(self.images)
        self.viewer.layers.extend(layers)
        until(lambda: self.images.layers.reading and self.images.layers.reading.choice.objects is layers[-1])
        self.images.layers_section.open(is_open=True)
        self.images.layers.use.click()
        until(lambda: len(self.shared.session.lanes) > n_images)
        until(lambda: self.shared.shown is not None and self.shared.position == n_images)
        until(lambda: self.shared.shown.table is not None)
        self.rest()

    def rest(self):
        """Let everything come to rest."""
        until(lambda: self.shared.activity is None and not self.shared.display.is_busy)
        settle()

    def pixel(self, layer, voxel):
        """Canvas pixel of a voxel of a layer."""
        visual = self.viewer.window._qt_viewer.canvas.layer_to_visual[layer].node
        shown = [voxel[axis] + 0.5 for axis in reversed(self.viewer.dims.displayed)]
        x, y, _, w = visual.get_transform("visual", "canvas").map(shown)
        return QPoint(round(x / w), round(y / w))

    def look(self, layer, voxel):
        """Go to the slice of a voxel."""
        self.viewer.dims.set_point(range(self.viewer.dims.ndim), layer.data_to_world(voxel))
        settle()

    def click(self, layer, voxel, cls):
        """Label what is seen at a voxel of a layer."""
        self.shared.set_tool(active=True, cls=cls)
        self.user.point = lambda _: self.pixel(layer, voxel)
        self.user.click(voxel)
        self.rest()

    def hue(self, layer, voxel):
        """Name of the class whose hue the canvas has at a voxel."""
        picture = self.viewer.screenshot(canvas_only=True, flash=False)
        ratio = picture.shape[1] / self.user.canvas.width()
        at = self.pixel(layer, voxel) * ratio
        of_classes = [QColor(each.color).hueF() for each in self.shared.session.classes]
        hue = QColor(*picture[at.y(), at.x(), :3].tolist()).hueF()
        return 1 + int(np.argmin([min(abs(hue - each), 1 - abs(hue - each)) for each in of_classes]))


@pytest.fixture
def window(make_napari_viewer):
    return Window(make_napari_viewer)


ORDERS = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (2, 0, 1)]


def test_a_volume_looked_at_from_all_sides(window):
    layers = layers_of(volume(), scale=(4, 1, 1), translate=(7, -5, 3))
    window.use(layers)
    viewer, objects = window.viewer, layers[-1]
    places = {i: at[1:] for (_, i), at in middles(window.shared.shown.objects.labels).items()}
    for (i, at), order in zip(places.items(), ORDERS, strict=False):
        viewer.dims.order = order
        viewer.reset_view()
        window.look(objects, at)
        window.click(objects, at, 1 + (i % 2 == 0))
    assert window.shared.shown.claims.active == {(0, i): f"class-{1 + (i % 2 == 0)}" for i in (1, 2, 3, 4)}
    for (i, at), order in zip(places.items(), ORDERS[::-1] + ORDERS[:2], strict=True):
        viewer.dims.order = order
        viewer.reset_view()
        window.look(objects, at)
        assert window.hue(objects, at) == 1 + (i % 2 == 0)


def test_a_click_into_a_volume_labels_what_is_in_front(window):
    layers = layers_of(volume(), scale=(4, 1, 1), translate=(7, -5, 3))
    window.use(layers)
    viewer, objects = window.viewer, layers[-1]
    viewer.dims.ndisplay = 3
    rays = []
    look = window.shared.display.object_at
    window.shared.display.object_at = lambda *ray: rays.append(ray) or look(*ray)
    for number, (angles, at) in enumerate([((0, 0, 90), (4, 12, 11)), ((10, -35, 70), (4, 36, 32))], 1):
        getattr(viewer, "scene", viewer).camera.angles = angles
        viewer.reset_view()
        window.click(objects, at, number)
    hit = [
        (0, objects.get_value(position, view_direction=direction, dims_displayed=shown, world=True))
        for position, direction, shown in rays
    ]
    assert len(set(hit)) == 2
    assert window.shared.shown.claims.active == {key: f"class-{number}" for number, key in enumerate(hit, 1)}
    assert window.hue(objects, at) == 2


def test_labels_of_a_film_are_of_their_frame(window):
    layers = layers_of(film(make=volume), scale=(1, 4, 1, 1))
    window.use(layers)
    objects = layers[-1]
    places = middles(window.shared.shown.objects.labels)
    for key in [(2, 1), (2, 2), (1, 1), (1, 2)]:
        window.look(objects, places[key])
        window.click(objects, places[key], 1 + (key[1] + key[0]) % 2)
    classes = {(2, 1): "class-2", (2, 2): "class-1", (1, 1): "class-1", (1, 2): "class-2"}
    assert window.shared.shown.claims.active == classes
    predicted = dict(zip(places, window.shared.shown.prediction.classes.tolist(), strict=True))
    for key in [(0, 1), (0, 2), (1, 3), (2, 3)]:
        window.look(objects, places[key])
        assert window.hue(objects, places[key]) == predicted[key] == 1 + (key[1] + key[0]) % 2


def test_images_of_two_and_three_dimensions_take_turns(window):
    flat, deep = layers_of(plane()), layers_of(volume(), scale=(4, 1, 1))
    viewer, shared = window.viewer, window.shared
    window.use(flat)
    in_both = FeatureSelection(["axis_vectors", "intensity_mean"])
    shared.do("feature_selection", lambda s: setattr(s, "feature_selection", in_both))
    until(lambda: shared.shown.table is not None and shared.shown.table.features == tuple(in_both.features))
    for i, at in ((1, (12, 11)), (2, (12, 32))):
        window.click(flat[-1], at, i)
    window.use(deep)
    ours = ("Annotations", "Predictions", "Uncertainty")
    assert sorted(layer.name for layer in viewer.layers) == sorted(
        [*ours, "cells", "nuclei", "cells [1]", "nuclei [1]"]
    )
    for key, lane, users in (
        (Qt.Key.Key_PageUp, 0, flat),
        (Qt.Key.Key_PageDown, 1, deep),
    ):
        window.user.key(key)
        until(lambda lane=lane: shared.position == lane and shared.shown.table is not None)
        window.rest()
        for name in ours:
            layer = viewer.layers[name]
            assert layer.data.shape == users[-1].data.shape
            np.testing.assert_array_equal(layer.scale, users[-1].scale)
            until(lambda layer=layer, lane=lane: bool(np.any(layer.data)) == (lane == 0))
        until(lambda lane=lane: (shared.problem("object_classification") is None) == (lane == 0))
        told = shared.problem("object_classification")
        assert told is None if lane == 0 else "use images with the same channels and dimensions" in told
        assert bool(window.workbench.step("object_classification").hint) == (lane == 0)
    for layer in deep:
        viewer.layers.remove(layer)
    window.user.key(Qt.Key.Key_PageUp)
    until(lambda: shared.position == 0 and shared.shown.table is not None)
    window.rest()
    assert viewer.dims.ndim == 2
    assert not notification_manager.records
