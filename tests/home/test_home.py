"""Rules of the first page: what is on, what needs a look, what happened last."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.campaigns import actions as campaigns
from crm.campaigns import controls
from crm.core import clock
from crm.core.utm import NO_UTM
from crm.home import attention, lately, today
from crm.registrations import actions as registrations
from crm.search import engine, filters
from crm.suppressions import actions as suppressions
from tests import factories
from tests.imports import files
from tests.search.documents import registration

pytestmark = [pytest.mark.usefixtures("tables", "data_dir"), pytest.mark.django_db]


def event_in(days: int, **values: object) -> str:
    """Add an event that starts in so many days; return its id."""
    start = clock.now() + timedelta(days=days)
    return factories.event(start_at=start, end_at=start + timedelta(hours=2), **values).id


def filled(event_id: str, guests: int) -> None:
    """Register so many new people."""
    for _ in range(guests):
        registrations.register(event_id=event_id, person_id=factories.person().id, actor="demo")


def test_page_opens_on_an_empty_crm(as_viewer: Client) -> None:
    page = as_viewer.get(reverse("home")).content.decode()
    assert "No events to come" in page
    assert "Nothing is being sent." in page


def test_every_number_leads_to_as_many_rows(as_owner: Client) -> None:
    event_in(3)
    event_in(-3)
    for stat in today.stats():
        page = as_owner.get(stat.url)
        assert page.status_code == 200
        if stat.label.endswith("eople") or "people" in stat.label:
            assert f"of {stat.number}</span>" in page.content.decode()
    assert {stat.label: stat.number for stat in today.stats()}["Events to come"] == 1


def test_next_events_come_soonest_first_without_past_and_cancelled_ones() -> None:
    later, sooner = event_in(9), event_in(2)
    event_in(-2)
    event_in(1, status="cancelled")
    assert [event.id for event in today.schedule()] == [sooner, later]


def test_pace_counts_who_got_a_place_within_a_week_and_opens_exactly_them(as_owner: Client) -> None:
    busy, quiet = event_in(2, max_capacity=3), event_in(3)
    filled(busy, 4)
    now, old = clock.now(), clock.now() - timedelta(days=9)
    long_ago = [registration(busy, "old", registered_at=old), registration(quiet, "older", registered_at=old)]
    engine.store().apply([*long_ago, registration(busy, "gone", registered_at=now, status="cancelled")])

    first, second = as_owner.get(reverse("home")).context["schedule"]

    assert (first.event.id, first.lately, second.event.id, second.lately) == (busy, 3, quiet, 0)
    assert as_owner.get(first.url).context["total"] == 3
    assert second.url == ""


def test_event_that_is_nearly_full_needs_a_look_and_one_with_room_does_not() -> None:
    full, nearly, roomy = (event_in(days, max_capacity=10) for days in (1, 2, 3))
    for event_id, guests in ((full, 11), (nearly, 9), (roomy, 8)):
        filled(event_id, guests)
    items = attention.items(today.schedule(), may_edit=True)
    titles = {event.id: event.title for event in today.schedule()}
    assert [item.title for item in items] == [f"{titles[full]} is full", f"{titles[nearly]} is 90 % full"]
    assert [item.text for item in items] == ["1 waiting, starts tomorrow.", "1 place left, starts in 2 days."]


def test_full_events_beyond_the_next_six_need_a_look_the_first_five_by_name(as_owner: Client) -> None:
    for days in range(1, 7):
        event_in(days)
    full = [event_in(days, max_capacity=1) for days in range(10, 16)]
    for event_id in full:
        filled(event_id, 1)
    page = as_owner.get(reverse("home"))
    assert len(page.context["schedule"]) == today.EVENTS_SHOWN
    named = [reverse("event", args=[event_id]) for event_id in full[:5]]
    assert [item.url for item in page.context["todo"]] == [*named, f"{reverse('events')}?when=upcoming"]


def test_event_that_has_begun_needs_no_look_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    full = event_in(1, max_capacity=1)
    filled(full, 1)
    schedule = today.schedule()
    assert len(attention.items(schedule, may_edit=True)) == 1
    engine.store().note_freshness(clock.now() + timedelta(days=1))
    begun = clock.now() + timedelta(days=1, minutes=1)
    monkeypatch.setattr(clock, "now", lambda: begun)
    assert [one.title for one in attention.items(schedule, may_edit=True) if "full" in one.title] == []


def test_draft_that_starts_soon_needs_a_look() -> None:
    event_in(20, status="draft")
    soon = event_in(5, status="draft", title="Picnic")
    (item,) = attention.items(today.schedule(), may_edit=True)
    assert (item.title, item.url) == ("Picnic is still a draft", reverse("event", args=[soon]))


def test_old_numbers_need_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    engine.store().note_freshness(clock.now() - timedelta(minutes=4, seconds=10))
    (item,) = attention.items([], may_edit=True)
    assert item.title == "Numbers are 4 min old"
    engine.store().note_freshness(clock.now())
    assert attention.items([], may_edit=True) == []


def test_import_with_rows_that_were_not_taken_needs_a_look_of_those_who_may_edit() -> None:
    files.imported("email\nann@example.com\n")
    bad = files.imported("email\nnobody\n")
    (item,) = attention.items([], may_edit=True)
    assert item.title == f"1 row of {bad.name} could not be taken in"
    assert item.url == reverse("import", args=[bad.id])
    assert attention.items([], may_edit=False) == []


def test_import_that_ended_long_ago_needs_no_look(monkeypatch: pytest.MonkeyPatch) -> None:
    files.imported("email\nnobody\n")
    later = clock.now() + timedelta(days=8)
    engine.store().note_freshness(later)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert attention.items([], may_edit=True) == []


def test_pages_say_how_fresh_their_numbers_are_and_warn_when_they_are_behind(as_owner: Client) -> None:
    event_in(1)
    suppressions.add(email="no@example.com", reason="asked", actor="demo")
    pages = ("home", "people", "events", "suppressions", "mails")
    for name in pages:
        engine.store().note_freshness(clock.now())
        page = as_owner.get(reverse(name)).content.decode()
        assert ("behind" in page, "s ago" in page) == (False, True), name
    engine.store().note_freshness(clock.now() - timedelta(seconds=50))
    for name in pages:
        assert "s ago, behind" in as_owner.get(reverse(name)).content.decode(), name
    assert "being worked through" in as_owner.get(reverse("analytics")).content.decode()
    engine.store().note_freshness(None)
    assert "Being counted" in as_owner.get(reverse("home")).content.decode()


def test_lately_tells_who_did_what_newest_first() -> None:
    event_id, person = event_in(1, title="Picnic"), factories.person(first_name="Ada", last_name="Wong")
    registrations.register(event_id=event_id, person_id=person.id, actor="demo")
    newest = lately.happenings()[0]
    assert (newest.who, newest.verb, newest.what) == ("Ada Wong", "registered for", "Picnic")
    registrations.cancel(event_id=event_id, person_id=person.id, actor="demo")
    assert lately.happenings()[0].verb == "cancelled"


def test_campaign_on_its_way_is_shown_and_asked_after_again(as_owner: Client, data_dir: Path) -> None:
    factories.person()
    where = filters.from_query({})
    sent = campaigns.send(where=where, subject="Hello", body="Hello", utm=NO_UTM, name="May letter", actor="demo")
    page = as_owner.get(reverse("home")).content.decode()
    assert reverse("campaign", args=[sent.campaign.id]) in page
    assert 'hx-trigger="every 5s"' in page
    part = as_owner.get(reverse("home"), headers={"HX-Request": "true", "HX-Target": "sending-now"})
    assert part.content.decode().strip().startswith('<section class="panel" id="sending-now"')
    assert "May letter" in part.content.decode()


def test_campaign_that_stopped_by_itself_needs_a_look_and_one_paused_by_hand_does_not() -> None:
    factories.person()
    where = filters.from_query({})
    names = ("May letter", "June letter")
    sent = [
        campaigns.send(where=where, subject="Hello", body="Hello", utm=NO_UTM, name=name, actor="demo").campaign.id
        for name in names
    ]
    controls.stop(sent[0], "Too many bounces.")
    controls.pause(campaign_id=sent[1], actor="demo")
    (item,) = attention.items([], may_edit=False)
    assert (item.title, item.text, item.url) == ("May letter stopped", "Too many bounces.", reverse("sending"))


def test_what_is_being_sent_keeps_the_focus_and_does_not_read_itself_out_again(as_owner: Client) -> None:
    factories.person()
    where = filters.from_query({})
    sent = campaigns.send(where=where, subject="Hello", body="Hello", utm=NO_UTM, name="May letter", actor="demo")
    part = as_owner.get(reverse("home"), headers={"HX-Request": "true", "HX-Target": "sending-now"}).content.decode()
    assert f'<a id="sending-{sent.campaign.id}"' in part
    assert "aria-live" not in part


def test_times_are_shown_in_the_zone_the_browser_told(as_owner: Client) -> None:
    factories.person()
    at = clock.now()
    as_owner.cookies["tz"] = "Pacific/Kiritimati"
    shown = as_owner.get(reverse("home")).content.decode()
    zone = timezone.get_fixed_timezone(14 * 60)
    assert f"{at.astimezone(zone):%Y-%m-%d}T" in shown
    as_owner.cookies["tz"] = "../../etc/passwd"
    assert as_owner.get(reverse("home")).status_code == 200
