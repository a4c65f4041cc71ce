"""People and events for tests, made through the real actions."""

from datetime import UTC, datetime
from itertools import count

from crm.core import transaction
from crm.events import actions as event_actions
from crm.events.entities import Event, EventFields
from crm.people import actions as people_actions
from crm.people import repository as people
from crm.people.entities import Person, PersonFields

ACTOR = "staff:test"
_numbers = count(1)


def person(**values: object) -> Person:
    """Add a person with a fresh address."""
    number = next(_numbers)
    defaults: dict[str, object] = {"email": f"person{number}@example.com", "first_name": f"Person {number}"}
    return people_actions.create(fields=PersonFields(**{**defaults, **values}), actor=ACTOR)  # type: ignore[arg-type]


def leave(person: Person, *kinds: str) -> None:
    """Let a person unsubscribe from these kinds of mail, without any from all of it."""
    tx = transaction.begin()
    people.subscribe(tx, person, unsubscribed=not kinds, unsubscribed_from=kinds)
    tx.commit()


def event(**values: object) -> Event:
    """Add an event for tomorrow's world: published, unlimited, its owner a new person unless one is named."""
    defaults: dict[str, object] = {
        "title": f"Event {next(_numbers)}",
        "start_at": datetime(2030, 5, 1, 9, tzinfo=UTC),
        "end_at": datetime(2030, 5, 1, 17, tzinfo=UTC),
    }
    if "owner" not in values:
        values["owner"] = person().id
    return event_actions.create(fields=EventFields(**{**defaults, **values}), actor=ACTOR)  # type: ignore[arg-type]
