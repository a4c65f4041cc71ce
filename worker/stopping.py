"""How a drain learns that it is to end: its time is over, or the worker is told to stop.

Celery's prefork children are not told of a warm stop; they are waited for. So the parent says it in a byte of memory
that all of them share: without a lock, which a killed child could take to its grave.
"""

import math
import mmap
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

Stop = Callable[[], bool]
# Longer than any drain needs to be; short enough that other queues get their turn.
DRAIN_S = 20.0
# Celery kills a task after a minute; whatever takes long leaves this much of it at most.
TASK_S = 55.0

_flag = mmap.mmap(-1, 1)
_busy = False
_told = False
# When the task that is being worked on has to be over, on the monotonic clock.
_over_at = math.inf


def request() -> None:
    """Tell every process of this worker to finish the calls under way and take up nothing new."""
    _flag[0] = 1


def is_requested() -> bool:
    """Whether this worker, or this one process of it, was told to stop."""
    return _told or _flag[0] == 1


def within(seconds: float = DRAIN_S) -> Stop:
    """Return a function that tells whether to stop: when asked to, after so many seconds, or when the task must end."""
    deadline = min(time.monotonic() + seconds, _over_at)
    return lambda: is_requested() or time.monotonic() >= deadline


@contextmanager
def working() -> Iterator[None]:
    """Put off a SIGTERM sent to this child itself, as when a whole process group is told to stop, until it is done."""
    global _busy, _over_at
    _busy, _over_at = True, time.monotonic() + TASK_S
    try:
        yield
    finally:
        _busy, _over_at = False, math.inf
        if _told:
            _leave()


def finish_on_sigterm() -> None:
    """Make this child finish the calls under way when it gets a SIGTERM. To be called in the child itself."""
    signal.signal(signal.SIGTERM, _on_sigterm)


def _on_sigterm(_signal: int, _frame: FrameType | None) -> None:
    global _told  # noqa: PLW0603 - as above
    _told = True
    if not _busy:
        _leave()


def _leave() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTERM)
