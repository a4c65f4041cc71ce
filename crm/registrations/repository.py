"""Registrations in DynamoDB. Labels: `registration` changed meanwhile, `waiting` ticket gone or there already."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from crm.core import dynamo
from crm.core.touches import Touch
from crm.core.transaction import Transaction
from crm.registrations.entities import Registration
from crm.registrations.tables import (
    REGISTRATION_PREFIX,
    WAITING_PREFIX,
    PointerItem,
    RegistrationItem,
    TouchMap,
    WaitingItem,
    event_pk,
    person_pk,
    registration_sk,
    touch_of,
    waiting_sk,
)

# Sorts behind every key that begins with the prefix: `$` follows `#`.
_LAST = REGISTRATION_PREFIX.replace("#", "$")


def find(event_id: str, person_id: str) -> Registration | None:
    """Read a registration consistently; None where there never was one, or the event or person is deleted."""
    item = dynamo.get(RegistrationItem, event_pk(event_id), registration_sk(person_id))
    return None if item is None or item.deleted else _entity(item)


def find_many(event_id: str, person_ids: Iterable[str]) -> dict[str, Registration]:
    """Read several people's registrations for one event consistently, by person; those without one are left out."""
    keys = [(event_pk(event_id), registration_sk(person_id)) for person_id in person_ids]
    found = dynamo.get_many(RegistrationItem, keys).values()
    return {item.person_id: _entity(item) for item in found if not item.deleted}


def of_event(event_id: str, after: str = "") -> Iterator[tuple[str, Registration]]:
    """Yield (cursor, registration) of an event in the order of keys, from behind the cursor, read consistently."""
    first = f"{after}\x00" if after else REGISTRATION_PREFIX
    beyond = RegistrationItem.sk.between(first, _LAST)
    for item in dynamo.query(RegistrationItem, event_pk(event_id), beyond, page_size=100):
        if not item.deleted:
            yield item.sk, _entity(item)


def event_ids_of_person(person_id: str) -> Iterator[str]:
    """Yield the events somebody has or had a registration for, read consistently."""
    within = PointerItem.sk.startswith(REGISTRATION_PREFIX)
    for pointer in dynamo.query(PointerItem, person_pk(person_id), within, page_size=100):
        yield pointer.event_id


def first_waiting(event_id: str, limit: int = 1) -> list[Registration]:
    """Return who has waited longest, read consistently."""
    waiting = WaitingItem.sk.startswith(WAITING_PREFIX)
    tickets = dynamo.query(WaitingItem, event_pk(event_id), waiting, limit=limit)
    found = (find(event_id, ticket.person_id) for ticket in tickets)
    return [registration for registration in found if registration is not None]


def create(tx: Transaction, new: Registration) -> None:
    """Store a first registration with the person's pointer to it; refused as `registration` if there is one."""
    tx.create(
        RegistrationItem(
            event_pk(new.event_id),
            registration_sk(new.person_id),
            event_id=new.event_id,
            person_id=new.person_id,
            status=new.status,
            generation=new.generation,
            registered_at=new.registered_at,
            waitlisted_at=new.waitlisted_at,
            cancelled_at=new.cancelled_at,
            checked_in_at=new.checked_in_at,
            counted_registered=new.counted_registered,
            counted_attended=new.counted_attended,
            event_start_at=new.event_start_at,
            created_at=new.created_at,
            updated_at=new.updated_at,
            first_touch=_stored(new.first_touch),
            last_touch=_stored(new.last_touch),
        ),
        label="registration",
    )
    pointer = PointerItem(person_pk(new.person_id), registration_sk(new.event_id), event_id=new.event_id)
    tx.create(pointer, label="registration", or_if=PointerItem.event_id == new.event_id)


def change(tx: Transaction, old: Registration, new: Registration, *, deleted: bool = False) -> None:
    """Bring the stored registration from `old` to `new`; refused as `registration` if it moved meanwhile."""
    actions: list[Action] = [
        RegistrationItem.status.set(new.status),
        RegistrationItem.generation.set(new.generation),
        RegistrationItem.counted_registered.set(new.counted_registered),
        RegistrationItem.counted_attended.set(new.counted_attended),
        RegistrationItem.event_start_at.set(new.event_start_at),
        RegistrationItem.updated_at.set(new.updated_at),
        RegistrationItem.deleted.set(deleted),
    ]
    for name in ("registered_at", "waitlisted_at", "cancelled_at", "checked_in_at"):
        attribute, moment = getattr(RegistrationItem, name), getattr(new, name)
        actions.append(attribute.remove() if moment is None else attribute.set(moment))
    for name in ("first_touch", "last_touch"):
        attribute, touch = getattr(RegistrationItem, name), _stored(getattr(new, name))
        actions.append(attribute.remove() if touch is None else attribute.set(touch))
    key = RegistrationItem(event_pk(old.event_id), registration_sk(old.person_id))
    tx.update(key, actions, _as_read(old), label="registration")


def wait(tx: Transaction, registration: Registration) -> None:
    """Put a waiting ticket for somebody just waitlisted."""
    assert registration.waitlisted_at is not None
    ticket = WaitingItem(
        event_pk(registration.event_id),
        waiting_sk(registration.waitlisted_at, registration.person_id),
        person_id=registration.person_id,
        since=registration.waitlisted_at,
    )
    tx.create(ticket, label="waiting")


def stop_waiting(tx: Transaction, registration: Registration) -> None:
    """Take the waiting ticket of somebody who moves up or gives up; refused as `waiting` if it is gone."""
    assert registration.waitlisted_at is not None
    sk = waiting_sk(registration.waitlisted_at, registration.person_id)
    tx.delete(WaitingItem(event_pk(registration.event_id), sk), WaitingItem.pk.exists(), label="waiting")


def _as_read(registration: Registration) -> Condition:
    # Every write of a registration goes through here, so its version tells whether it moved.
    as_read = RegistrationItem.version == registration.version
    untouched: Condition = as_read & (RegistrationItem.deleted == False)  # noqa: E712
    return untouched


def _stored(touch: Touch | None) -> TouchMap | None:
    return None if touch is None else TouchMap(**asdict(touch))  # type: ignore[no-untyped-call]


def _entity(item: RegistrationItem) -> Registration:
    return Registration(
        event_id=item.event_id,
        person_id=item.person_id,
        status=item.status,
        generation=int(item.generation),
        registered_at=item.registered_at,
        waitlisted_at=item.waitlisted_at,
        cancelled_at=item.cancelled_at,
        checked_in_at=item.checked_in_at,
        counted_registered=item.counted_registered,
        counted_attended=item.counted_attended,
        event_start_at=item.event_start_at,
        version=int(item.version),
        created_at=item.created_at,
        updated_at=item.updated_at,
        first_touch=touch_of(item.first_touch),
        last_touch=touch_of(item.last_touch),
    )
