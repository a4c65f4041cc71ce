"""What becomes of a mail after a call: when it is tried again, and when not any more."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

from crm.core.transaction import Patience
from crm.deliveries import outcomes, repository, transitions
from crm.deliveries.entities import CAMPAIGN, MAX_AGE, MAX_ATTEMPTS, MAX_UNKNOWNS, SENDING, SENT, Delivery
from crm.deliveries.outcomes import News

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 600.0
LEASE_OVER = "the worker stopped while sending"


def accepted(delivery: Delivery, message_id: str, now: datetime) -> bool:
    """Record that SES took a claimed mail. Return whether that is on record.

    Where the mail is no longer the claim's, because an event about an earlier call settled it meanwhile or the answer
    took too long, it is told as an event would tell it: mailed twice, it keeps both ids.

    Raises:
        errors.Busy: DynamoDB is away, or others kept moving the mail.
    """
    if transitions.sent(delivery, message_id, now):
        return True
    patience = Patience()
    while True:
        read = repository.find(delivery.source, delivery.shard, delivery.person_id, delivery.step)
        if read is None:
            return False
        told = outcomes.after(read, News(delivery.attempt, message_id, now), now)
        if told == read or transitions.settle(read, told):
            return told.state == SENT
        patience.wait()


def refused(delivery: Delivery, reason: str, *, is_final: bool, now: datetime) -> bool:
    """Settle a claimed mail that SES surely did not accept: try it later, or give it up. Return whether it was ours."""
    started = delivery.first_claimed_at or now
    if is_final or delivery.tries >= MAX_ATTEMPTS or now - started >= MAX_AGE:
        return transitions.fail(delivery, reason, now)
    return transitions.put_off(delivery, reason, now, now + backoff(delivery.tries))


def stopped(delivery: Delivery, reason: str, now: datetime) -> bool:
    """Put a mail back that SES refused because of the account: whenever that is lifted, it has all its tries."""
    return transitions.put_off(transitions.excused(delivery), reason, now, now)


def unwritten(delivery: Delivery, reason: str, *, is_final: bool, now: datetime) -> bool:
    """Settle a claimed mail that could not be written, so that no call was made."""
    called = replace(delivery, returned=delivery.returned + 1)
    return refused(called, reason, is_final=is_final, now=now)


def backoff(attempt: int) -> timedelta:
    """Return how long to wait after the nth attempt: anything up to twice as long each time (full jitter)."""
    ceiling = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (attempt - 1))
    return timedelta(seconds=random.uniform(0, ceiling))


def overdue(delivery: Delivery, now: datetime) -> bool:
    """Move on a mail that waited long enough: one whose lease is over, or of which no news came.

    Campaign mail is never sent twice on a doubt. A confirmation is somebody's ticket: it is sent again, with the risk
    on record, until its outcome stayed unknown too often.
    """
    if delivery.state == SENDING:
        return transitions.expire(delivery, LEASE_OVER, now)
    if delivery.kind == CAMPAIGN or delivery.unknowns + 1 >= MAX_UNKNOWNS:
        return transitions.hold(delivery, now)
    return transitions.risk_again(delivery, now)
