"""What documents say about people, as marks: a field, a value and a number. `sqlite_sets` keeps who has each mark.

Marks follow from one document alone, so storing it moves exactly the marks that it had before and has now.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from crm.search.documents import (
    AnyDocument,
    DeliveryDocument,
    EngagementDocument,
    EventDocument,
    PersonDocument,
    RegistrationDocument,
)
from crm.search.fields import FACETS, FIELDS, Kind
from crm.search.sqlite_codec import micros
from crm.search.text import match_key

HOUR, DAY = 3_600_000_000, 86_400_000_000
# What counts in no period: a place at an event that was called off.
NEVER = -(2**62)
# Everybody there is.
ALIVE = "alive"
# What was done with a mail, by the kind of engagement; a mail that was accepted.
GOT, OPENED, CLICKED = "got", "open", "click"
COUNTERS = ("events_registered", "events_attended", "events_hosted")
TIMES = ("created_at", "updated_at")
_LISTS = tuple(name for name in FACETS if FIELDS[name].kind is not Kind.TEXT)
_TEXTS = tuple(name for name in FACETS if FIELDS[name].kind is Kind.TEXT)
# Texts that hardly two people share are found by the index of their column; only who has none is marked.
_ROWS = tuple(name for name, field in FIELDS.items() if field.kind is Kind.TEXT and name not in FACETS)


class Mark(NamedTuple):
    """`number` is a count, a time in microseconds, or the hour or day it is in, as the field says."""

    field: str
    value: str = ""
    number: int = 0


# Who is marked with what.
Marked = tuple[str, Mark]


def of(document: AnyDocument | None) -> Iterator[Marked]:
    """Yield the marks of a document, some perhaps twice; none for engagements (see `deeds`) and what is not there."""
    make = _MAKERS.get(type(document))
    return make(document) if make is not None else iter(())


def deeds(row: EngagementDocument) -> Iterator[Mark]:
    """Return the marks that a human's opening or clicking leaves; several rows of a mail may leave the same one."""
    if row.kind in {OPENED, CLICKED}:
        source, _, step = row.mail_id.split("/", 2)
        yield from _dated(row.kind, mail_key(row.campaign_id, source, step), row.at)


def mail_key(campaign_id: str | None, source: str, step: str) -> str:
    """Return what a mail is called without its person; those of no campaign begin with a stroke."""
    return f"{campaign_id}/{step}" if campaign_id else f"/{source}/{step}"


def by_hour(field: str) -> str:
    """Return the field of the finer marks."""
    return f"{field}/hour"


def _dated(field: str, value: str, at: datetime) -> Iterator[Mark]:
    moment = micros(at)
    yield Mark(field, value, moment // DAY)
    yield Mark(by_hour(field), value, moment // HOUR)


def _person(person: PersonDocument) -> Iterator[Marked]:
    key = person.id
    yield key, Mark(ALIVE)
    for name, value in zip(_TEXTS, _TEXT_VALUES(person), strict=True):
        yield key, Mark(name, match_key(value))
    for name, value in zip(_ROWS, _ROW_VALUES(person), strict=True):
        if not match_key(value):
            yield key, Mark(name)
    for name, values in zip(_LISTS, _LIST_VALUES(person), strict=True):
        for value in values or ("",):
            yield key, Mark(name, match_key(value))
    for name in COUNTERS:
        yield key, Mark(name, "", getattr(person, name))
    for name in TIMES:
        yield key, Mark(name, "", micros(getattr(person, name)) // DAY)
    if person.unsubscribed:
        yield key, Mark("unsubscribed")


_TEXT_VALUES, _ROW_VALUES, _LIST_VALUES = attrgetter(*_TEXTS), attrgetter(*_ROWS), attrgetter(*_LISTS)


def _registration(place: RegistrationDocument) -> Iterator[Marked]:
    start = micros(place.event_start_at)
    if place.status == "registered":
        yield place.person_id, Mark("registered_for", place.event_id, start if place.counted else NEVER)
    if place.attended:
        yield place.person_id, Mark("attended_event", place.event_id, start)


def _event(event: EventDocument) -> Iterator[Marked]:
    start = NEVER if event.status == "cancelled" else micros(event.start_at)
    for person_id in event.people_in_charge:
        yield person_id, Mark("hosted_event", event.id, start)


def _delivery(mail: DeliveryDocument) -> Iterator[Marked]:
    if mail.state == "sent":
        source, person_id, step = mail.id.split("/", 2)
        for mark in _dated(GOT, mail_key(mail.campaign_id, source, step), mail.state_at):
            yield person_id, mark


_MAKERS: dict[type, Callable[[Any], Iterator[Marked]]] = {
    PersonDocument: _person,
    RegistrationDocument: _registration,
    EventDocument: _event,
    DeliveryDocument: _delivery,
}
