"""``objclass features``: measure every object of one image and write the table, or say what can be measured."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from napari_objclass.commands._inputs import feature_set, objects_source, progress_bar, say_notes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from napari_objclass.features import FeatureSpec


def run(args: argparse.Namespace) -> int:
    """Measure and write, or list."""
    return _list(args) if args.list else _measure(args)


def _list(args: argparse.Namespace) -> int:
    """Print a line per feature below a line per group."""
    from napari_objclass.features import feature_catalog

    specs = feature_catalog(args.dims, args.channels, hidden=args.advanced)
    wide = [max(len(getattr(spec, name)) for spec in specs) for name in ("id", "display")]
    branches: defaultdict[tuple[str, str], list[FeatureSpec]] = defaultdict(list)
    for spec in specs:
        branches[spec.plugin, spec.group].append(spec)
    for (plugin, group), members in branches.items():
        print(f"{plugin}: {group}")
        for spec in members:
            marks = ", ".join(_marks(spec))
            print(f"  {spec.id:<{wide[0]}}  {spec.display:<{wide[1]}}  {spec.n_values:>3}  {marks}".rstrip())
    channels = "1 channel" if args.channels == 1 else f"{args.channels or 'no'} channels"
    print(f"{len(specs)} features of {args.dims}D images with {channels}: id, name, number of values")
    return 0


def _marks(spec: FeatureSpec) -> Iterator[str]:
    """Words that tell a feature from most."""
    if spec.default:
        yield "default"
    if spec.slow:
        yield "slow"
    if spec.hidden:
        yield "advanced"


def _measure(args: argparse.Namespace) -> int:
    """Measure and write; tell about values that are missing."""
    from napari_objclass.io.tables import check_table_path, write_table
    from napari_objclass.workflow.feature_selection import FeatureSelection
    from napari_objclass.workflow.object_table import object_table
    from napari_objclass.workflow.session import Session

    check_table_path(args.output)
    role, source = objects_source(args)
    with Session(recover=False) as session, progress_bar() as progress:
        session.feature_selection = FeatureSelection(feature_set(args.features), args.margin)
        lane = session.add_lane(raw=None if args.image == "-" else args.image, **{role: source}, axes=args.axes)
        table = session.table_to_export(lane, threads=args.threads, progress=progress)
        columns = object_table(table, original_oid=role == "labels")
        path = write_table(args.output, columns, threads=args.threads, progress=progress)
        say_notes(session)
    print(f"{len(table)} objects × {len(table.columns)} values → {path}")
    for (feature, reason), count in Counter((each.feature, each.reason) for each in table.problems).items():
        print(f"  {feature}: {count} values missing, {reason}")
    return 0
