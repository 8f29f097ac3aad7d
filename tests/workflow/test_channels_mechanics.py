"""Raw as a list of channels: in memory, in files, both; what is kept of it, and what is refused."""

import numpy as np
import pytest
from workflow.scenes import movie, nuclei

from napari_objclass.errors import ObjClassError
from napari_objclass.io.stack import Stacked, open_files
from napari_objclass.io.writers import write_image
from napari_objclass.workflow.session import Session

SCENE = nuclei((60, 80))
CHANNELS = [SCENE.raw, SCENE.raw[::-1].copy(), np.sqrt(np.abs(SCENE.raw))]


@pytest.fixture
def session():
    with Session(recover=False) as session:
        yield session


@pytest.fixture
def files(tmp_path):
    paths = []
    for name, channel in zip(("dapi", "actin", "tubulin"), CHANNELS, strict=True):
        np.save(tmp_path / f"{name}.npy", channel)
        paths.append(tmp_path / f"{name}.npy")
    return paths


def means(session, lane=0):
    return session.table(lane, features=["intensity_mean"]).values


@pytest.mark.parametrize("n_files", [0, 2, 3])
def test_a_list_is_the_stack_of_its_channels(session, files, n_files):
    session.add_lane(raw=np.stack(CHANNELS, axis=-1), labels=SCENE.labels)
    session.add_lane(raw=[*files[:n_files], *CHANNELS[n_files:]], labels=SCENE.labels)
    assert session.table(1, features=["intensity_mean"]).columns == [f"intensity_mean_c{i}" for i in range(3)]
    np.testing.assert_array_equal(means(session, 1), means(session, 0))


@pytest.mark.parametrize("axes", ["yxt", "yxtc"])
def test_axes_describe_one_channel(session, axes):
    film = movie(shape=(40, 60))
    turned = np.moveaxis(film.raw, 0, -1)
    session.add_lane(raw=film.raw, labels=film.labels, axes="tyx")
    session.add_lane(raw=[turned, turned], labels=film.labels, axes={"raw": axes, "labels": "tyx"})
    np.testing.assert_array_equal(means(session, 1), means(session, 0)[:, [0, 0]])


def test_channels_without_axes_have_those_of_the_objects(session):
    film = movie(shape=(40, 60))
    session.add_lane(raw=film.raw, labels=film.labels, axes="tyx")
    session.add_lane(raw=[film.raw, film.raw], labels=film.labels, axes={"labels": "tyx"})
    np.testing.assert_array_equal(means(session, 1), means(session, 0)[:, [0, 0]])


def test_a_nested_list_of_numbers_is_one_image(session):
    session.add_lane(raw=SCENE.raw.tolist(), labels=SCENE.labels)
    assert means(session).shape == (12, 1)


def test_files_of_channels_are_linked_and_found_again(tmp_path, files):
    with Session() as session:
        session.add_lane(raw=files, labels=SCENE.labels)
        session.annotate(0, 1, cls=1)
        expected = means(session)
        assert [role for role, _ in session.lanes[0].files] == ["raw"] * 3
        session.save(tmp_path / "p.objclass")
    with Session.open(tmp_path / "p.objclass") as session:
        np.testing.assert_array_equal(means(session), expected)
        assert session.lanes[0].channel_names == ("dapi", "actin", "tubulin")
        assert session.notes == []
        session.relink_lane(0)
        np.testing.assert_array_equal(means(session), expected)
        assert [path for _, path in session.lanes[0].files if path.suffix == ".npy"] == files
        session.relink_lane(0, raw=files[:2])
        np.testing.assert_array_equal(means(session), expected[:, :2])
    np.save(files[1], CHANNELS[1] + 1)
    with Session.open(tmp_path / "p.objclass") as session:
        assert "other content" in session.annotations[0].reason


def test_channels_added_again_are_the_same_image(session, files, tmp_path):
    labels = write_image(tmp_path / "labels.tif", SCENE.labels, "yx")
    assert session.add_lane(raw=files, labels=labels) == 0
    assert session.add_lane(raw=files[0], labels=labels) == 1
    assert session.add_lane(raw=files[:2], labels=labels) == 2
    assert session.add_lane(raw=files, labels=labels) == 0


def test_a_moved_project_finds_its_channels(tmp_path, files):
    home = tmp_path / "home"
    home.mkdir()
    moved = [path.rename(home / path.name) for path in files]
    with Session() as session:
        session.add_lane(raw=moved, labels=SCENE.labels)
        session.save(home / "p.objclass")
    home.rename(tmp_path / "elsewhere")
    with Session.open(tmp_path / "elsewhere" / "p.objclass") as session:
        assert means(session).shape == (12, 3)


@pytest.mark.parametrize(
    ("images", "says"),
    [
        ({"raw": [SCENE.raw, SCENE.raw[:-1]]}, r"one shape, got \(60, 80\) and \(59, 80\)"),
        ({"raw": [SCENE.raw] * 2, "channel_names": ["DAPI"]}, "1 channel names for the 2 channels of 'image'"),
        ({"raw": SCENE.raw, "channel_names": ["a", "b"]}, "2 channel names for the 1 channels"),
        ({"channel_names": ["a"]}, "1 channel names for the 0 channels"),
        ({"raw": [SCENE.raw[:-1]] * 2}, "differ"),
        ({"labels": [SCENE.labels] * 2}, "only raw and probabilities can be a list"),
    ],
)
def test_what_does_not_fit_is_refused(session, images, says):
    with pytest.raises(ObjClassError, match=says) as caught:
        session.add_lane(**({"labels": SCENE.labels} | images))
    assert "\n" not in str(caught.value)
    assert session.lanes == []


def test_files_that_do_not_fit_are_refused(session, files, tmp_path):
    colour = write_image(tmp_path / "colour.tif", np.stack(CHANNELS, -1).astype(np.uint8), "yxc")
    small = write_image(tmp_path / "small.tif", CHANNELS[0][:-1], "yx")
    for path, says in ((colour, "has channels itself"), (small, "one shape"), (tmp_path / "no.tif", "no file")):
        with pytest.raises(ObjClassError, match=says):
            session.add_lane(raw=[files[0], path], labels=SCENE.labels)


def test_names_of_channels_are_for_the_screen(session, tmp_path):
    session.add_lane(raw=CHANNELS, labels=SCENE.labels, channel_names=["DAPI", "actin", "tubulin"])
    assert session.lanes[0].channel_names == ("DAPI", "actin", "tubulin")
    assert session.table(0, features=["intensity_mean"]).columns[0] == "intensity_mean_c0"
    path = write_image(tmp_path / "two.h5", np.stack(CHANNELS[:2], -1), "yxc", channel_names=["red", "green"])
    session.add_lane(raw=path, labels=SCENE.labels)
    assert session.lanes[1].channel_names == ("red", "green")
    session.relink_lane(1, raw=CHANNELS)
    assert session.lanes[1].channel_names is None


@pytest.mark.parametrize(
    "key",
    [..., 0, (slice(3, 9), 2), (..., 1), (..., slice(1, 3)), (2, 3, 1), (0, ..., slice(2, None, -2)), (..., slice(0))],
)
def test_a_stack_is_sliced_like_an_array(files, key):
    image = open_files(files)
    expected = np.stack(CHANNELS, -1)
    assert isinstance(image.data, Stacked)
    assert (image.axes, image.data.shape, image.data.dtype) == ("yxc", expected.shape, expected.dtype)
    np.testing.assert_array_equal(image.data[key], expected[key])
    np.testing.assert_array_equal(np.asarray(image.data), expected)
