"""Rules of places: who gets one, who waits, who moves up."""

import pytest

from crm.core import errors
from crm.deliveries import repository as deliveries
from crm.events import actions as event_actions
from crm.events import queries as events
from crm.people import queries as people
from crm.registrations import actions, repository
from crm.registrations.entities import CANCELLED, REGISTERED, WAITLISTED
from tests import factories
from tests.factories import ACTOR

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


def register(event_id: str, person_id: str) -> str:
    return actions.register(event_id=event_id, person_id=person_id, actor=ACTOR).registration.status


def test_registering_takes_a_place_and_counts_on_the_person() -> None:
    event, person = factories.event(max_capacity=2), factories.person()

    assert register(event.id, person.id) == REGISTERED

    assert events.get(event.id).taken == 1
    after = people.get(person.id)
    assert (after.events_registered, after.events_attended) == (1, 1)


def test_registering_twice_leaves_one_registration() -> None:
    event, person = factories.event(), factories.person()
    register(event.id, person.id)

    again = actions.register(event_id=event.id, person_id=person.id, actor=ACTOR)

    assert not again.is_new
    assert events.get(event.id).taken == 1


def test_registering_writes_a_pending_confirmation() -> None:
    event, person = factories.event(), factories.person()

    register(event.id, person.id)

    mail = deliveries.find(event.id, 0, person.id, "confirmation#1")
    assert mail is not None
    assert mail.state == "pending"


def test_full_event_puts_person_on_waitlist() -> None:
    event = factories.event(max_capacity=1)
    register(event.id, factories.person().id)
    late = factories.person()

    assert register(event.id, late.id) == WAITLISTED

    assert (events.get(event.id).taken, events.get(event.id).waiting) == (1, 1)
    assert people.get(late.id).events_registered == 0
    assert deliveries.find(event.id, 0, late.id, "confirmation#1") is None


def test_cancelling_moves_up_whoever_waited_longest() -> None:
    event = factories.event(max_capacity=1)
    first, second, third = (factories.person() for _ in range(3))
    for one in (first, second, third):
        register(event.id, one.id)

    actions.cancel(event_id=event.id, person_id=first.id, actor=ACTOR)

    statuses = [repository.find(event.id, one.id).status for one in (first, second, third)]  # type: ignore[union-attr]
    assert statuses == [CANCELLED, REGISTERED, WAITLISTED]
    assert (events.get(event.id).taken, events.get(event.id).waiting) == (1, 1)
    assert people.get(first.id).events_registered == 0
    assert people.get(second.id).events_registered == 1


def test_leaving_the_waitlist_takes_no_place_from_anybody() -> None:
    event = factories.event(max_capacity=1)
    first, second = factories.person(), factories.person()
    register(event.id, first.id)
    register(event.id, second.id)

    actions.cancel(event_id=event.id, person_id=second.id, actor=ACTOR)

    assert (events.get(event.id).taken, events.get(event.id).waiting) == (1, 0)
    assert repository.first_waiting(event.id) == []


def test_cancelling_withdraws_a_confirmation_that_was_not_sent() -> None:
    event, person = factories.event(), factories.person()
    register(event.id, person.id)

    actions.cancel(event_id=event.id, person_id=person.id, actor=ACTOR)

    mail = deliveries.find(event.id, 0, person.id, "confirmation#1")
    assert mail is not None
    assert mail.state == "cancelled"


def test_registering_again_after_cancelling_gets_its_own_confirmation() -> None:
    event, person = factories.event(), factories.person()
    register(event.id, person.id)
    actions.cancel(event_id=event.id, person_id=person.id, actor=ACTOR)

    assert register(event.id, person.id) == REGISTERED

    assert repository.find(event.id, person.id).generation == 2  # type: ignore[union-attr]
    assert deliveries.find(event.id, 0, person.id, "confirmation#2") is not None
    assert people.get(person.id).events_registered == 1


def test_cancelled_event_takes_nobody() -> None:
    event = factories.event()
    event_actions.cancel(event_id=event.id, actor=ACTOR)

    with pytest.raises(errors.Conflict, match="cancelled"):
        register(event.id, factories.person().id)


def test_unknown_event_and_person_are_not_found() -> None:
    with pytest.raises(errors.NotFound, match="event"):
        register("nowhere", factories.person().id)
    with pytest.raises(errors.NotFound, match="person"):
        register(factories.event().id, "nobody")


def test_check_in_makes_a_registration_count_as_attended() -> None:
    event, person = factories.event(uses_check_in=True), factories.person()
    register(event.id, person.id)
    assert people.get(person.id).events_attended == 0

    actions.check_in(event_id=event.id, person_id=person.id, actor=ACTOR)
    actions.check_in(event_id=event.id, person_id=person.id, actor=ACTOR)
    assert (people.get(person.id).events_attended, events.get(event.id).checked_in) == (1, 1)

    actions.undo_check_in(event_id=event.id, person_id=person.id, actor=ACTOR)
    assert (people.get(person.id).events_attended, events.get(event.id).checked_in) == (0, 0)


def test_cancelling_somebody_checked_in_takes_the_check_in_back() -> None:
    event, person = factories.event(uses_check_in=True), factories.person()
    register(event.id, person.id)
    actions.check_in(event_id=event.id, person_id=person.id, actor=ACTOR)

    actions.cancel(event_id=event.id, person_id=person.id, actor=ACTOR)

    assert (people.get(person.id).events_attended, events.get(event.id).checked_in) == (0, 0)


def test_event_without_check_in_refuses_it() -> None:
    event, person = factories.event(), factories.person()
    register(event.id, person.id)

    with pytest.raises(errors.Conflict, match="does not use check-in"):
        actions.check_in(event_id=event.id, person_id=person.id, actor=ACTOR)
