"""A disk that is full, imitated by a limit of POSIX: files cannot grow beyond a size."""

import signal
from contextlib import contextmanager


@contextmanager
def file_size_limit(size):
    """Pretend a full disk: writing beyond ``size`` bytes fails."""
    import resource

    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)
