"""A campaign on one page of paper: the same numbers as everywhere, the links that lead, and what proves the rest."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from crm.analytics import charts
from crm.campaigns import actions, progress, report_page
from crm.campaigns.entities import Campaign, Mail
from crm.core import clock, errors
from crm.core.touches import Touch
from crm.core.utm import NO_UTM
from crm.search import engine, filters
from tests import factories
from tests.campaigns.accounts import counted, sending
from tests.search import documents

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir")]
LINKS = 30


@pytest.fixture(autouse=True)
def specifications(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What would have been drawn; the browser's tests draw it."""
    asked: list[dict[str, Any]] = []

    def drawn(specification: dict[str, Any]) -> str:
        asked.append(specification)
        return '<svg class="drawing"></svg>'

    monkeypatch.setattr(charts, "drawn", drawn)
    return asked


@pytest.fixture
def campaign() -> Campaign:
    """A campaign with mails in several states, opened, clicked and bounced; it led three people to a seat."""
    made = sending("sent", "sent", "sent", "sent", "failed", "pending", "skipped", "skipped")
    sent = [row for row in mails(made) if row.state == "sent"]
    outcomes = ("delivered", "delivered", "delivered", "bounced")
    told = [replace(row, version=row.version + 1, outcome=one) for row, one in zip(sent, outcomes, strict=True)]
    deeds = [(0, "open", 0), (1, "open", 0), (2, "unsubscribe", 0), *((0, "click", link) for link in range(1, LINKS))]
    done = [
        documents.engagement(
            sent[place].id, f"{number}", campaign_id=made.id, person_id=sent[place].person_id, kind=kind, link=link
        )
        for number, (place, kind, link) in enumerate([*deeds, (1, "click", LINKS), (2, "click", LINKS)])
    ]
    scanned = documents.engagement(sent[3].id, "s", campaign_id=made.id, kind="click", link=1, verdict="machine")
    touch = Touch("", "", "", made.id, clock.now())
    seats = [
        documents.registration("e", f"{number}", registered_at=clock.now(), last_touch=touch, attended=number > 0)
        for number in range(3)
    ]
    addresses = [f"https://example.com/{number}" for number in range(1, LINKS + 1)]
    engine.store().apply([*told, *done, scanned, *seats, documents.mail_links(made.id, 2, *addresses)])
    return made


def mails(campaign: Campaign) -> Any:
    return engine.store().deliveries(campaign_id=campaign.id, limit=100).items


def report(client: Client, campaign: Campaign) -> Any:
    return client.get(f"/dashboard/campaigns/{campaign.id}/report/")


def numbers(page: Any) -> Mapping[str, tuple[int, str]]:
    return {cell.column.name: (cell.number, cell.share) for cell in page.context["figures"].cells}


def test_the_figures_are_those_of_the_campaigns_page(as_viewer: Client, campaign: Campaign) -> None:
    shown = as_viewer.get(f"/dashboard/campaigns/{campaign.id}/").context
    known = {one.state: (one.mails, one.share) for one in [*shown["results"].steps, *shown["results"].troubles]}
    counts = {one.state: one.mails for one in shown["progress"].counts}
    found = numbers(report(as_viewer, campaign))
    for name in ("delivered", "opened", "clicked", "bounced", "attended"):
        assert found[name] == known[name] != (0, "")
    for name in ("sent", "complained", "unsubscribed", "registered"):
        assert found[name][0] == known[name][0]
    assert (found["failed"][0], found["pending"][0]) == (counts["failed"], counts["pending"]) == (1, 1)


def test_every_number_opens_exactly_its_rows(as_viewer: Client, campaign: Campaign) -> None:
    figures = report(as_viewer, campaign).context["figures"]
    opened = [(cell.url, cell.number) for cell in figures.cells] + [(step.url, step.number) for step in figures.steps]
    opened += [(line.cells[0].url, line.cells[0].number) for line in figures.links.shown]
    for url, number in opened:
        assert (as_viewer.get(url).context["total"] if url else 0) == number


def test_the_way_to_the_seat_says_how_many_were_lost_at_each_step(as_viewer: Client, campaign: Campaign) -> None:
    page = report(as_viewer, campaign)
    assert [(step.column.name, step.number, step.lost) for step in page.context["figures"].steps] == [
        ("sent", 4, 0),
        ("delivered", 3, 1),
        ("clicked", 3, 0),
        ("registered", 3, 0),
        ("attended", 2, 1),
    ]
    assert "1 lost, 75 % of sent" in page.content.decode()


def test_of_many_links_those_clicked_in_most_mails_are_named_and_the_rest_counted(
    as_viewer: Client, campaign: Campaign
) -> None:
    page = report(as_viewer, campaign)
    links = page.context["figures"].links
    assert (links.shown[0].text, links.shown[0].cells[0].number) == (f"example.com/{LINKS}", 2)
    assert (len(links.shown), links.more) == (report_page.LINKS_SHOWN, LINKS - report_page.LINKS_SHOWN)
    assert f"{links.more} more</a>" in page.content.decode()
    assert len(as_viewer.get(links.url).context["rows"]) == LINKS


def on_one_day(campaign: Campaign) -> None:
    """Let all mails be of one day: made right before midnight, they would be of two."""
    rows = mails(campaign)
    engine.store().apply([replace(row, version=row.version + 9, state_at=rows[0].state_at) for row in rows])


def test_what_went_out_on_one_day_is_drawn_by_the_hour(
    as_viewer: Client, campaign: Campaign, specifications: list[dict[str, Any]]
) -> None:
    on_one_day(campaign)
    report(as_viewer, campaign)
    by_hour, places = (made["description"] for made in specifications)
    assert by_hour.startswith("Mails per hour on ")
    assert places == "Registrations per day"


def test_a_seat_taken_long_after_changes_nothing_about_the_chart_of_mails(
    as_viewer: Client, campaign: Campaign, specifications: list[dict[str, Any]]
) -> None:
    on_one_day(campaign)
    report(as_viewer, campaign)
    late = clock.now() + timedelta(days=60)
    touch = Touch("", "", "", campaign.id, late)
    engine.store().apply([documents.registration("e", "late", registered_at=late, last_touch=touch)])
    report(as_viewer, campaign)
    before, _, after, places = specifications
    assert after == before
    assert places["description"] == "Registrations per week"


@pytest.mark.parametrize(("days", "interval"), [(3, "day"), (200, "week")])
def test_what_took_longer_is_drawn_by_days_or_weeks(
    as_viewer: Client, campaign: Campaign, specifications: list[dict[str, Any]], days: int, interval: str
) -> None:
    row = mails(campaign)[0]
    earlier = replace(row, version=row.version + 9, state_at=row.state_at - timedelta(days=days))
    engine.store().apply([earlier])
    report(as_viewer, campaign)
    titles = [made["description"] for made in specifications]
    assert titles == [f"Mails per {interval}, by state", "Registrations per day"]


def test_the_link_beside_a_chart_says_what_it_opens(
    as_viewer: Client, campaign: Campaign, specifications: list[dict[str, Any]]
) -> None:
    on_one_day(campaign)
    by_hour, places = report(as_viewer, campaign).context["figures"].drawings
    opened = as_viewer.get(by_hour.url).context
    assert by_hour.link == f"{opened['column'].label} per {opened['interval']}" == "Sent per day"
    assert places.link == "As a table"
    drawn = [bar["mails"] for bar in specifications[1]["data"]["values"]]
    assert [one.number for one in reversed(as_viewer.get(places.url).context["stretches"]) if one.number] == drawn


def test_charts_are_flatter_than_elsewhere(
    as_viewer: Client, campaign: Campaign, specifications: list[dict[str, Any]]
) -> None:
    report(as_viewer, campaign)
    usual = charts.columns(charts.Chart("", [], []), "narrow")["height"]
    assert len(specifications) == 2
    assert all(made["height"] < usual for made in specifications)


BEGUN, DONE = datetime(2026, 3, 1, 9, tzinfo=UTC), datetime(2026, 3, 1, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"state": "draft"}, "Not yet: draft, by Ann"),
        ({"state": "scheduled", "scheduled_at": BEGUN}, "Not yet: scheduled for 1 March 2026, 09:00, by Ann"),
        ({"state": "freezing"}, "Choosing people, by Ann"),
        ({"state": "sending", "frozen_at": BEGUN}, "1 March 2026, 09:00, sending, by Ann"),
        (
            {"state": "sent", "frozen_at": BEGUN, "finished_at": DONE},
            "1 March 2026, 09:00 to 1 March 2026, 11:30, by Ann",
        ),
    ],
)
def test_it_says_when_it_was_sent_and_by_whom(campaign: Campaign, values: dict[str, Any], sentence: str) -> None:
    told = replace(campaign, **{"frozen_at": None, "finished_at": None, "scheduled_at": None, **values})
    assert report_page.sent(told, progress.of(told.id, told.state, told.matched), "Ann") == sentence


def test_a_chart_that_cannot_be_drawn_takes_nothing_else_away(
    as_viewer: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_: object) -> str:
        raise errors.Busy

    monkeypatch.setattr(charts, "drawn", busy)
    page = report(as_viewer, campaign).content.decode()
    assert "It could not be drawn just now." in page
    assert 'id="report-figures"' in page


def test_the_proof_is_one_sentence_with_its_date(as_viewer: Client) -> None:
    campaign = sending("sent", "skipped")
    assert "Nobody has counted yet" in report(as_viewer, campaign).content.decode()
    counted(campaign)
    page = report(as_viewer, campaign).content.decode()
    assert "Everybody is in exactly one state. Nobody was mailed twice. Nothing is open. <small>Counted row by" in page


def test_the_report_of_a_draft_says_that_nothing_was_sent(as_viewer: Client) -> None:
    mail = Mail("Plans", "Soon", "Come!", NO_UTM)
    draft = actions.draft(mail=mail, where=filters.EVERYONE, actor=factories.ACTOR)
    page = report(as_viewer, draft).content.decode()
    assert "Nothing was sent yet" in page
    assert "Not yet: draft" in page
    assert 'id="to-report"' not in as_viewer.get(f"/dashboard/campaigns/{draft.id}/").content.decode()


def test_the_campaigns_page_leads_to_its_report(as_viewer: Client, campaign: Campaign) -> None:
    page = as_viewer.get(f"/dashboard/campaigns/{campaign.id}/").content.decode()
    assert f'href="/dashboard/campaigns/{campaign.id}/report/"' in page
