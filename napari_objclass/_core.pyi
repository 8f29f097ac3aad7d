from collections.abc import Callable

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
