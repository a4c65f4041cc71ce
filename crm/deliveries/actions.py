"""What other features do to mails, in their own transactions."""

from django.conf import settings

from crm.core import clock
from crm.core.transaction import Transaction
from crm.deliveries import confirmations, repository
from crm.deliveries.entities import (
    CONFIRMATION,
    PENDING,
    SUBJECT_SHOWN,
    Delivery,
    confirmation_step,
    reminder_step,
    shard_of,
    waiting_step,
)
from crm.events.entities import Event
from crm.people.entities import Person

# All registrations for an event pass through the event's one item, so one partition keeps up with them.
_EVENT_SHARD = 0


def confirm(tx: Transaction, *, person: Person, event: Event, generation: int) -> None:
    """Add the pending confirmation of a person's nth registration to an open transaction.

    The transaction is refused with the label `confirmation` where that mail exists already, as by the other two.
    """
    _add(tx, person, event, confirmation_step(generation), confirmations.subject(event))


def tell_waiting(tx: Transaction, *, person: Person, event: Event, generation: int) -> None:
    """Add the mail that says that a person's nth registration is on the waitlist."""
    _add(tx, person, event, waiting_step(generation), confirmations.waiting_subject(event))


def remind(tx: Transaction, *, person: Person, event: Event) -> None:
    """Add the mail that tells somebody who registers again how things stand."""
    _add(tx, person, event, reminder_step(clock.now()), confirmations.reminder_subject(event))


def _add(tx: Transaction, person: Person, event: Event, step: str, subject: str) -> None:
    now = clock.now()
    repository.add(
        tx,
        Delivery(
            source=event.id,
            shard=_EVENT_SHARD,
            person_id=person.id,
            step=step,
            kind=CONFIRMATION,
            email=person.fields.email,
            subject=subject[:SUBJECT_SHOWN],
            state=PENDING,
            state_at=now,
            created_at=now,
            due_at=now,
            due_shard=shard_of(event.id, settings.OUTBOX_SHARDS),
        ),
    )


def withdraw_confirmation(tx: Transaction, *, event_id: str, person_id: str, generation: int) -> None:
    """Cancel a registration's confirmation in an open transaction, if nobody has begun to send it.

    Reads consistently; the transaction is refused with the label `confirmation` where it is claimed meanwhile, and
    deciding again then finds nothing to withdraw.
    """
    found = repository.find(event_id, _EVENT_SHARD, person_id, confirmation_step(generation))
    if found is not None and found.state == PENDING:
        repository.withdraw(tx, found, clock.now())
