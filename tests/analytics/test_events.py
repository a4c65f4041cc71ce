"""Registrations by event: each number opens its rows, and the page agrees with itself and with the table by source."""

import csv
import io
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.core.touches import Touch
from crm.search import engine
from tests.search.documents import event, registration

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir", "some_mails")]
EVENTS = "/dashboard/analytics/events/"


@pytest.fixture(autouse=True)
def _two_events(some_mails: None) -> None:
    now = timezone.now()
    led = Touch("partner", "social", "june", "", now)
    places = [registration("other", str(number), registered_at=now, last_touch=led) for number in range(2)]
    engine.store().apply([event("e", start_at=now, uses_check_in=True), event("other"), *places])


def numbers(cells: Any) -> dict[str, int]:
    return {cell.column.name: cell.number for cell in cells}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"event": "e"},
        {"utm_source": "newsletter"},
        {"utm_source": "newsletter", "model": "first"},
        {"period": "all"},
    ],
)
def test_every_number_opens_exactly_its_rows(as_owner: Client, query: dict[str, str]) -> None:
    page = as_owner.get(EVENTS, query)
    lines, table = page.context["lines"], page.context["table"]
    cells = [cell for row in [*lines.all, lines, table] for cell in getattr(row, "cells", None) or row.total]
    cells += [cell for line in table.lines for cell in line.cells]
    opened = [(cell.url, cell.number) for cell in cells if cell.number]
    opened += [(one.url, one.number) for one in page.context["stretches"] if one.number]
    assert len(opened) > 3
    for url, number in opened:
        assert as_owner.get(url).context["total"] == number


def test_events_sources_and_days_add_up_to_the_same(as_owner: Client) -> None:
    for query in ({}, {"event": "e"}, {"event": "other"}):
        page = as_owner.get(EVENTS, query)
        total = numbers(page.context["lines"].total)
        assert numbers(page.context["table"].total) == {name: total[name] for name in ("registered", "attended")}
        assert page.context["sum"] == total["registered"]
        assert sum(numbers(line.cells)["registered"] for line in page.context["lines"].all) == total["registered"]


def test_each_event_says_who_registered_came_and_waits_the_latest_first(as_owner: Client) -> None:
    page = as_owner.get(EVENTS)
    found = [(line.title, *numbers(line.cells).values()) for line in page.context["lines"].all]
    assert found == [("e", 3, 1, 1), ("other", 2, 0, 0)]
    assert page.context["lines"].all[0].cells[1].share == "33.3 % of registered"
    assert [line.is_checked for line in page.context["lines"].all] == [True, False]
    assert not any(cell.percent for cell in page.context["lines"].total)
    file = b"".join(as_owner.get(page.context["csv_url"]).streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(file)))
    assert [(row["event"], int(row["registered"]), int(row["attended"]), int(row["waiting"])) for row in rows] == found


def said(cells: Any) -> tuple[str, str]:
    """Return the show-up rate, and why there is none."""
    return next((cell.percent, cell.unsaid) for cell in cells if cell.column.name == "attended")


def test_show_up_rate_is_told_of_events_that_are_over_and_check_people_in(as_owner: Client) -> None:
    page = as_owner.get(EVENTS, {"event": "e"}).context
    assert said(page["lines"].all[0].cells) == said(page["lines"].total) == said(page["table"].total) == ("33.3 %", "")
    now = timezone.now()
    engine.store().apply([event("e", version=2, start_at=now, end_at=now + timedelta(days=1), uses_check_in=True)])
    page = as_owner.get(EVENTS, {"event": "e"}).context
    assert said(page["lines"].all[0].cells) == ("", "Not over yet: people may still come.")
    assert said(page["lines"].total) == said(page["table"].total) == ("", page["lines"].unrated)


def test_sources_of_events_that_check_nobody_in_have_no_show_up_rate(as_owner: Client) -> None:
    came = registration("other", "9", registered_at=timezone.now(), attended=True)
    engine.store().apply([came])
    answer = as_owner.get(EVENTS)
    lines, table = answer.context["lines"], answer.context["table"]
    assert said(lines.all[1].cells) == ("", "Nobody is checked in: everybody with a place counts as come.")
    assert lines.unrated == "Some of the events are not over, or check nobody in."
    assert said(table.total) == ("", lines.unrated)
    for line in table.lines:
        assert not said(line.cells)[0]
    assert f'<small title="{lines.unrated}">\u2013</small>' in answer.content.decode()


@pytest.mark.usefixtures("fresh_charts")
def test_bars_open_their_rows(as_owner: Client) -> None:
    svg = as_owner.get("/dashboard/analytics/charts/registrations/", {"event": "e"}).content.decode()
    bars = re.findall(r'href="([^"]+)"><path[^>]*><title>[^<]*: ([\d,]+) ', svg)
    assert sum(int(number) for _, number in bars) == 3
    for url, number in bars:
        assert as_owner.get(unescape(url)).context["total"] == int(number)


def test_nothing_in_a_period_says_so(as_owner: Client) -> None:
    page = as_owner.get(EVENTS, {"utm_source": "nobody"}).content.decode()
    assert "No registrations in this period" in page
