"""``objclass threshold``: find the objects of an image of probabilities and write their label image."""

from __future__ import annotations

import sys
from dataclasses import fields
from typing import TYPE_CHECKING

from napari_objclass.commands._inputs import progress_bar, say_note

if TYPE_CHECKING:
    import argparse

    from napari_objclass.workflow.thresholding import Thresholding


def run(args: argparse.Namespace) -> int:
    """Find the objects, write them, and say how many there are."""
    from napari_objclass.axes import from_canonical
    from napari_objclass.io.writers import check_image_path, write_image
    from napari_objclass.thresholding import checked_range, counted_as_zero
    from napari_objclass.workflow import input_data, thresholding
    from napari_objclass.workflow.export import check_overwriting
    from napari_objclass.workflow.lane import PROBABILITIES

    settings, output = _settings(args), check_image_path(args.output).path
    given = {PROBABILITIES: args.image}
    lane, _, images = input_data.describe(given, axes=args.axes, spacing=args.spacing, budget=sys.maxsize)
    check_overwriting([[output]], lane.files)
    assert images.thresholded is not None
    with progress_bar() as progress:
        found = thresholding.find(
            images.thresholded,
            settings,
            value_range=images.value_range if args.value_range is None else checked_range(args.value_range),
            spacing=lane.spacing,
            threads=args.threads,
            progress=progress,
        )
    if found.n_nan:
        say_note(counted_as_zero(found.n_nan, args.image))
    labels = from_canonical(found.labels, images.axes)
    write_image(args.output, labels, images.axes, spacing=lane.spacing_along(images.axes), units=lane.units)
    n_objects = int(found.labels.max(axis=(1, 2, 3)).sum())  # ids are 1, 2, … in every frame
    print(f"{n_objects} objects, {found.n_small} too small, {found.n_large} too large → {output}")
    return 0


def _settings(args: argparse.Namespace) -> Thresholding:
    from napari_objclass.workflow.thresholding import Thresholding

    given = {each.name: getattr(args, each.name) for each in fields(Thresholding) if hasattr(args, each.name)}
    if len(given.get("sigma", ())) == 1:
        (given["sigma"],) = given["sigma"]
    return Thresholding(**given)
