"""What all comparisons share: rows of the report, least times of several runs, and peak memory of one call."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

HEADER = "| work | ours | peer | | ratio |\n|---|---:|---:|---|---:|"


class Timing(NamedTuple):
    """Seconds of wall clock and of CPU, all threads."""

    wall: float
    cpu: float


class Row(NamedTuple):
    """One comparison: seconds of ours and of the peer in the same run."""

    work: str
    ours: float
    peer: float
    name: str

    def markdown(self) -> str:
        """The row of the report."""
        ratio = self.peer / self.ours
        return f"| {self.work} | {_seconds(self.ours)} | {_seconds(self.peer)} | {self.name} | {ratio:.3g}× |"


class Memory(NamedTuple):
    """Peak memory of one call beyond its input, the result included."""

    work: str
    who: str
    megabytes: float


def _seconds(value: float) -> str:
    return f"{value * 1e3:.1f} ms" if value < 1 else f"{value:.2f} s"


def least(call: Callable[[], object], repeats: int) -> Timing:
    """Least wall and least CPU time of some runs."""
    found = []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        found.append(Timing(time.perf_counter() - wall, time.process_time() - cpu))
    return fastest(found)


def fastest(times: list[Timing]) -> Timing:
    """Least wall and least CPU time of all."""
    return Timing(*map(min, zip(*times, strict=True)))


def paired(ours: Callable[[], object], peer: Callable[[], object], rounds: int) -> tuple[Timing, Timing]:
    """Least times of both, run in turn, so that a change of the machine's speed meets both."""
    pairs = [(least(ours, 2), least(peer, 1)) for _ in range(rounds)]
    return fastest([our for our, _ in pairs]), fastest([their for _, their in pairs])


def peak_megabytes(setup: str, call: str, python: str = sys.executable) -> float:
    """Peak memory that ``call`` adds to a process of ``python`` that has run ``setup``; Linux only."""
    code = (
        f"{setup}\n"
        "import pathlib, re\n"
        "def kilobytes(name):\n"
        "    return int(re.search(name + r':\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1])\n"
        "pathlib.Path('/proc/self/clear_refs').write_text('5')  # forget the peak so far\n"
        "before = kilobytes('VmRSS')\n"
        f"result = {call}\n"
        "print((kilobytes('VmHWM') - before) / 1024)"
    )
    done = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True, cwd=Path(__file__).parent)
    return float(done.stdout)
