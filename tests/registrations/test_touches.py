"""Where registrations come from: what is stored with them, read back, and shown."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from crm.core import touches, utm
from crm.core.touches import DIRECT, Touch, Touches
from crm.registrations import actions, repository
from crm.search import engine
from tests import factories
from tests.factories import ACTOR

stored = pytest.mark.usefixtures("tables", "data_dir")
NOON = datetime(2026, 6, 1, 12, 30, 15, 123456, tzinfo=UTC)
JUNE = Touch("newsletter", "email", "june", "c1", NOON)
ADVERT = Touch("search", "cpc", "", "", NOON + timedelta(days=2))


@stored
def test_a_registration_keeps_its_first_and_last_touch_in_the_item_and_in_its_document() -> None:
    event, person = factories.event(), factories.person()
    actions.register(event_id=event.id, person_id=person.id, actor=ACTOR, touches=Touches(JUNE, ADVERT))
    found = repository.find(event.id, person.id)
    assert found is not None
    assert (found.first_touch, found.last_touch) == (JUNE, ADVERT)
    (row,) = engine.store().registrations(event_id=event.id).items
    assert (row.first_touch, row.last_touch) == (JUNE, ADVERT)


@stored
def test_cancelling_and_moving_up_keep_what_led_to_the_registration() -> None:
    event = factories.event(max_capacity=1)
    ahead, behind = factories.person(), factories.person()
    actions.register(event_id=event.id, person_id=ahead.id, actor=ACTOR, touches=Touches(JUNE, JUNE))
    actions.register(event_id=event.id, person_id=behind.id, actor=ACTOR, touches=Touches(ADVERT, ADVERT))
    actions.cancel(event_id=event.id, person_id=ahead.id, actor=ACTOR)
    gone, promoted = repository.find(event.id, ahead.id), repository.find(event.id, behind.id)
    assert gone is not None
    assert promoted is not None
    assert (gone.status, gone.last_touch) == ("cancelled", JUNE)
    assert (promoted.status, promoted.last_touch) == ("registered", ADVERT)


@stored
def test_registering_twice_credits_nobody_else_and_registering_anew_credits_the_new_visit() -> None:
    event, person = factories.event(), factories.person()
    for led in (Touches(JUNE, JUNE), Touches(ADVERT, ADVERT)):
        again = actions.register(event_id=event.id, person_id=person.id, actor=ACTOR, touches=led)
    assert again.registration.last_touch == JUNE
    actions.cancel(event_id=event.id, person_id=person.id, actor=ACTOR)
    anew = actions.register(event_id=event.id, person_id=person.id, actor=ACTOR).registration
    assert (anew.first_touch, anew.last_touch) == (None, None)
    assert repository.find(event.id, person.id) == replace(anew, version=anew.version + 1)


_words = st.text("abc", max_size=2)
_visits = st.lists(st.builds(lambda *triple: dict(zip(utm.PARAMETERS, triple, strict=True)), _words, _words, _words))


@given(_visits)
def test_each_registration_is_credited_once_by_each_model_to_its_first_and_last_tagged_visit(
    visits: list[dict[str, str]],
) -> None:
    moments = accumulate(visits, lambda moment, _: moment + timedelta(hours=1), initial=NOON)
    seen = [touches.of_visit(visit, moment) for visit, moment in zip(visits, moments, strict=False)]
    led = DIRECT
    for touch in seen:
        led = led.then(touch)
    tagged = [touch for touch in seen if touch is not None]
    assert (led.first, led.last) == ((tagged[0], tagged[-1]) if tagged else (None, None))
    assert len(tagged) == sum(any(visit.values()) for visit in visits)


def test_what_a_link_says_is_trimmed_cut_and_freed_of_what_cannot_be_shown() -> None:
    query = {"utm_source": " News ", "utm_medium": "x" * 300, "utm_campaign": "a\x00b", "other": "1"}
    assert utm.read(query) == utm.Utm("News", "x" * utm.MAX_LENGTH, "")
    assert touches.of_visit({"utm_campaign": "\n"}, NOON) is None


@stored
@pytest.mark.django_db
def test_the_api_takes_utm_parameters_and_answers_both_touches(client: Client) -> None:
    event, person = factories.event(), factories.person()
    body = {"user_id": person.id, "utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "june"}
    answer = client.post(f"/events/{event.id}/register", json.dumps(body), "application/json")
    assert answer.status_code == 201
    told = answer.json()
    assert told["firstTouch"] == told["lastTouch"]
    assert {**told["lastTouch"], "at": ""} == {
        "source": "newsletter", "medium": "email", "campaign": "june", "campaignId": "", "at": "",
    }  # fmt: skip
    (listed,) = client.get(f"/events/{event.id}/registrations").json()["items"]
    assert listed["lastTouch"] == told["lastTouch"]


@stored
@pytest.mark.django_db
def test_the_api_names_a_utm_parameter_that_is_too_long(client: Client) -> None:
    event, person = factories.event(), factories.person()
    body = {"user_id": person.id, "utm_medium": "x" * 101}
    answer = client.post(f"/events/{event.id}/register", json.dumps(body), "application/json")
    assert answer.status_code == 422
    assert "utm_medium" in answer.content.decode()
    assert repository.find(event.id, person.id) is None


@stored
@pytest.mark.django_db
def test_the_row_of_a_registration_and_the_persons_page_say_where_they_came_from(as_owner: Client) -> None:
    event, person = factories.event(), factories.person()
    actions.register(event_id=event.id, person_id=person.id, actor=ACTOR, touches=Touches(ADVERT, JUNE))
    for page in (f"/dashboard/events/{event.id}/", f"/dashboard/people/{person.id}/"):
        assert "came by newsletter / email / june" in as_owner.get(page).content.decode()
