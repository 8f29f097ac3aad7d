"""VIGRA as a peer: Debian's ``python3-vigra``, run by the system's Python in a process of its own."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from timing import Timing

VIGRA_PYTHON = "/usr/bin/python3"

# Loads the arrays, then runs and times the call once for every line it reads.
_SERVER = """
import json, sys, time
import numpy as np
import vigra
arrays = [np.load(path) for path in sys.argv[2:]]
arrays = [vigra.taggedView(array, "zyx"[-array.ndim:]) for array in arrays]
call = eval("lambda " + sys.argv[1])
for line in sys.stdin:
    wall, cpu = time.perf_counter(), time.process_time()
    call(*arrays)
    print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu]), flush=True)
"""


class Vigra:
    """A call of VIGRA on some arrays, or nothing where it is not installed.

    Parameters
    ----------
    call
        Arguments and expression, such as ``"labels: vigra.analysis.labelImage(labels)"``.
    arrays
        One per argument.
    """

    def __init__(self, call: str, *arrays: np.ndarray):
        self._call, self._arrays = call, arrays
        self._process: subprocess.Popen[str] | None = None
        self._folder = tempfile.TemporaryDirectory()

    def __enter__(self) -> Vigra:
        if not self.installed():
            return self
        paths = [str(Path(self._folder.name) / f"{i}.npy") for i in range(len(self._arrays))]
        for path, array in zip(paths, self._arrays, strict=True):
            np.save(path, array)
        command = [VIGRA_PYTHON, "-c", _SERVER, self._call, *paths]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    @staticmethod
    def installed() -> bool:
        """Whether the system's Python has VIGRA."""
        try:
            subprocess.run([VIGRA_PYTHON, "-c", "import vigra"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            return False
        return True

    def run(self) -> list[Timing]:
        """Time one run; nothing without VIGRA."""
        if self._process is None:
            return []
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return [Timing(*json.loads(self._process.stdout.readline()))]

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.communicate()
        self._folder.cleanup()
