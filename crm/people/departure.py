"""What goes when a person is deleted, named before anybody is asked to confirm it."""

from collections.abc import Mapping

from crm.core import clock
from crm.people.entities import Person
from crm.search import engine


def _plural(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def question(person: Person, *, back: str, error: str = "") -> Mapping[str, object]:
    """Return what the confirmation page says about deleting this person."""
    return {
        "title": f"{person.name} cannot be deleted yet" if person.owned else f"Delete {person.name}?",
        "lines": _lines(person),
        "verb": f"Delete {person.name}",
        "keep": "Back" if person.owned else "Keep this person",
        "back": back,
        "danger": True,
        "is_blocked": person.owned > 0,
        "error": error,
    }


def _lines(person: Person) -> list[str]:
    if person.owned:
        events = _plural(person.owned, "event", "events")
        return [f"{person.name} owns {events}. Give each another owner first."]
    store = engine.store()
    registered = store.registrations(person_id=person.id, status="registered", limit=100)
    waiting = store.registrations(person_id=person.id, status="waitlisted", limit=1).total
    freed = sum(1 for row in registered.items if row.event_start_at > clock.now())
    lines = [f"The page of {person.name} and everything typed on it goes, and {person.fields.email} is free again."]
    if registered.total or waiting:
        lines.append(f"{_plural(registered.total + waiting, 'registration is', 'registrations are')} cancelled.")
    if freed:
        lines.append(f"{_plural(freed, 'place', 'places')} at events to come go to whoever has waited longest.")
    if person.events_hosted:
        lines.append(f"{_plural(person.events_hosted, 'event loses', 'events lose')} them as host.")
    return [*lines, "It cannot be undone."]
