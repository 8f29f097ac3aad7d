"""All comparisons in one run, written to RESULTS.md: ``make bench``."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import batch
import clicks
import components
import default_set
import edits
import features
import forest
import headless
import hulls
import neighbourhood
import skeleton
import strokes
import texture
import thresholding
from timing import HEADER

PEERS = ("numpy", "scipy", "scikit-image", "scikit-learn", "connected-components-3d")

INTRODUCTION = """# Speed and memory

Written by `make bench`. Times are the least of several runs, ours and the peer's in turn in the same process or minute;
the ratio is what to read, since absolute times depend on the machine and on what else it is doing.
VIGRA is Debian's `python3-vigra`; its rows are missing where it is not installed.
"""


def main() -> None:
    """Run everything and write the report."""
    lines = [INTRODUCTION, f"Machine: {os.cpu_count()} CPUs, {_processor()}, {platform.system()}; {_versions()}.", ""]
    lines.append(HEADER)
    for part in (components, thresholding, features, neighbourhood, hulls, skeleton, texture, forest):
        for row in part.rows():
            lines.append(row.markdown())
            print(lines[-1], file=sys.stderr)
    lines += [
        "",
        "Peak memory of one call beyond its input, the result included:",
        "",
        "| work | | MB |",
        "|---|---|---:|",
    ]
    for part in (components, thresholding, features):
        lines += [f"| {row.work} | {row.who} | {row.megabytes:.0f} |" for row in part.memory()]
    lines += default_set.lines()
    lines += headless.lines()
    lines += clicks.lines()
    lines += edits.lines()
    lines += strokes.lines()
    lines += batch.lines()
    report = Path(__file__).with_name("RESULTS.md")
    report.write_text("\n".join(lines) + "\n", "utf-8")
    print(report)


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.exists():
        return platform.processor()
    names = [
        line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
    ]
    return names[0] if names else platform.processor()


def _versions() -> str:
    return ", ".join(f"{name} {version(name)}" for name in PEERS)


if __name__ == "__main__":
    main()
