"""Writing the demo, through the repositories, many items a transaction. Started again, it adds only what is missing."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import batched
from random import Random

from crm.audit import repository as audit
from crm.core import clock, transaction
from crm.core.transaction import Transaction
from crm.deliveries import repository as deliveries
from crm.deliveries.entities import Delivery
from crm.events import repository as event_items
from crm.events.entities import Event
from crm.people import repository as people_items
from crm.people.entities import Charge, Person
from crm.registrations import repository as registration_items
from crm.registrations.entities import REGISTERED, WAITLISTED, Registration
from devstack.demo import campaigns, events, mails, people

ACTOR = "system"
# A transaction takes at most 100 actions.
_MOST_ACTIONS = 100
_SEED = 2025


@dataclass(frozen=True, slots=True)
class Demo:
    """Everything that is to be stored, with all counts in agreement."""

    people: Sequence[Person]
    events: Sequence[Event]
    registrations: Sequence[Registration]
    confirmations: Sequence[Delivery]


def plan() -> Demo:
    """Invent the demo: the same every time but for the dates, which are around today."""
    random, now = Random(_SEED), clock.now()
    crowd = people.people(random, now)
    gatherings = events.events(random, crowd, now)
    everybody = crowd[2:]
    registered = [
        registration
        for event, planned in zip(gatherings, events.PLANS, strict=True)
        for registration in events.registrations(random, event, planned.asking, everybody, now)
    ]
    by_id = {person.id: person for person in crowd}
    return Demo(
        people=[_with_counts(person, registered) for person in mails.with_unsubscribed(random, crowd)],
        events=[_with_places(event, registered) for event in gatherings],
        registrations=registered,
        confirmations=mails.confirmations(gatherings, registered, by_id),
    )


def load(say: Callable[[str], None]) -> None:
    """Store the demo, once. A start that was cut short goes on; what is there already is left as it is."""
    if campaigns.are_loaded():
        return
    demo = plan()
    _store("people", demo.people, 3, _add_person, say)
    # One at a time: two events may share a host, and a transaction takes each item once.
    _store("events", demo.events, _MOST_ACTIONS, _add_event, say)
    _store("registrations", demo.registrations, 3, _add_registration, say)
    _store("confirmations", demo.confirmations, 1, deliveries.add, say)
    campaigns.load(demo.people, say)


def _store[Row](
    what: str, rows: Sequence[Row], actions: int, add: Callable[[Transaction, Row], None], say: Callable[[str], None]
) -> None:
    for batch in batched(rows, _MOST_ACTIONS // actions):
        _commit(batch, add)
    say(f"{len(rows)} {what}")


def _commit[Row](rows: Iterable[Row], add: Callable[[Transaction, Row], None]) -> None:
    """Write rows together; where one of them exists already, one by one."""
    rows = list(rows)
    tx = transaction.begin()
    for row in rows:
        add(tx, row)
    try:
        tx.commit()
    except transaction.Refused:
        for row in rows if len(rows) > 1 else ():
            _commit([row], add)


def _add_person(tx: Transaction, person: Person) -> None:
    people_items.create(tx, person)
    audit.record(tx, kind="person", id=person.id, action="created", actor=ACTOR, after={"email": person.fields.email})


def _add_event(tx: Transaction, event: Event) -> None:
    event_items.create(tx, event)
    hosted = int(not event.is_cancelled)
    for person_id in sorted(event.people_in_charge):
        owned = int(person_id == event.fields.owner)
        people_items.charge(tx, person_id, event.id, Charge(takes_on=True, hosted=hosted, owned=owned))
    audit.record(tx, kind="event", id=event.id, action="created", actor=ACTOR, after={"title": event.fields.title})


def _add_registration(tx: Transaction, registration: Registration) -> None:
    registration_items.create(tx, registration)
    if registration.status == WAITLISTED:
        registration_items.wait(tx, registration)


def _with_counts(person: Person, registrations: Sequence[Registration]) -> Person:
    own = [registration for registration in registrations if registration.person_id == person.id]
    return replace(
        person,
        events_registered=sum(registration.counted_registered for registration in own),
        events_attended=sum(registration.counted_attended for registration in own),
    )


def _with_places(event: Event, registrations: Sequence[Registration]) -> Event:
    own = [registration for registration in registrations if registration.event_id == event.id]
    statuses = Counter(registration.status for registration in own)
    here = sum(registration.checked_in_at is not None for registration in own)
    return replace(event, taken=statuses[REGISTERED], waiting=statuses[WAITLISTED], checked_in=here)
