"""One's own place: the page that mails lead to."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client

from crm.core import clock
from crm.deliveries import tokens
from crm.events import actions as events
from crm.events import queries as event_queries
from crm.events.entities import Event
from crm.people import actions as people
from crm.people.entities import Person
from crm.registrations import actions, repository
from tests import factories
from tests.deliveries import examples
from tests.factories import ACTOR

pytestmark = pytest.mark.usefixtures("tables", "data_dir", "fresh_counts")


def path(event: Event, person: Person) -> str:
    return urlsplit(tokens.place_url(event.id, person.id)).path


def registered(event: Event, **values: object) -> Person:
    person = factories.person(**values)
    actions.register(event_id=event.id, person_id=person.id, actor=ACTOR)
    return person


def status(event: Event, person: Person) -> str:
    found = repository.find(event.id, person.id)
    assert found is not None
    return found.status


def test_looking_changes_nothing_and_shows_no_more_of_the_person_than_who_they_are_knows(client: Client) -> None:
    event = factories.event(title="Night")
    person = registered(event, email="ada@example.com", first_name="Ada", last_name="Lovelace")
    answer = client.get(path(event, person))
    page = answer.content.decode()
    assert "You have a place" in page
    assert "a…@example.com" in page
    assert not [word for word in ("ada@", "Ada", "Lovelace", person.id) if word in page]
    assert answer["Cache-Control"] == "no-store"
    assert status(event, person) == "registered"


def test_cancelling_gives_the_place_to_whoever_waited_longest(client: Client) -> None:
    event = factories.event(max_capacity=1)
    first, second = registered(event), registered(event)
    assert "You are on the waitlist" in client.get(path(event, second)).content.decode()
    answer = client.post(path(event, first))
    assert (answer.status_code, answer["Location"]) == (303, path(event, first))
    assert "Your registration is cancelled" in client.get(answer["Location"]).content.decode()
    assert (status(event, first), status(event, second)) == ("cancelled", "registered")
    assert client.post(path(event, first)).status_code == 303
    assert event_queries.get(event.id).taken == 1


@pytest.mark.parametrize("end", ["cancelled", "over"])
def test_there_is_nothing_to_cancel_at_an_event_that_is_off_or_over(client: Client, end: str) -> None:
    event = factories.event()
    person = registered(event)
    if end == "cancelled":
        events.cancel(event_id=event.id, actor=ACTOR)
    else:
        past = clock.now() - timedelta(days=1)
        events.patch(event_id=event.id, values={"start_at": past - timedelta(hours=1), "end_at": past}, actor=ACTOR)
        assert client.post(path(event, person)).status_code == 409
    page = client.get(path(event, person)).content.decode()
    assert f"This event is {end}" in page
    assert "<form" not in page


def test_a_place_of_nobody_and_a_made_up_address_are_not_found(client: Client) -> None:
    event, stranger = factories.event(), factories.person()
    gone = registered(event)
    people.delete(person_id=gone.id, actor=ACTOR)
    addresses = [path(event, stranger), path(event, gone), f"{path(event, gone)}x", "/r/made-up", "/r/..."]
    assert {client.get(address).status_code for address in addresses} == {404}


def test_what_is_signed_for_one_purpose_does_for_no_other(client: Client) -> None:
    mail = examples.mail()
    signed = [tokens.of(mail), tokens.via(mail.source)]
    assert {client.get(f"/r/{token}").status_code for token in signed} == {404}
    assert tokens.campaign_of(signed[0]) == ""
    assert client.get(f"/u/{signed[1]}").status_code == 404


def test_who_makes_up_addresses_is_stopped(client: Client) -> None:
    answers = [client.get(f"/r/made-up-{number}").status_code for number in range(32)]
    assert (answers[0], answers[-1]) == (404, 429)
