"""Turns: which worker does a piece of work now, under a short lease that it renews as it goes."""

import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from pynamodb.exceptions import PynamoDBException

from crm.core import errors, ids, leases
from worker.stopping import Stop

log = logging.getLogger(__name__)

# Short, so that a killed worker is soon followed by the next.
LEASE_S, RENEW_S = 6.0, 2.0


class Turn:
    """A lease that saves two workers from doing the same work at once; doing it twice would be harmless."""

    def __init__(self, name: str, lease_s: float) -> None:
        self._name, self._owner, self._lease_s = name, ids.new(), lease_s
        self._renewing = threading.Lock()
        # Counted from before the call: no later than the lease itself ends.
        began = time.monotonic()
        self._renew_at, self._until = began + RENEW_S, began + lease_s
        self.is_ours = leases.acquire(name, self._owner, lease_s)

    def over(self, stop: Stop) -> Stop:
        """Return a function that says to stop when `stop` does, or when the lease ran out or went to somebody else.

        All threads may call it; it never fails.
        """

        def is_over() -> bool:
            # One thread renews; the others go on meanwhile, for as long as the lease lasts anyway.
            if self._renewing.acquire(blocking=False):
                try:
                    self._renew_if_due()
                finally:
                    self._renewing.release()
            return stop() or not self.is_ours or time.monotonic() >= self._until

        return is_over

    @contextmanager
    def kept(self, pool: Executor) -> Iterator[None]:
        """Renew it by a thread of its own while the block lasts: for work that asks only seldom whether it is over.

        Otherwise another worker would begin the same meanwhile, lose its turn likewise, and neither would ever end.
        """
        done = threading.Event()
        is_over = self.over(done.is_set)

        def keep() -> None:
            while not is_over():
                done.wait(RENEW_S)

        keeping = pool.submit(keep)
        try:
            yield
        finally:
            done.set()
            keeping.result()

    def _renew_if_due(self) -> None:
        began = time.monotonic()
        if not self.is_ours or began < self._renew_at:
            return
        self._renew_at = began + RENEW_S
        try:
            self.is_ours = leases.renew(self._name, self._owner, self._lease_s)
        except (errors.Busy, PynamoDBException) as error:
            log.warning("the turn %s could not be renewed (%s)", self._name, type(error).__name__)
        else:
            self._until = began + self._lease_s

    def end(self) -> None:
        """Let the next one begin at once."""
        if self.is_ours:
            leases.release(self._name, self._owner)


@contextmanager
def take(name: str, lease_s: float = LEASE_S) -> Iterator[Turn]:
    """Take a turn for as long as the block lasts, if it is free: see `is_ours`."""
    turn = Turn(name, lease_s)
    try:
        yield turn
    finally:
        turn.end()
