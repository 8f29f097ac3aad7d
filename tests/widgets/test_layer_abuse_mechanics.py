"""The user may do anything to layers: nothing raises, and what is on the screen is what the session says."""

import logging
import queue
import threading
import traceback
import warnings
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from napari.layers import Image, Labels, Layer, _layer_actions as menu
from napari.utils.notifications import notification_manager
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from widgets.user import settle, until

from napari_objclass.widgets.viewer.display import LAYERS, OVERLAID, Kind
from napari_objclass.workflow.marks import AnnotationState

OURS = ("Annotations", "Predictions", "Uncertainty")
N = 12


def discs(depth=None):
    """Twelve objects, every second one brighter, in a plane or as cylinders."""
    labels, raw = np.zeros((48, 64), np.uint8), np.full((48, 64), 20, np.uint16)
    y, x = np.ogrid[:48, :64]
    for number in range(1, N + 1):
        row, column = divmod(number - 1, 4)
        disc = (y - 8 - 16 * row) ** 2 + (x - 8 - 16 * column) ** 2 < (4 + number % 3) ** 2
        labels[disc] = number
        raw[disc] += 500 + 900 * (number % 2 == 0) + 10 * number
    return (raw, labels) if depth is None else tuple(np.repeat(each[None], depth, axis=0) for each in (raw, labels))


def choose_features(chosen, session):
    session.feature_selection = replace(session.feature_selection, features=tuple(chosen))


def is_ours(error):
    """Whether our code had a part in an error; napari has some of its own, such as with linked layers of any kind."""
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    return any("napari_objclass" in file for file in files) or "test_" in files[-1]


class Monkey:
    """Does something at random to the layers of a viewer and to the session; every method ``do_*`` is one action."""

    def __init__(self, shared, wait, seed):
        self.shared, self.viewer, self.wait, self.random = shared, shared.viewer, wait, np.random.default_rng(seed)
        self.layers = self.viewer.layers
        self.done = []

    def act(self, n_actions):
        """Do so many actions, and look at the screen now and then."""
        actions = sorted(name for name in dir(self) if name.startswith("do_"))
        for _ in range(n_actions):
            name = str(self.random.choice(actions))
            self.done.append(name)
            try:
                getattr(self, name)()
            except Exception as error:
                if is_ours(error):
                    raise
            if self.random.random() < 0.5:
                self.settle()
                self.check()
        self.settle()
        self.check()

    def settle(self):
        """Let all threads come to rest."""
        shared = self.shared
        self.wait(
            lambda: (
                not any(each._busy for each in (shared._changes, shared._live._worker, shared.display._worker))
                and shared.activity is None
                and not shared.display.is_busy
            )
        )

    def check(self):
        """What is on the screen is what the session says."""
        shared, display = self.shared, self.shared.display
        shown, session = shared.shown, shared.session
        lane, at = shared.record, shared.position
        claims, axes = session.claims(at), session.images(at).axes
        assert shown.claims.active == claims.active == session.claims(at).active
        assert len(claims.active) == len(self.labelled(claims))
        prediction = session.predict(at) if session.n_annotated_classes > 1 else None
        assert (shown.prediction is None) == (prediction is None)
        labels, uuids = session.objects(at).labels, [each.uuid for each in session.classes]
        values = {"Annotations": {i: uuids.index(uuid) + 1 for (_, i), uuid in claims.active.items()}}
        values["Predictions"] = values["Uncertainty"] = {}
        if prediction is not None:
            np.testing.assert_array_equal(prediction.classes, shown.prediction.classes)
            ids, levels = prediction.ids.tolist(), 1 + np.rint(254 * prediction.uncertainty)
            values["Predictions"] = dict(zip(ids, prediction.classes.tolist(), strict=True))
            values["Uncertainty"] = dict(zip(ids, levels.tolist(), strict=True))
        if display.show.only_labelled:
            for name in ("Predictions", "Uncertainty"):
                values[name] = {i: value for i, value in values[name].items() if i in values["Annotations"]}
        for name in OURS:
            layer = display._layers[name]
            assert (layer is None) == (name in display.lost), name
            if layer is not None:
                assert layer in self.layers
                table = np.array([values[name].get(i, 0) for i in range(int(labels.max()) + 1)])
                np.testing.assert_array_equal(np.asarray(layer.data), table[labels].reshape(layer.data.shape), name)
        overlaid = display.show.kind in OVERLAID
        assert (display._layers["Overlay"] is not None) == (overlaid and "Overlay" not in display.lost)
        assert axes == lane.sources["labels"].axes
        for name, layer in display._layers._layers.items():
            assert layer in self.layers, name

    @staticmethod
    def labelled(claims):
        return {(mark.t, i) for mark, i, state, _ in claims.rows() if i and state is AnnotationState.ACTIVE}

    # ------------------------------------------------------------------------------------------------------ choices

    def pick(self, of=None):
        found = [each for each in self.layers if of is None or isinstance(each, of)]
        return found[self.random.integers(len(found))] if found else None

    def any_object(self):
        return int(self.random.integers(1, N + 1))

    # --------------------------------------------------------------------------------------------------- the session

    def do_label(self):
        self.shared.annotate(0, [self.any_object()], int(self.random.integers(0, 3)))

    do_label_more = do_label_again = do_label

    def do_label_many(self):
        self.shared.annotate(0, [1, 3, 5], 1)
        self.shared.annotate(0, [2, 4, 6], 2)

    def do_undo(self):
        self.shared.undo()

    def do_redo(self):
        self.shared.redo()

    def do_add_class(self):
        self.shared.do("object_classification", lambda s: s.add_class())

    def do_delete_class(self):
        self.shared.do("object_classification", lambda s: len(s.classes) > 2 and s.delete_class(len(s.classes)))

    def do_recolour(self):
        self.shared.do("object_classification", lambda s: s.recolour_class(1, "#00aa55"))

    def do_features(self):
        chosen = [["num_pixels"], ["num_pixels", "intensity_mean"]][self.random.integers(2)]
        self.shared.do("feature_selection", partial(choose_features, chosen))

    def do_show(self):
        column = str(self.random.choice(["num_pixels", "nothing"]))
        kind = Kind(str(self.random.choice(list(Kind))))
        self.shared.display.set_show(kind=kind, column=column, cls=int(self.random.integers(1, 3)))

    def do_only_labelled(self):
        self.shared.display.set_show(only_labelled=bool(self.random.integers(2)))

    def do_show_again(self):
        self.shared.display.restore()

    def do_rest_and_wake(self):
        self.shared.rest()
        self.shared.wake()

    def do_tool(self):
        self.shared.set_tool(active=bool(self.random.integers(2)), cls=1)

    def do_other_image(self):
        self.shared.show(int(self.random.integers(len(self.shared.session.lanes))))

    def do_next(self):
        self.shared.guide.next_unsure()

    # --------------------------------------------------------------------------------------------------- the layers

    def do_delete(self):
        layer = self.pick()
        if layer is not None:
            self.layers.remove(layer)

    def do_delete_all(self):
        if self.random.random() < 0.3:
            self.layers.clear()

    def do_rename(self):
        layer = self.pick()
        if layer is not None:
            layer.name = str(self.random.choice([*LAYERS, "mine"]))

    def do_hide(self):
        layer = self.pick()
        if layer is not None:
            layer.visible = not layer.visible

    def do_move(self):
        if len(self.layers) > 1:
            self.layers.move(*self.random.integers(0, len(self.layers), 2).tolist())

    def do_select(self):
        some = {each for each in self.layers if self.random.random() < 0.5}
        self.layers.selection = some

    def do_choose(self):
        self.layers.selection.active = self.pick()

    def do_link(self):
        some = [each for each in self.layers if self.random.random() < 0.5]
        if some:
            self.layers.link_layers(some)

    def do_unlink(self):
        if self.layers:
            self.layers.unlink_layers()

    def do_look(self):
        layer = self.pick()
        if layer is not None:
            layer.opacity = float(self.random.random())
            layer.blending = str(self.random.choice(["translucent", "additive", "opaque"]))

    def do_contour(self):
        layer = self.pick(Labels)
        if layer is not None:
            layer.contour = int(self.random.integers(0, 3))

    def do_colormap(self):
        layer = self.pick(Labels)
        if layer is not None:
            layer.new_colormap()

    def do_place(self):
        layer = self.pick()
        if layer is not None:
            layer.translate = self.random.integers(0, 5, layer.ndim)
            layer.scale = [2] * layer.ndim

    def do_mode(self):
        layer = self.pick(Labels)
        if layer is not None:
            layer.mode = str(self.random.choice(["paint", "erase", "fill", "pick", "pan_zoom"]))

    def do_editable(self):
        layer = self.pick(Labels)
        if layer is not None and layer not in self.shared.display._layers:
            layer.editable = not layer.editable

    def do_paint(self):
        layer = self.pick(Labels)
        if layer is not None and layer not in self.shared.display._layers and not layer.multiscale:
            if isinstance(layer.data, np.ndarray) and not layer.data.flags.writeable:
                return  # pixels of the session, of which the user made a layer of his own
            layer.paint([3] * layer.ndim, 1)
            layer.undo()
            layer.redo()

    def do_other_data(self):
        layer = self.pick(Labels)
        if layer is not None and layer not in self.shared.display._layers:
            layer.data = np.ones((20,) * layer.ndim, np.uint8)

    def do_3d(self):
        self.viewer.dims.ndisplay = 5 - self.viewer.dims.ndisplay

    def do_turn(self):
        self.viewer.dims.order = tuple(self.random.permutation(self.viewer.dims.ndim).tolist())

    def do_slide(self):
        self.viewer.dims.set_current_step(0, int(self.random.integers(0, 5)))

    def do_grid(self):
        self.viewer.grid.enabled = not self.viewer.grid.enabled

    def do_add_other(self):
        if len(self.layers) < 12:
            self.viewer.add_image(np.zeros((5,) * int(self.random.integers(2, 5))))

    def do_menu_duplicate(self):
        self.of_menu(menu._duplicate_layer)

    def do_menu_convert(self):
        self.of_menu(menu._convert_to_image, Labels)

    def do_menu_convert_back(self):
        self.of_menu(menu._convert_to_labels, Image)

    def do_menu_dtype(self):
        self.of_menu(menu._convert_dtype, Labels)

    def do_menu_split(self):
        layer = self.pick(Image)
        if layer is not None and layer.ndim > 2 and layer.data.shape[0] < 10:
            self.of_menu(menu._split_stack, Image, layer)

    def do_menu_project(self):
        layer = self.pick(Image)
        if layer is not None and layer.ndim > 2:
            self.of_menu(menu._project, Image, layer)

    def do_menu_merge(self):
        images = [each for each in self.layers if isinstance(each, Image) and each.data.shape == (48, 64)]
        if len(images) > 1:
            self.layers.selection = set(images)
            menu._merge_stack(self.layers)

    def do_menu_lock(self):
        if hasattr(menu, "_toggle_lock"):  # since napari 0.8
            self.of_menu(menu._toggle_lock)

    def of_menu(self, action, of=Layer, layer=None):
        """Choose an entry of the layer's context menu."""
        layer = self.pick(of) if layer is None else layer
        if layer is not None and len(self.layers) < 15:
            self.layers.selection = {layer}
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # napari's own
                action(self.layers)


pytestmark = pytest.mark.filterwarnings("ignore:Contours are not displayed")


@pytest.fixture(autouse=True)
def quiet(caplog):
    """Nothing is logged as wrong."""
    yield
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]


def waiting(mailbox):
    """Run what is posted until a condition holds and nothing is left."""

    def wait(condition):
        while True:
            mailbox.until(condition)
            try:
                mailbox._calls.get(timeout=0.01)()
            except queue.Empty:
                if condition():
                    return

    return wait


def predicted(shared, mailbox, depth=None, n_images=1):
    """Images with two labels each and predictions on the screen; how to wait, and the label image."""
    raw, labels = discs(depth)
    wait = waiting(mailbox)
    shared.wake()
    for step in range(n_images):
        lane = {"raw": np.roll(raw, step), "labels": np.roll(labels, step)}
        shared.do("input_data", lambda s, lane=lane: s.add_lane(**lane))
        shared.do("object_classification", lambda s, step=step: s.annotate_many(step, ids=[1, 2], classes=[1, 2]))
    wait(lambda: shared.shown is not None and shared.shown.prediction is not None and not shared.display.is_busy)
    return wait, labels


def test_show_again_while_the_image_is_being_read(shared, mailbox):
    wait, _ = predicted(shared, mailbox)
    shared.viewer.layers.clear()
    shared.show(0)
    shared.display.restore()
    wait(lambda: shared.shown.prediction is not None)
    assert {*OURS, "Objects", "Raw"} <= {each.name for each in shared.viewer.layers}


def test_our_layers_stay_locked_whatever_they_show(shared, mailbox):
    wait, _ = predicted(shared, mailbox, n_images=2)
    shared.show(1)
    wait(lambda: shared.shown.prediction is not None and not shared.display.is_busy)
    assert not any(shared.viewer.layers[name].editable for name in (*OURS, "Objects"))


def test_layers_that_the_user_made_of_ours_are_his(shared, mailbox):
    wait, _labels = predicted(shared, mailbox)
    layers = shared.viewer.layers
    before = np.array(layers["Predictions"].data)
    for action in (menu._duplicate_layer, menu._convert_to_image):
        layers.selection = {layers["Predictions"]}
        action(layers)
    image = next(each for each in layers if each.name == "Predictions")
    assert isinstance(image, Image)
    assert shared.display.lost == ["Predictions"]
    copy = layers["Predictions copy"]
    copy.paint([1, 1], 2)
    assert copy.data[1, 1] == 2
    shared.annotate(0, [4], 1)
    wait(lambda: len(shared.shown.claims.active) == 3 and shared.activity is None and not shared.display.is_busy)
    np.testing.assert_array_equal(image.data, before)
    layers.selection = {image}
    menu._convert_to_labels(layers)
    back = next(each for each in layers if each.name == "Predictions")
    back.paint([1, 1], 2)
    assert back.data[1, 1] == 2
    back.undo()
    np.testing.assert_array_equal(back.data, before)
    shared.display.restore()
    wait(lambda: not shared.display.is_busy)
    assert shared.display._layers["Predictions"] is not back


def test_pixels_of_the_session_are_not_painted_on(shared, mailbox):
    _, labels = predicted(shared, mailbox)
    layers = shared.viewer.layers
    layers.selection = {layers["Objects"]}
    menu._convert_to_image(layers)
    menu._convert_to_labels(layers)
    users = next(each for each in layers if each.name == "Objects")
    with pytest.raises(ValueError, match="read-only"):
        users.paint([1, 1], 2)
    np.testing.assert_array_equal(shared.session.label_image(0), labels)


def test_data_that_the_user_assigns_to_our_layers_give_way_to_ours(shared, mailbox):
    wait, labels = predicted(shared, mailbox)
    layers = shared.viewer.layers
    at = layers.index("Annotations")
    layers["Annotations"].opacity = 0.3
    layers.selection = {layers["Annotations"]}
    menu._convert_dtype(layers)
    layers["Predictions"].data = np.ones_like(labels)
    shared.annotate(0, [4], 1)
    wait(lambda: len(shared.shown.claims.active) == 3 and shared.activity is None and not shared.display.is_busy)
    layer = layers["Annotations"]
    assert layers.index(layer) == at
    assert layer.opacity == 0.3
    assert not layer.editable
    np.testing.assert_array_equal(np.asarray(layer.data)[labels == 4], 1)
    assert set(np.unique(layers["Predictions"].data)) == {0, 1, 2}


def test_linked_layers_follow_each_other_but_for_what_is_ours(shared, mailbox):
    wait, _ = predicted(shared, mailbox, depth=4)
    layers = shared.viewer.layers
    other = shared.viewer.add_labels(np.zeros((5, 6), int))
    layers.link_layers()
    layers["Predictions"].opacity = 0.25
    assert layers["Annotations"].opacity == other.opacity == 0.25
    theirs = other.colormap
    shared.do("object_classification", lambda s: s.recolour_class(1, "#00aa55"))
    shared.do("input_data", lambda s: s.set_spacing(0, (3, 1, 1)))
    wait(lambda: shared.shown.prediction is not None and shared.activity is None and not shared.display.is_busy)
    shared.display.restore()
    wait(lambda: not shared.display.is_busy)
    assert other.colormap is theirs
    for name in ("Annotations", "Predictions"):
        np.testing.assert_allclose(layers[name].colormap.color_dict[1][:3], (0, 0xAA / 255, 0x55 / 255), atol=1e-6)
        np.testing.assert_array_equal(layers[name].scale, (3, 1, 1))


@pytest.mark.parametrize("seed", [1, 2])
def test_anything_goes(shared, mailbox, seed):
    depth = [None, 6][seed % 2]
    raw, labels = discs(depth)
    shared.wake()
    monkey = Monkey(shared, waiting(mailbox), seed)
    lanes = [{"raw": raw, "labels": labels}, {"raw": raw[..., ::-1].copy(), "labels": labels[..., ::-1].copy()}]
    for lane in lanes:
        shared.do("input_data", lambda s, lane=lane: s.add_lane(**lane))
    monkey.settle()
    if seed < 2:
        users = Image(raw, name="cells"), Labels(labels, name="nuclei")
        shared.viewer.layers.extend(users)
        shared.display.adopt(shared.session.lanes[0].uuid, users[:1], users[1])
    monkey.settle()
    monkey.check()
    try:
        monkey.act(150)
    except BaseException:
        print(monkey.done[-12:])
        raise


# ------------------------------------------------------------------------------------------------------ real windows


def rest(condition):
    """Let Qt work until a condition holds and what was posted before has been run."""
    n_rounds = 0
    while n_rounds < 3:
        until(condition)
        settle()
        n_rounds = n_rounds + 1 if condition() else 0


class WindowMonkey(Monkey):
    """Does more: what needs a window."""

    def __init__(self, viewer, seed, tmp_path):
        notification_manager.records.clear()  # what tests before this one were told
        self.window, self.tmp_path = viewer.window, tmp_path
        self.dock, self.workbench = self.window.add_plugin_dock_widget("napari-objclass", "Object Classification")
        super().__init__(self.workbench.shared, rest, seed)

    def check(self):
        settle()
        super().check()
        assert not notification_manager.records, notification_manager.records[-1]

    def do_theme(self):
        self.viewer.theme = str(self.random.choice(["dark", "light"]))

    def do_save(self):
        layer = self.shared.display._layers[str(self.random.choice(OURS))]
        if layer is not None:
            layer.save(str(self.tmp_path / f"{len(self.done)}.tif"))

    def do_reopen(self):
        self.close()
        settle()
        self.dock, self.workbench = self.window.add_plugin_dock_widget("napari-objclass", "Object Classification")
        assert self.workbench.shared is self.shared

    def do_float(self):
        self.dock.setFloating(not self.dock.isFloating())

    def do_hide_dock(self):
        self.dock.setVisible(not self.dock.isVisible())

    def do_step(self):
        self.workbench.accordion.open(self.workbench.steps[self.random.integers(len(self.workbench.steps))])

    def do_click(self):
        QTest.mouseClick(self.window._qt_viewer.canvas.native, Qt.MouseButton.LeftButton)

    def do_draw(self):
        settle()

    def close(self):
        """Close the dock by its cross."""
        self.dock.destroyOnClose()
        self.dock = self.workbench = None


def listeners(viewer):
    """Who of us listens to a viewer and its layers, the keys that are bound, and the number of mouse callbacks."""
    groups = [viewer.events, viewer.layers.events, viewer.layers.selection.events, viewer.dims.events]
    groups += [layer.events for layer in viewer.layers]
    callbacks = [
        each for group in groups for emitter in (group, *group.emitters.values()) for each in emitter.callbacks
    ]
    keys = [key for place in (viewer, *viewer.layers) for key in place.keymap]
    mouse = viewer.mouse_drag_callbacks, viewer.mouse_double_click_callbacks, viewer.mouse_move_callbacks
    return [each for each in map(str, callbacks) if "objclass" in each], keys, [len(each) for each in mouse]


def threads():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("objclass")]


def monkey_in(viewer, seed, tmp_path):
    """A monkey in a window with layers of the user, which the session uses."""
    raw, labels = discs(6)
    users = Image(raw, name="cells"), Labels(labels.copy(), name="nuclei")
    viewer.layers.extend(users)
    monkey = WindowMonkey(viewer, seed, tmp_path)
    shared = monkey.shared
    shared.do("input_data", lambda s: s.add_lane(raw=raw, labels=labels))
    until(lambda: shared.shown is not None and shared.shown.table is not None)
    shared.display.adopt(shared.session.lanes[0].uuid, users[:1], users[1])
    return monkey


def test_anything_goes_on_the_screen(make_napari_viewer, tmp_path):
    monkey = monkey_in(make_napari_viewer(show=True), 0, tmp_path)
    monkey.act(15)


def test_two_windows_at_once_and_nothing_is_left(make_napari_viewer, tmp_path):
    viewers = [make_napari_viewer() for _ in range(2)]
    before = listeners(viewers[1])
    monkeys = [monkey_in(viewer, seed, tmp_path) for seed, viewer in enumerate(viewers)]
    for _ in range(2):
        for monkey in monkeys:
            monkey.act(8)
    monkeys[0].close()
    viewers[0].close()
    settle()
    monkeys[1].act(8)
    monkeys[1].close()
    settle()
    until(lambda: not threads())
    assert listeners(viewers[1]) == before
