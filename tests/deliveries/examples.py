"""Plain people, events and mails to test deliveries with."""

from datetime import UTC, datetime

from crm.core import clock
from crm.deliveries.entities import CAMPAIGN, MAIL_STEP, PENDING, Delivery
from crm.events.entities import Event, EventFields
from crm.people.entities import Person, PersonFields

MOMENT = datetime(2025, 6, 1, 12, tzinfo=UTC)


def person(person_id: str = "p1", email: str = "ada@example.com") -> Person:
    """A person as stored."""
    fields = PersonFields(email=email, first_name="Ada", last_name="Lovelace")
    return Person.added(person_id, fields, MOMENT)


def event(event_id: str = "e1", title: str = "Tech Conference") -> Event:
    """A published event as stored."""
    fields = EventFields(
        title=title,
        start_at=datetime(2025, 8, 1, 9, tzinfo=UTC),
        end_at=datetime(2025, 8, 1, 17, tzinfo=UTC),
        owner="p9",
        venue="Main Hall",
        timezone="Europe/Berlin",
    )
    return Event(
        id=event_id,
        fields=fields,
        taken=0,
        waiting=0,
        checked_in=0,
        revision=1,
        version=1,
        created_at=MOMENT,
        updated_at=MOMENT,
    )


def mail(person_id: str = "p1", source: str = "c1") -> Delivery:
    """A campaign's mail that is due now."""
    now = clock.now()
    return Delivery(
        source=source,
        shard=0,
        person_id=person_id,
        step=MAIL_STEP,
        kind=CAMPAIGN,
        email=f"{person_id}@example.com",
        subject="Hello",
        state=PENDING,
        state_at=now,
        created_at=now,
        due_at=now,
        due_shard=0,
    )
