from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BlockLabels",
    "CancelToken",
    "Forest",
    "Journal",
    "JournalContent",
    "OpenedProject",
    "Regions",
    "Run",
    "Sets",
    "block_filled",
    "block_gaps",
    "changed_runs",
    "collect_block",
    "connected_components",
    "count_block",
    "csv_rows",
    "default_threads",
    "feature_specs",
    "finish_objects",
    "fit_forest",
    "flood_window",
    "groups_block",
    "measure",
    "object_runs",
    "open_project",
    "paint",
    "project_generation",
    "read_journal",
    "remove_project_leftovers",
    "save_project",
    "smooth",
    "smoothing_halo",
    "threshold",
    "threshold_block",
    "uncertainty",
]

@final
class CancelToken:
    def __new__(cls) -> CancelToken: ...
    def cancel(self) -> None: ...
    @property
    def cancelled(self) -> bool: ...

@final
class Run:
    def __new__(
        cls,
        what: str,
        threads: int | None = None,
        progress: Callable[[int, int, str], object] | None = None,
        cancel: CancelToken | None = None,
    ) -> Run: ...

def default_threads() -> int: ...
def connected_components(run: Run, image: NDArray[Any]) -> NDArray[np.uint32]: ...
def paint(
    run: Run, labels: NDArray[Any], starts: Sequence[int], ids: NDArray[np.uint64], values: NDArray[Any]
) -> NDArray[Any]: ...
def threshold(
    run: Run, last: NDArray[Any], core: NDArray[Any] | None, how: Mapping[str, Any], stage: str
) -> tuple[NDArray[np.uint32], int, int, int]: ...
def threshold_block(
    run: Run,
    last: NDArray[Any],
    core: NDArray[Any] | None,
    how: Mapping[str, Any],
    start: Sequence[int],
    inner_start: Sequence[int],
    inner_stop: Sequence[int],
    frame_shape: Sequence[int],
) -> tuple[BlockLabels, BlockLabels | None, int, float]: ...
def groups_block(
    run: Run,
    last: NDArray[Any],
    core: NDArray[Any] | None,
    how: Mapping[str, Any],
    start: Sequence[int],
    inner_start: Sequence[int],
    inner_stop: Sequence[int],
    frame_shape: Sequence[int],
) -> tuple[BlockLabels, BlockLabels | None, int, float]: ...
def flood_window(
    run: Run,
    last: NDArray[Any],
    core: NDArray[Any] | None,
    how: Mapping[str, Any],
    start: Sequence[int],
    inner_start: Sequence[int],
    frame_shape: Sequence[int],
    largest: float,
    seeds: NDArray[np.uint32],
) -> tuple[NDArray[np.uint32], int]: ...
def smoothing_halo(sigma: Sequence[float], frame_shape: Sequence[int]) -> tuple[int, int, int]: ...
def block_gaps(run: Run, labels: BlockLabels, kept: NDArray[np.bool_]) -> BlockLabels: ...
def block_filled(
    run: Run, labels: BlockLabels, kept: NDArray[np.bool_], gaps: BlockLabels, holes: NDArray[np.bool_]
) -> BlockLabels: ...
def smooth(
    run: Run, channel: NDArray[Any], sigma: Sequence[float], value_range: tuple[float, float]
) -> NDArray[np.float32]: ...
def object_runs(
    run: Run,
    labels: NDArray[Any],
    frames: Sequence[int],
    ids: Sequence[int],
    boxes: Sequence[Sequence[int]],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]: ...
def changed_runs(
    run: Run, before: NDArray[Any], after: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]: ...

@final
class BlockLabels:
    @staticmethod
    def of_labels(run: Run, labels: NDArray[Any], start: Sequence[int], frame_shape: Sequence[int]) -> BlockLabels: ...
    @staticmethod
    def of_segmentation(
        run: Run, image: NDArray[Any], start: Sequence[int], frame_shape: Sequence[int]
    ) -> BlockLabels: ...
    @staticmethod
    def from_bytes(data: bytes) -> BlockLabels: ...
    def to_bytes(self) -> bytes: ...
    @property
    def start(self) -> tuple[int, int, int]: ...
    @property
    def stop(self) -> tuple[int, int, int]: ...
    @property
    def frame_shape(self) -> tuple[int, int, int]: ...
    def __len__(self) -> int: ...
    @property
    def keys(self) -> NDArray[np.uint64]: ...
    @property
    def counts(self) -> NDArray[np.uint64]: ...
    @property
    def firsts(self) -> NDArray[np.uint64]: ...
    @property
    def boxes(self) -> NDArray[np.int64]: ...
    def joints(self, other: BlockLabels, axis: int) -> NDArray[np.uint32]: ...
    def contacts(self, other: BlockLabels, axis: int) -> NDArray[np.uint32]: ...
    def overlaps(self, other: BlockLabels) -> NDArray[np.uint32]: ...
    def neighbours(self, other: BlockLabels) -> NDArray[np.uint32]: ...
    def paint(self, run: Run, start: Sequence[int], stop: Sequence[int], values: NDArray[Any]) -> NDArray[Any]: ...

@final
class Sets:
    def __new__(cls, n: int) -> Sets: ...
    def join(self, pairs: NDArray[np.uint64]) -> None: ...
    def roots(self) -> NDArray[np.uint64]: ...

def feature_specs(n_dims: int, channels: list[str]) -> list[dict[str, Any]]: ...
def measure(
    run: Run,
    labels: NDArray[Any],
    raw: NDArray[Any] | None,
    features: list[str],
    margin: tuple[int, int, int],
    block_shape: tuple[int, int, int] | None = None,
    only: tuple[Sequence[int], Sequence[int], Sequence[Sequence[int]]] | None = None,
) -> tuple[
    NDArray[np.uint64],
    NDArray[np.int64],
    NDArray[np.float64],
    NDArray[np.int64],
    list[str],
]: ...

@final
class Regions:
    @staticmethod
    def from_bytes(data: bytes) -> Regions: ...
    def to_bytes(self) -> bytes: ...
    def merge(self, other: Regions) -> None: ...
    def select(self, ids: NDArray[np.uint64]) -> Regions: ...
    def __len__(self) -> int: ...
    @property
    def frame_shape(self) -> tuple[int, int, int]: ...
    @property
    def n_channels(self) -> int: ...
    @property
    def ids(self) -> NDArray[np.uint64]: ...
    @property
    def counts(self) -> NDArray[np.uint64]: ...
    @property
    def boxes(self) -> NDArray[np.int64]: ...
    @property
    def extrema(self) -> NDArray[np.float64]: ...
    def crop_boxes(self, features: list[str], margin: tuple[int, int, int]) -> NDArray[np.int64]: ...
    def crop_bytes(
        self, features: list[str], margin: tuple[int, int, int], channels: int, itemsize: int
    ) -> NDArray[np.uint64]: ...

def collect_block(
    run: Run, labels: BlockLabels, ids: NDArray[np.uint64], raw: NDArray[Any] | None, features: list[str]
) -> Regions: ...
def count_block(
    run: Run,
    labels: BlockLabels,
    ids: NDArray[np.uint64],
    raw: NDArray[Any],
    only: Sequence[int],
    ranges: NDArray[np.float64],
) -> NDArray[np.uint64]: ...
def finish_objects(
    run: Run,
    regions: Regions,
    ids: NDArray[np.uint64],
    labels: Sequence[tuple[BlockLabels, NDArray[np.uint64]]],
    raw: NDArray[Any] | None,
    start: tuple[int, int, int],
    ranges: NDArray[np.float64] | None,
    features: list[str],
    margin: tuple[int, int, int],
    n_channels: int | None = None,
    counts: NDArray[np.uint64] | None = None,
    too_large: Sequence[int] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.int64], list[str]]: ...

@final
class Forest:
    def probabilities(self, run: Run, x: NDArray[Any]) -> NDArray[np.float32]: ...
    @property
    def oob_error(self) -> float: ...
    @property
    def oob_classes(self) -> NDArray[np.int64]: ...
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
        oob_classes: NDArray[np.uint32],
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
def uncertainty(run: Run, probabilities: NDArray[Any]) -> NDArray[Any]: ...
def csv_rows(run: Run, columns: list[NDArray[Any] | list[str]]) -> list[bytes]: ...

@final
class OpenedProject:
    @property
    def document(self) -> str | None: ...
    @property
    def arrays(self) -> dict[str, NDArray[Any]]: ...
    @property
    def events(self) -> list[str]: ...
    @property
    def adopted(self) -> Path | None: ...
    @property
    def n_adopted(self) -> int: ...
    @property
    def foreign(self) -> list[tuple[str, int, str]]: ...
    @property
    def tip(self) -> tuple[str, str | None] | None: ...
    @property
    def saved_seq(self) -> int: ...
    @property
    def seq(self) -> int: ...
    @property
    def notes(self) -> list[str]: ...

def open_project(run: Run, path: Path, recovered: list[Path]) -> OpenedProject: ...
def save_project(run: Run, path: Path, document: str, arrays: Mapping[str, NDArray[Any]]) -> None: ...
def project_generation(run: Run, path: Path) -> str | None: ...
def remove_project_leftovers(run: Run, path: Path) -> None: ...

@final
class JournalContent:
    @property
    def project(self) -> Path | None: ...
    @property
    def pid(self) -> int | None: ...
    @property
    def host(self) -> str | None: ...
    @property
    def locked(self) -> bool: ...
    @property
    def entries(self) -> list[tuple[str, int, str]]: ...

def read_journal(run: Run, path: Path) -> JournalContent: ...

@final
class Journal:
    def __new__(cls, path: Path, host: str, project: Path | None, locked: bool) -> Journal: ...
    def start(self, generation: str, previous: str | None, seq: int) -> None: ...
    def announce(self, generation: str) -> None: ...
    def append(self, events: list[str]) -> int: ...
    def rotate(self, backup: Path, seq: int, generation: str, previous: str | None) -> None: ...
    def clear(self, generation: str, previous: str | None, seq: int) -> None: ...
    def close(self) -> None: ...
