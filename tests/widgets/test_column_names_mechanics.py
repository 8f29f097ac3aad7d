"""What values are called on the screen: by the user's names of channels, and by axes."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QWidget
from widgets.many_features import STANDARD, TEXTURE, channels, feature

from napari_objclass import feature_catalog
from napari_objclass.widgets.missing_values import show_missing_values
from napari_objclass.widgets.object_menu import ObjectMenu
from napari_objclass.widgets.object_values import ObjectValues
from napari_objclass.widgets.parts.show_choice import ShowChoice
from napari_objclass.widgets.viewer.column_names import column_names, value_names


@pytest.fixture
def two_channels(shared, mailbox, nuclei):
    """Session of an image with the channels DNA and phase; object 3 is flat in phase."""
    raw = np.stack([nuclei.raw, np.where(nuclei.labels == 3, 7, nuclei.raw)])
    shared.do("x", lambda s: s.add_lane(raw=raw, labels=nuclei.labels, channel_names=("DNA", "phase")))
    mailbox.until(lambda: shared.shown and shared.shown.table is not None)
    return shared


@pytest.mark.parametrize(
    ("feature", "n_channels", "channels", "names"),
    [
        ("num_pixels", 2, (), ["Size in pixels"]),
        ("centroid", 1, (), ["Center of the object, x", "Center of the object, y"]),
        ("axis_radii", 1, (), ["Radii of the object, axis 1", "Radii of the object, axis 2"]),
        (
            "axis_vectors",
            1,
            (),
            [f"Principal components of the object, {axis} of axis {rank}" for axis in "xy" for rank in (1, 2)],
        ),
        ("intensity_mean", 1, ("DNA",), ["Mean Intensity"]),
        ("intensity_mean", 2, ("DNA", "my_dye"), ["Mean Intensity, DNA", "Mean Intensity, my_dye"]),
        ("intensity_mean", 2, (), ["Mean Intensity, channel 0", "Mean Intensity, channel 1"]),
    ],
)
def test_names(feature, n_channels, channels, names):
    spec = next(spec for spec in feature_catalog(2, n_channels) if spec.id == feature)
    assert column_names([spec], channels) == names


@pytest.mark.parametrize(
    ("parts", "plugin", "names"),
    [
        (channels(1, ["00", "01", "63"]), STANDARD, ["bin 1", "bin 2", "bin 64"]),
        (channels(2, ["00", "01"]), STANDARD, ["DNA, bin 1", "DNA, bin 2", "RNA, bin 1", "RNA, bin 2"]),
        (channels(1, ["00", "19"]), TEXTURE, ["band 1", "band 20"]),
        (channels(1, ["p00", "p25", "p100"]), STANDARD, ["0 %", "25 %", "100 %"]),
        (channels(2, ["p50"]), STANDARD, ["DNA, 50 %", "RNA, 50 %"]),
        (("c0_c0", "c0_c1", "c1_c0", "c1_c1"), STANDARD, ["DNA × DNA", "DNA × RNA", "RNA × DNA", "RNA × RNA"]),
        (channels(2, ["0", "1"]), STANDARD, ["DNA, axis 1", "DNA, axis 2", "RNA, axis 1", "RNA, axis 2"]),
        (channels(1, ["polar", "azimuth"]), TEXTURE, ["polar", "azimuth"]),
        (channels(3), STANDARD, ["DNA", "RNA", "channel 2"]),
    ],
)
def test_names_of_values_by_what_they_stand_for(parts, plugin, names):
    assert value_names(feature("f", "F", plugin, parts=parts, per_channel=True), ("DNA", "RNA")) == names


def test_axes_of_the_channels_are_counted():
    spec = feature("intensity_principal_variance", "F", parts=[str(i) for i in range(11)])
    assert value_names(spec)[::10] == ["axis 1", "axis 11"]


@pytest.mark.parametrize("n_dims", [2, 3])
@pytest.mark.parametrize("n_channels", [1, 3])
def test_all_names_differ(n_dims, n_channels):
    specs = feature_catalog(n_dims, n_channels)
    names = column_names(specs, ("DNA", "phase", "actin"))
    assert len(set(names)) == len(names) == sum(spec.n_values for spec in specs)


def test_channels_have_their_names_wherever_values_are_shown(two_channels, qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    choice = ShowChoice(two_channels, window)
    assert "Mean Intensity, phase" in [choice.combo.itemText(i) for i in range(choice.combo.count())]
    menu = ObjectMenu(two_channels, window).menu(0, 1)
    next(action for action in menu.actions() if action.text() == "All values…").trigger()
    rows = window.findChild(ObjectValues).rows
    assert rows.findItems("Mean Intensity, phase", Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
    missing = show_missing_values(two_channels, window).rows
    names = [missing.cells(row)[2] for row in range(missing.rowCount()) if missing.cells(row)[0] == "3"]
    assert names[:2] == ["Skewness of Intensity, phase", "Kurtosis of Intensity, phase"]
