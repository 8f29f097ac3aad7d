"""The fields for the size of the neighborhood: ilastik's order and numbers on the screen, array order in a session."""

import pytest
from qtpy.QtWidgets import QAbstractSpinBox

from napari_objclass.widgets.parts.neighborhood import Neighborhood, margin_text


@pytest.fixture
def fields(qtbot):
    fields = Neighborhood()
    qtbot.addWidget(fields)
    return fields


def shown(fields):
    return [int(field.value()) for field in fields.fields if not field.isHidden()]


@pytest.mark.parametrize(
    ("margin", "n_dims", "numbers"),
    [
        (None, 2, [30, 30]),
        (None, 3, [30, 30, 1]),
        (5, 3, [5, 5, 5]),
        ((3, 20, 10), 3, [10, 20, 3]),
        ((3, 20, 10), 2, [10, 20]),
        ((20, 10), 2, [10, 20]),
        ((0, 250), 2, [250, 0]),
    ],
)
def test_what_is_shown_is_given_back_as_it_was(fields, margin, n_dims, numbers):
    fields.show_margin(margin, n_dims)
    assert shown(fields) == numbers
    assert fields.margin == margin
    assert margin_text(margin, n_dims) == " × ".join(map(str, numbers)) + " pixels"


def test_what_is_edited_comes_in_array_order(fields, qtbot):
    fields.show_margin(None, 3)
    with qtbot.waitSignal(fields.edited):
        fields.fields[0].setValue(12)
    assert fields.margin == (1, 30, 12)
    fields.fields[0].setValue(30)
    assert fields.margin is None


def test_numbers_go_as_far_as_those_of_ilastik_or_of_the_project(fields):
    fields.show_margin(None, 2)
    fields.fields[0].setValue(1000)
    assert shown(fields) == [99, 30]
    fields.show_margin((30, 250), 2)
    assert shown(fields) == [250, 30]
    fields.show_margin(None, 2)
    assert fields.fields[0].maximum() == 99


def test_a_margin_of_flat_images_holds_for_volumes(fields):
    fields.show_margin((20, 10), 3)
    assert shown(fields) == [10, 20, 1]
    assert fields.margin == (20, 10)
    assert margin_text((20, 10), 3) == "10 × 20 × 1 pixels"


def test_fields_have_names_for_those_who_do_not_see_them(fields):
    assert [each.accessibleName() for each in fields.findChildren(QAbstractSpinBox)] == [
        f"Neighborhood size along {letter}" for letter in "XYZ"
    ]
