"""The funnel and the numbers over time: each opens its rows, and both add up to what the table says."""

import csv
import io
import re
from datetime import timedelta
from html import unescape
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.search import engine
from tests.mail_documents import NEWSLETTER, mails
from tests.search.documents import event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir", "some_mails")]
FUNNEL, TIME = "/dashboard/analytics/funnel/", "/dashboard/analytics/time/"


def of_table(client: Client, query: dict[str, str]) -> dict[str, int]:
    """Return the sums of the table by source."""
    cells = client.get("/dashboard/analytics/", query).context["table"].total
    return {cell.column.name: cell.number for cell in cells}


def file(client: Client, page: Any) -> list[dict[str, str]]:
    """Return the rows of the page's CSV."""
    answer = client.get(page.context["csv_url"])
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


@pytest.mark.parametrize(
    "query", [{}, {"utm_source": "newsletter", "model": "first"}, {"event": "e", "period": "all"}, {"event": "other"}]
)
def test_every_step_opens_exactly_its_rows(as_owner: Client, query: dict[str, str]) -> None:
    page = as_owner.get(FUNNEL, query)
    steps = page.context["steps"]
    assert [step.column.name for step in steps] == ["sent", "delivered", "clicked", "registered", "attended"]
    for step in steps:
        if step.number:
            assert as_owner.get(step.url).context["total"] == step.number
    assert [int(row["number"]) for row in file(as_owner, page)] == [step.number for step in steps]


def test_steps_are_the_sums_of_the_table(as_owner: Client) -> None:
    steps = as_owner.get(FUNNEL, {"utm_source": "newsletter"}).context["steps"]
    sums = of_table(as_owner, {"utm_source": "newsletter"})
    assert {step.column.name: step.number for step in steps} == {
        step.column.name: sums[step.column.name] for step in steps
    }


def test_steps_say_what_is_left_and_what_is_lost(as_owner: Client) -> None:
    steps = as_owner.get(FUNNEL).context["steps"]
    assert [(step.number, step.share, step.lost) for step in steps] == [
        (18, "", 0),
        (2, "11.1 % of sent", 16),
        (1, "50 % of delivered", 1),
        (3, "", 0),
        (1, "33.3 % of registered", 2),
    ]


def test_event_narrows_the_registrations_alone(as_owner: Client) -> None:
    engine.store().apply([event("other")])
    here, elsewhere = (as_owner.get(FUNNEL, {"event": one}).context["steps"] for one in ("e", "other"))
    assert [step.number for step in here] == [18, 2, 1, 3, 1]
    assert [step.number for step in elsewhere] == [18, 2, 1, 0, 0]


@pytest.mark.parametrize("per", ["", "day", "week"])
@pytest.mark.parametrize("measure", ["sent", "clicked", "registered"])
def test_every_stretch_opens_exactly_its_rows(as_owner: Client, measure: str, per: str) -> None:
    page = as_owner.get(TIME, {"measure": measure, "per": per, "utm_medium": "email"})
    stretches = page.context["stretches"]
    assert sum(one.number for one in stretches) == of_table(as_owner, {"utm_medium": "email"})[measure]
    for one in stretches:
        if one.number:
            assert as_owner.get(one.url).context["total"] == one.number
    assert [int(row[measure]) for row in file(as_owner, page)] == [one.number for one in reversed(stretches)]


def test_each_stretch_stands_beside_its_like_in_the_period_before(as_owner: Client) -> None:
    mails(4, "sent", NEWSLETTER, state_at=timezone.now() - timedelta(days=7))
    stretches = as_owner.get(TIME, {"period": "7"}).context["stretches"]
    assert (len(stretches), stretches[0].number, stretches[0].before, stretches[0].change) == (7, 11, 4, "+7")
    assert all(one.before is None for one in as_owner.get(TIME, {"period": "all"}).context["stretches"])


@pytest.mark.parametrize("days_later", range(7))
def test_weeks_leave_out_nothing_of_the_period_before(
    as_owner: Client, days_later: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = timezone.now() + timedelta(days=days_later)
    monkeypatch.setattr(timezone, "now", lambda: today)
    for days in range(30, 60):
        mails(1, "sent", NEWSLETTER, state_at=today - timedelta(days=days))
    page = as_owner.get(TIME, {"period": "30", "per": "week"})
    stretches = page.context["stretches"]
    assert sum(one.before for one in stretches) == page.context["sum_before"] == 30
    # Each beside as many days as it has: the first and the last are cut by the ends of the period.
    assert [one.before for one in stretches if one.before != 7] == [
        days for days in (stretches[0].before, stretches[-1].before) if days != 7
    ]


def test_hours_of_a_day_are_those_of_the_viewer(as_owner: Client) -> None:
    as_owner.cookies["tz"] = "Asia/Kathmandu"
    stretches = as_owner.get(TIME, {"period": "1", "per": "hour"}).context["stretches"]
    assert len(stretches) == 24
    assert stretches[0].start.utcoffset() == timedelta(hours=5, minutes=45)


@pytest.mark.usefixtures("fresh_charts")
def test_bars_open_their_rows_and_lines_are_the_period_before(as_owner: Client) -> None:
    mails(4, "sent", NEWSLETTER, state_at=timezone.now() - timedelta(days=7))
    svg = as_owner.get("/dashboard/analytics/charts/compared/", {"period": "7"}).content.decode()
    bars = re.findall(r'href="([^"]+)"><path[^>]*><title>[^<]*: ([\d,]+) ', svg)
    assert sum(int(number) for _, number in bars) == 18
    for url, number in bars:
        assert as_owner.get(unescape(url)).context["total"] == int(number)
    assert "stroke-dasharray" in svg


@pytest.mark.parametrize(
    ("page", "query", "named"),
    [
        (TIME, {"measure": "joy"}, b"measure"),
        (TIME, {"per": "minute"}, b"per"),
        (TIME, {"per": "hour", "period": "90"}, b"per"),
        (TIME, {"event": "e"}, b"event"),
        (FUNNEL, {"event": "x" * 201}, b"event"),
        (FUNNEL, {"measure": "sent"}, b"measure"),
    ],
)
def test_what_cannot_be_asked_is_named(as_owner: Client, page: str, query: dict[str, str], named: bytes) -> None:
    answer = as_owner.get(page, query)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert named in answer.content


def test_tabs_keep_the_question(as_owner: Client) -> None:
    tabs = as_owner.get(TIME, {"utm_source": "partner", "traffic": "all", "measure": "clicked"}).context["tabs"]
    assert [tab["label"] for tab in tabs] == ["UTM", "Funnel", "Time", "Links", "Events", "People"]
    # The last one asks nothing, and hands the question on.
    people = as_owner.get(str(tabs[-1]["url"])).context["tabs"]
    assert [tab["url"] for tab in people] == [tab["url"] for tab in tabs]
    for tab in tabs[:-1]:
        page = as_owner.get(str(tab["url"]))
        assert page.context["choices"][0]["chosen"] == "partner"
        assert page.context["form"].traffic_chosen == "all"


@pytest.mark.parametrize("page", [FUNNEL, TIME, "/dashboard/analytics/"])
def test_what_is_swapped_in_has_the_addresses_of_the_new_question(as_owner: Client, page: str) -> None:
    headers = {"HX-Request": "true", "HX-Target": "analytics-page"}
    part = as_owner.get(page, {"utm_source": "partner"}, headers=headers).content.decode()
    assert "<html" not in part
    assert part.count("utm_source=partner") >= 4
    assert ".csv?utm_source=partner" in part
