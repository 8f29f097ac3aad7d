"""Objects edited by hand: whatever changes the layer becomes an edit, and nothing else is written."""

from types import SimpleNamespace

import numpy as np
import pytest

import napari_objclass as oc
from napari_objclass.widgets.labels_table import LabelsTable
from napari_objclass.widgets.parts.edit_by_hand import EditByHand, count
from napari_objclass.widgets.parts.label_model import WORDS, Column
from napari_objclass.widgets.viewer.draft import free_id
from napari_objclass.widgets.viewer.edited_region import changed_region, painted_region
from napari_objclass.widgets.viewer.places import Region
from napari_objclass.workflow.marks import AnnotationState

BIG = 2**63


def squares(dtype=np.uint16):
    """Twelve squares of 6 by 6 pixels, ids 1 to 12."""
    labels = np.zeros((30, 40), dtype)
    for n in range(12):
        y, x = divmod(n, 4)
        labels[10 * y + 2 : 10 * y + 8, 10 * x + 2 : 10 * x + 8] = n + 1
    return labels


def middle(object_id):
    y, x = divmod(object_id - 1, 4)
    return 10 * y + 5, 10 * x + 5


def add(shared, mailbox, labels, **lane):
    n = len(shared.session.lanes)
    shared.do("input_data", lambda s: s.add_lane(labels=labels, **lane))
    mailbox.until(lambda: len(shared.session.lanes) > n)
    shared.show(n)
    mailbox.until(lambda: shared.shown.table is not None and shared.display.scene is not None)
    mailbox.settle()
    return n


def begin(shared, mailbox):
    shared.editing.begin()
    mailbox.until(lambda: shared.editing.layer is not None)
    mailbox.settle()
    return shared.editing.layer


def session_labels(shared, mailbox, lane=0):
    mailbox.settle()
    assert shared.problem("objects") is None
    return shared.session.label_image(lane)


@pytest.fixture
def edited(shared, mailbox):
    """Twelve squares that are being edited."""
    shared.wake()
    add(shared, mailbox, squares())
    begin(shared, mailbox)
    return shared


# ------------------------------------------------------------------------------------------------------ tools of napari


def stroke(layer):
    with layer.block_history():
        for x in (3, 5, 7):
            layer.paint((15, x), 77)


def assign(layer):
    data = layer.data.copy()
    data[20:25] = 77
    layer.data = data


def in_place(layer):
    layer.data[20:25] = 77
    layer.refresh()


TOOLS = {
    "stroke": stroke,
    "paint": lambda layer: layer.paint((15, 15), 77),
    "erase": lambda layer: layer.paint((15, 15), 0),
    "fill": lambda layer: layer.fill(middle(3), 4),
    "polygon": lambda layer: layer.paint_polygon([(11, 11), (11, 25), (19, 19)], 77),
    "pixels": lambda layer: layer.data_setitem((np.array([1, 28]), np.array([1, 38])), 77),
    "assign": assign,
    "in place": in_place,
}


@pytest.mark.parametrize("tool", TOOLS)
def test_what_a_tool_does_is_an_edit_and_its_undo_another(edited, mailbox, tool):
    layer = edited.editing.layer
    TOOLS[tool](layer)
    done = layer.data.copy()
    assert not np.array_equal(done, squares())
    np.testing.assert_array_equal(session_labels(edited, mailbox), done)
    np.testing.assert_array_equal(layer.data, done)
    edited.undo()
    np.testing.assert_array_equal(session_labels(edited, mailbox), squares())
    np.testing.assert_array_equal(layer.data, squares())
    edited.redo()
    np.testing.assert_array_equal(session_labels(edited, mailbox), done)
    np.testing.assert_array_equal(layer.data, done)
    if tool not in ("assign", "in place"):
        layer.undo()
        np.testing.assert_array_equal(session_labels(edited, mailbox), squares())
        layer.redo()
        np.testing.assert_array_equal(session_labels(edited, mailbox), done)


def test_a_stroke_is_one_edit_when_it_is_over(edited, mailbox):
    layer = edited.editing.layer
    with layer.block_history():
        layer.paint((15, 3), 77)
        np.testing.assert_array_equal(session_labels(edited, mailbox), squares())
        layer.paint((15, 5), 77)
        edited.undo()  # nothing of the layer is there to be undone, and the stroke stays
        np.testing.assert_array_equal(session_labels(edited, mailbox)[:10], squares()[:10])
        assert (layer.data[15, 3:6] == 77).all()
    np.testing.assert_array_equal(session_labels(edited, mailbox), layer.data)
    edited.undo()
    np.testing.assert_array_equal(session_labels(edited, mailbox), squares())


def test_undo_while_a_stroke_goes_on_leaves_the_stroke(edited, mailbox):
    layer = edited.editing.layer
    layer.fill(middle(1), 2)
    session_labels(edited, mailbox)
    with layer.block_history():
        layer.paint((25, 25), 77)
        edited.undo()
        np.testing.assert_array_equal(session_labels(edited, mailbox), squares())
        assert layer.data[middle(1)] == 2  # not written while the mouse is down
    labels = session_labels(edited, mailbox)
    np.testing.assert_array_equal(layer.data, labels)
    assert labels[middle(1)] == 1
    assert labels[25, 25] == 77


def test_undo_right_before_done_stays_undone(edited, mailbox):
    edited.editing.layer.fill(middle(1), 2)
    assert session_labels(edited, mailbox)[middle(1)] == 2
    edited.undo()
    edited.editing.end()  # the layer has not got the undo yet
    np.testing.assert_array_equal(session_labels(edited, mailbox), squares())


def test_done_finds_what_no_event_told(edited, mailbox):
    edited.editing.layer.data[0, 0] = 5
    np.testing.assert_array_equal(session_labels(edited, mailbox), squares())
    edited.editing.end()
    assert session_labels(edited, mailbox)[0, 0] == 5


def test_an_image_of_another_shape_is_refused_in_words(edited, mailbox):
    edited.editing.layer.data = np.ones((5, 5), np.uint16)
    mailbox.until(lambda: edited.problem("objects"))
    assert "shape (5, 5)" in edited.problem("objects")
    edited.editing.end()
    mailbox.settle()
    np.testing.assert_array_equal(edited.session.label_image(0), squares())


def test_an_edit_by_a_script_comes_into_the_layer(edited, mailbox):
    labels = squares()
    labels[:3] = 9
    edited.session.edit_objects(0, labels)
    np.testing.assert_array_equal(session_labels(edited, mailbox), labels)
    np.testing.assert_array_equal(edited.editing.layer.data, labels)


# ------------------------------------------------------------------------------------------------------ begin and done


def test_the_layer_is_ready_to_paint_and_done_brings_all_back(shared, mailbox):
    shared.wake()
    add(shared, mailbox, squares())
    shared.set_tool(active=True)
    before = {each.name: each.visible for each in shared.viewer.layers}
    layer = begin(shared, mailbox)
    assert (layer.mode, layer.selected_label, layer.editable, layer.n_edit_dimensions) == ("paint", 13, True, 2)
    assert shared.viewer.layers.selection.active is layer is shared.viewer.layers[-1]
    assert [each.name for each in shared.viewer.layers if each.visible] == ["Annotations", layer.name]
    assert not shared.tool.active
    shared.editing.begin()  # it goes on
    mailbox.settle()
    assert shared.editing.layer is layer
    shared.editing.end()
    mailbox.settle()
    assert {each.name: each.visible for each in shared.viewer.layers} == before
    assert shared.viewer.layers.selection.active is shared.display.objects_layer
    assert shared.tool.active
    assert not shared.editing.is_on


def test_nothing_is_an_edit_that_changes_nothing(edited, mailbox):
    layer = edited.editing.layer
    layer.brush_size = 1
    layer.paint((0, 0), 0)
    layer.paint(middle(5), 5)
    layer.refresh()
    layer.visible = False
    layer.visible = True
    edited.editing.end()
    mailbox.settle()
    assert not edited.session.undo()


def test_new_ids_are_free_whatever_was_painted(edited, mailbox):
    layer, editing = edited.editing.layer, edited.editing
    layer.paint((0, 0), 13)
    editing.new_object()  # before the session has the stroke
    assert layer.selected_label == 14
    mailbox.settle()
    layer.mode = "pick"
    layer.selected_label = 3
    assert "object" in editing.hint
    editing.new_object()
    assert (layer.selected_label, layer.mode) == (14, "paint")


@pytest.mark.parametrize(
    ("ids", "most", "expected"),
    [([], 255, 1), ([5], 255, 6), ([1, 2, 255], 255, 3), ([1, 2, 3], 3, 0), ([BIG, 2**64 - 1], 2**64 - 1, 1)],
)
def test_a_free_id_is_the_next_or_the_lowest(ids, most, expected):
    assert free_id(np.array(ids, np.uint64), most) == expected


def test_the_hint_tells_what_the_tool_does(edited, mailbox):
    layer, editing = edited.editing.layer, edited.editing
    assert editing.hint == "Painting object 13 (new). The picker chooses another object."
    layer.selected_label = 5
    editing.merge()
    assert editing.hint == "Click an object to merge it into object 5."
    layer.selected_label = 0
    assert "background" in editing.hint
    layer.selected_label = 5
    layer.mode = "pan_zoom"
    assert "tool" in editing.hint
    editing.end()
    assert editing.hint == ""


# --------------------------------------------------------------------------------------------------- kinds of images


def volume():
    labels = np.zeros((4, 30, 40), np.uint16)
    labels[1:3] = squares()
    return labels


def film():
    return np.stack([squares(), np.roll(squares(), 1, axis=1)])


def gappy():
    lut = np.array([0, *(BIG + 7 * np.arange(12, dtype=np.uint64))], np.uint64)
    return lut[squares()]


KINDS = {
    "bytes": (squares(np.uint8), "yx", 2),
    "32 bit": (squares(np.uint32), "yx", 2),
    "signed": (squares(np.int32), "yx", 2),
    "u64, gappy": (gappy(), "yx", 2),
    "volume": (volume(), "zyx", 3),
    "film": (film(), "tyx", 2),
    "film of volumes": (np.stack([volume(), volume()]), "tzyx", 3),
    "turned": (np.ascontiguousarray(volume().T), "xyz", 3),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("own", [False, True])
def test_objects_of_any_image_can_be_edited(shared, mailbox, kind, own):
    labels, axes, n_edit = KINDS[kind]
    shared.wake()
    users = None
    if own:
        users = shared.viewer.add_labels(labels.copy(), scale=(2,) * labels.ndim, translate=(5,) * labels.ndim)
        users.axis_labels = tuple(axes)
        shared.do(
            "input_data",
            lambda s: s.add_lane(labels=labels, axes=axes),
            lambda lane: shared.display.adopt(shared.session.lanes[lane].uuid, [], users),
        )
        mailbox.until(lambda: shared.shown and shared.shown.table is not None and shared.display.scene)
        mailbox.settle()
    else:
        add(shared, mailbox, labels, axes=axes)
    layer = begin(shared, mailbox)
    assert layer.n_edit_dimensions == n_edit
    assert layer.selected_label == int(labels.max()) + 1
    if own:
        assert layer.data.shape == labels.shape
        assert (tuple(layer.scale), tuple(layer.translate)) == (tuple(users.scale), tuple(users.translate))
    voxel = tuple(np.argwhere(np.asarray(layer.data) == labels.max())[0])
    layer.fill(voxel, layer.selected_label)  # all of an object
    turned = layer.data if own or axes != "xyz" else layer.data.T
    found = session_labels(shared, mailbox)
    np.testing.assert_array_equal(found, turned)
    assert (found == layer.selected_label).sum() > 10
    if axes != "tyx" and axes != "tzyx":
        assert labels.max() not in found
    shared.editing.end()
    session_labels(shared, mailbox)
    objects = shared.viewer.layers["Objects"]
    np.testing.assert_array_equal(objects.data, layer.data)
    assert objects.visible
    if own:
        np.testing.assert_array_equal(users.data, labels)
        assert not users.visible
        assert tuple(objects.translate) == tuple(users.translate)


def test_levels_of_the_user_are_left_alone(shared, mailbox):
    labels = squares()
    shared.wake()
    users = shared.viewer.add_labels([labels.copy(), labels[::2, ::2].copy()], multiscale=True)
    shared.do(
        "input_data",
        lambda s: s.add_lane(labels=labels),
        lambda lane: shared.display.adopt(shared.session.lanes[lane].uuid, [], users),
    )
    mailbox.until(lambda: shared.shown and shared.shown.table is not None and shared.display.scene)
    mailbox.settle()
    layer = begin(shared, mailbox)
    layer.fill(middle(4), 13)
    assert (session_labels(shared, mailbox) == 13).sum() == 36
    shared.editing.end()
    mailbox.settle()
    np.testing.assert_array_equal(users.data[0], labels)
    assert (np.asarray(shared.viewer.layers["Objects"].data[0]) == 13).sum() == 36


# ------------------------------------------------------------------------------------------ what follows from an edit


@pytest.fixture
def labelled(edited, mailbox):
    """Squares 1 and 3 are of class 1, 2 and 4 of class 2."""
    for object_id, cls in {1: 1, 2: 2, 3: 1, 4: 2}.items():
        edited.annotate(0, [object_id], cls)
    mailbox.until(lambda: edited.shown.prediction is not None)
    mailbox.settle()
    return edited


def test_labels_follow_a_merge_and_a_deletion_and_come_back(labelled, mailbox, qtbot):
    table = LabelsTable(labelled)
    qtbot.addWidget(table)
    table.show()

    def states():
        mailbox.settle()
        column = list(Column).index(Column.STATE)
        return sorted(table.model.index(row, column).data() for row in range(table.model.rowCount()))

    active, conflict, parked = (WORDS[AnnotationState[name]] for name in ("ACTIVE", "CONFLICT", "PARKED"))
    before = states()
    layer = labelled.editing.layer
    layer.fill(middle(2), 1)
    assert [state.startswith(conflict) for state in states()].count(True) == 2
    assert {each.state for each in labelled.session.annotations} == {AnnotationState.ACTIVE, AnnotationState.CONFLICT}
    layer.fill(middle(3), 0)
    assert [state.startswith(parked) for state in states()].count(True) == 1
    labelled.undo()
    labelled.undo()
    assert states() == before == [active] * 4


def test_layers_stay_and_objects_that_are_as_before_keep_their_class(labelled, mailbox):
    layers = list(labelled.viewer.layers)
    predictions = labelled.viewer.layers["Predictions"]
    before, data = np.array(predictions.data), predictions.data
    labelled.set_live(live=True)
    seen = []
    take = type(data).take

    def note(self, fill, *rest):
        take(self, fill, *rest)
        if self is data:
            seen.append(np.array(self))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(data), "take", note)
        labelled.editing.layer.fill(middle(9), 13)
        mailbox.until(lambda: 13 in labelled.shown.objects.ids and labelled.shown.prediction is not None)
        mailbox.settle()
    rest = squares() != 9
    assert len(seen) >= 2
    for picture in seen:
        np.testing.assert_array_equal(picture[rest], before[rest])
    assert (seen[-1][~rest] > 0).all()
    assert list(labelled.viewer.layers) == layers
    assert predictions.data is data


def test_nothing_of_before_stays_when_nothing_new_comes(labelled, mailbox):
    labelled.set_live(live=False)
    mailbox.settle()
    labelled.editing.layer.fill(middle(9), 13)
    mailbox.until(lambda: 13 in labelled.shown.objects.ids)
    mailbox.settle()
    assert labelled.shown.prediction is None
    assert not np.asarray(labelled.viewer.layers["Predictions"].data).any()
    assert np.asarray(labelled.viewer.layers["Annotations"].data).any()


# ------------------------------------------------------------------------------------------------------------ leaving


def other_image(shared, mailbox):
    shared.show(1)


def delete_layer(shared, mailbox):
    shared.viewer.layers.remove(shared.editing.layer)


def clear_viewer(shared, mailbox):
    shared.viewer.layers.clear()


def close_dock(shared, mailbox):
    shared.rest()


def open_another(shared, mailbox):
    shared.open(oc.Session)


LEAVING = (other_image, delete_layer, clear_viewer, close_dock, open_another)


@pytest.mark.parametrize("leave", LEAVING)
def test_no_stroke_is_lost_by_leaving(shared, mailbox, leave):
    shared.wake()
    add(shared, mailbox, squares())
    add(shared, mailbox, squares()[::-1].copy())
    shared.show(0)
    mailbox.until(lambda: shared.shown.table is not None and shared.display.scene is not None)
    layer, session = begin(shared, mailbox), shared.session
    edited = []
    session.changed.connect(lambda _: edited.append(session.label_image(0)))
    layer.paint((0, 0), 13)
    layer.data[29, 39] = 9  # which no event tells
    leave(shared, mailbox)
    mailbox.settle()
    assert not shared.editing.is_on
    assert layer not in shared.viewer.layers
    np.testing.assert_array_equal(edited[-1], layer.data)
    assert shared.problem("objects") is None


def test_an_image_that_is_removed_takes_its_edits_along(shared, mailbox):
    shared.wake()
    add(shared, mailbox, squares())
    begin(shared, mailbox)
    shared.editing.layer.paint((0, 0), 13)
    mailbox.settle()
    shared.do("input_data", lambda s: s.remove_lane(0))
    mailbox.settle()
    assert shared.shown is None
    assert not shared.editing.is_on
    assert shared.problem("objects") is None
    shared.undo()
    mailbox.until(lambda: shared.shown is not None and shared.shown.objects is not None)
    assert shared.session.label_image(0)[0, 0] == 13


def test_leaving_before_it_has_begun(shared, mailbox):
    shared.wake()
    add(shared, mailbox, squares())
    add(shared, mailbox, squares())
    shared.editing.begin()
    shared.show(0)
    mailbox.settle()
    assert not shared.editing.is_on
    assert "Edited objects" not in shared.viewer.layers


def test_the_viewer_ends_with_a_stroke_in_it(shared, mailbox):
    shared.wake()
    add(shared, mailbox, squares())
    layer, session = begin(shared, mailbox), shared.session
    edited = []
    session.changed.connect(lambda _: edited.append(session.label_image(0)))
    layer.data[0, 0] = 9
    shared.close()
    mailbox.settle()
    np.testing.assert_array_equal(edited[-1], layer.data)


# -------------------------------------------------------------------------------------------------- words and regions


def test_the_part_shows_what_can_be_done(edited, mailbox, qtbot):
    part = EditByHand(edited)
    qtbot.addWidget(part)
    part.show()
    assert not part.begin.isVisible()
    assert "object 13 (new)" in part.hint.text()
    edited.editing.layer.fill(middle(1), 2)
    mailbox.settle()
    assert part.count.text() == "1 edit by hand"
    part.undo.click()
    mailbox.settle()
    assert not part.count.isVisible()
    part.done.click()
    mailbox.settle()
    assert part.begin.isVisible()
    assert part.begin.isEnabled()
    assert not part.done.isVisible()


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((0, 0), ""),
        ((1, 0), "1 edit by hand"),
        ((3, 2), "3 edits by hand · 2 wait for their objects"),
        ((2, 1), "2 edits by hand · 1 waits for its objects"),
        ((0, 1), "1 edit by hand waits for its objects"),
    ],
)
def test_edits_are_counted_in_words(counts, words):
    assert count(*counts) == words


def test_regions_of_any_napari():
    slices = SimpleNamespace(slice_key=(slice(2, 3), slice(4, 9), slice(5, 7)))
    assert painted_region([slices], "zyx") == Region((0, 2, 4, 5), (1, 3, 9, 7))
    assert painted_region([slices], "xyt") == Region((5, 0, 4, 2), (7, 1, 9, 3))
    indices = (tuple(np.array(each) for each in ([1, 1], [8, 2], [3, 6])), None, 1)
    assert painted_region([slices, indices], "zyx") == Region((0, 1, 2, 3), (1, 3, 9, 7))
    assert painted_region([object()], "zyx") is None
    assert painted_region([], "zyx") is None


def test_the_changed_region_is_the_smallest_box():
    rng = np.random.default_rng(0)
    before = rng.integers(0, 9, (2, 3, 20, 30)).astype(np.uint16)
    for _ in range(20):
        after = before.astype(np.uint32)
        places = np.stack([rng.integers(0, n, 3) for n in before.shape], axis=1)
        after[tuple(places.T)] += 1
        low, high = tuple(places.min(axis=0).tolist()), tuple((places.max(axis=0) + 1).tolist())
        assert changed_region(before, after) == Region(low, high)
    assert changed_region(before, before.astype(np.uint64)) is None
