"""Handing out the due mails of one partition, and the turns to send them.

The threads of a process draw from one feed. Few of them at a time hold a mail for which no call is made yet, so that
a process takes few turns ahead of the others and a kill leaves few mails in doubt; and what was read about a mail's
person is at most a second old when the mail is claimed.
"""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from pynamodb.exceptions import PynamoDBException

from crm.campaigns import trials
from crm.core import clock, errors
from crm.deliveries import health, pacing, repository
from crm.deliveries.entities import CONFIRMATION, PENDING, TEST, Delivery
from crm.deliveries.standing import Standing
from crm.people.entities import Person
from worker.lanes import Lane
from worker.stopping import Stop

log = logging.getLogger(__name__)

# People are mailed on what was read at most a second before the claim; the rest of the second is for getting there.
FRESH_S, LONG_WAIT_S = 0.8, 0.5
_FIRST_BATCH, _LARGEST_BATCH = 8, 100
# One mail waits for its turn while the next one is claimed: no turn passes unused.
_AHEAD = 2


@dataclass(frozen=True, slots=True)
class Due:
    """A mail to move on: send it to `person`, or leave them out for `reason`; neither where it is overdue."""

    mail: Delivery
    person: Person | None = None
    reason: str = ""


class Feed:
    """The mails of one partition that are due, each handed out once. Threads may share it."""

    def __init__(self, lane: Lane, shard: int, stop: Stop) -> None:
        self.ahead = threading.BoundedSemaphore(_AHEAD)
        self._lane, self._stop = lane, stop
        self._mails = _shuffled(repository.due_pages(lane.name, shard, clock.now()))
        self._lock = threading.Lock()
        self._batch: deque[Delivery] = deque()
        self._size = _FIRST_BATCH
        self._standing: Standing | None = None
        self._is_over = False

    def take(self) -> Due | None:
        """Return the next mail, None once there is none or none may be sent any more. To be called within `ahead`."""
        with self._lock:
            due = None
            try:
                due = None if self._is_over else self._next()
            finally:
                self._is_over = self._is_over or due is None
            return due

    def wait_turn(self, mail: Delivery) -> bool:
        """Wait until a mail just claimed may be sent. False where it must not be any more, or its turn is far off."""
        began = time.monotonic()
        try:
            if not pacing.wait_turn(lambda: not self._is_ours()):
                # Nor will any other mail have its turn soon: claiming one after the other would be in vain.
                self.end()
                return False
            # Where turns are rare, what was true when it was claimed is asked again.
            is_long = time.monotonic() - began > LONG_WAIT_S
            if is_long and judged(self._lane, mail, Standing([mail.person_id])).reason:
                return False
            # Asked last, however long the rest took: no call begins late after a pause or a cancellation.
            return self._is_ours()
        except (errors.Busy, PynamoDBException) as error:
            log.warning("a claimed mail is given back: %s", type(error).__name__)
            return False

    def end(self) -> None:
        """Hand out nothing more."""
        with self._lock:
            self._is_over = True

    def _next(self) -> Due | None:
        if not self._may_go_on() or (not self._batch and not self._refill()):
            return None
        mail = self._batch.popleft()
        if mail.state != PENDING:
            return Due(mail)
        return self._judged(mail)

    def _may_go_on(self) -> bool:
        return self._is_ours() and not health.is_waiting()

    def _is_ours(self) -> bool:
        return not self._stop() and self._lane.is_open()

    def _refill(self) -> bool:
        """Read who the next few are: as many as can be sent while that is fresh, going by the last ones."""
        if self._standing is not None:
            is_slow = self._standing.age_s > FRESH_S / 2
            self._size = max(1, self._size // 2) if is_slow else min(_LARGEST_BATCH, self._size * 2)
        self._batch.extend(islice(self._mails, self._size))
        waiting = [mail.person_id for mail in self._batch if mail.state == PENDING]
        self._standing = Standing(waiting) if waiting else None
        return bool(self._batch)

    def _judged(self, mail: Delivery) -> Due:
        if self._standing is None or self._standing.age_s > FRESH_S:
            return judged(self._lane, mail, Standing([mail.person_id]))
        return judged(self._lane, mail, self._standing)


def _shuffled(pages: Iterator[list[Delivery]]) -> Iterator[Delivery]:
    for page in pages:
        # Where another process is at the same page, few of us then reach for the same mail.
        yield from random.sample(page, len(page))


def judged(lane: Lane, mail: Delivery, standing: Standing) -> Due:
    """Return a mail with its person as they are, and why they get none (empty where they do)."""
    if mail.kind == TEST:
        return Due(mail, trials.recipient(mail))
    # A confirmation answers what somebody asked for themselves; unsubscribing is from what they did not.
    is_asked = mail.kind == CONFIRMATION
    person, reason = standing.of_asked(mail.person_id) if is_asked else standing.of(mail.person_id, lane.kind)
    return Due(mail, person, reason or lane.reason(mail))
