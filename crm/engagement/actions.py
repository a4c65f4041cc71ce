"""Keeping what was done with a mail, and judging whose doing it was."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from pynamodb.exceptions import PynamoDBException

from crm.core import errors, ids
from crm.deliveries import repository as deliveries
from crm.deliveries.entities import Delivery
from crm.deliveries.tokens import MailRef
from crm.engagement import classification, repository
from crm.engagement.entities import UNSUBSCRIBE, Engagement, Seen, of

log = logging.getLogger(__name__)
# Mail servers try for no longer to hand a mail over (RFC 5321, 4.5.4.1: four to five days).
_LONGEST_UNDER_WAY = timedelta(days=5)


def record(mail: MailRef, seen: Seen, *, key: str | None = None) -> Engagement:
    """Keep something done with a mail, and judge it and its neighbours in time.

    `key` names it where it may be told repeatedly, as SNS repeats messages: the second telling changes nothing.

    Raises:
        errors.Busy, PynamoDBException: DynamoDB is away; the row may not have been stored.
    """
    found = _found(mail)
    row = of(
        seen,
        mail,
        key=repository.row_id(seen.at, key or ids.new()),
        mail_kind=found.kind if found else "",
        why=classification.of_one(seen, _delivered_at(found)),
    )
    repository.add(row)
    # Its delivery may have become known before there was a row to judge.
    _judge_early(row, _delivered_at(_found(mail)))
    # Only now: of several requests at once, whoever stores last sees all of them.
    _judge_around(mail, seen.at)
    return row


def count(mail: MailRef, seen: Seen) -> Engagement:
    """Count something done with a mail too often to keep each: one row for each kind, link and minute.

    Raises:
        errors.Busy, PynamoDBException: DynamoDB is away; it may not have been counted.
    """
    minute = seen.at.replace(second=0, microsecond=0)
    row = of(
        replace(seen, at=minute, agent=""),
        mail,
        key=repository.row_id(minute, f"{seen.kind}-{seen.link}"),
        mail_kind="",
        why=classification.FLOOD,
    )
    if not repository.add_again(row):
        found = _found(mail)
        if not repository.add(replace(row, mail_kind=found.kind if found else "")):
            # Somebody else began to count at the same moment.
            repository.add_again(row)
    return row


def record_if_possible(mail: MailRef, seen: Seen, *, is_flood: bool) -> None:
    """Keep, or count, something done with a mail; if that fails, only the log says so: who clicked is let through."""
    try:
        (count if is_flood else record)(mail, seen)
    except (errors.Busy, PynamoDBException):
        log.exception("%s of a mail of %s could not be kept", seen.kind, mail.source)


def delivered(mail: MailRef, at: datetime) -> None:
    """Judge what was done around a mail's delivery, now that a moment of it is known: the first one told counts.

    Telling it again changes nothing.

    Raises:
        errors.Busy, PynamoDBException: DynamoDB is away.
    """
    first: datetime | None = None
    while first is None or first > at:
        first = at
        for row in repository.between(mail, at - _LONGEST_UNDER_WAY, at + _LONGEST_UNDER_WAY):
            _judge_early(row, at)
        # An earlier moment may have been told meanwhile; there is one for each event, so this ends.
        found = _found(mail)
        at = min(at, found.delivered_at or at) if found else at


def _judge_early(row: Engagement, delivered_at: datetime | None) -> None:
    """Say what the moment of delivery says of a row, and take back what another moment said of it."""
    if delivered_at is None or row.kind == UNSUBSCRIBE:
        return
    is_early = classification.is_early(row.at, delivered_at)
    if is_early and not row.why:
        repository.judge(row, classification.EARLY)
    elif not is_early and row.why == classification.EARLY and repository.absolve(row):
        _judge_around(row.mail, row.at)


def _found(mail: MailRef) -> Delivery | None:
    return deliveries.find(mail.source, mail.shard, mail.person_id, mail.step)


def _judge_around(mail: MailRef, at: datetime) -> None:
    near = repository.between(mail, at - classification.AROUND, at + classification.AROUND)
    reasons = classification.of_several(near)
    for row in near:
        if row.id in reasons:
            repository.judge(row, reasons[row.id])


def _delivered_at(mail: Delivery | None) -> datetime | None:
    if mail is None:
        return None
    # An answer that was lost leaves no moment of sending; the call was made after the claim.
    return mail.delivered_at or mail.sent_at or mail.first_claimed_at
