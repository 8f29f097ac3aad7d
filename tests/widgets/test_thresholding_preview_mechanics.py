"""The preview: what it finds in a slice, that only the newest counts, and that it leaves no trace."""

from dataclasses import replace
from threading import Event

import numpy as np
import pytest

from napari_objclass.widgets.viewer.intermediate import colored, stages
from napari_objclass.widgets.viewer.slice_finder import SliceFinder
from napari_objclass.workflow.thresholding import Thresholding

OVERLAY = "Overlay"


def blobs(*shape, seed=0):
    """Smooth random values from 0 to 1."""
    coarse = np.random.default_rng(seed).random([-(-n // 4) for n in shape])
    for axis in range(len(shape)):
        coarse = coarse.repeat(4, axis)
    return np.ascontiguousarray(coarse[tuple(map(slice, shape))], np.float32)


@pytest.fixture
def looking(shared, mailbox):
    """Session that looks at an image, with a function that waits for what is found with some settings."""
    shared.wake()

    def add(**images):
        shared.do("input_data", lambda s: s.add_lane(**images))
        mailbox.until(lambda: shared.shown and shared.shown.objects and shared.display.slice_shown())
        shared.preview.begin("a step")
        mailbox.until(lambda: shared.preview.seen is not None and not shared.display.is_busy)

        def see(**values):
            settings = replace(shared.session.thresholding, **values)
            shared.preview.draft(settings)
            mailbox.until(lambda: shared.preview.seen.look.settings == settings and OVERLAY in shared.viewer.layers)
            mailbox.until(lambda: not shared.display.is_busy)
            return shared.preview.seen

        return see

    yield add
    shared.preview.end("a step")


@pytest.mark.parametrize(
    "rule",
    [
        {"threshold": 0.6},
        {"threshold": 0.6, "min_size": 40, "max_size": 200, "fill_holes": True, "sigma": (0.5, 2.0)},
        {"method": "hysteresis", "core_threshold": 0.8, "threshold": 0.6},
        {"method": "hysteresis", "core_threshold": 0.7, "merge": False},
        {"method": "hysteresis", "channel": 1, "core_channel": 0, "threshold": 1.1},
    ],
)
def test_the_preview_of_a_plane_is_what_apply_finds(shared, mailbox, looking, rule):
    see = looking(probabilities=np.stack([blobs(60, 50), blobs(60, 50, seed=1)], -1), axes="yxc")
    seen = see(**rule)
    assert seen.look.has_whole_objects
    shared.session.thresholding = seen.look.settings
    found = shared.session.objects(0).labels
    assert found.max() > 1
    np.testing.assert_array_equal(seen.pixels, colored(found))


def test_a_slice_of_a_volume_is_smoothed_with_its_neighbours(shared, looking):
    volume = blobs(9, 30, 40)
    see = looking(probabilities=volume, axes="zyx")
    shared.viewer.dims.set_current_step(0, 2)
    seen = see(sigma=1.4, threshold=0.55)
    assert seen.look.region.start[1] == 2
    assert not seen.look.has_whole_objects
    whole = SliceFinder().see(replace(seen.look, stage="smoothed", is_applied=True)).pixels
    np.testing.assert_array_equal(seen.pixels[0, 0] > 0, whole[0, 2] >= 0.55)


def test_the_preview_follows_the_slice(shared, mailbox, looking):
    see = looking(probabilities=blobs(6, 30, 40), axes="zyx")
    see(threshold=0.3)
    shared.viewer.dims.set_current_step(0, 4)
    mailbox.until(lambda: shared.preview.seen.look.region.start[1] == 4)
    overlay = np.asarray(shared.viewer.layers[OVERLAY].data)
    assert [bool(plane.any()) for plane in overlay] == [False] * 4 + [True, False]


def test_a_film_has_whole_objects_in_every_frame(looking):
    seen = looking(probabilities=blobs(3, 30, 40), axes="tyx")(threshold=0.3)
    assert seen.look.has_whole_objects
    assert seen.look.region.stop == (seen.look.region.start[0] + 1, 1, 30, 40)


def test_only_the_newest_counts(shared, mailbox, looking, monkeypatch):
    see = looking(probabilities=blobs(40, 40))
    see(threshold=0.31)
    go_on, looked = Event(), []
    original = SliceFinder.see

    def slow(finder, look):
        looked.append(look.settings.threshold)
        go_on.wait()
        return original(finder, look)

    monkeypatch.setattr(SliceFinder, "see", slow)
    base = shared.session.thresholding
    for number in range(2, 9):
        shared.preview.draft(replace(base, threshold=0.3 + number / 100))
    go_on.set()
    mailbox.until(lambda: shared.preview.seen.look.settings.threshold == 0.38)
    assert looked == [0.32, 0.38]


def test_smoothing_is_kept_while_thresholds_change(looking, monkeypatch):
    from napari_objclass.workflow import thresholding

    see = looking(probabilities=blobs(40, 40))
    see(threshold=0.31)
    monkeypatch.setattr(thresholding, "smoothed", None)
    assert see(threshold=0.4).pixels.any()


def test_what_lies_on_the_objects_is_hidden_and_comes_back(shared, mailbox, looking):
    see = looking(probabilities=blobs(40, 40))
    before = [(layer.name, layer.visible) for layer in shared.viewer.layers]
    see(threshold=0.4)
    assert not shared.viewer.layers["Objects"].visible
    assert not shared.viewer.layers["Annotations"].visible
    shared.preview.draft(None)
    assert [(layer.name, layer.visible) for layer in shared.viewer.layers] == before
    see(threshold=0.4)
    shared.preview.end("a step")
    assert [(layer.name, layer.visible) for layer in shared.viewer.layers] == before


def test_a_deleted_overlay_comes_back_with_the_next_values(shared, looking):
    see = looking(probabilities=blobs(40, 40))
    see(threshold=0.4)
    shared.viewer.layers.remove(OVERLAY)
    assert see(threshold=0.45).pixels.any()


def test_the_preview_stays_until_the_objects_are_there(shared, mailbox, looking):
    see = looking(probabilities=blobs(40, 40))
    settings = see(threshold=0.4).look.settings
    before = shared.shown.objects
    shared.preview.applied()
    gone = []
    shared.viewer.layers.events.removed.connect(lambda _: gone.append(shared.shown.objects is before))
    shared.do("objects", lambda s: setattr(s, "thresholding", settings))
    mailbox.until(lambda: OVERLAY not in shared.viewer.layers)
    assert gone == [False]


@pytest.mark.parametrize("method", ["simple", "hysteresis"])
def test_stages_are_shown_of_the_whole_image(shared, mailbox, looking, method):
    looking(probabilities=blobs(5, 30, 40), axes="zyx")
    shared.do("objects", lambda s: setattr(s, "thresholding", Thresholding(method=method, core_threshold=0.6)))
    mailbox.until(lambda: shared.session.thresholding.method == method)
    shared.preview.draft(None)
    for name, stage in stages(method).items():
        shared.preview.show_stage(stage)
        mailbox.until(lambda stage=stage: shared.preview.seen.look.stage == stage and not shared.display.is_busy)
        mailbox.settle()
        expected = shared.session.intermediate(0, stage)
        expected = expected if expected.dtype.kind == "f" else colored(expected)
        np.testing.assert_array_equal(shared.viewer.layers[OVERLAY].data, expected, err_msg=name)
    shared.preview.show_stage(None)
    assert OVERLAY not in shared.viewer.layers


def test_a_label_image_is_not_looked_at(shared, mailbox, nuclei):
    shared.wake()
    shared.do("input_data", lambda s: s.add_lane(labels=nuclei.labels))
    mailbox.until(lambda: shared.shown and shared.shown.objects and shared.display.slice_shown())
    shared.preview.begin("a step")
    shared.preview.draft(Thresholding(threshold=0.2))
    mailbox.settle()
    assert shared.preview.seen is None
    shared.preview.end("a step")


def test_what_cannot_be_found_is_told(shared, mailbox, looking):
    looking(probabilities=blobs(4, 40, 40), axes="zyx")
    shared.preview.draft(Thresholding(sigma=(1.0, 1.0)))
    mailbox.until(lambda: shared.preview.problem)
    assert "give (z, y, x)" in shared.preview.problem
