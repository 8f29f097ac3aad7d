"""What values are called on the screen: by the user's names of channels, and by axes."""

import numpy as np
import pytest
from qtpy.QtWidgets import QWidget

from napari_objclass import feature_catalog
from napari_objclass.widgets.missing_values import show_missing_values
from napari_objclass.widgets.object_menu import ObjectMenu
from napari_objclass.widgets.object_values import ObjectValues
from napari_objclass.widgets.parts.show_choice import ShowChoice
from napari_objclass.widgets.viewer.column_names import column_names


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
        ("axis_vectors", 1, (), [f"Principal components of the object, {part}" for part in ("x0", "x1", "y0", "y1")]),
        ("intensity_mean", 1, ("DNA",), ["Mean Intensity"]),
        ("intensity_mean", 2, ("DNA", "my_dye"), ["Mean Intensity, DNA", "Mean Intensity, my_dye"]),
        ("intensity_mean", 2, (), ["Mean Intensity, channel 0", "Mean Intensity, channel 1"]),
    ],
)
def test_names(feature, n_channels, channels, names):
    spec = next(spec for spec in feature_catalog(2, n_channels) if spec.id == feature)
    assert column_names([spec], channels) == names


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
    table = window.findChild(ObjectValues).table
    assert "Mean Intensity, phase" in [table.item(row, 0).text() for row in range(table.rowCount())]
    missing = show_missing_values(two_channels, window).rows
    assert [missing.cells(row)[::2] for row in range(missing.rowCount())] == [
        ("3", "Skewness of Intensity, phase"),
        ("3", "Kurtosis of Intensity, phase"),
    ]
