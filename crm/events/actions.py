"""What can be done to an event. Each action is one transaction: state, audit entry, and what follows from it."""

from collections.abc import Mapping
from dataclasses import asdict, replace

from crm.audit import repository as audit
from crm.core import clock, errors, ids, transaction, walks
from crm.events import repository
from crm.events.entities import CANCELLED, PUBLISHED, Event, EventFields, cleaned, slug_candidates
from crm.people import repository as people
from crm.people.entities import Charge

_STALE = "This event was changed meanwhile. Look at the newest version and try again."


def create(*, fields: EventFields, actor: str, event_id: str | None = None) -> Event:
    """Add an event; without a slug it gets one made from the title.

    Raises:
        errors.Invalid: a field breaks a rule, or owner or hosts are not people.
        errors.Conflict: the slug asked for is another event's.
    """
    fields = cleaned(fields)
    now = clock.now()
    id_ = event_id or ids.new()
    event = Event(id_, fields, taken=0, waiting=0, checked_in=0, revision=1, version=1, created_at=now, updated_at=now)
    patience = transaction.Patience()
    for slug in [fields.slug] if fields.slug else slug_candidates(fields.title, id_):
        event = replace(event, fields=replace(fields, slug=slug))
        try:
            return _created(event, actor, patience)
        except transaction.Refused as refused:
            _explain_charges(refused, event)
    raise errors.Conflict("Another event has this slug already.", field="slug")


def _created(event: Event, actor: str, patience: transaction.Patience) -> Event:
    tx = transaction.begin(patience)
    repository.create(tx, event)
    _charge(tx, None, event)
    audit.record(tx, kind="event", id=event.id, action="created", actor=actor, after=_told(event.fields))
    tx.commit(event)
    return event


def change(*, event_id: str, fields: EventFields, revision: int | None = None, actor: str) -> Event:
    """Replace every field. With `revision`, refuse if the event was edited since that one.

    Raises:
        errors.NotFound, errors.Invalid, errors.Busy.
        errors.Conflict: stale, the slug is taken, or the capacity is below the places taken.
    """
    return patch(event_id=event_id, values=asdict(fields), revision=revision, actor=actor)


def patch(*, event_id: str, values: Mapping[str, object], revision: int | None = None, actor: str) -> Event:
    """Change the named fields (as `EventFields` spells them) and leave the others. Raises as `change` does."""
    patience = transaction.Patience()
    while True:
        event = _found(event_id)
        _refuse_stale(event, revision)
        fields = cleaned(replace(event.fields, **values))  # type: ignore[arg-type]
        _refuse_too_small(event, fields)
        for slug in _slugs(event, fields):
            try:
                return _changed(event, replace(fields, slug=slug), actor, patience)
            except transaction.Refused as refused:
                _explain_charges(refused, replace(event, fields=fields))
                if "slug" not in refused.labels:
                    break
        else:
            raise errors.Conflict("Another event has this slug already.", field="slug")
        patience.wait()


def publish(*, event_id: str, actor: str) -> Event:
    """Open a draft, or restore a cancelled event. Raises as `change` does."""
    return patch(event_id=event_id, values={"status": PUBLISHED}, actor=actor)


def cancel(*, event_id: str, actor: str) -> Event:
    """Call an event off: nobody can register any more, and it counts nowhere. Raises as `change` does."""
    return patch(event_id=event_id, values={"status": CANCELLED}, actor=actor)


def _changed(event: Event, fields: EventFields, actor: str, patience: transaction.Patience) -> Event:
    now = clock.now()
    after = replace(event, fields=fields, revision=event.revision + 1, updated_at=now)
    tx = transaction.begin(patience)
    repository.change(tx, event, fields, now)
    if fields.slug != event.fields.slug:
        repository.claim_slug(tx, event.id, fields.slug)
        repository.retire_slug(tx, event.id, event.fields.slug)
    _charge(tx, event, after)
    if _touches_registrations(event, after):
        walks.start(tx, kind=walks.EVENT, subject_id=event.id, actor=actor)
    audit.record(
        tx,
        kind="event",
        id=event.id,
        action="edited",
        actor=actor,
        before=_told(event.fields),
        after=_told(fields),
    )
    tx.commit(after)
    return after


def delete(*, event_id: str, revision: int | None = None, actor: str) -> None:
    """Delete an event; the worker then takes its registrations out of everybody's counts.

    Raises:
        errors.NotFound, errors.Conflict (stale), errors.Busy.
    """
    patience = transaction.Patience()
    while True:
        event = _found(event_id)
        _refuse_stale(event, revision)
        tx = transaction.begin(patience)
        repository.delete(tx, event, clock.now())
        _charge(tx, event, None)
        walks.start(tx, kind=walks.EVENT, subject_id=event_id, actor=actor)
        audit.record(tx, kind="event", id=event_id, action="deleted", actor=actor, before=_told(event.fields))
        try:
            return tx.commit()
        except transaction.Refused:
            patience.wait()


def drop_host(*, event_id: str, person_id: str, actor: str) -> None:
    """Take a deleted person off an event's hosts; nothing happens where they are not among them."""
    event = repository.find(event_id)
    if event is not None and person_id in event.fields.hosts:
        left = tuple(host for host in event.fields.hosts if host != person_id)
        patch(event_id=event_id, values={"hosts": left}, actor=actor)


def _charge(tx: transaction.Transaction, before: Event | None, after: Event | None) -> None:
    """Move the counters of everybody who runs the event, one action a person."""
    old = before.people_in_charge if before else frozenset[str]()
    new = after.people_in_charge if after else frozenset[str]()
    for person_id in sorted(old | new):
        change = Charge(
            takes_on=person_id in new - old,
            leaves=person_id in old - new,
            hosted=_counts_as_hosted(after, person_id) - _counts_as_hosted(before, person_id),
            owned=_owns(after, person_id) - _owns(before, person_id),
        )
        if change != Charge():
            people.charge(tx, person_id, (after or before).id, change)  # type: ignore[union-attr]


def _counts_as_hosted(event: Event | None, person_id: str) -> int:
    return int(event is not None and not event.is_cancelled and person_id in event.people_in_charge)


def _owns(event: Event | None, person_id: str) -> int:
    return int(event is not None and event.fields.owner == person_id)


def _touches_registrations(before: Event, after: Event) -> bool:
    old, new = before.fields, after.fields
    return (
        after.capacity > before.capacity
        or old.start_at != new.start_at
        or before.is_cancelled != after.is_cancelled
        or old.uses_check_in != new.uses_check_in
    )


def _slugs(event: Event, fields: EventFields) -> list[str]:
    """Return the slugs to try: the one asked for, or those the title suggests (the present one if it is among them)."""
    if fields.slug:
        return [fields.slug]
    suggested = slug_candidates(fields.title, event.id)
    return [event.fields.slug] if event.fields.slug in suggested else suggested


def _explain_charges(refused: transaction.Refused, event: Event) -> None:
    unknown = {label.removeprefix("charge:") for label in refused.labels if label.startswith("charge:")}
    owner, hosts = unknown & {event.fields.owner}, unknown & set(event.fields.hosts)
    # Who is neither was one of the hosts before.
    at_fault = {"owner": owner, "hosts": hosts | (unknown - owner)}
    if unknown:
        problems = {
            field: f"There is no person with the id {', '.join(sorted(ids))}." for field, ids in at_fault.items() if ids
        }
        raise errors.Invalid(problems) from refused


def _refuse_too_small(event: Event, fields: EventFields) -> None:
    if 0 < fields.max_capacity < event.taken:
        raise errors.Conflict(f"{event.taken} places are taken already.", field="maxCapacity")


def _found(event_id: str) -> Event:
    event = repository.find(event_id)
    if event is None:
        raise errors.NotFound("There is no such event.")
    return event


def _refuse_stale(event: Event, revision: int | None) -> None:
    if revision is not None and revision != event.revision:
        raise errors.Conflict(_STALE)


def _told(fields: EventFields) -> dict[str, object]:
    return {**asdict(fields), "start_at": fields.start_at.isoformat(), "end_at": fields.end_at.isoformat()}
