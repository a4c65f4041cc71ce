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


def table(rows: list[Row]) -> tree.Table:
    return tree.table(Question(), rows, columns("human", "last"), "-sent", lambda **utm: ",".join(utm.values()))


def texts(rows: list[Row]) -> list[tuple[int, str]]:
    return [(line.level, line.text) for line in table(rows).lines]


def test_most_sent_comes_first_at_each_level() -> None:
    rows = [row("a", "x", "1", sent=1), row("b", "y", "2", sent=3), row("a", "z", "3", sent=9)]
    assert texts(rows) == [(1, "a"), (2, "z"), (3, "3"), (2, "x"), (3, "1"), (1, "b"), (2, "y"), (3, "2")]


def test_mails_without_any_tracking_are_one_row() -> None:
    assert texts([row("", "", "", sent=1)]) == [(1, "No tracking")]


def test_a_missing_medium_beside_others_is_a_row_of_its_own() -> None:
    rows = [row("a", "", "", sent=1), row("a", "x", "1", sent=2)]
    assert texts(rows) == [(1, "a"), (2, "x"), (3, "1"), (2, "none")]


def test_a_long_table_stops_at_media_and_says_so() -> None:
    rows = [row("a", "x", f"campaign {number}", sent=1) for number in range(tree.LINES_SHOWN)]
    assert texts(rows) == [(1, "a"), (2, "x")]
    assert [table(rows[:-2]).left_out, table(rows).left_out] == ["", "campaigns"]
    media = [row("a", f"medium {number}", "", sent=1) for number in range(tree.LINES_SHOWN)]
    assert table(media).left_out == "media and campaigns"


def test_only_a_row_without_gaps_narrows_the_page() -> None:
    rows = [row("a", "", "june", sent=1), row("a", "x", "june", sent=1)]
    assert [(line.text, line.url) for line in table(rows).lines] == [
        ("a", "a"),
        ("none", ""),
        ("june", ""),
        ("x", "a,x"),
        ("june", "a,x,june"),
    ]


def test_bars_reach_from_end_to_end_of_the_period() -> None:
    start = datetime(2025, 8, 1, tzinfo=STOCKHOLM)
    question = Question(since=start, before=start + timedelta(days=30))
    points = [Point(start + timedelta(days=3), {"sent": 2})]
    chart = report.over_time(question, points, "day", "Mails")
    assert (len(chart.bars), chart.bars[0], chart.bars[-1]) == (30, "1 Aug", "30 Aug")
    assert [(part.bar, part.mails) for part in chart.parts] == [(3, 2)]


def test_weeks_without_anything_begin_as_those_with_something_do() -> None:
    friday = datetime(2025, 8, 1, tzinfo=STOCKHOLM)
    question = Question(since=friday, before=friday + timedelta(days=10))
    starts = [point.start for point in report.empty(question, "week")]
    assert starts == [friday - timedelta(days=4), friday + timedelta(days=3)]
    assert [point.start for point in report.padded(question, [Point(starts[0], {"sent": 1})], "week")] == starts


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


def test_a_day_whose_midnight_is_skipped_reaches_to_the_next() -> None:
    # Egypt's clocks go from 24 April 2026, 0:00, to 1:00.
    cairo = ZoneInfo("Africa/Cairo")
    start = datetime(2026, 4, 23, 22, tzinfo=UTC).astimezone(cairo)
    day = report.within(Question(), start, "day")
    assert day.before is not None
    assert day.before.astimezone(UTC) == datetime(2026, 4, 24, 21, tzinfo=UTC)
    midnight = datetime(2026, 4, 24, tzinfo=cairo)
    asked = Question(since=midnight, before=midnight + timedelta(days=2))
    assert [point.start for point in report.padded(asked, [Point(start, {})], "day")] == [
        start,
        datetime(2026, 4, 25, tzinfo=cairo),
    ]


def test_half_an_hour_that_repeats_is_a_stretch_of_its_own() -> None:
    # Lord Howe Island's clocks go from 5 April 2026, 2:00, back to 1:30.
    island = ZoneInfo("Australia/Lord_Howe")
    first, again = (datetime(2026, 4, 4, *time, tzinfo=UTC) for time in ((14, 0), (15, 0)))
    hours = [report.within(Question(), start.astimezone(island), "hour") for start in (first, again)]
    assert [_ends(hour) for hour in hours] == [(first, again), (again, again + timedelta(minutes=30))]


def _ends(asked: Question) -> tuple[datetime, datetime]:
    assert asked.since is not None
    assert asked.before is not None
    return asked.since.astimezone(UTC), asked.before.astimezone(UTC)


def test_hours_of_several_days_name_their_day_and_the_repeated_one_its_zone() -> None:
    evening = datetime(2025, 10, 25, 21, tzinfo=UTC)
    starts = [(evening + timedelta(hours=hours)).astimezone(STOCKHOLM) for hours in range(5)]
    assert report.texts(starts, "hour") == [
        "25 Oct 23:00",
        "26 Oct 00:00",
        "26 Oct 01:00",
        "26 Oct 02:00 CEST",
        "26 Oct 02:00 CET",
    ]
    assert report.texts(starts[:1], "hour") == ["23:00"]


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
        (300, 200, ""),
    ],
)
def test_a_share_is_short_and_never_all_or_nothing_where_it_is_not(part: int, whole: int, text: str) -> None:
    assert share(part, whole) == text


def test_a_source_without_mails_is_no_bar_among_those_with() -> None:
    rows = [row("a", "", "", registered_last=2), row("b", "", "", sent=1)]
    assert report.by_source(Question(), rows, "Mails").bars == ["b / none / none"]
