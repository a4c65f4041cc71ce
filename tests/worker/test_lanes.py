"""Confirmations are written from person and event as they are when they are sent."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings

from crm.core import clock, ids, transaction
from crm.deliveries import actions as delivery_actions
from crm.deliveries import repository as deliveries
from crm.deliveries import transitions
from crm.deliveries.entities import SENT, SKIPPED, Delivery, reminder_step
from crm.events import actions as events
from crm.events.entities import Event
from crm.people.entities import Person
from crm.registrations import actions as registrations
from tests import factories
from tests.deliveries.ses_endpoint import Endpoint
from tests.worker.outbox_fakes import never
from worker import outbox
from worker.lanes import ConfirmationLane

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


def _confirmed(person: Person, event: Event) -> None:
    registrations.register(event_id=event.id, person_id=person.id, actor=factories.ACTOR)


def _drained(person: Person, event: Event, pool: ThreadPoolExecutor) -> Delivery:
    outbox.drain(ConfirmationLane(), 0, pool, never)
    found = deliveries.find(event.id, 0, person.id, "confirmation#1")
    assert found is not None
    return found


def test_confirmation_tells_of_the_event_as_it_is_now(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    person, event = factories.person(first_name="Ada"), factories.event(title="Old title", venue="Main Hall")
    _confirmed(person, event)
    events.patch(event_id=event.id, values={"title": "New title"}, actor=factories.ACTOR)

    assert _drained(person, event, pool).state == SENT

    (message,) = endpoint.messages
    text = message.get_body(("plain",))
    assert text is not None
    assert message["Subject"] == "You are registered: New title"
    assert "Hello Ada," in text.get_content()
    assert "Where: Main Hall" in text.get_content()
    tags = {"event": event.id, "delivery": f"{person.id}-confirmation-1", "attempt": "1", "shard": "0"}
    assert endpoint.tags(0) == tags


@pytest.mark.parametrize("end", [events.cancel, events.delete])
def test_nobody_is_asked_to_come_to_an_event_that_is_off(
    endpoint: Endpoint, pool: ThreadPoolExecutor, end: object
) -> None:
    person, event = factories.person(), factories.event()
    _confirmed(person, event)
    end(event_id=event.id, actor=factories.ACTOR)  # type: ignore[operator]

    after = _drained(person, event, pool)

    assert (after.state, after.reason, endpoint.calls) == (SKIPPED, "event_off", 0)


@pytest.mark.parametrize("registers_again", [False, True])
def test_registration_cancelled_while_its_mail_was_under_way_is_not_confirmed(
    endpoint: Endpoint, pool: ThreadPoolExecutor, registers_again: bool
) -> None:
    person, event = factories.person(), factories.event()
    _confirmed(person, event)
    pending = deliveries.find(event.id, 0, person.id, "confirmation#1")
    assert pending is not None
    claimed = transitions.claim(pending, claim_id=ids.new(), email=person.fields.email, now=clock.now())
    assert claimed is not None
    registrations.cancel(event_id=event.id, person_id=person.id, actor=factories.ACTOR)
    if registers_again:
        _confirmed(person, event)
    assert transitions.give_back(claimed, clock.now())

    for shard in range(settings.OUTBOX_SHARDS):
        outbox.drain(ConfirmationLane(), shard, pool, never)

    after = deliveries.find(event.id, 0, person.id, "confirmation#1")
    assert after is not None
    assert (after.state, after.reason, endpoint.calls) == (SKIPPED, "not_registered", int(registers_again))


def _told(person: Person, event: Event, pool: ThreadPoolExecutor, step: str) -> Delivery:
    for shard in range(settings.OUTBOX_SHARDS):
        outbox.drain(ConfirmationLane(), shard, pool, never)
    found = deliveries.find(event.id, 0, person.id, step)
    assert found is not None
    return found


def _waiting(event: Event) -> Person:
    person = factories.person()
    registrations.register(event_id=event.id, person_id=person.id, actor=factories.ACTOR, mails_waiting=True)
    return person


def test_who_comes_on_the_waitlist_is_told_that_they_wait(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    event = factories.event(title="Night", max_capacity=1)
    _confirmed(factories.person(), event)
    person = _waiting(event)

    assert _told(person, event, pool, "waitlist#1").state == SENT

    assert "You are on the waitlist: Night" in [message["Subject"] for message in endpoint.messages]


@pytest.mark.parametrize(("cancels", "reason"), [("first", "moved_up"), ("waiting", "not_registered")])
def test_who_waits_no_more_is_not_told_to_wait(
    endpoint: Endpoint, pool: ThreadPoolExecutor, cancels: str, reason: str
) -> None:
    event, first = factories.event(max_capacity=1), factories.person()
    _confirmed(first, event)
    person = _waiting(event)
    leaving = first if cancels == "first" else person
    registrations.cancel(event_id=event.id, person_id=leaving.id, actor=factories.ACTOR)

    after = _told(person, event, pool, "waitlist#1")

    assert (after.state, after.reason) == (SKIPPED, reason)
    assert not [message for message in endpoint.messages if "waitlist" in message["Subject"]]


@pytest.mark.parametrize(
    ("places", "subject"), [(0, "You are on it already: Night"), (1, "You are on the waitlist: Night")]
)
def test_a_reminder_says_how_things_stand(
    endpoint: Endpoint, pool: ThreadPoolExecutor, places: int, subject: str
) -> None:
    event = factories.event(title="Night", max_capacity=places)
    if places:
        _confirmed(factories.person(), event)
    person = factories.person()
    _confirmed(person, event)
    tx = transaction.begin()
    delivery_actions.remind(tx, person=person, event=event)
    tx.commit()

    assert _told(person, event, pool, reminder_step(clock.now())).state == SENT

    assert subject in [message["Subject"] for message in endpoint.messages]
