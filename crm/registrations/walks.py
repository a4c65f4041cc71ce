"""Running the walks that events and people started: one transaction a registration, resumable, idempotent.

What each registration remembers as counted is compared with what it should count, so that doing it twice, or beside
somebody else, moves every counter once.
"""

from dataclasses import replace
from functools import partial

from crm.core import clock, transaction, walks
from crm.core.walks import Stop, Walk
from crm.deliveries import actions as deliveries
from crm.deliveries import hints
from crm.events import actions as event_actions
from crm.events import repository as events
from crm.people import repository as people
from crm.registrations import actions, repository
from crm.registrations.entities import CANCELLED, WAITLISTED, Registration, counted

_REMEMBER_EVERY = 25


def run_open(stop: Stop) -> int:
    """Run all unfinished walks until `stop` says so; return how many were finished. The rest stay for the next run."""
    return walks.run_open({walks.EVENT: _run_event, walks.PERSON: _run_person}, stop)


def _run_event(walk: Walk, stop: Stop) -> bool:
    for number, (cursor, registration) in enumerate(repository.of_event(walk.subject_id, walk.cursor), start=1):
        if stop():
            return False
        transaction.until_it_holds(partial(_settle, registration))
        if number % _REMEMBER_EVERY == 0 and not walks.advance(walk.id, cursor):
            return False
    return _fill_places(walk, stop)


def _settle(registration: Registration, patience: transaction.Patience) -> None:
    """Bring one registration in line with its event as it is now."""
    event = events.find(registration.event_id)
    old = repository.find(registration.event_id, registration.person_id)
    if old is None:
        return
    new = counted(old, event)
    if event is not None and event.is_cancelled is False and new == old:
        return
    tx = transaction.begin(patience)
    if event is None or event.is_cancelled:
        deliveries.withdraw_confirmation(tx, event_id=old.event_id, person_id=old.person_id, generation=old.generation)
    if event is None:
        _remove(tx, old, new)
    elif new != old:
        repository.change(tx, old, replace(new, updated_at=clock.now()))
    if event is None or new != old:
        # What it counts for was worked out from the event as read: another edit meanwhile must win.
        events.must_stay(tx, old.event_id, event)
    _count_if_present(tx, old, new)
    tx.commit()


def _remove(tx: transaction.Transaction, old: Registration, new: Registration) -> None:
    if old.status == WAITLISTED:
        repository.stop_waiting(tx, old)
    repository.change(tx, old, replace(new, updated_at=clock.now()), deleted=True)


def _count_if_present(tx: transaction.Transaction, old: Registration, new: Registration) -> None:
    registered = new.counted_registered - old.counted_registered
    attended = new.counted_attended - old.counted_attended
    if (registered or attended) and people.find(old.person_id) is not None:
        people.count(tx, old.person_id, registered=registered, attended=attended)


def _fill_places(walk: Walk, stop: Stop) -> bool:
    """Move people up while a restored or enlarged event has free places beside a waitlist."""
    moved = True
    while moved:
        if stop():
            return False
        moved = transaction.until_it_holds(partial(_fill_one, walk.subject_id, walk.actor))
    return True


def _fill_one(event_id: str, actor: str, patience: transaction.Patience) -> bool:
    event = events.find(event_id)
    is_filled = event is not None and actions.fill_place(event, actor, patience)
    if is_filled:
        hints.wake("confirmations")
    return is_filled


def _run_person(walk: Walk, stop: Stop) -> bool:
    for event_id in repository.event_ids_of_person(walk.subject_id):
        if stop():
            return False
        transaction.until_it_holds(partial(_withdraw, event_id, walk))
    for event_id in people.in_charge_of(walk.subject_id):
        event_actions.drop_host(event_id=event_id, person_id=walk.subject_id, actor=walk.actor)
    return True


def _withdraw(event_id: str, walk: Walk, patience: transaction.Patience) -> None:
    """Cancel and hide one registration of a deleted person, handing the place on."""
    old = repository.find(event_id, walk.subject_id)
    event = events.find(event_id)
    if old is None or event is None:
        return  # A deleted event's own walk removes its registrations.
    tx = transaction.begin(patience)
    if old.status == CANCELLED:
        repository.change(tx, old, replace(old, updated_at=clock.now()), deleted=True)
    else:
        actions.leave(tx, event, old, walk.actor, deleted=True)
    tx.commit()
