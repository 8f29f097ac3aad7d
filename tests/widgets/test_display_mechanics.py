"""Our layers on a viewer without Qt: what they show, where they lie, and what the user may do to them."""

import re
from dataclasses import replace

import numpy as np
import pytest
from napari.layers import Image, Labels
from napari.layers._layer_actions import _duplicate_layer

import napari_objclass as oc
from napari_objclass.widgets.viewer.display import LAYERS, Kind
from napari_objclass.widgets.viewer.live import Request
from napari_objclass.workflow.claims import Claims
from napari_objclass.workflow.feature_selection import FeatureSelection
from napari_objclass.workflow.marks import AnnotationState

IN_2D_AND_3D = FeatureSelection(["num_pixels", "intensity_mean", "bbox_min"])
SAMPLES = {"yx": oc.sample.nuclei_2d, "zyx": oc.sample.nuclei_3d, "tyx": oc.sample.nuclei_2d_t}
FIVE = [name for name in LAYERS if name != "Overlay"]


def names(shared):
    return [layer.name for layer in shared.viewer.layers]


def add(shared, mailbox, **lane):
    n = len(shared.session.lanes)
    shared.do("input_data", lambda s: s.add_lane(**lane))
    mailbox.until(lambda: shared.session.lanes[n:] or shared.problem("input_data"))
    shared.show(n)
    mailbox.until(lambda: shared.shown.table is not None)
    mailbox.settle()
    return shared.session.lanes[n].uuid


def wait_for_layers(shared, mailbox):
    there = []
    shared.display.when_pointed(lambda: there.append(True))
    mailbox.until(lambda: there)
    mailbox.settle()


def annotate(shared, mailbox, labelled):
    for object_id, number in labelled.items():
        shared.annotate(0, [object_id], number)
    mailbox.until(lambda: shared.shown.prediction is not None)
    mailbox.settle()


def painted(labels, ids, values):
    image = np.zeros(labels.shape, np.int64)
    for object_id, value in zip(ids, values, strict=True):
        image[labels == object_id] = value
    return image


@pytest.fixture
def awake(shared):
    shared.wake()
    return shared


@pytest.fixture
def predicted(awake, mailbox, nuclei):
    """The sample image with a few labels and predictions on the screen."""
    add(awake, mailbox, raw=nuclei.raw, labels=nuclei.labels)
    annotate(awake, mailbox, oc.sample.labelled_examples(nuclei))
    return awake


def test_layers_show_labels_predictions_and_uncertainty(predicted, nuclei):
    layers, prediction = predicted.viewer.layers, predicted.shown.prediction
    assert set(names(predicted)) == set(FIVE)
    labelled = oc.sample.labelled_examples(nuclei)
    np.testing.assert_array_equal(
        layers["Annotations"].data, painted(nuclei.labels, *zip(*labelled.items(), strict=True))
    )
    np.testing.assert_array_equal(
        layers["Predictions"].data, painted(nuclei.labels, prediction.ids, prediction.classes)
    )
    levels = 1 + np.rint(254 * prediction.uncertainty)
    np.testing.assert_array_equal(layers["Uncertainty"].data, painted(nuclei.labels, prediction.ids, levels))
    assert not any(layers[name].editable for name in FIVE if name != "Raw")
    assert [layers[name].visible for name in FIVE] == [True, True, True, True, False]


def test_the_picture_is_of_the_new_values(predicted, mailbox, nuclei):
    layer = predicted.viewer.layers["Annotations"]
    predicted.annotate(0, [57], 2)
    mailbox.settle()
    assert (layer._slice.image.raw == 2)[nuclei.labels == 57].all()
    predicted.undo()
    mailbox.settle()
    assert (layer._slice.image.raw == 0)[nuclei.labels == 57].all()


def test_our_own_layers_show_planes_whatever_the_axes_of_a_file(awake, mailbox):
    sample = oc.sample.nuclei_3d()
    add(awake, mailbox, raw=sample.raw.T, labels=sample.labels.T, axes="xyz", spacing=(2, 1, 1))
    assert {layer.data.shape for layer in awake.viewer.layers} == {(32, 192, 192)}
    np.testing.assert_array_equal(awake.viewer.layers["Objects"].data, sample.labels)
    assert tuple(awake.viewer.layers["Predictions"].scale) == (2, 1, 1)


@pytest.mark.parametrize("axes", SAMPLES)
def test_go_to_brings_an_object_under_the_middle(awake, mailbox, axes):
    sample = SAMPLES[axes]()
    spacing = {"yx": (0.5, 0.25), "zyx": (2.0, 0.5, 0.5), "tyx": None}[axes]
    add(awake, mailbox, raw=sample.raw, labels=sample.labels, axes=axes, spacing=spacing)
    display, viewer = awake.display, awake.viewer
    assert viewer.layers["Predictions"].data.shape == sample.labels.shape
    t = 2 if axes == "tyx" else 0
    display.go_to(t, 7)
    position = np.array(viewer.dims.point)
    position[-2:] = getattr(viewer, "scene", viewer).camera.center[-2:]
    assert display.object_at(position) == (t, 7)
    assert display.seen().start[0] == t
    display.go_to(0, 10**6)  # there is none


def test_the_first_object_on_the_way_is_hit_in_3d(awake, mailbox):
    labels = np.zeros((10, 20, 30), np.uint16)
    labels[6:8, 5:9, 5:9], labels[2:4, 5:9, 5:9] = 1, 2
    add(awake, mailbox, labels=labels, spacing=(2, 1, 1))
    awake.viewer.dims.ndisplay = 3
    look = {"dims_displayed": [0, 1, 2]}
    assert awake.display.object_at((-20, 7, 7), view_direction=(1, 0, 0), **look) == (0, 2)
    assert awake.display.object_at((40, 7, 7), view_direction=(-1, 0, 0), **look) == (0, 1)
    assert awake.display.object_at((0, 7, 20), view_direction=(1, 0, 0), **look) is None
    assert awake.display.object_at((-20, 70, 7), view_direction=(1, 0, 0), **look) is None
    assert awake.display.seen() == ((0, 0, 0, 0), (1, 10, 20, 30))


def test_gappy_and_wide_ids(awake, mailbox):
    labels = np.zeros((20, 20), np.uint64)
    labels[2:6, 2:6], labels[10:14, 10:14] = 2**63 + 5, 9
    add(awake, mailbox, raw=np.arange(400, dtype=np.uint16).reshape(20, 20), labels=labels)
    annotate(awake, mailbox, {2**63 + 5: 1, 9: 2})
    expected = painted(labels, [2**63 + 5, 9], [1, 2])
    np.testing.assert_array_equal(awake.viewer.layers["Annotations"].data, expected)
    np.testing.assert_array_equal(awake.viewer.layers["Predictions"].data, expected)
    assert awake.display.object_at((3, 3)) == (0, 2**63 + 5)


def test_channels_are_a_slider_and_colours_are_colours(awake, mailbox, nuclei):
    three = np.stack([nuclei.raw, nuclei.raw // 2, nuclei.raw // 3], axis=-1)
    add(awake, mailbox, raw=three, labels=nuclei.labels)
    raw = awake.viewer.layers["Raw"]
    assert raw.data.shape == (3, 512, 512)
    assert tuple(raw.axis_labels) == ("c", "y", "x")
    assert awake.display.object_at((2, 100, 100)) == awake.display.object_at((100, 100))
    add(awake, mailbox, raw=(three // 64).astype(np.uint8), labels=nuclei.labels)
    assert awake.viewer.layers["Raw"].rgb


def test_an_image_of_yes_and_no(awake, mailbox, nuclei):
    add(awake, mailbox, raw=nuclei.raw > 300, labels=nuclei.labels)
    assert awake.viewer.layers["Raw"].contrast_limits == [0, 1]


def test_images_are_shown_one_at_a_time_in_the_same_layers(predicted, mailbox, nuclei):
    viewer = predicted.viewer
    viewer.layers.move(0, 3)
    viewer.layers["Predictions"].opacity = 0.3
    viewer.layers["Annotations"].name = "mine"
    before = list(viewer.layers)
    add(predicted, mailbox, raw=nuclei.raw[:400].copy(), labels=nuclei.labels[:400].copy())
    mailbox.until(lambda: predicted.shown.prediction is not None)
    mailbox.settle()
    assert list(viewer.layers) == before
    assert {layer.data.shape for layer in before} == {(400, 512)}
    assert viewer.layers["Predictions"].opacity == 0.3
    assert not np.any(viewer.layers["mine"].data)
    predicted.show(0)
    mailbox.settle()
    assert {layer.data.shape for layer in before} == {(512, 512)}
    assert np.any(viewer.layers["mine"].data)
    volume = oc.sample.nuclei_3d()
    predicted.do("feature_selection", lambda s: setattr(s, "feature_selection", IN_2D_AND_3D))
    add(predicted, mailbox, raw=volume.raw, labels=volume.labels)
    assert {layer.data.shape for layer in viewer.layers} == {(32, 192, 192)}
    assert viewer.layers["Predictions"].opacity == 0.3
    assert "mine" in names(predicted)


def test_features_that_a_volume_lacks_are_told_and_can_be_chosen_anew(awake, mailbox, nuclei):
    volume = oc.sample.nuclei_3d()
    first = add(awake, mailbox, raw=nuclei.raw, labels=nuclei.labels)
    awake.do("input_data", lambda s: s.add_lane(raw=volume.raw, labels=volume.labels))
    mailbox.until(lambda: len(awake.session.lanes) == 2)
    awake.show(1)
    mailbox.until(lambda: awake.problem("feature_selection") is not None)
    mailbox.settle()
    told = awake.problem("feature_selection")
    assert re.fullmatch(r"feature '\w+' exists only for 2D images, and this one is 3D; choose other features", told)
    assert {layer.data.shape for layer in awake.viewer.layers} == {volume.labels.shape}
    awake.show(first)
    mailbox.until(lambda: awake.shown.table is not None)
    assert awake.problem("feature_selection") is None
    awake.do("feature_selection", lambda s: setattr(s, "feature_selection", FeatureSelection("default")))
    for position in (1, 0):
        awake.show(position)
        mailbox.until(lambda: awake.shown.table is not None)
        mailbox.settle()
        assert awake.problem("feature_selection") is None
        assert awake.shown.table.features == awake.session.feature_selection.features


def test_the_users_own_layers_are_used_and_left_alone(awake, mailbox, nuclei):
    place = {"scale": (0.5, 0.25), "translate": (3, 4), "units": ("um", "um"), "axis_labels": ("a", "b")}
    raw, objects = Image(nuclei.raw, name="my image", **place), Labels(nuclei.labels, name="my nuclei", **place)
    awake.viewer.layers.extend([raw, objects])
    uuid = add(awake, mailbox, raw=nuclei.raw, labels=nuclei.labels)
    awake.display.adopt(uuid, [raw], objects)
    wait_for_layers(awake, mailbox)
    assert names(awake) == ["my image", "my nuclei", "Predictions", "Uncertainty", "Annotations"]
    assert awake.display.objects_layer is objects
    ours = awake.viewer.layers["Predictions"]
    for name in ("scale", "translate", "axis_labels"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(objects, name))
    assert list(map(str, ours.units)) == list(map(str, objects.units))
    y, x = np.argwhere(nuclei.labels == 9).mean(axis=0).round()
    assert awake.display.object_at((3 + 0.5 * y, 4 + 0.25 * x)) == (0, 9)
    objects.scale = raw.scale = (0.5, 0.5)
    assert awake.display.object_at((3 + 0.5 * y, 4 + 0.5 * x)) == (0, 9)
    np.testing.assert_array_equal(ours.scale, (0.5, 0.5))
    awake.viewer.layers.remove(objects)
    assert awake.display.lost == ["Objects"]
    assert awake.display.objects_layer is None
    awake.display.restore()
    wait_for_layers(awake, mailbox)
    assert awake.display.objects_layer is awake.viewer.layers["Objects"]


def test_levels_for_large_planes_and_for_users_with_levels(awake, mailbox):
    labels = np.zeros((2304, 2304), np.uint16)
    labels[100:140, 100:160], labels[2000:2100, 2000:2100] = 1, 2
    add(awake, mailbox, labels=labels)
    layers = awake.viewer.layers
    assert [level.shape for level in layers["Predictions"].data] == [(2304, 2304), (1152, 1152), (576, 576), (288, 288)]
    awake.annotate(0, [2], 1)
    mailbox.settle()
    shown = layers["Annotations"]
    assert shown.data_level == 3
    np.testing.assert_array_equal(shown._slice.image.raw, (labels == 2)[::8, ::8])
    awake.display.go_to(0, 2)
    small = labels[:200, :200].copy()
    users = Labels([small, small[::2, ::2]], name="levels")
    layers.append(users)
    uuid = add(awake, mailbox, labels=small)
    awake.display.adopt(uuid, [], users)
    wait_for_layers(awake, mailbox)
    assert [level.shape for level in layers["Predictions"].data] == [(200, 200), (100, 100)]
    assert awake.display.object_at((120, 120)) == (0, 1)


def test_show_paints_a_probability_or_a_feature(predicted, mailbox, nuclei):
    display, layers, shown = predicted.display, predicted.viewer.layers, predicted.shown
    told = []
    predicted.show_changed.connect(lambda: told.append(display.show.kind))
    display.set_show(kind=Kind.PROBABILITY, cls=2)
    mailbox.settle()
    image = np.asarray(layers["Overlay"].data)
    assert np.isnan(image[nuclei.labels == 0]).all()
    assert (image[nuclei.labels == 3] == shown.prediction.probabilities[2, 1]).all()
    assert layers["Overlay"].contrast_limits == [0, 1]
    assert not layers["Predictions"].visible
    column = shown.table.columns[5]
    display.set_show(kind=Kind.FEATURE, column=column)
    mailbox.settle()
    values = shown.table.values[:, 5].astype(np.float32)
    assert layers["Overlay"].contrast_limits == [values.min(), values.max()]
    display.set_show(only_labelled=True)
    mailbox.settle()
    labelled = np.isin(nuclei.labels, list(oc.sample.labelled_examples(nuclei)))
    np.testing.assert_array_equal(np.isfinite(layers["Overlay"].data), labelled)
    display.set_show(kind=Kind.UNCERTAINTY)
    mailbox.settle()
    assert "Overlay" not in layers
    assert layers["Uncertainty"].visible
    np.testing.assert_array_equal(np.asarray(layers["Uncertainty"].data) > 0, labelled)
    display.set_show(kind=Kind.NOTHING)
    assert [layers[name].visible for name in ("Predictions", "Uncertainty")] == [False, False]
    assert told == [Kind.PROBABILITY, Kind.FEATURE, Kind.FEATURE, Kind.UNCERTAINTY, Kind.NOTHING]


def test_classes_come_go_and_change_colour(predicted, mailbox, nuclei):
    layers = predicted.viewer.layers
    data = layers["Predictions"].data
    predicted.do("object_classification", lambda s: s.recolour_class(1, "#123456"))
    mailbox.settle()
    np.testing.assert_allclose(layers["Annotations"].colormap.color_dict[1][:3], np.array([0x12, 0x34, 0x56]) / 255)
    assert layers["Predictions"].data is data
    predicted.do("object_classification", lambda s: [s.add_class() for _ in range(260)])
    mailbox.settle()
    predicted.annotate(0, [57], 262)
    mailbox.settle()
    assert (np.asarray(layers["Annotations"].data)[nuclei.labels == 57] == 262).all()
    predicted.do("object_classification", lambda s: s.delete_class(1))
    mailbox.settle()
    assert (np.asarray(layers["Annotations"].data)[nuclei.labels == 57] == 261).all()
    assert np.asarray(layers["Predictions"].data).max() <= 261


def test_labels_to_confirm_have_a_mark_of_their_own(predicted, mailbox, nuclei):
    claims = predicted.shown.claims
    states = (AnnotationState.CHANGED, AnnotationState.CONFLICT, *claims.states[2:])
    odd = Claims(claims.marks, claims.object_ids, states, claims.reasons)
    request = Request(predicted.session, predicted.shown.uuid, classify=True)
    predicted._deliver(request, "annotations", {"claims": odd})
    mailbox.settle()
    image = np.asarray(predicted.viewer.layers["Annotations"].data)
    assert (image[nuclei.labels == int(claims.object_ids[0])] == 3).all()
    assert (image[nuclei.labels == int(claims.object_ids[1])] == 4).all()
    colors = predicted.viewer.layers["Annotations"].colormap.color_dict
    assert len({tuple(colors[number]) for number in (1, 2, 3, 4)}) == 4


def test_a_deleted_layer_stays_away_until_it_is_wanted(predicted, mailbox):
    told = []
    predicted.show_changed.connect(lambda: told.append(predicted.display.lost))
    for name in FIVE:
        told.clear()
        predicted.viewer.layers.remove(name)
        assert told == [[name]]
        predicted.annotate(0, [57], 2)
        mailbox.settle()
        assert name not in names(predicted)
        predicted.display.restore()
        wait_for_layers(predicted, mailbox)
        assert sorted(names(predicted)) == sorted(FIVE)
        assert predicted.display.lost == []
        assert np.any(predicted.viewer.layers[name].data)


def test_the_user_may_do_anything(predicted, mailbox):
    viewer, display = predicted.viewer, predicted.display
    display.set_show(kind=Kind.FEATURE, column=predicted.shown.table.columns[0])
    mailbox.settle()
    for layer in list(viewer.layers):
        layer.name = f"renamed {layer.name}"
        layer.visible = not layer.visible
    viewer.layers.selection = set(viewer.layers)
    _duplicate_layer(viewer.layers)
    viewer.layers.move(0, 4)
    viewer.dims.ndisplay = 3
    predicted.annotate(0, [57], 2)
    mailbox.settle()
    viewer.dims.ndisplay = 2
    viewer.dims.order = (1, 0)
    viewer.layers.clear()
    assert display.lost == list(LAYERS)
    assert display.object_at((10, 10)) is None
    display.go_to(0, 5)
    predicted.annotate(0, [58], 1)
    mailbox.settle()
    assert not viewer.layers
    display.restore()
    mailbox.until(lambda: sorted(names(predicted)) == sorted(LAYERS))


def test_a_duplicate_keeps_what_was_shown(predicted, mailbox, nuclei):
    layers = predicted.viewer.layers
    layers.selection = {layers["Annotations"]}
    before = np.array(layers["Annotations"].data)
    _duplicate_layer(layers)
    predicted.annotate(0, [57], 2)
    mailbox.settle()
    np.testing.assert_array_equal(layers["Annotations copy"].data, before)
    assert (np.asarray(layers["Annotations"].data) != before).any()


def test_what_is_known_of_objects_is_in_the_features_of_their_layer(predicted, mailbox, nuclei):
    layer, shown = predicted.viewer.layers["Objects"], predicted.shown
    layer.features = {"index": [3, 99999], "mine": [1.5, 2.5]}
    predicted.annotate(0, [3], 2)
    mailbox.settle()
    table, prediction = layer.features.set_index("index"), predicted.shown.prediction
    assert list(table.columns) == ["class", "label", "probability", "uncertainty", "mine"]
    assert table.loc[3, "label"] == "Class 2"
    assert table.loc[3, "mine"] == 1.5
    assert table.loc[99999, "mine"] == 2.5
    assert table.loc[5, "class"] == f"Class {prediction.classes[4]}"
    assert table.loc[5, "uncertainty"] == prediction.uncertainty[4]
    assert table.loc[5, "probability"] == prediction.probabilities[4].max()
    assert shown.objects is predicted.shown.objects


def test_at_rest_the_picture_stays_and_nothing_is_listened_to(predicted, mailbox):
    viewer = predicted.viewer
    before = [len(viewer.layers.events.removed.callbacks), len(viewer.dims.events.current_step.callbacks)]
    predicted.rest()
    after = [len(viewer.layers.events.removed.callbacks), len(viewer.dims.events.current_step.callbacks)]
    assert [one - other for one, other in zip(before, after, strict=True)] == [1, 1]
    assert set(names(predicted)) == set(FIVE)
    viewer.layers.remove("Uncertainty")
    predicted.wake()
    mailbox.settle()
    assert predicted.display.lost == ["Uncertainty"]


def test_another_session_takes_the_layers_away(predicted, mailbox):
    predicted.open(oc.Session)
    mailbox.until(lambda: not predicted.session.lanes)
    assert names(predicted) == []
    assert predicted.display.lost == []


def test_the_probability_shown_is_that_of_the_same_class_when_numbers_change(predicted, mailbox):
    predicted.do("object_classification", lambda s: s.add_class("third"))
    mailbox.until(lambda: len(predicted.shown.prediction.class_names) == 3)
    predicted.display.set_show(kind=Kind.PROBABILITY, cls=3)
    predicted.do("object_classification", lambda s: s.delete_class(1))
    mailbox.settle()
    assert (predicted.display.show.kind, predicted.display.show.cls) == (Kind.PROBABILITY, 2)
    predicted.do("object_classification", lambda s: s.delete_class("third"))
    mailbox.settle()
    assert predicted.display.show.kind is Kind.CLASS
    assert "Overlay" not in names(predicted)
    predicted.display.set_show(kind=Kind.PROBABILITY, cls=1)
    predicted.open(oc.Session)
    mailbox.settle()
    assert predicted.display.show.kind is Kind.CLASS


def test_a_feature_that_is_not_measured_any_more_is_not_shown_as_zero(predicted, mailbox):
    predicted.display.set_show(kind=Kind.FEATURE, column=predicted.shown.table.columns[0])
    mailbox.until(lambda: "Overlay" in names(predicted))

    def choose_last(session):
        selection = session.feature_selection
        session.feature_selection = replace(selection, features=tuple(selection.features)[-1:])

    predicted.do("feature_selection", choose_last)
    mailbox.until(lambda: len(predicted.shown.table.features) == 1)
    mailbox.settle()
    assert np.isnan(np.asarray(predicted.viewer.layers["Overlay"].data)).all()


def test_labels_do_not_cover_the_values_of_their_objects(predicted):
    annotations = predicted.viewer.layers["Annotations"]
    for kind, is_seen in (
        (Kind.UNCERTAINTY, False),
        (Kind.NOTHING, True),
        (Kind.PROBABILITY, False),
        (Kind.CLASS, True),
    ):
        predicted.display.set_show(kind=kind)
        assert annotations.visible == is_seen
