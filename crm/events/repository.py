"""Events in DynamoDB. Labels: `slug` taken, `event` gone or changed meanwhile, `places` do not allow it."""

from dataclasses import asdict
from datetime import datetime
from enum import Enum
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from crm.core import dynamo
from crm.core.transaction import Transaction
from crm.events.entities import CANCELLED, UNLIMITED, Event, EventFields
from crm.events.tables import EVENT_SK, SLUG_SK, EventItem, SlugItem, event_pk, slug_pk


class Place(Enum):
    """How a registration moves an event's places."""

    TAKE = "take"
    WAIT = "wait"
    GIVE_BACK = "give back"
    HAND_ON = "hand on"
    STOP_WAITING = "stop waiting"
    FILL = "fill"


def find(event_id: str) -> Event | None:
    """Read an event consistently; None where unknown or deleted."""
    item = dynamo.get(EventItem, event_pk(event_id), EVENT_SK)
    return None if item is None or item.deleted else _entity(item)


def id_by_slug(slug: str) -> str | None:
    """Return the event a slug leads to, also one it had before."""
    item = dynamo.get(SlugItem, slug_pk(slug), SLUG_SK)
    return None if item is None else item.event_id


def create(tx: Transaction, event: Event) -> None:
    """Store a new event and claim its slug."""
    tx.create(
        EventItem(
            event_pk(event.id),
            EVENT_SK,
            **_stored(event.fields),
            taken=event.taken,
            waiting=event.waiting,
            checked_in=event.checked_in,
            created_at=event.created_at,
            updated_at=event.updated_at,
        ),
        label="event",
    )
    claim_slug(tx, event.id, event.fields.slug)


def claim_slug(tx: Transaction, event_id: str, slug: str) -> None:
    """Make a slug this event's; refused as `slug` unless it is free or only redirects."""
    sentinel = SlugItem(slug_pk(slug), SLUG_SK, event_id=event_id)
    tx.create(sentinel, label="slug", or_if=SlugItem.is_redirect == True)  # noqa: E712 - builds an expression


def retire_slug(tx: Transaction, event_id: str, slug: str) -> None:
    """Let an old slug lead to the event from now on as a redirect."""
    ours = SlugItem.event_id == event_id
    tx.update(SlugItem(slug_pk(slug), SLUG_SK), [SlugItem.is_redirect.set(True)], ours, label="event")


def change(tx: Transaction, event: Event, fields: EventFields, now: datetime) -> None:
    """Replace what people type, raising the revision; refused as `event` if edited, or fuller, than `event` says."""
    actions: list[Action] = [getattr(EventItem, name).set(value) for name, value in _stored(fields).items()]
    actions += [EventItem.updated_at.set(now), EventItem.revision.add(1)]
    capacity = fields.max_capacity or UNLIMITED
    tx.update(_key(event.id), actions, _unchanged(event) & (EventItem.taken <= capacity), label="event")


def delete(tx: Transaction, event: Event, now: datetime) -> None:
    """Leave the item as `deleted` and free the slug; refused as `event` if edited since."""
    actions = [EventItem.deleted.set(True), EventItem.updated_at.set(now), EventItem.revision.add(1)]
    tx.update(_key(event.id), actions, _unchanged(event), label="event")
    sentinel = SlugItem(slug_pk(event.fields.slug), SLUG_SK)
    tx.delete(sentinel, SlugItem.event_id == event.id, label="event")


def move_places(tx: Transaction, event: Event, place: Place, *, checked_in: int = 0) -> None:
    """Move the counters of an event's own item; refused as `places` where they, or the event, changed meanwhile.

    Every condition that the decision rested on stands here, so two requests cannot both take the last place, and a
    place never falls empty beside somebody waiting.
    """
    moves, condition = _PLACES[place]
    actions: list[Action] = list(moves)
    actions += [EventItem.checked_in.add(checked_in)] if checked_in else []
    tx.update(_key(event.id), actions, _unchanged(event) & condition, label="places")


def must_stay(tx: Transaction, event_id: str, event: Event | None) -> None:
    """Refuse a transaction as `event` unless the event is as it was read: unedited, or gone."""
    gone = EventItem.deleted == True  # noqa: E712 - builds an expression
    tx.check(_key(event_id), gone if event is None else _unchanged(event), label="event")


def count_check_in(tx: Transaction, event: Event, by: int) -> None:
    """Move the number of people checked in; refused as `event` if the event was edited since."""
    tx.update(_key(event.id), [EventItem.checked_in.add(by)], _unchanged(event), label="event")


_OPEN = EventItem.status != CANCELLED
_PLACES: dict[Place, tuple[list[Action], Condition]] = {
    Place.TAKE: ([EventItem.taken.add(1)], (EventItem.taken < EventItem.capacity) & (EventItem.waiting == 0) & _OPEN),
    Place.WAIT: (
        [EventItem.waiting.add(1)],
        ((EventItem.taken >= EventItem.capacity) | (EventItem.waiting > 0)) & _OPEN,
    ),
    # A cancelled event hands nothing on; should it be restored, its walk fills the places again.
    Place.GIVE_BACK: (
        [EventItem.taken.add(-1)],
        (EventItem.taken > 0) & ((EventItem.waiting == 0) | (EventItem.status == CANCELLED)),
    ),
    Place.HAND_ON: ([EventItem.waiting.add(-1)], (EventItem.taken > 0) & (EventItem.waiting > 0) & _OPEN),
    Place.STOP_WAITING: ([EventItem.waiting.add(-1)], EventItem.waiting > 0),
    Place.FILL: (
        [EventItem.waiting.add(-1), EventItem.taken.add(1)],
        (EventItem.waiting > 0) & (EventItem.taken < EventItem.capacity) & _OPEN,
    ),
}


def _unchanged(event: Event) -> Condition:
    # Only edits raise the revision, so parallel registrations do not refuse one another here.
    unchanged: Condition = (EventItem.revision == event.revision) & (EventItem.deleted == False)  # noqa: E712
    return unchanged


def _key(event_id: str) -> EventItem:
    return EventItem(event_pk(event_id), EVENT_SK)


def _stored(fields: EventFields) -> dict[str, Any]:
    values = asdict(fields)
    values["capacity"] = values.pop("max_capacity") or UNLIMITED
    values["hosts"] = list(fields.hosts)
    return values


def _entity(item: EventItem) -> Event:
    return Event(
        id=item.pk.removeprefix("EVENT#"),
        fields=EventFields(
            title=item.title,
            slug=item.slug,
            description=item.description,
            venue=item.venue,
            timezone=item.timezone,
            start_at=item.start_at,
            end_at=item.end_at,
            status=item.status,
            max_capacity=0 if item.capacity == UNLIMITED else int(item.capacity),
            owner=item.owner,
            hosts=tuple(item.hosts),
            uses_check_in=item.uses_check_in,
        ),
        taken=int(item.taken),
        waiting=int(item.waiting),
        checked_in=int(item.checked_in),
        revision=int(item.revision),
        version=int(item.version),
        created_at=item.created_at,
        updated_at=item.updated_at,
    )
