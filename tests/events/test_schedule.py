"""When an event is, in words."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from crm.events import schedule

NOON = datetime(2030, 7, 1, 12, tzinfo=UTC)


def said(start: datetime, hours: int, zone: str, now: datetime = datetime(2029, 1, 1, tzinfo=UTC)) -> str:
    with patch("django.utils.timezone.now", return_value=now):
        return schedule.spoken(start, start + timedelta(hours=hours), zone)


def test_one_day_is_named_once_in_the_events_zone() -> None:
    assert said(NOON, 2, "America/New_York") == "Monday 1 July 2030, 08:00 to 10:00"


def test_an_event_over_midnight_names_both_days() -> None:
    assert said(NOON, 14, "UTC") == "Monday 1 July 2030, 12:00 to Tuesday 2 July, 02:00"


def test_todays_event_says_so_and_leaves_the_year_out() -> None:
    assert said(NOON, 1, "UTC", now=NOON) == "Today, Monday 1 July, 12:00 to 13:00"


def test_a_zone_is_called_by_its_place() -> None:
    assert schedule.place_of("America/Argentina/Buenos_Aires") == "Buenos Aires"
