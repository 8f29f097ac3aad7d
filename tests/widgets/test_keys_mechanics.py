"""Keys: what they do, when they are ours, and that napari has its own back."""

import json

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer, Points, Shapes
from napari.utils.key_bindings import KeymapHandler

from napari_objclass.errors import ParameterError
from napari_objclass.widgets.viewer.actions import ACTIONS
from napari_objclass.widgets.viewer.display import Kind
from napari_objclass.widgets.viewer.key_choice import KeyChoice, Preset
from napari_objclass.widgets.viewer.session import ViewerSession
from napari_objclass.widgets.viewer.tool import Mode

ALWAYS = {action.key for action in ACTIONS if action.always}


@pytest.fixture
def keys(shared):
    shared.keys.wake()
    yield shared.keys
    shared.keys.rest()


def press(viewer, *keys):
    """Press keys as the canvas does: first the chosen layer is asked, then the viewer."""
    handler = KeymapHandler()
    for key in keys:
        chosen = viewer.layers.selection.active
        handler.keymap_providers = [viewer] if chosen is None else [chosen, viewer]
        handler.press_key(key)
        handler.release_key(key)


def maps(viewer):
    places = [viewer, *viewer.layers]
    classes = [ViewerModel, Layer, Labels, Image, Points, Shapes]
    return [dict(place.keymap) for place in places], [dict(cls.class_keymap) for cls in classes]


def layers():
    square = np.zeros((8, 8), np.uint8)
    return [Image(square), Labels(square), Labels(square), Points(np.zeros((1, 2))), Shapes(np.eye(4, 2))]


def ours(place):
    return {str(key) for key in place.keymap}


@pytest.mark.parametrize("layer", layers(), ids=lambda layer: type(layer).__name__)
def test_keys_reach_us_whichever_layer_is_chosen(shared, keys, layer):
    shared.viewer.add_layer(layer)
    shared.set_tool(active=True, cls=1)
    press(shared.viewer, "2")
    assert (shared.tool.cls, layer.mode) == (2, "pan_zoom")
    press(shared.viewer, "0")
    assert shared.tool.mode is Mode.ERASE
    press(shared.viewer, "1")
    assert (shared.tool.cls, shared.tool.mode) == (1, Mode.ANNOTATE)


def test_annotate_goes_on_and_off(shared, keys):
    press(shared.viewer, "G")
    assert shared.tool.active
    press(shared.viewer, "G")
    assert not shared.tool.active


def test_a_class_that_is_not_there_is_told(shared, keys):
    shared.set_tool(active=True, cls=1)
    press(shared.viewer, "7")
    assert shared.tool.cls == 1
    assert shared.viewer.status == "There is no class 7; there are 2, and Classify can add more."


def test_sweeping_goes_on_with_another_class(shared, keys):
    shared.set_tool(active=True, mode=Mode.SWEEP)
    press(shared.viewer, "2")
    assert (shared.tool.mode, shared.tool.cls) == (Mode.SWEEP, 2)


def test_undo_and_redo_are_ours_on_labels(with_nuclei, mailbox, nuclei):
    shared = with_nuclei
    shared.keys.wake()
    shared.viewer.add_labels(nuclei.labels)
    shared.set_tool(active=True)
    shared.annotate(0, [1], 2)
    for key, labels in (("Ctrl+Z", {}), ("Ctrl+Shift+Z", {1: 2})):
        press(shared.viewer, key)
        mailbox.settle()
        assert shared.session.object_classes(0) == labels


def test_images_are_turned_like_pages_and_the_ends_hold(with_nuclei, mailbox, nuclei):
    shared = with_nuclei
    shared.keys.wake()
    shared.do("input_data", lambda s: s.add_lane(raw=nuclei.raw + 1, labels=nuclei.labels))
    mailbox.until(lambda: len(shared.session.lanes) == 2)
    shown = []
    for key in ("PageDown", "PageDown", "PageUp", "PageUp"):
        press(shared.viewer, key)
        shown.append(shared.position)
    assert shown == [1, 1, 0, 0]


def test_uncertainty_and_live_go_on_and_off(shared, keys):
    asked = []
    shared.display.set_show = lambda **show: asked.append(show["kind"])
    shared.set_tool(active=True)
    press(shared.viewer, "U", "Q")
    assert (asked, shared.live) == ([Kind.UNCERTAINTY], False)


def test_every_action_without_an_image(shared, keys, mailbox):
    shared.set_tool(active=True)
    for action in ACTIONS:
        shared.set_tool(active=True)
        press(shared.viewer, action.key)
    mailbox.settle()
    assert not shared.problem("object_classification")


def test_raw_only_toggles_and_a_held_key_peeks(shared, keys, hold_delay):
    shared.set_tool(active=True)
    image, labels, hidden = (shared.viewer.add_layer(layer) for layer in layers()[:3])
    hidden.visible = False
    handler = KeymapHandler()
    handler.keymap_providers = [shared.viewer]
    seen = []
    for delay in (1000, 1000, -1, None):
        handler.press_key("W")
        seen.append((image.visible, labels.visible, hidden.visible))
        if delay is None:
            shared.keys.rest()
        else:
            hold_delay(delay)
            handler.release_key("W")
        seen.append((image.visible, labels.visible, hidden.visible))
    raw, both = (True, False, False), (True, True, False)
    assert seen == [raw, raw, both, both, raw, both, raw, both]


def test_raw_only_ends_with_the_tool_and_when_uncertainty_is_asked_for(shared, keys):
    labels = shared.viewer.add_layer(Labels(np.zeros((8, 8), np.uint8)))
    for key in ("G", "U"):
        shared.set_tool(active=True)
        press(shared.viewer, "W")
        assert not labels.visible
        press(shared.viewer, key)
        assert labels.visible


@pytest.fixture
def hold_delay():
    from napari.settings import get_settings

    settings = get_settings().application
    before = settings.hold_button_delay
    yield lambda seconds: setattr(settings, "hold_button_delay", seconds)
    settings.hold_button_delay = before


# --------------------------------------------------------------------------------------------- given back


def test_only_a_few_keys_are_ours_while_the_tool_rests_or_a_layer_is_edited(shared, keys):
    labels = shared.viewer.add_layer(Labels(np.zeros((8, 8), np.uint8)))
    assert ours(shared.viewer) == ours(labels) == ALWAYS
    shared.set_tool(active=True)
    assert ours(shared.viewer) == ours(labels) == {action.key for action in ACTIONS}
    labels.mode = "paint"
    assert (ours(shared.viewer), ours(labels)) == (ALWAYS, set())
    labels.mode = "pan_zoom"
    assert ours(labels) == {action.key for action in ACTIONS}


def test_keys_follow_the_choice_of_layer(shared, keys):
    first, second = (shared.viewer.add_layer(layer) for layer in layers()[1:3])
    shared.set_tool(active=True)
    assert ours(first) == set()
    shared.viewer.layers.selection.active = first
    assert ours(second) == set()
    assert ours(first)
    shared.viewer.layers.remove(first)
    assert ours(first) == set()
    first.mode = "paint"
    first.mode = "pan_zoom"
    assert ours(first) == set()
    shared.viewer.layers.clear()
    assert ours(second) == set()


def test_all_is_as_before(shared):
    viewer, kept = shared.viewer, layers()
    for layer in kept:
        viewer.add_layer(layer)
    viewer.bind_key("N", lambda _: None)
    viewer.bind_key("Y", lambda _: None)
    kept[1].bind_key("3", lambda _: None)
    kept[1].bind_key("Ctrl+Z", ...)
    before = maps(viewer)
    for _ in range(2):
        shared.keys.wake()
        shared.keys.wake()
        shared.set_tool(active=True)
        for layer in kept:
            viewer.layers.selection.active = layer
            layer.mode = "transform"
            layer.mode = "pan_zoom"
        viewer.layers.selection.clear()
        viewer.layers.selection.active = kept[1]
        shared.keys.choice.use(Preset.ILASTIK)
        shared.keys.rest()
        shared.keys.rest()
    assert maps(viewer) == before
    shared.keys.choice.use(Preset.DEFAULT)
    shared.set_tool(active=False)
    shared.set_tool(active=True)
    assert maps(viewer) == before


def test_a_key_that_someone_else_takes_meanwhile_stays_theirs(shared, keys):
    shared.set_tool(active=True)

    def theirs(_):
        pass

    shared.viewer.bind_key("N", theirs, overwrite=True)
    keys.rest()
    assert {str(key): bound for key, bound in shared.viewer.keymap.items()} == {"N": theirs}


def test_two_viewers_have_keys_of_their_own(shared, mailbox, keys):
    other = ViewerSession(ViewerModel(), mailbox.post)
    other.keys.wake()
    shared.set_tool(active=True)
    assert ours(other.viewer) == ALWAYS
    shared.keys.choice.choose("next_unsure", "F3")
    other.set_tool(active=True)
    assert "F3" in ours(shared.viewer) & ours(other.viewer)
    other.keys.rest()
    assert ours(other.viewer) == set()
    assert "F3" in ours(shared.viewer)
    other.close()


# --------------------------------------------------------------------------------------------- choice


@pytest.fixture
def file(tmp_path):
    return tmp_path / "folder" / "keys.json"


def test_presets_are_free_of_clashes(tmp_path):
    for preset in Preset:
        choice = KeyChoice(tmp_path / "keys.json")
        choice.use(preset)
        assert len({choice[action.id] for action in ACTIONS}) == len(ACTIONS)


def test_a_choice_is_kept(file):
    KeyChoice(file).choose("next_unsure", "shift+ctrl+f3")
    assert KeyChoice(file)["next_unsure"] == "Ctrl+Shift+F3"
    assert json.loads(file.read_text()) == {"next_unsure": "Ctrl+Shift+F3"}
    KeyChoice(file).use(Preset.DEFAULT)
    assert KeyChoice(file)["next_unsure"] == "N"


def test_the_preset_of_ilastik(file):
    choice = KeyChoice(file)
    choice.use(Preset.ILASTIK)
    assert (choice["raw_only"], choice["live"], choice["uncertainty"]) == ("I", "L", "U")


def test_clashes_are_told_in_one_sentence(file):
    choice = KeyChoice(file)
    assert choice.choose("next_unsure", "J") == (
        'J was the key of "Next random object without label", which has none now.'
    )
    assert (choice["next_unsure"], choice["next_random"]) == ("J", "")
    assert 'napari\'s "toggle selected visibility"' in choice.choose("next_unsure", "V")
    assert choice.choose("next_random", "F4") == ""
    assert choice.choose("next_unsure", "") == choice.choose("next_random", "") == ""


@pytest.mark.parametrize("text", ["PgUp", "Ctrl+", "A B", "nonsense"])
def test_what_is_no_key_is_refused(file, text):
    choice = KeyChoice(file)
    with pytest.raises(ParameterError, match="press one key"):
        choice.choose("next_unsure", text)
    assert choice["next_unsure"] == "N"


@pytest.mark.parametrize("text", ["", "[1]", '{"next_unsure": 1}', '{"next_unsure": "PgUp"}', "{", '{"gone": "A"}'])
def test_a_strange_file_means_the_defaults(file, text, caplog):
    file.parent.mkdir()
    file.write_text(text)
    choice = KeyChoice(file)
    assert {action.id: choice[action.id] for action in ACTIONS} == {action.id: action.key for action in ACTIONS}


def test_a_folder_that_cannot_be_written_is_told_in_the_log(tmp_path, caplog):
    (tmp_path / "file").touch()
    choice = KeyChoice(tmp_path / "file" / "keys.json")
    choice.choose("next_unsure", "F3")
    assert choice["next_unsure"] == "F3"
    assert "cannot be written" in caplog.text


def test_an_action_without_key_is_not_bound(shared, keys):
    shared.set_tool(active=True)
    shared.keys.choice.choose("next_unsure", "")
    assert "N" not in ours(shared.viewer)
