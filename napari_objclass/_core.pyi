from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

class CancelToken:
    def __new__(cls) -> CancelToken: ...
    def cancel(self) -> None: ...
    @property
    def cancelled(self) -> bool: ...

class Run:
    def __new__(
        cls,
        what: str,
        threads: int | None = None,
        progress: Callable[[int, int, str], object] | None = None,
        cancel: CancelToken | None = None,
    ) -> Run: ...

def default_threads() -> int: ...
def connected_components(image: NDArray[Any], run: Run) -> NDArray[np.uint32]: ...
def paint(
    labels: NDArray[Any], starts: Sequence[int], ids: NDArray[np.uint64], values: NDArray[Any], run: Run
) -> NDArray[Any]: ...
def object_runs(labels: NDArray[Any], ids: Sequence[int], run: Run) -> NDArray[np.int64]: ...
