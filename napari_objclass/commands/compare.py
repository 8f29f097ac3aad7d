"""``objclass compare``: how far the labels of two projects agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_objclass.commands._inputs import find_lane, say_notes

if TYPE_CHECKING:
    import argparse

    from napari_objclass.workflow.agreement import Agreement


def run(args: argparse.Namespace) -> int:
    """Print agreement and matrix; write the table if one is asked for."""
    from napari_objclass.workflow.session import Session

    with Session.open(args.project, read_only=True) as session:
        lane = None if args.image is None else find_lane(session, args.image)
        agreement = session.compare_annotations(args.other, lane, other_lane=args.other_image)
        say_notes(session)
    if args.output is not None:
        agreement.write(args.output)
    print(agreement)
    if agreement.n_both:
        print(*_matrix(agreement), sep="\n")
    print(f"only in {args.project}: {agreement.n_only[0]}; only in {args.other}: {agreement.n_only[1]}", end="")
    print(f"; to be confirmed first: {agreement.n_undecided}; without object: {sum(agreement.n_parked)}")
    return 0


def _matrix(agreement: Agreement) -> list[str]:
    """Rows are classes of the project, columns those of the other one."""
    names = [each.name for each in agreement.classes]
    wide, cell = max(map(len, names)), max(5, *map(len, names))
    lines = [" " * wide + "".join(f"  {name:>{cell}}" for name in names)]
    for name, counts in zip(names, agreement.confusion.tolist(), strict=True):
        lines.append(f"{name:<{wide}}" + "".join(f"  {n:>{cell}}" for n in counts))
    return lines
