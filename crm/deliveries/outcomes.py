"""What became of a mail that SES accepted: what one event about it changes, whatever order events come in.

Nothing is stored here. An event that says nothing new leaves a mail as it is, so repeating it changes nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from crm.deliveries.entities import HELD, SENDING, SENT, UNKNOWN, Delivery

DELAYED, DELIVERED, REJECTED, BOUNCED, COMPLAINED = "delayed", "delivered", "rejected", "bounced", "complained"
# Each outranks those before it: a mail can bounce after it was delivered, and be complained about after that.
OUTCOMES = (DELAYED, DELIVERED, REJECTED, BOUNCED, COMPLAINED)
_RANKS = {"": 0} | {outcome: rank for rank, outcome in enumerate(OUTCOMES, 1)}
_REASON_KEPT = 200


@dataclass(frozen=True, slots=True)
class News:
    """What one SES event tells of a mail. `attempt`: whose call it is about; `accepted_at`: when SES took the mail.

    `outcome` is empty where the event says no more than that SES accepted the mail. `is_permanent` tells bounces of
    addresses that will never take mail from those that may pass.
    """

    attempt: int
    message_id: str
    accepted_at: datetime
    outcome: str = ""
    outcome_at: datetime | None = None
    reason: str = ""
    is_permanent: bool = False


def after(delivery: Delivery, news: News, now: datetime) -> Delivery:
    """Return the mail as the event leaves it: the same where it tells nothing new, or cannot be about this mail."""
    if news.attempt > delivery.attempt or not (delivery.state == SENT or _can_settle(delivery)):
        return delivery
    known = delivery if delivery.state == SENT else _settled(delivery, news, now)
    return _with_outcome(_with_message(known, news), news)


def _can_settle(delivery: Delivery) -> bool:
    """Whether it is open if SES accepted the mail. After no doubt, any other state is sure: it did not."""
    return delivery.state in {SENDING, UNKNOWN, HELD} or delivery.duplicate_risk


def _settled(delivery: Delivery, news: News, now: datetime) -> Delivery:
    return replace(
        delivery,
        state=SENT,
        state_at=now,
        due_at=None,
        reason="",
        message_id=news.message_id,
        sent_at=news.accepted_at,
    )


def _with_message(delivery: Delivery, news: News) -> Delivery:
    """Keep every id that SES gave the mail, in one order however they came: more than one means mailed twice."""
    known = {delivery.message_id, *delivery.other_message_ids} - {""}
    if news.message_id in known:
        return delivery
    first, *others = sorted({*known, news.message_id})
    sent_at = min(delivery.sent_at or news.accepted_at, news.accepted_at)
    return replace(delivery, message_id=first, other_message_ids=tuple(others), sent_at=sent_at)


def _with_outcome(delivery: Delivery, news: News) -> Delivery:
    if news.outcome == DELIVERED and news.outcome_at is not None:
        first = min(delivery.delivered_at or news.outcome_at, news.outcome_at)
        delivery = replace(delivery, delivered_at=first)
    if news.outcome_at is None or not _outranks(delivery, news, news.outcome_at):
        return delivery
    return replace(
        delivery,
        outcome=news.outcome,
        outcome_at=news.outcome_at,
        outcome_reason=news.reason[:_REASON_KEPT],
        is_hard_bounce=news.is_permanent,
    )


def _outranks(delivery: Delivery, news: News, at: datetime) -> bool:
    """Compare by rank, then by permanence; of equals the earliest counts, so that no order of events matters."""
    old, new = _RANKS[delivery.outcome], _RANKS[news.outcome]
    if (old, delivery.is_hard_bounce) != (new, news.is_permanent):
        return (old, delivery.is_hard_bounce) < (new, news.is_permanent)
    told = (delivery.outcome_at or at, delivery.outcome_reason)
    return (at, news.reason[:_REASON_KEPT]) < told
