"""What everybody sees of an event: the page, what other sites show of it, the calendar file, old addresses."""

import gzip
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from icalendar import Calendar

from crm.core import clock
from crm.events import actions as events
from crm.registrations import actions as registrations
from tests import factories
from tests.factories import ACTOR

pytestmark = pytest.mark.usefixtures("tables", "data_dir")
STATIC = Path(__file__).parent.parent.parent / "static"
MOST_BYTES = 60_000


def page_of(client: Client, slug: str) -> str:
    answer = client.get(f"/e/{slug}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_event_is_shown_to_everybody_without_asking_the_database_of_staff(client: Client) -> None:
    factories.event(
        slug="night", title="Night & Day", venue="Pier 17", timezone="Europe/Paris", description="All of it"
    )
    page = page_of(client, "night")
    assert "Night &amp; Day" in page
    assert "11:00 to 19:00" in page
    assert "Pier 17" in page
    assert "<p>All of it</p>" in page
    assert "/dashboard/" not in page
    assert "sessionid" not in client.cookies


def test_other_sites_are_told_title_time_place_and_address(client: Client) -> None:
    factories.event(slug="night", title='The "Night"', venue="Pier 17", description="Come\n\nall " + "long " * 100)
    said = dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', page_of(client, "night")))
    assert said["og:title"] == "The &quot;Night&quot;"
    assert said["og:url"].endswith("/e/night")
    assert said["og:description"].startswith("Wednesday 1 May 2030, 09:00 to 17:00, Pier 17. Come all long")
    assert len(said["og:description"]) < 300


@pytest.mark.parametrize("path", ["/e/plans", "/e/plans.ics", "/e/plans.png", "/e/nothing", "/e/nothing.ics"])
def test_a_draft_is_as_unknown_as_what_never_was(client: Client, path: str) -> None:
    factories.event(slug="plans", title="Secret plans", status="draft")
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Secret" not in answer.content.decode()
    assert "/dashboard/" not in answer.content.decode()


def test_a_deleted_event_is_gone_with_all_addresses_it_had(client: Client) -> None:
    event = factories.event(slug="first")
    events.change(event_id=event.id, fields=replace(event.fields, slug="second"), actor=ACTOR)
    events.delete(event_id=event.id, actor=ACTOR)
    assert {client.get(f"/e/{slug}").status_code for slug in ("first", "second")} == {404}


def test_an_old_slug_and_any_spelling_lead_on_with_where_the_visitor_comes_from(client: Client) -> None:
    event = factories.event(slug="first")
    events.change(event_id=event.id, fields=replace(event.fields, slug="fête"), actor=ACTOR)
    for path in ("/e/first", "/e/F%C3%8ATE", "/e/First"):
        answer = client.get(f"{path}?utm_source=news&via=a%3Ab")
        assert (answer.status_code, answer["Location"]) == (301, "/e/f%C3%AAte?utm_source=news&via=a%3Ab")
    assert client.get("/e/first.ics")["Location"] == "/e/f%C3%AAte.ics"


@pytest.mark.parametrize("path", ["/e/first", "/e/FIRST.ics"])
def test_where_an_old_slug_leads_is_asked_for_anew_since_another_event_may_take_it(client: Client, path: str) -> None:
    event = factories.event(slug="first")
    events.change(event_id=event.id, fields=replace(event.fields, slug="second"), actor=ACTOR)
    assert "no-cache" in client.get(path)["Cache-Control"]


def test_a_cancelled_event_says_so_and_takes_nobody(client: Client) -> None:
    event = factories.event(slug="off")
    events.cancel(event_id=event.id, actor=ACTOR)
    page = page_of(client, "off")
    assert "This event is cancelled." in page
    assert "<form" not in page


def test_an_event_that_is_over_says_so_and_takes_nobody(client: Client) -> None:
    past = clock.now() - timedelta(days=2)
    factories.event(slug="gone", start_at=past, end_at=past + timedelta(hours=2))
    page = page_of(client, "gone")
    assert "This event is over." in page
    assert "<form" not in page


def test_the_calendar_file_holds_the_event_and_follows_it(client: Client) -> None:
    long = "Łódź; a, b\nnext line " * 8
    event = factories.event(slug="night", title="Night, day; all", venue="Pier 17", description=long)
    answer = client.get("/e/night.ics")
    assert answer["Content-Type"].startswith("text/calendar")
    assert max(len(line) for line in answer.content.split(b"\r\n")) <= 75
    (entry,) = Calendar.from_ical(answer.content).events
    assert (str(entry["summary"]), str(entry["location"])) == ("Night, day; all", "Pier 17")
    assert str(entry["description"]) == long
    assert (entry.start, entry.end) == (event.fields.start_at, event.fields.end_at)
    events.cancel(event_id=event.id, actor=ACTOR)
    (off,) = Calendar.from_ical(client.get("/e/night.ics").content).events
    assert (off["uid"], off["status"]) == (entry["uid"], "CANCELLED")
    assert off["sequence"] > entry["sequence"]


def test_page_and_stylesheet_are_small_however_long_the_description(client: Client) -> None:
    factories.event(slug="long", description="word " * 4_000)
    sheet = (STATIC / "css/public.css").read_bytes()
    page = client.get("/e/long").content
    assert len(page) + len(sheet) <= MOST_BYTES
    assert len(gzip.compress(page)) + len(gzip.compress(sheet)) <= MOST_BYTES / 5


def test_nothing_about_the_people_of_an_event_is_on_its_page(client: Client) -> None:
    owner = factories.person(first_name="Olga", last_name="Owner", email="olga@example.com")
    guest = factories.person(first_name="Gus", last_name="Guest", email="gus@example.com")
    event = factories.event(slug="night", owner=owner.id, hosts=(owner.id,))
    registrations.register(event_id=event.id, person_id=guest.id, actor=ACTOR)
    said = page_of(client, "night") + client.get("/e/night.ics").content.decode()
    assert not [word for word in ("Olga", "olga@", "Gus", "gus@", owner.id, guest.id) if word in said]


@pytest.mark.django_db
def test_the_events_page_of_the_dashboard_shows_the_public_link_once_it_is_published(as_owner: Client) -> None:
    draft, shown = factories.event(status="draft", slug="plans"), factories.event(slug="night")
    assert (
        "Nobody sees it before the event is published"
        in as_owner.get(f"/dashboard/events/{draft.id}/").content.decode()
    )
    page = as_owner.get(f"/dashboard/events/{shown.id}/").content.decode()
    assert page.count('href="/e/night"') == 2
    assert re.search(r'data-copy="http[^"]+/e/night"', page)
