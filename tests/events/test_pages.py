"""The pages of events: what they show, what they change, and who may."""

import re
from http import HTTPStatus

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from crm.events import queries
from crm.registrations import actions as registrations
from tests import factories
from tests.factories import ACTOR

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir")]

TYPED = {
    "title": "Design Night",
    "start_at": "2030-07-01T19:00",
    "end_at": "2030-07-01T22:00",
    "timezone": "America/New_York",
    "max_capacity": "2",
}


def registered(event_id: str, *names: str) -> list[str]:
    people = [factories.person(first_name=name).id for name in names]
    for person in people:
        registrations.register(event_id=event_id, person_id=person, actor=ACTOR)
    return people


def test_a_made_event_is_a_draft_and_shown_in_its_zone(as_owner: Client) -> None:
    answer = as_owner.post("/dashboard/events/new/", {**TYPED, "do": "draft"})
    page = as_owner.get(answer["Location"]).content.decode()
    assert 'data-state="draft"' in page
    assert "19:00 to 22:00" in page
    assert "New York" in page


def test_an_event_can_be_published_when_it_is_made(as_owner: Client) -> None:
    as_owner.post("/dashboard/events/new/", {**TYPED, "do": "publish"})
    assert queries.page().items[0].status == "published"


def test_a_refused_field_keeps_what_was_typed_and_says_how_to_mend_it(as_owner: Client) -> None:
    answer = as_owner.post("/dashboard/events/new/", {**TYPED, "end_at": "2030-07-01T18:00"})
    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "The end must come after the start." in page
    assert 'value="Design Night"' in page
    assert queries.page().total == 0


def test_a_taken_slug_is_said_beside_its_field(as_owner: Client) -> None:
    factories.event(slug="design-night")
    answer = as_owner.post("/dashboard/events/new/", {**TYPED, "slug": "design-night"})
    assert "slug" in answer.context["form"].errors


def test_an_edit_of_an_older_version_is_refused_and_nothing_is_lost(as_owner: Client) -> None:
    event = factories.event()
    first = {**TYPED, "title": "First", "revision": str(event.revision)}
    assert as_owner.post(f"/dashboard/events/{event.id}/edit/", first).status_code == HTTPStatus.SEE_OTHER
    answer = as_owner.post(f"/dashboard/events/{event.id}/edit/", {**first, "title": "Second"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "changed meanwhile" in answer.content.decode()
    assert queries.get(event.id).fields.title == "First"


def test_the_edit_form_shows_times_on_the_wall_of_the_event(as_owner: Client) -> None:
    as_owner.post("/dashboard/events/new/", {**TYPED, "do": "draft"})
    event = queries.page().items[0]
    page = as_owner.get(f"/dashboard/events/{event.id}/edit/").content.decode()
    assert 'value="2030-07-01T19:00"' in page


def test_cancelling_names_what_happens_asks_and_can_be_restored(as_owner: Client) -> None:
    event = factories.event(max_capacity=1)
    registered(event.id, "Ann", "Ben")
    url = f"/dashboard/events/{event.id}/cancel/"
    asked = as_owner.get(url).content.decode()
    assert "1 person holds a place and 1 waits in line" in asked
    assert queries.get(event.id).fields.status == "published"
    as_owner.post(url)
    assert queries.get(event.id).fields.status == "cancelled"
    as_owner.post(f"/dashboard/events/{event.id}/publish/")
    assert queries.get(event.id).fields.status == "published"


def test_deleting_asks_then_goes_back_to_the_list(as_owner: Client) -> None:
    event = factories.event()
    url = f"/dashboard/events/{event.id}/delete/"
    assert "This cannot be undone" in as_owner.get(url).content.decode()
    answer = as_owner.post(url, {"revision": str(event.revision)})
    assert answer["Location"] == "/dashboard/events/"
    assert as_owner.get(f"/dashboard/events/{event.id}/").status_code == HTTPStatus.NOT_FOUND


def test_deleting_an_event_changed_meanwhile_is_refused_on_the_page_that_asks(as_owner: Client) -> None:
    event = factories.event()
    answer = as_owner.post(f"/dashboard/events/{event.id}/delete/", {"revision": "99"})
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "changed meanwhile" in answer.content.decode()
    assert queries.get(event.id)


def test_publishing_by_a_link_is_refused(as_owner: Client) -> None:
    event = factories.event(status="draft")
    assert as_owner.get(f"/dashboard/events/{event.id}/publish/").status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_every_tab_over_registrations_opens_as_many_rows_as_it_says(as_owner: Client) -> None:
    event = factories.event(max_capacity=2, uses_check_in=True)
    first, _, third = registered(event.id, "Ann", "Ben", "Cem")
    registrations.check_in(event_id=event.id, person_id=first, actor=ACTOR)
    registrations.cancel(event_id=event.id, person_id=third, actor=ACTOR)
    tabs = as_owner.get(f"/dashboard/events/{event.id}/").context["tabs"]
    counts = {"": 3, "registered": 2, "to-come": 1, "in": 1, "waitlisted": 0, "cancelled": 1}
    assert {tab.key: tab.count for tab in tabs} == counts
    for tab in tabs:
        shown = as_owner.get(f"/dashboard/events/{event.id}/", {"show": tab.key}).context
        assert len(shown["guests"]) == shown["total"] == tab.count


def test_registrations_are_searched_by_name(as_owner: Client) -> None:
    event = factories.event()
    registered(event.id, "Ann", "Ben")
    context = as_owner.get(f"/dashboard/events/{event.id}/", {"q": "ben"}).context
    assert [guest.name for guest in context["guests"]] == ["Ben"]
    assert context["tabs"][0].count == 1


def test_the_waitlist_is_in_order_longest_first(as_owner: Client) -> None:
    event = factories.event(max_capacity=1)
    registered(event.id, "Ann", "Ben", "Cem", "Dia")
    names = [guest.name for guest in as_owner.get(f"/dashboard/events/{event.id}/").context["waiting"]]
    assert names == ["Ben", "Cem", "Dia"]


def test_htmx_gets_the_list_alone_and_a_boosted_link_the_page(as_owner: Client) -> None:
    event = factories.event()
    url = f"/dashboard/events/{event.id}/"
    asked = {"HX-Request": "true", "HX-Target": "event-registrations"}
    part = as_owner.get(url, headers=asked)
    assert part.content.lstrip().startswith(b'<section class="panel" id="event-registrations"')
    assert "HX-Request" in part["Vary"]
    assert b"<html" in as_owner.get(url, headers={**asked, "HX-Boosted": "true"}).content


def test_the_list_is_narrowed_by_state_text_and_time(as_owner: Client) -> None:
    factories.event(title="Coming", status="published")
    factories.event(title="Draft of it", status="draft")
    page = as_owner.get("/dashboard/events/", {"status": "draft"})
    assert [row.title for row in page.context["rows"]] == ["Draft of it"]
    assert [row.title for row in as_owner.get("/dashboard/events/", {"q": "com"}).context["rows"]] == ["Coming"]
    assert as_owner.get("/dashboard/events/", {"when": "past"}).context["total"] == 0
    counts = {one["label"]: one["count"] for one in page.context["statuses"]}
    assert counts == {"All": 2, "Published": 1, "Drafts": 1, "Cancelled": 0}


def test_an_unknown_sort_field_is_named(as_owner: Client) -> None:
    factories.event()
    answer = as_owner.get("/dashboard/events/", {"sort_by": "shoeSize"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert b"sort_by" in answer.content


def test_hosts_are_found_added_and_removed(as_owner: Client) -> None:
    event = factories.event()
    host = factories.person(first_name="Zoe")
    url = f"/dashboard/events/{event.id}/hosts/"
    assert "Zoe" in as_owner.get(url, {"q": "zo"}).content.decode()
    as_owner.post(url, {"do": "add", "person_id": host.id})
    assert queries.get(event.id).fields.hosts == (host.id,)
    as_owner.post(url, {"do": "remove", "person_id": host.id})
    assert queries.get(event.id).fields.hosts == ()


def test_somebody_unknown_cannot_become_owner(as_owner: Client) -> None:
    event = factories.event()
    answer = as_owner.post(f"/dashboard/events/{event.id}/hosts/", {"do": "own", "person_id": "nobody"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert queries.get(event.id).fields.owner == event.fields.owner


@pytest.mark.parametrize("action", ["edit", "hosts", "cancel", "delete", "register"])
def test_a_viewer_sees_events_but_no_way_to_change_them(as_viewer: Client, action: str) -> None:
    event = factories.event()
    page = as_viewer.get(f"/dashboard/events/{event.id}/")
    assert page.status_code == HTTPStatus.OK
    assert f"/dashboard/events/{event.id}/{action}/" not in page.content.decode()
    assert as_viewer.post(f"/dashboard/events/{event.id}/{action}/").status_code == HTTPStatus.FORBIDDEN


def test_text_from_people_is_never_markup(as_owner: Client) -> None:
    event = factories.event(title="<script>alert(1)</script>", description="<img src=x>")
    page = as_owner.get(f"/dashboard/events/{event.id}/").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_a_success_is_said_once(as_owner: Client) -> None:
    answer = as_owner.post("/dashboard/events/new/", {**TYPED, "do": "draft"})
    assert [str(message) for message in get_messages(answer.wsgi_request)] == ["Design Night is a draft."]


def test_a_stale_form_tells_what_is_stored_keeps_what_was_typed_and_can_be_saved_again(as_owner: Client) -> None:
    event = factories.event(title="First", venue="Hall")
    url = f"/dashboard/events/{event.id}/edit/"
    typed = {**TYPED, "title": "Mine", "revision": str(event.revision)}
    as_owner.post(url, {**TYPED, "title": "Theirs", "revision": str(event.revision)})
    answer = as_owner.post(url, typed)
    page = answer.content.decode()
    assert "<li>Title: Theirs</li>" in page
    assert answer.context["theirs"] == ["Title: Theirs", "Link name: theirs"]
    assert 'value="Mine"' in page
    newest = queries.get(event.id).revision
    assert f'name="revision" value="{newest}"' in page
    again = as_owner.post(url, {**typed, "revision": str(newest)})
    assert again.status_code == HTTPStatus.SEE_OTHER
    assert queries.get(event.id).fields.title == "Mine"


def test_taken_opens_exactly_those_it_counts_also_where_some_are_in(as_owner: Client) -> None:
    event = factories.event(uses_check_in=True)
    first, second = registered(event.id, "Ann", "Ben")
    registrations.check_in(event_id=event.id, person_id=first, actor=ACTOR)
    url = f"/dashboard/events/{event.id}/"
    assert f'<a href="{url}?show=registered">2</a></b>taken' in as_owner.get(url).content.decode()
    shown = as_owner.get(url, {"show": "registered"})
    assert {guest.person_id for guest in shown.context["guests"]} == {first, second}
    assert shown.context["show"] == "registered"


def test_a_search_takes_no_more_than_can_be_searched_for(as_owner: Client) -> None:
    event = factories.event(uses_check_in=True)
    url = f"/dashboard/events/{event.id}/"
    for page in (url, f"{url}hosts/", f"{url}register/", f"{url}check-in/", "/dashboard/people/"):
        assert re.search(r'<input [^>]*name="q"[^>]* maxlength="200"', as_owner.get(page).content.decode()), page
