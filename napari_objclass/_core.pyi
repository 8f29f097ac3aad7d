from collections.abc import Callable, Sequence
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
def connected_components(image: NDArray[Any], run: Run) -> NDArray[np.uint32]: ...
def paint(
    labels: NDArray[Any], starts: Sequence[int], ids: NDArray[np.uint64], values: NDArray[Any], run: Run
) -> NDArray[Any]: ...
def object_runs(labels: NDArray[Any], ids: Sequence[int], run: Run) -> NDArray[np.int64]: ...

class Forest:
    def probabilities(self, run: Run, x: NDArray[Any]) -> NDArray[np.float32]: ...
    @property
    def oob_error(self) -> float: ...
    @property
    def oob_confusion(self) -> NDArray[np.uint64]: ...
    @property
    def importances(self) -> NDArray[np.float64]: ...
    def to_arrays(self) -> dict[str, NDArray[Any]]: ...
    @staticmethod
    def from_arrays(
        *,
        nodes_per_tree: NDArray[np.uint32],
        column: NDArray[np.int32],
        threshold: NDArray[np.float32],
        right: NDArray[np.uint32],
        leaf_frequencies: NDArray[np.float32],
        importances: NDArray[np.float64],
        oob_confusion: NDArray[np.uint64],
        missing: str,
    ) -> Forest: ...

def fit_forest(
    run: Run,
    x: NDArray[Any],
    y: NDArray[np.uintp],
    n_classes: int,
    n_trees: int,
    seed: int,
    missing: str,
) -> Forest: ...
def uncertainty(probabilities: NDArray[Any]) -> NDArray[Any]: ...
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
    list[tuple[int, int, int]],
    list[str],
]: ...
