from collections.abc import Callable
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
def feature_specs(n_dims: int, channels: list[str]) -> list[dict[str, Any]]: ...
def measure(
    run: Run,
    labels: NDArray[Any],
    raw: NDArray[Any] | None,
    features: list[str],
    block_shape: tuple[int, int, int] | None = None,
) -> tuple[
    NDArray[np.uint64],
    NDArray[np.int64],
    NDArray[np.float64],
    NDArray[np.int64],
    list[str],
]: ...
