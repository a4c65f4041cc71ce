"""Draining the outbox: claim one mail, make one call, settle what came of it.

A worker may be killed between any two lines here. What it had claimed shows as a lease that ran out; what it had not
is still due. Nothing is remembered in this process.
"""

import logging
import re
from collections.abc import Callable
from concurrent.futures import Executor, wait
from datetime import datetime
from functools import cache, partial

from django.conf import settings
from pynamodb.exceptions import PynamoDBException

from crm.core import clock, errors, ids
from crm.core.transaction import Patience
from crm.deliveries import health, letters, ses, settling, transitions
from crm.deliveries.entities import CAMPAIGN, PENDING, Delivery
from crm.people.entities import Person
from worker import stopping
from worker.feeding import Due, Feed
from worker.lanes import Lane
from worker.stopping import Stop

log = logging.getLogger(__name__)

UNWRITABLE = "the mail could not be written"
BETWEEN_S = 1.0
_NOT_IN_A_TAG = re.compile(r"[^A-Za-z0-9_-]")


class _Unwritten(Exception):
    """A claimed mail that could not be written; no call was made. `is_final`: nor will it be writable later."""

    def __init__(self, reason: str, *, is_final: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final


def drain(lane: Lane, shard: int, pool: Executor, stop: Stop, between: Callable[[], object] = lambda: None) -> int:
    """Send what is due in one partition of a queue until none is left or `stop` says so; return how many moved.

    `between` is called about once a second: what must not wait behind this queue gets its turn there. It may drain
    another queue with the same pool, if that has twice `MAIL_THREADS`.
    """
    moved = 0
    if not is_sender_usable(settings.MAIL_FROM):
        return moved
    while not stop() and lane.is_open() and not health.is_waiting():
        progress = _all_moved(lane, Feed(lane, shard, stop), pool, between)
        moved += progress
        if not progress:
            break
    return moved


def _all_moved(lane: Lane, feed: Feed, pool: Executor, between: Callable[[], object]) -> int:
    """Move the feed's mails on by all threads together, and wait for the last of them."""
    threads = {pool.submit(_moved, lane, feed) for _ in range(settings.MAIL_THREADS)}
    working = threads
    try:
        while working:
            _, working = wait(working, timeout=BETWEEN_S)
            _surely_between(between)
    finally:
        feed.end()
        wait(working)
    return sum(thread.result() for thread in threads)


def _surely_between(between: Callable[[], object]) -> None:
    try:
        between()
    except (errors.Busy, errors.NotFound, PynamoDBException) as error:
        # In a second it is tried again; the mails under way are not concerned.
        log.warning("what is done between mails has to wait (%s)", type(error).__name__)


def _moved(lane: Lane, feed: Feed) -> int:
    """Move one mail on after the other; what one thread does. Return how many moved."""
    moved = 0
    while True:
        with feed.ahead:
            due = feed.take()
            if due is None:
                return moved
            claimed = _claimed(due)
            has_turn = claimed is not None and feed.wait_turn(claimed)
        moved += _done(lane, due, claimed, has_turn=has_turn)


def _done(lane: Lane, due: Due, claimed: Delivery | None, *, has_turn: bool) -> bool:
    """Do what is to be done outside the queue for turns. Failures of ours leave the mail for the sweep."""
    try:
        if claimed is None:
            return _left_out(due)
        if not has_turn or stopping.is_requested():
            _surely(partial(transitions.give_back, claimed, clock.now()))
            return False
        assert due.person is not None
        return _settled(lane, claimed, due.person)
    except (errors.Busy, PynamoDBException) as error:
        log.warning("mail %s left for later: %s", due.mail.id, type(error).__name__)
        return False


@cache
def is_sender_usable(sender: str) -> bool:
    """Whether mail can be sent from `Name <address>`; where it cannot, say so once, and let all mail wait."""
    try:
        letters.ascii_mailbox(sender)
    except letters.Unmailable:
        log.error("MAIL_FROM must read `Name <address>`; no mail is sent from %r, all of it stays pending", sender)
        return False
    return True


def _claimed(due: Due) -> Delivery | None:
    if due.person is None or due.reason or not health.admits():
        return None
    try:
        return transitions.claim(due.mail, claim_id=ids.new(), email=due.person.fields.email, now=clock.now())
    except (errors.Busy, PynamoDBException) as error:
        log.warning("mail %s not claimed: %s", due.mail.id, type(error).__name__)
        return None


def _left_out(due: Due) -> bool:
    """Tell what became of an overdue mail, or leave its person out; nothing where neither is so."""
    if due.mail.state != PENDING:
        return _surely(partial(settling.overdue, due.mail, clock.now()))
    return bool(due.reason) and transitions.skip(due.mail, due.reason, clock.now())


def _settled(lane: Lane, mail: Delivery, person: Person) -> bool:
    """Make the one call for a claimed mail and record what came of it."""
    try:
        message_id = _called(lane, mail, person)
    except _Unwritten as unwritten:
        settle = partial(settling.unwritten, mail, unwritten.reason, is_final=unwritten.is_final, now=clock.now())
        return _surely(settle)
    except ses.Refused as refused:
        return _surely(partial(_refused, mail, refused, clock.now()))
    except ses.InDoubt as doubt:
        return _surely(partial(transitions.doubt, mail, doubt.reason, clock.now()))
    health.accepted()
    return _surely(partial(settling.accepted, mail, message_id, clock.now()))


def _refused(mail: Delivery, refused: ses.Refused, now: datetime) -> bool:
    if refused.stop:
        health.refused(refused.stop)
        return settling.stopped(mail, refused.reason, now)
    return settling.refused(mail, refused.reason, is_final=refused.is_final, now=now)


def _called(lane: Lane, mail: Delivery, person: Person) -> str:
    sender, address = settings.MAIL_FROM, mail.email
    try:
        letter = lane.letter(mail, person)
        message = letter.wire(sender=sender, name=person.name, address=address, now=clock.now())
        ascii_sender, ascii_address = letters.ascii_mailbox(sender), letters.ascii_address(address)
    except letters.Unmailable as error:
        # The sender's address was found good before anything was claimed, so this is about the addressee.
        raise _Unwritten(error.reason, is_final=True) from error
    except Exception as error:
        # Nothing was sent. Ten attempts later the mail is failed and listed, and no other mail had to wait for it.
        log.exception("mail %s could not be written", mail.id)
        raise _Unwritten(UNWRITABLE, is_final=False) from error
    return ses.send(message, sender=ascii_sender, to=ascii_address, tags=tags(mail))


def tags(mail: Delivery) -> dict[str, str]:
    """Return what SES repeats in every event about the mail: its campaign or event, which mail and attempt, where."""
    source = "campaign" if mail.kind == CAMPAIGN else "event"
    values = {
        source: mail.source,
        "delivery": f"{mail.person_id}-{mail.step}",
        "attempt": str(mail.attempt),
        "shard": str(mail.shard),
    }
    return {name: _NOT_IN_A_TAG.sub("-", value)[:256] for name, value in values.items()}


def _surely(write: Callable[[], bool]) -> bool:
    """Repeat a write of what happened while DynamoDB is away, for up to ten seconds; then the lease tells.

    Raises:
        errors.Busy: it stayed away.
    """
    patience = Patience()
    while True:
        try:
            return write()
        except (errors.Busy, PynamoDBException) as error:
            log.warning("a mail's state could not be written (%s)", type(error).__name__)
            patience.wait()
