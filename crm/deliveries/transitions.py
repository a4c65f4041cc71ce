"""The moves between a delivery's states: each one conditional update of its one item.

Whoever moves a mail passes it as they read it; `attempt` in the condition makes sure that it is still that one.
Every move answers whether it was made. An update whose answer was lost is resent by the SDK and then refused by its
own first try, so a refusal says only that the mail is not, or no longer, ours to move.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pynamodb.exceptions import PynamoDBException
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from crm.core import dynamo, errors
from crm.core.transaction import Transaction
from crm.deliveries import repository, telling
from crm.deliveries.entities import (
    CANCELLED,
    FAILED,
    FINAL,
    HELD,
    LEASE,
    PENDING,
    SENDING,
    SENT,
    SKIPPED,
    UNKNOWN,
    UNKNOWN_WAIT,
    Delivery,
)
from crm.deliveries.tables import DeliveryItem, due_at


def claim(delivery: Delivery, *, claim_id: str, email: str, now: datetime) -> Delivery | None:
    """Take a pending mail that is due, for `LEASE`, to send it to `email`. None where it is not there to take.

    A claim that was refused, or whose answer never came, is ours if our own claim id is there.

    Raises:
        errors.Busy, PynamoDBException: DynamoDB is away; whether the claim was made, the lease will tell.
    """
    first = delivery.first_claimed_at or now
    claimed = replace(
        delivery,
        state=SENDING,
        state_at=now,
        due_at=now + LEASE,
        attempt=delivery.attempt + 1,
        claim_id=claim_id,
        email=email,
        first_claimed_at=first,
    )
    try:
        is_ours = _claim(delivery, claimed, first, now)
    except (errors.Busy, PynamoDBException):
        is_ours = False
    return claimed if is_ours or _is_claimed(delivery, claim_id) else None


def _claim(delivery: Delivery, claimed: Delivery, first: datetime, now: datetime) -> bool:
    actions = [
        DeliveryItem.attempt.set(claimed.attempt),
        DeliveryItem.claim_id.set(claimed.claim_id),
        DeliveryItem.email.set(claimed.email),
        DeliveryItem.first_claimed_at.set(first),
    ]
    is_due = DeliveryItem.due_at <= due_at(now)
    return _move(delivery, SENDING, _is(delivery, PENDING) & is_due, now, due=claimed.due_at, actions=actions)


def _is_claimed(delivery: Delivery, claim_id: str) -> bool:
    found = repository.find(delivery.source, delivery.shard, delivery.person_id, delivery.step)
    return found is not None and found.state == SENDING and found.claim_id == claim_id


def skip(delivery: Delivery, reason: str, now: datetime) -> bool:
    """Leave somebody out at the last moment. A mail that may have arrived already is held again."""
    state = HELD if delivery.duplicate_risk else SKIPPED
    return _move(delivery, state, _is(delivery, PENDING), now, reason=reason)


def cancel(delivery: Delivery, now: datetime) -> bool:
    """Cancel a mail that is not being sent, keeping why it was not before. One that may have arrived is held again."""
    state = HELD if delivery.duplicate_risk else CANCELLED
    return _move(delivery, state, _is(delivery, PENDING), now, reason=delivery.reason)


def give_back(delivery: Delivery, now: datetime) -> bool:
    """Return a claimed mail for which no call was made, as if it had not been claimed."""
    back = uncalled(delivery)
    return _move(back, PENDING, _is(delivery, SENDING), now, due=now, actions=_counts(back))


def uncalled(delivery: Delivery) -> Delivery:
    """Return a claimed mail with the claim taken off the calls made, and off its tries."""
    return replace(excused(delivery), returned=delivery.returned + 1)


def excused(delivery: Delivery) -> Delivery:
    """Return a claimed mail with the call taken off its tries, and the time it has had not running yet."""
    first = delivery.first_claimed_at if delivery.tries > 1 else None
    return replace(delivery, forgiven=delivery.forgiven + 1, first_claimed_at=first)


def _counts(delivery: Delivery) -> list[Action]:
    first = delivery.first_claimed_at
    return [
        *([DeliveryItem.returned.set(delivery.returned)] if delivery.returned else []),
        *([DeliveryItem.forgiven.set(delivery.forgiven)] if delivery.forgiven else []),
        DeliveryItem.first_claimed_at.set(first) if first else DeliveryItem.first_claimed_at.remove(),
    ]


def sent(delivery: Delivery, message_id: str, now: datetime) -> bool:
    """Record that SES accepted the mail, even after its lease ran out."""
    done = [DeliveryItem.message_id.set(message_id), DeliveryItem.sent_at.set(now)]
    return _move(delivery, SENT, _is(delivery, SENDING, UNKNOWN), now, actions=done)


def put_off(delivery: Delivery, reason: str, now: datetime, until: datetime) -> bool:
    """Try a mail again later that SES surely did not accept. What counts against it is as `delivery` says."""
    return _move(delivery, PENDING, _is(delivery, SENDING), now, due=until, reason=reason, actions=_counts(delivery))


def fail(delivery: Delivery, reason: str, now: datetime) -> bool:
    """Give a mail up that SES surely did not accept."""
    return _move(delivery, FAILED, _is(delivery, SENDING), now, reason=reason, actions=_counts(delivery))


def doubt(delivery: Delivery, reason: str, now: datetime) -> bool:
    """Record that nobody knows whether SES accepted the mail: the call broke off."""
    return _move(delivery, UNKNOWN, _is(delivery, SENDING), now, due=now + UNKNOWN_WAIT, reason=reason)


def expire(delivery: Delivery, reason: str, now: datetime) -> bool:
    """Record the same of a mail whose sender did not settle it within its lease."""
    over = DeliveryItem.due_at <= due_at(now)
    due = now + UNKNOWN_WAIT
    return _move(delivery, UNKNOWN, _is(delivery, SENDING) & over, now, due=due, reason=reason)


def hold(delivery: Delivery, now: datetime) -> bool:
    """Stop waiting for news of an unknown mail: final, and listed for staff."""
    return _move(delivery, HELD, _is(delivery, UNKNOWN) & _waited(now), now, reason=delivery.reason)


def risk_again(delivery: Delivery, now: datetime) -> bool:
    """Send an unknown mail again though it may have arrived."""
    actions = [DeliveryItem.duplicate_risk.set(True), DeliveryItem.unknowns.set(delivery.unknowns + 1)]
    condition = _is(delivery, UNKNOWN) & _waited(now)
    return _move(delivery, PENDING, condition, now, due=now, reason=delivery.reason, actions=actions)


def retry(delivery: Delivery, now: datetime) -> bool:
    """Send a failed mail again, as staff asked: SES surely accepted none of its calls. It gets all its tries anew."""
    condition = _is(delivery, FAILED)
    return _move(delivery, PENDING, condition, now, due=now, reason=delivery.reason, actions=_anew(delivery))


def resend(delivery: Delivery, now: datetime) -> bool:
    """Send a held mail again though it may have arrived, as staff asked."""
    actions = [*_anew(delivery), DeliveryItem.duplicate_risk.set(True)]
    return _move(delivery, PENDING, _is(delivery, HELD), now, due=now, reason=delivery.reason, actions=actions)


def _anew(delivery: Delivery) -> list[Action]:
    """Enter the due index again, which a final mail has left, with nothing held against the mail."""
    return [
        DeliveryItem.due_pk.set(repository.due_partition(delivery)),
        DeliveryItem.forgiven.set(delivery.attempt),
        DeliveryItem.first_claimed_at.remove(),
    ]


def settle(read: Delivery, told: Delivery) -> bool:
    """Record what an SES event told of a mail; `told` is what `outcomes.after` made of it as `read`.

    False: the mail was moved meanwhile; read it again and decide anew.
    """
    try:
        dynamo.update(repository.key(read), telling.changes(read, told), telling.is_as_read(read))
    except dynamo.ConditionFailed:
        return False
    return True


def settle_in(tx: Transaction, read: Delivery, told: Delivery) -> None:
    """Add the same to an open transaction; refused as `mail` where the mail was moved meanwhile."""
    tx.update(repository.key(read), telling.changes(read, told), telling.is_as_read(read), label="mail")


def _waited(now: datetime) -> Condition:
    return DeliveryItem.due_at <= due_at(now)


def _is(delivery: Delivery, *states: str) -> Condition:
    condition: Condition = DeliveryItem.state.is_in(*states) & (DeliveryItem.attempt == delivery.attempt)
    return condition


def _move(
    delivery: Delivery,
    state: str,
    condition: Condition,
    now: datetime,
    *,
    due: datetime | None = None,
    reason: str = "",
    actions: Sequence[Action] = (),
) -> bool:
    """Enter a state; leaving the due index when it is final. `due` is given exactly where it is not."""
    assert (due is None) == (state in FINAL)
    index = (
        [DeliveryItem.due_at.set(due_at(due))] if due else [DeliveryItem.due_pk.remove(), DeliveryItem.due_at.remove()]
    )
    why = DeliveryItem.reason.set(reason) if reason else DeliveryItem.reason.remove()
    steps = [DeliveryItem.state.set(state), DeliveryItem.state_at.set(now), why, *index, *actions]
    try:
        dynamo.update(repository.key(delivery), steps, condition)
    except dynamo.ConditionFailed:
        return False
    return True
