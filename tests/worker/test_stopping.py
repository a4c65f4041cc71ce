"""A drain ends when its time is over or the worker is told to stop, in whichever process it runs."""

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from worker import stopping

# The children of these tests do nothing that threads of the parent could have locked.
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")


@pytest.fixture(autouse=True)
def untold() -> Iterator[None]:
    """No worker of this process was told to stop, before or after."""
    stopping._flag[0] = 0
    yield
    stopping._flag[0] = 0


def _in_a_child(work: Callable[[], int]) -> int:
    """Fork as Celery does and return what the child exits with: a code, or minus the signal that ended it."""
    pid = os.fork()
    if pid == 0:
        os._exit(work())
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def test_drain_has_its_time() -> None:
    assert not stopping.within(60)()
    assert stopping.within(0)()


def test_nothing_outlives_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr(stopping.time, "monotonic", lambda: now[0])
    with stopping.working():
        now[0] += 30
        stop = stopping.within(50)
        now[0] += stopping.TASK_S - 30 - 0.1
        assert not stop()
        now[0] += 0.1
        assert stop()
    assert not stopping.within(50)(), "the next task has its own time"


def test_drain_ends_when_the_worker_is_told_to_stop() -> None:
    stop = stopping.within(60)

    stopping.request()

    assert stop()


def test_children_hear_what_the_parent_was_told() -> None:
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(write, b"!")
        deadline = time.monotonic() + 30
        while not stopping.is_requested() and time.monotonic() < deadline:
            time.sleep(0.01)
        os._exit(0 if stopping.is_requested() else 1)
    os.read(read, 1)

    stopping.request()

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_sigterm_to_a_child_at_work_waits_for_the_calls_under_way() -> None:
    read, write = os.pipe()

    def work() -> int:
        stopping.finish_on_sigterm()
        with stopping.working():
            os.kill(os.getpid(), signal.SIGTERM)
            os.write(write, b"finished" if stopping.is_requested() else b"not told")
        return 0

    assert _in_a_child(work) == -signal.SIGTERM
    os.close(write)
    assert os.read(read, 20) == b"finished"


def test_sigterm_to_an_idle_child_ends_it_at_once() -> None:
    def work() -> int:
        stopping.finish_on_sigterm()
        os.kill(os.getpid(), signal.SIGTERM)
        return 0

    assert _in_a_child(work) == -signal.SIGTERM
