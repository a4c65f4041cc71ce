"""What can be done to a registration. Each is one transaction over the registration, the event's places, the person's
counters, the confirmation mail and the audit entry. A refused condition re-reads and decides again, for at most
`transaction.PATIENCE_S`; so an event is never oversold, and no place stays empty beside somebody waiting.
"""

from dataclasses import dataclass, replace

from crm.audit import repository as audit
from crm.core import clock, errors, transaction
from crm.core.touches import DIRECT, Touches
from crm.core.transaction import Transaction
from crm.deliveries import actions as deliveries
from crm.deliveries import hints
from crm.events import repository as events
from crm.events.entities import Event
from crm.events.repository import Place
from crm.people import actions as people_actions
from crm.people import repository as people
from crm.people.entities import Person
from crm.registrations import existing, repository
from crm.registrations.entities import CANCELLED, REGISTERED, WAITLISTED, Registration, counted, fresh


@dataclass(frozen=True, slots=True)
class Outcome:
    """What registering led to; `is_new` is False where the person had a place, or waited, already."""

    registration: Registration
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Wanted:
    event_id: str
    person_id: str
    actor: str
    touches: Touches
    mails_waiting: bool
    consent: str


def register(
    *,
    event_id: str,
    person_id: str,
    actor: str,
    touches: Touches = DIRECT,
    mails_waiting: bool = False,
    consent: str = "",
) -> Outcome:
    """Give somebody a place, or a place on the waitlist where the event is full.

    `touches`: what led them here; who has a place, or waits, already keeps what led them to it. With `mails_waiting`
    who comes on the waitlist is told so by mail, as who gets a place always is. `consent`: what they agreed to by
    it, in the words they were shown.

    Raises:
        errors.NotFound: no such event or person.
        errors.Conflict: the event is cancelled.
        errors.Busy: too many at once; nothing was written.
    """
    wanted = _Wanted(event_id, person_id, actor, touches, mails_waiting, consent)
    outcome = transaction.until_it_holds(lambda patience: _register(wanted, patience))
    if outcome.is_new:
        hints.wake("confirmations")
    return outcome


def _register(wanted: _Wanted, patience: transaction.Patience) -> Outcome:
    event, person = existing.event(wanted.event_id), existing.person(wanted.person_id)
    old = repository.find(event.id, person.id)
    if old is not None and old.status != CANCELLED:
        return Outcome(old, is_new=False)
    if event.is_cancelled:
        raise errors.Conflict("This event is cancelled.")
    is_free = event.taken < event.capacity and event.waiting == 0
    status = REGISTERED if is_free else WAITLISTED
    new = fresh(event, person.id, old, status, clock.now(), touches=wanted.touches)
    tx = transaction.begin(patience)
    if old is None:
        repository.create(tx, new)
    else:
        repository.change(tx, old, new)
    events.move_places(tx, event, Place.TAKE if is_free else Place.WAIT)
    _count(tx, old, new)
    if is_free:
        deliveries.confirm(tx, person=person, event=event, generation=new.generation)
    else:
        repository.wait(tx, new)
        if wanted.mails_waiting:
            deliveries.tell_waiting(tx, person=person, event=event, generation=new.generation)
    _tell(tx, new, new.status, wanted.actor)
    people_actions.agree(tx, person.id, wanted.consent, actor=wanted.actor)
    outcome = Outcome(new, is_new=True)
    tx.commit(outcome)
    return outcome


def cancel(*, event_id: str, person_id: str, actor: str, again: bool = True) -> Registration:
    """Give a place back, to whoever has waited longest; or leave the waitlist. Cancelled already: no change.

    Raises:
        errors.NotFound: there is no such registration; or it is cancelled already, where `again` is not allowed.
        errors.Busy: too many at once; nothing was written.
    """
    registration = transaction.until_it_holds(
        lambda patience: _cancel(event_id, person_id, actor, patience, again=again)
    )
    hints.wake("confirmations")
    return registration


def _cancel(event_id: str, person_id: str, actor: str, patience: transaction.Patience, *, again: bool) -> Registration:
    event, old = existing.event(event_id), existing.registration(event_id, person_id)
    existing.person(person_id)
    if old.status == CANCELLED:
        if not again:
            raise errors.NotFound("This registration is cancelled already.")
        return old
    tx = transaction.begin(patience)
    new = leave(tx, event, old, actor)
    _count(tx, old, new)
    tx.commit(new)
    return new


def leave(tx: Transaction, event: Event, old: Registration, actor: str, *, deleted: bool = False) -> Registration:
    """Add to a transaction everything that cancelling means but for the person's own counters."""
    now = clock.now()
    new = counted(replace(old, status=CANCELLED, cancelled_at=now, checked_in_at=None, updated_at=now), event)
    repository.change(tx, old, new, deleted=deleted)
    if old.status == WAITLISTED:
        events.move_places(tx, event, Place.STOP_WAITING)
        repository.stop_waiting(tx, old)
    else:
        _pass_place_on(tx, event, was_checked_in=old.checked_in_at is not None, actor=actor)
        deliveries.withdraw_confirmation(tx, event_id=old.event_id, person_id=old.person_id, generation=old.generation)
    _tell(tx, new, "cancelled", actor)
    return new


def _pass_place_on(tx: Transaction, event: Event, *, was_checked_in: bool, actor: str) -> None:
    checked_in = -int(was_checked_in)
    if event.waiting and not event.is_cancelled and (following := _next_in_line(event)) is not None:
        events.move_places(tx, event, Place.HAND_ON, checked_in=checked_in)
        promote(tx, event, *following, actor=actor)
    else:
        events.move_places(tx, event, Place.GIVE_BACK, checked_in=checked_in)


def _next_in_line(event: Event) -> tuple[Registration, Person] | None:
    """Return who has waited longest and still exists; a deleted person's walk is about to take them off the list."""
    for registration in repository.first_waiting(event.id, limit=10):
        person = people.find(registration.person_id)
        if person is not None:
            return registration, person
    return None


def promote(tx: Transaction, event: Event, old: Registration, person: Person, *, actor: str) -> None:
    """Add to a transaction the move from the waitlist to a place, but for the event's places."""
    now = clock.now()
    new = counted(replace(old, status=REGISTERED, registered_at=now, updated_at=now), event)
    repository.change(tx, old, new)
    repository.stop_waiting(tx, old)
    _count(tx, old, new, label="next-in-line")
    deliveries.confirm(tx, person=person, event=event, generation=new.generation)
    _tell(tx, new, "moved up", actor)


def fill_place(event: Event, actor: str, patience: transaction.Patience) -> bool:
    """Move one waiting person up into a free place. False where there is no free place or nobody waits.

    Raises:
        transaction.Refused: things changed meanwhile; read the event again.
    """
    if event.is_cancelled or not event.waiting or event.taken >= event.capacity:
        return False
    following = _next_in_line(event)
    if following is None:
        return False
    tx = transaction.begin(patience)
    events.move_places(tx, event, Place.FILL)
    promote(tx, event, *following, actor=actor)
    tx.commit()
    return True


def check_in(*, event_id: str, person_id: str, actor: str) -> Registration:
    """Note that somebody is here; again changes nothing.

    Raises:
        errors.NotFound: there is no such registration.
        errors.Conflict: the event does not use check-in or is cancelled, or the person has no place.
    """
    return transaction.until_it_holds(
        lambda patience: _set_presence(event_id, person_id, actor, patience, is_here=True)
    )


def undo_check_in(*, event_id: str, person_id: str, actor: str) -> Registration:
    """Take a check-in back; where there was none nothing changes. Raises as `check_in` does."""
    return transaction.until_it_holds(
        lambda patience: _set_presence(event_id, person_id, actor, patience, is_here=False)
    )


def _set_presence(
    event_id: str, person_id: str, actor: str, patience: transaction.Patience, *, is_here: bool
) -> Registration:
    event, old = existing.event(event_id), existing.registration(event_id, person_id)
    existing.person(person_id)
    _refuse_check_in(event, old)
    if is_here == (old.checked_in_at is not None):
        return old
    now = clock.now()
    new = counted(replace(old, checked_in_at=now if is_here else None, updated_at=now), event)
    tx = transaction.begin(patience)
    repository.change(tx, old, new)
    events.count_check_in(tx, event, 1 if is_here else -1)
    _count(tx, old, new)
    _tell(tx, new, "checked in" if is_here else "check-in undone", actor)
    tx.commit(new)
    return new


def _refuse_check_in(event: Event, registration: Registration) -> None:
    if not event.fields.uses_check_in:
        raise errors.Conflict("This event does not use check-in.")
    if event.is_cancelled:
        raise errors.Conflict("This event is cancelled.")
    if registration.status != REGISTERED:
        raise errors.Conflict(f"This person is {registration.status}, not registered.")


def _count(tx: Transaction, old: Registration | None, new: Registration, label: str = "person") -> None:
    registered = new.counted_registered - (old.counted_registered if old else 0)
    attended = new.counted_attended - (old.counted_attended if old else 0)
    people.count(tx, new.person_id, registered=registered, attended=attended, label=label)


def _tell(tx: Transaction, registration: Registration, action: str, actor: str) -> None:
    subject = f"{registration.event_id}/{registration.person_id}"
    audit.record(tx, kind="registration", id=subject, action=action, actor=actor, after={"status": registration.status})
