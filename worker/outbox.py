"""Draining the outbox: claim one mail, make one call, settle what came of it.

A worker may be killed between any two lines here. What it had claimed shows as a lease that ran out; what it had not
is still due. Nothing is remembered in this process.
"""

import logging
import random
import re
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import cache, partial

from django.conf import settings
from pynamodb.exceptions import PynamoDBException

from crm.core import clock, errors, ids
from crm.core.transaction import Patience
from crm.deliveries import letters, pacing, repository, ses, settling, transitions
from crm.deliveries.entities import CAMPAIGN, CONFIRMATION, PENDING, UNSUBSCRIBED, Delivery
from crm.deliveries.standing import Standing
from crm.people.entities import Person
from worker import stopping
from worker.lanes import Lane
from worker.stopping import Stop

log = logging.getLogger(__name__)

UNWRITABLE, NO_SUCH_MAILBOX = "the mail could not be written", "SES takes no address like this"
# People are mailed on what was read at most a second before the claim; the rest of the second is for getting there.
FRESH_S = 0.8
_LARGEST_BATCH = 100
_NOT_IN_A_TAG = re.compile(r"[^A-Za-z0-9_-]")


def drain(lane: Lane, shard: int, pool: Executor, stop: Stop, between: Callable[[], object] = lambda: None) -> int:
    """Send what is due in one partition of a queue until none is left or `stop` says so; return how many moved.

    `between` is called about once a second: what must not wait behind this queue gets its turn there.
    """
    moved = 0
    if not is_sender_usable(settings.MAIL_FROM):
        return moved
    while not stop() and lane.is_open():
        due = repository.due(lane.name, shard, clock.now())
        progress = _move_on([mail for mail in due if mail.state != PENDING], pool)
        waiting = [mail for mail in due if mail.state == PENDING]
        # Another process may be at the same page; few of us then reach for the same mail.
        random.shuffle(waiting)
        size = batch_size()
        for start in range(0, len(waiting), size):
            if stop() or not lane.is_open():
                break
            progress += _send_batch(lane, waiting[start : start + size], pool, stop)
            between()
        moved += progress
        if not progress:
            break
    return moved


@cache
def is_sender_usable(sender: str) -> bool:
    """Whether mail can be sent from `Name <address>`; where it cannot, say so once, and let all mail wait."""
    try:
        letters.ascii_mailbox(sender)
    except letters.Unmailable:
        log.error("MAIL_FROM must read `Name <address>`; no mail is sent from %r, all of it stays pending", sender)
        return False
    return True


def batch_size() -> int:
    """Return how many mails can be sent for as long as their people's standing may be used."""
    return max(1, min(_LARGEST_BATCH, int(pacing.rate() * FRESH_S)))


def _move_on(overdue: Sequence[Delivery], pool: Executor) -> int:
    now = clock.now()
    return sum(pool.map(lambda mail: _surely(partial(settling.overdue, mail, now)), overdue))


def _send_batch(lane: Lane, mails: Sequence[Delivery], pool: Executor, stop: Stop) -> int:
    standing = Standing(mail.person_id for mail in mails)
    return sum(pool.map(lambda mail: _send(lane, mail, standing, stop), mails))


def _send(lane: Lane, mail: Delivery, standing: Standing, stop: Stop) -> bool:
    """Send one mail, or leave its person out. Return whether it moved; failures of ours leave it for the sweep."""
    try:
        return _sent(lane, mail, standing, stop)
    except (errors.Busy, PynamoDBException) as error:
        log.warning("mail %s left for later: %s", mail.id, type(error).__name__)
        return False


def _sent(lane: Lane, mail: Delivery, standing: Standing, stop: Stop) -> bool:
    if not _judged(lane, mail, standing)[1] and not pacing.wait_turn(stop):
        return False
    # The turn may have come late: what was true before it is asked again.
    person, reason = _judged(lane, mail, standing)
    if person is None or reason:
        return transitions.skip(mail, reason, clock.now())
    if stop() or not lane.is_open():
        return False
    claimed = transitions.claim(mail, claim_id=ids.new(), email=person.fields.email, now=clock.now())
    return claimed is not None and _settled(lane, claimed, person)


def _judged(lane: Lane, mail: Delivery, standing: Standing) -> tuple[Person | None, str]:
    """Return the person as they were less than a second ago, and why they get no mail (empty where they do)."""
    if standing.age_s > FRESH_S:
        standing = Standing([mail.person_id])
    person, reason = standing.of(mail.person_id, lane.kind)
    if reason == UNSUBSCRIBED and mail.kind == CONFIRMATION:
        # It answers what somebody asked for themselves; unsubscribing is from what they did not.
        reason = ""
    return person, reason or lane.reason(mail)


def _settled(lane: Lane, mail: Delivery, person: Person) -> bool:
    """Make the one call for a claimed mail and record what came of it.

    Nothing that could fail stands between claim and call. Whose turn it is does not matter any more: the claim does.
    """
    if stopping.is_requested():
        return _surely(partial(transitions.give_back, mail, clock.now()))
    try:
        message_id = _called(lane, mail, person)
    except ses.Refused as refused:
        return _surely(partial(settling.refused, mail, refused.reason, is_final=refused.is_final, now=clock.now()))
    except ses.InDoubt as doubt:
        return _surely(partial(transitions.doubt, mail, doubt.reason, clock.now()))
    return _surely(partial(transitions.sent, mail, message_id, clock.now()))


def _called(lane: Lane, mail: Delivery, person: Person) -> str:
    sender, address = settings.MAIL_FROM, mail.email
    try:
        letter = lane.letter(mail, person)
        message = letters.wire(letter, sender=sender, name=person.name, address=address, now=clock.now())
        ascii_sender, ascii_address = letters.ascii_mailbox(sender), letters.ascii_address(address)
    except letters.Unmailable as error:
        # The sender's address was found good before anything was claimed, so this is the addressee's.
        raise ses.Refused(NO_SUCH_MAILBOX, is_final=True) from error
    except Exception as error:
        # Nothing was sent. Ten attempts later the mail is failed and listed, and no other mail had to wait for it.
        log.exception("mail %s could not be written", mail.id)
        raise ses.Refused(UNWRITABLE, is_final=False) from error
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
