"""How counts become rows and bars."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crm.analytics import report, tree
from crm.analytics.columns import columns, share
from crm.analytics.store import Point, Question, Row

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def row(source: str, medium: str, campaign: str, **states: int) -> Row:
    return Row({"utm_source": source, "utm_medium": medium, "utm_campaign": campaign}, states)


def texts(rows: list[Row]) -> list[tuple[int, str]]:
    made = tree.table(Question(), rows, columns("human", "last"), "-sent", lambda **_: "")
    return [(line.level, line.text) for line in made.lines]


def test_most_sent_comes_first_at_each_level() -> None:
    rows = [row("a", "x", "1", sent=1), row("b", "y", "2", sent=3), row("a", "z", "3", sent=9)]
    assert texts(rows) == [(1, "a"), (2, "z"), (3, "3"), (2, "x"), (3, "1"), (1, "b"), (2, "y"), (3, "2")]


def test_mails_without_any_tracking_are_one_row() -> None:
    assert texts([row("", "", "", sent=1)]) == [(1, "No tracking")]


def test_a_missing_medium_beside_others_is_a_row_of_its_own() -> None:
    rows = [row("a", "", "", sent=1), row("a", "x", "1", sent=2)]
    assert texts(rows) == [(1, "a"), (2, "x"), (3, "1"), (2, "none")]


def test_a_long_table_stops_at_media() -> None:
    rows = [row("a", "x", f"campaign {number}", sent=1) for number in range(tree.LINES_SHOWN)]
    assert texts(rows) == [(1, "a"), (2, "x")]


def test_bars_reach_from_end_to_end_of_the_period() -> None:
    start = datetime(2025, 8, 1, tzinfo=STOCKHOLM)
    question = Question(since=start, before=start + timedelta(days=30))
    points = [Point(start + timedelta(days=3), {"sent": 2})]
    chart = report.over_time(question, points, "day", "Mails")
    assert (len(chart.bars), chart.bars[0], chart.bars[-1]) == (30, "1 Aug", "30 Aug")
    assert [(part.bar, part.mails) for part in chart.parts] == [(3, 2)]


def test_one_busy_week_is_not_one_wide_bar() -> None:
    chart = report.over_time(Question(), [Point(datetime(2025, 7, 28, tzinfo=UTC), {"sent": 2})], "week", "Mails")
    assert len(chart.bars) == report.LEAST_BARS


def test_the_day_the_clocks_change_is_still_one_day() -> None:
    start = datetime(2025, 10, 26, tzinfo=STOCKHOLM)
    day = report.within(Question(), start, "day")
    assert day.since is not None
    assert day.before is not None
    assert day.before.astimezone(UTC) - day.since.astimezone(UTC) == timedelta(hours=25)


def test_the_hour_that_repeats_is_two_hours() -> None:
    first = datetime(2025, 10, 26, 0, tzinfo=UTC).astimezone(STOCKHOLM)
    hour = report.within(Question(), first, "hour")
    assert hour.before is not None
    assert hour.before.astimezone(UTC) == datetime(2025, 10, 26, 1, tzinfo=UTC)


def test_a_week_that_began_before_the_period_is_cut_to_it() -> None:
    since = datetime(2025, 7, 30, tzinfo=UTC)
    week = report.within(Question(since=since), datetime(2025, 7, 28, tzinfo=UTC), "week")
    assert (week.since, week.before) == (since, datetime(2025, 8, 4, tzinfo=UTC))


def test_a_week_that_ends_after_the_period_is_cut_to_it() -> None:
    before = datetime(2025, 8, 2, tzinfo=UTC)
    week = report.within(Question(before=before), datetime(2025, 7, 28, tzinfo=UTC), "week")
    assert (week.since, week.before) == (datetime(2025, 7, 28, tzinfo=UTC), before)


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, ""),
        (0, 3, "0 %"),
        (1, 3_000_000, "< 0.01 %"),
        (1, 10_000, "0.01 %"),
        (1, 18, "5.56 %"),
        (1, 2, "50 %"),
        (1, 10, "10 %"),
        (2, 3, "66.7 %"),
        (2_999, 3_000, "> 99.9 %"),
        (3, 3, "100 %"),
        (300, 200, "150 %"),
    ],
)
def test_a_share_is_short_and_never_all_or_nothing_where_it_is_not(part: int, whole: int, text: str) -> None:
    assert share(part, whole) == text
