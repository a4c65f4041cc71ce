"""The pages of registrations: register by searching, cancel, check in and undo."""

from http import HTTPStatus

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from crm.registrations import actions, repository
from tests import factories
from tests.factories import ACTOR

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir")]
BY_HTMX = {"HX-Request": "true", "HX-Target": "toasts"}


def said(answer: object) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]  # type: ignore[attr-defined]


def test_a_person_is_found_by_part_of_the_name_and_registered(as_owner: Client) -> None:
    event, person = factories.event(), factories.person(first_name="Zoe", last_name="Quist")
    url = f"/dashboard/events/{event.id}/register/"
    found = as_owner.get(url, {"q": "quis"}).context["found"]
    assert [row["name"] for row in found] == ["Zoe Quist"]
    answer = as_owner.post(url, {"person_id": person.id, "next": f"{url}?q=quis"})
    assert (answer.status_code, answer["Location"]) == (HTTPStatus.SEE_OTHER, f"{url}?q=quis")
    assert said(answer) == ["Zoe Quist is registered. The confirmation is on its way."]
    assert as_owner.get(url, {"q": "quis"}).context["found"][0]["state"] == "registered"


def test_typing_by_htmx_gets_the_found_people_alone(as_owner: Client) -> None:
    event = factories.event()
    headers = {"HX-Request": "true", "HX-Target": "people-found"}
    answer = as_owner.get(f"/dashboard/events/{event.id}/register/", {"q": "nobody"}, headers=headers)
    assert answer.content.lstrip().startswith(b'<section class="panel" id="people-found"')
    assert b"Nobody fits" in answer.content


def test_registering_by_htmx_says_so_and_tells_the_lists(as_owner: Client) -> None:
    event, person = factories.event(), factories.person(first_name="Zoe")
    url = f"/dashboard/events/{event.id}/register/"
    answer = as_owner.post(url, {"person_id": person.id}, headers=BY_HTMX)
    assert answer["HX-Trigger"] == "registrations-changed"
    assert b'id="toasts"' in answer.content
    assert b"Zoe is registered" in answer.content


def test_at_a_full_event_people_are_put_on_the_waitlist(as_owner: Client) -> None:
    event = factories.event(max_capacity=1)
    first, second = factories.person(first_name="Ann"), factories.person(first_name="Ben")
    actions.register(event_id=event.id, person_id=first.id, actor=ACTOR)
    url = f"/dashboard/events/{event.id}/register/"
    assert "Put on the waitlist" in as_owner.get(url, {"q": "ben"}).content.decode()
    assert said(as_owner.post(url, {"person_id": second.id})) == ["Ben is on the waitlist: all places are taken."]


def test_registering_somebody_twice_says_they_have_a_place(as_owner: Client) -> None:
    event, person = factories.event(), factories.person(first_name="Ann")
    url = f"/dashboard/events/{event.id}/register/"
    as_owner.post(url, {"person_id": person.id})
    assert said(as_owner.post(url, {"person_id": person.id}))[-1] == "Ann has a place already."


def test_the_way_back_never_leads_to_another_site(as_owner: Client) -> None:
    event, person = factories.event(), factories.person()
    url = f"/dashboard/events/{event.id}/register/"
    answer = as_owner.post(url, {"person_id": person.id, "next": "https://evil.example/"})
    assert answer["Location"] == url


def test_cancelling_asks_and_says_who_moves_up(as_owner: Client) -> None:
    event = factories.event(max_capacity=1)
    first, second = factories.person(first_name="Ann"), factories.person(first_name="Ben")
    for person in (first, second):
        actions.register(event_id=event.id, person_id=person.id, actor=ACTOR)
    url = f"/dashboard/events/{event.id}/registrations/{first.id}/cancel/"
    asked = as_owner.get(url).content.decode()
    assert "Ann gives up a place" in asked
    assert "waited longest moves up" in asked
    as_owner.post(url)
    moved_up = repository.find(event.id, second.id)
    assert moved_up is not None
    assert moved_up.status == "registered"


def test_leaving_the_waitlist_is_asked_in_other_words(as_owner: Client) -> None:
    event = factories.event(max_capacity=1)
    people = [factories.person(first_name=name) for name in ("Ann", "Ben")]
    for person in people:
        actions.register(event_id=event.id, person_id=person.id, actor=ACTOR)
    url = f"/dashboard/events/{event.id}/registrations/{people[1].id}/cancel/"
    assert "Ben leaves the waitlist" in as_owner.get(url).content.decode()


def test_somebody_is_checked_in_and_out_again(as_owner: Client) -> None:
    event, person = factories.event(uses_check_in=True), factories.person(first_name="Ann")
    actions.register(event_id=event.id, person_id=person.id, actor=ACTOR)
    url = f"/dashboard/events/{event.id}/check-in/"
    answer = as_owner.post(url, {"person_id": person.id}, headers=BY_HTMX)
    assert b"Ann is in." in answer.content
    page = as_owner.get(url)
    assert [guest.state for guest in page.context["guests"]] == ["checked-in"]
    as_owner.post(f"{url}undo/", {"person_id": person.id})
    assert [guest.state for guest in as_owner.get(url).context["guests"]] == ["registered"]


def test_the_door_lists_only_who_has_a_place(as_owner: Client) -> None:
    event = factories.event(uses_check_in=True, max_capacity=1)
    for name in ("Ann", "Ben"):
        actions.register(event_id=event.id, person_id=factories.person(first_name=name).id, actor=ACTOR)
    page = as_owner.get(f"/dashboard/events/{event.id}/check-in/")
    assert [guest.name for guest in page.context["guests"]] == ["Ann"]


def test_an_event_without_check_in_has_no_door(as_owner: Client) -> None:
    event = factories.event()
    assert as_owner.get(f"/dashboard/events/{event.id}/check-in/").status_code == HTTPStatus.NOT_FOUND


def test_registering_at_a_cancelled_event_is_refused(as_owner: Client) -> None:
    event, person = factories.event(status="cancelled"), factories.person()
    answer = as_owner.post(f"/dashboard/events/{event.id}/register/", {"person_id": person.id})
    assert answer.status_code == HTTPStatus.CONFLICT


def test_nobody_chosen_is_said(as_owner: Client) -> None:
    event = factories.event()
    answer = as_owner.post(f"/dashboard/events/{event.id}/register/")
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


@pytest.mark.parametrize("way", ["register/", "check-in/", "check-in/undo/", "registrations/p/cancel/"])
def test_a_viewer_changes_no_registration(as_viewer: Client, way: str) -> None:
    event, person = factories.event(uses_check_in=True), factories.person()
    answer = as_viewer.post(f"/dashboard/events/{event.id}/{way}", {"person_id": person.id})
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert repository.find(event.id, person.id) is None


@pytest.mark.parametrize("where", ["/dashboard/\nX: y", "/dashboard/\r\n", "/dash\tboard/"])
def test_an_address_to_go_on_with_control_characters_is_not_followed(as_owner: Client, where: str) -> None:
    event, person = factories.event(), factories.person()
    url = f"/dashboard/events/{event.id}/register/"
    answer = as_owner.post(url, {"person_id": person.id, "next": where})
    assert (answer.status_code, answer["Location"]) == (HTTPStatus.SEE_OTHER, url)
