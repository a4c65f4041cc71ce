"""The confirmations that the demo's registrations were sent, and who wants no mail."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

from crm.deliveries import confirmations as letters
from crm.deliveries.entities import CONFIRMATION, SENT, SUBJECT_SHOWN, Delivery, confirmation_step
from crm.events.entities import Event
from crm.people.entities import Person
from crm.registrations.entities import Registration

_UNSUBSCRIBED = 0.03


def with_unsubscribed(random: Random, crowd: Sequence[Person]) -> list[Person]:
    """Let a few people want no mail at all."""
    return [replace(person, unsubscribed=random.random() < _UNSUBSCRIBED) for person in crowd]


def confirmations(
    events: Sequence[Event], registrations: Sequence[Registration], people: Mapping[str, Person]
) -> list[Delivery]:
    """Return the mail that each place brought, sent a few seconds after."""
    by_id = {event.id: event for event in events}
    return [
        _confirmation(by_id[registration.event_id], people[registration.person_id], registration)
        for registration in registrations
        if registration.registered_at is not None
    ]


def _confirmation(event: Event, person: Person, registration: Registration) -> Delivery:
    asked = registration.created_at
    sent = asked + timedelta(seconds=3)
    return Delivery(
        source=event.id,
        shard=0,
        person_id=person.id,
        step=confirmation_step(registration.generation),
        kind=CONFIRMATION,
        email=person.fields.email,
        subject=letters.subject(event)[:SUBJECT_SHOWN],
        state=SENT,
        state_at=sent,
        created_at=asked,
        due_at=None,
        due_shard=0,
        attempt=1,
        message_id=f"demo-{event.id}-{person.id}",
        sent_at=sent,
    )
