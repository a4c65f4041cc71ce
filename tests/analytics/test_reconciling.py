"""Every figure of the analytics pages equals a count over the tables' rows that shares no line with the product.

The scripted week (bench/week) asks the same of ten thousand mails on a running stack; this is a small part of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.test import Client

from bench.week import check_analytics, check_api, check_links, check_pages, check_utm, comparing, rows
from bench.week.browser import Answer, Browser
from bench.week.check import Check
from bench.week.count import Ask, Count
from bench.week.script import CURL, HUMANS
from crm.campaigns import actions as campaigns
from crm.campaigns.entities import Campaign
from crm.core import clock, dynamo, rates
from crm.core.utm import NO_UTM, Utm
from crm.deliveries import repository as deliveries
from crm.deliveries import tokens
from crm.deliveries.entities import Delivery
from crm.events.entities import Event
from crm.registrations import actions as registrations
from crm.search import engine, filters
from tests import factories
from tests.campaigns import accounts
from tests.public import visitors
from worker import rebuild
from worker.stream_api import StreamApi

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir")]
UTC = ZoneInfo("UTC")
JUNE = Utm("newsletter", "email", "june")
HUMAN = HUMANS[0]


@dataclass(frozen=True, slots=True)
class Mailed:
    """A campaign and its mails, in the order of their people."""

    campaign: Campaign
    mails: Sequence[Delivery]


def campaign(name: str, utm: Utm, people: int, **values: object) -> Mailed:
    """Send to so many people; the last one is left out, and one before cannot be reached."""
    ids = [factories.person(company=name).id for _ in range(people)]
    body = f"[Come]({settings.PUBLIC_URL}/e/summit) or [travel](https://travel.example/map?a=1)"
    begun = campaigns.send(
        where=filters.from_query({"company": name}), subject=name, body=body, utm=utm, actor=factories.ACTOR
    ).campaign
    engine.store().note_freshness(clock.now())
    states = [*["sent"] * (people - 2), "failed", "skipped"]
    at = clock.now() - timedelta(hours=30)
    given = {"utm": utm, "state_at": at, "sent_at": at, "delivered_at": at, **values}
    sent = accounts.sent_to(begun, dict(zip(ids, states, strict=True)), **given)
    found = [deliveries.find(sent.id, 0, person, "mail") for person in ids]
    return Mailed(sent, [mail for mail in found if mail is not None])


def follow(browser: Client, address: str, agent: str = HUMAN) -> str:
    """Ask for an address of a mail; return where it leads."""
    answer = browser.get(urlsplit(address).path, headers={"user-agent": agent})
    return str(answer.headers.get("Location", ""))


def click(browser: Client, mail: Delivery, link: int = 1, agent: str = HUMAN) -> str:
    return follow(browser, tokens.click_url(tokens.of(mail), link), agent)


def come(browser: Client, address: str, event: Event, email: str) -> None:
    """Look at the event's page at an address, and register."""
    assert browser.get(address.removeprefix(settings.PUBLIC_URL)).status_code == 200
    assert visitors.register(browser, event, email=email).status_code == 303


QUESTIONS = (
    {"period": "all", "traffic": "human", "model": "last"},
    {"period": "all", "traffic": "all", "model": "first"},
    {"period": "7", "traffic": "human", "model": "first", "utm_source": "newsletter"},
)


def play() -> None:
    """Two campaigns, people and machines that read them, and visitors who come by themselves."""
    summit = factories.event(slug="summit", max_capacity=3, uses_check_in=True)
    meetup = factories.event(slug="meetup", uses_check_in=False)
    june = campaign("alpha", JUNE, 7, outcome="delivered")
    other = campaign("beta", NO_UTM, 4)
    for mail in june.mails[:3]:
        follow(Client(), tokens.open_url(tokens.of(mail)))
    follow(Client(), tokens.open_url(tokens.of(june.mails[4])), CURL)
    for link in (1, 2, 0):
        click(Client(), june.mails[3], link, CURL)
    guest = Client()
    come(guest, click(guest, june.mails[0]), summit, "guest@example.com")
    click(guest, june.mails[0], 2)
    click(guest, june.mails[0], 2)
    friend = Client()
    come(friend, click(friend, june.mails[1]), summit, "friend@example.com")
    come(friend, "/e/meetup?utm_source=partner&utm_medium=M%C3%BCller", meetup, "friend@example.com")
    come(Client(), "/e/summit", summit, "third@example.com")
    waiting = Client()
    come(waiting, click(waiting, other.mails[0]), summit, "fourth@example.com")
    registrations.check_in(event_id=summit.id, person_id=visitors.person_id("guest@example.com"), actor=factories.ACTOR)
    registrations.cancel(event_id=summit.id, person_id=visitors.person_id("third@example.com"), actor=factories.ACTOR)


def wire(method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
    """Ask the product within this process, past any proxy: the API needs no token then, as in demo mode."""
    told = {name: value for name, value in headers.items() if name != "X-Forwarded-For"}
    answer: Any = Client().generic(method, path, body or b"", headers=told)
    return Answer(answer.status_code, {name.lower(): value for name, value in answer.items()}, [], answer.getvalue())


@pytest.fixture
def check(as_owner: Client) -> Check:
    """A check that asks as the owner."""
    staff = Browser(wire, "http://localhost", HUMAN, "10.0.0.1")
    staff.cookies[settings.SESSION_COOKIE_NAME] = ("/", as_owner.cookies[settings.SESSION_COOKIE_NAME].value)
    return Check(staff)


def test_figures_of_all_pages_equal_a_count_over_the_rows(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "_counts", rates._Counts())
    play()
    rebuild.rebuild(engine.rebuildable(), StreamApi(), lambda: False)
    count, now = Count(rows.read(dynamo.connection().client)), clock.now()
    for given in QUESTIONS:
        _analytics(check, count, given, now)
    for measure in ("sent", "clicked", "registered"):
        per_day = {"measure": measure, "traffic": "human", "period": "7", "per": "day", "model": "first"}
        check_analytics.time(check, count, comparing.asked(per_day, now, UTC), per_day, now=now, zone=UTC)
    check_analytics.people(check, count)
    _other_pages(check, count, now)
    assert check.differences == []
    # A page that shows nothing does not differ.
    assert count.figures(Ask()).items() >= {"sent": 7, "opened": 3, "clicked": 3, "registered": 4, "waiting": 0}.items()
    assert count.figures(Ask(traffic="all"))["clicked"] == 4
    assert sum(numbers["clicks"] for numbers in count.links(Ask(traffic="all")).values()) == 8


def _analytics(check: Check, count: Count, given: Mapping[str, str], now: datetime) -> None:
    ask = comparing.asked(given, now, UTC)
    check_utm.page(check, count, ask, given)
    check_utm.file(check, count, ask, given)
    check_analytics.funnel(check, count, ask, given)
    check_analytics.events(check, count, ask, given)
    check_links.page(check, count, ask, given)
    check_links.file(check, count, ask, given)
    told = {name: value for name, value in given.items() if name != "period"}
    if given["period"] == "all":
        check_api.grouped(check, count, ask, check.ask, told, group=("utm_source", "campaign_id"))
        del told["model"]
        check_links.api(check, count, ask, check.ask, told)


def _other_pages(check: Check, count: Count, now: datetime) -> None:
    check_pages.campaigns(check, count)
    for campaign in count.rows.campaigns.values():
        check_pages.campaign(check, count, campaign, check.ask)
        check_links.of_campaign(check, count, campaign)
    for event in count.rows.events.values():
        check_pages.event(check, count, event, check.ask)
    check_pages.home(check, count, now, UTC)
