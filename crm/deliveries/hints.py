"""Hints to the worker that there is something to do. They carry no data and may be lost: the sweep finds the work.

A hint is published from a thread of its own, so that a broker that is slow or gone costs a request nothing.
Hints that wait together become one.
"""

import logging
import os
import threading
from functools import cache

from celery import Celery
from django.conf import settings

CONFIRMATIONS, CAMPAIGNS, UPKEEP, IMPORTS = "confirmations", "campaigns", "upkeep", "imports"
QUEUES = (CONFIRMATIONS, CAMPAIGNS, UPKEEP, IMPORTS)

log = logging.getLogger(__name__)
_TIMEOUT_S = 1.0
# A connection that was idle may be found broken, and the first one takes long where the machine is busy.
_TRIES = 3


def task_name(queue: str) -> str:
    """Return the name of the worker's task that drains one queue."""
    return f"drain.{queue}"


class _Publisher:
    """Publishes hints for the queues named to it from one daemon thread, started on first use (so after any fork).

    What waits are queues, each with how many processes are to be woken for it.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, int] = {}
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="hints", daemon=True).start()

    def add(self, queue: str, processes: int) -> None:
        with self._changed:
            self._waiting[queue] = max(processes, self._waiting.get(queue, 0))
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                queues, self._waiting = self._waiting, {}
            for queue, processes in sorted(queues.items()):
                for _ in range(processes):
                    _publish(queue)


def wake(queue: str) -> None:
    """Tell the worker, after a commit, that one of `QUEUES` has work. Never fails and never waits."""
    _publisher().add(queue, 1)


def wake_all(queue: str) -> None:
    """Tell as many processes as there are that one of `QUEUES` has work for all of them at once."""
    _publisher().add(queue, settings.SENDING_PROCESSES)


def _publish(queue: str) -> None:
    for _ in range(_TRIES):
        try:
            _app().send_task(task_name(queue), queue=queue, ignore_result=True, retry=False, expires=60)
        except Exception as error:
            # Whatever it was: this thread has to live on, and a hint may always be lost.
            why = type(error).__name__
        else:
            return
    log.warning("hint for %s not published (%s); the sweep will find the work", queue, why)


@cache
def _app() -> Celery:
    app = Celery("hints", broker=settings.REDIS_URL, set_as_current=False)
    app.conf.update(
        task_ignore_result=True,
        broker_connection_retry=False,
        broker_transport_options={"socket_timeout": _TIMEOUT_S, "socket_connect_timeout": _TIMEOUT_S, "max_retries": 0},
    )
    return app


@cache
def _publisher() -> _Publisher:
    return _Publisher()


# Threads do not survive a fork; a child begins with its own.
os.register_at_fork(after_in_child=_publisher.cache_clear)
os.register_at_fork(after_in_child=_app.cache_clear)
