"""What the event form takes, and how it reads times."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from crm.events.forms import EventForm

GIVEN = {
    "title": "Design Night",
    "start_at": "2030-07-01T19:00",
    "end_at": "2030-07-01T22:00",
    "timezone": "America/New_York",
    "max_capacity": "40",
}


def test_times_are_read_on_the_wall_of_the_events_zone() -> None:
    form = EventForm(GIVEN)
    assert form.is_valid(), form.errors
    assert form.values()["start_at"] == datetime(2030, 7, 1, 23, 0, tzinfo=UTC)


def test_an_hour_that_spring_skips_is_refused_beside_its_field() -> None:
    form = EventForm({**GIVEN, "start_at": "2030-03-10T02:30"})
    assert not form.is_valid()
    assert list(form.errors) == ["start_at"]
    assert "clocks skip" in form.errors["start_at"][0]


def test_an_hour_that_autumn_repeats_means_its_first() -> None:
    form = EventForm({**GIVEN, "start_at": "2030-11-03T01:30", "end_at": "2030-11-03T12:00"})
    assert form.is_valid(), form.errors
    assert form.values()["start_at"] == datetime(2030, 11, 3, 5, 30, tzinfo=UTC)


def test_a_time_with_an_offset_is_refused() -> None:
    form = EventForm({**GIVEN, "end_at": "2030-07-01T22:00+02:00"})
    assert not form.is_valid()
    assert "offset" in form.errors["end_at"][0]


def test_no_places_given_means_no_limit() -> None:
    form = EventForm({**GIVEN, "max_capacity": ""})
    assert form.is_valid(), form.errors
    assert form.values()["max_capacity"] == 0


def test_a_zone_that_only_the_api_knows_stays_choosable() -> None:
    form = EventForm({**GIVEN, "timezone": "US/Pacific"}, zone="US/Pacific")
    assert form.is_valid(), form.errors


def test_an_unknown_zone_is_refused() -> None:
    assert "timezone" in EventForm({**GIVEN, "timezone": "Mars/Olympus"}).errors


@pytest.mark.parametrize(
    ("start", "zone"), [("0001-01-01T00:00", "Asia/Tokyo"), ("9999-12-31T23:00", "America/New_York")]
)
def test_a_time_at_the_ends_of_the_calendar_is_refused_beside_its_field(start: str, zone: str) -> None:
    form = EventForm({**GIVEN, "start_at": start, "timezone": zone})
    assert form.errors["start_at"] == ["Between the years 1900 and 2200."]


def test_a_time_left_as_shown_stays_the_stored_one_to_the_second() -> None:
    # The second half past one of that night, and 42 seconds.
    stored = datetime(2030, 11, 3, 6, 30, 42, tzinfo=UTC)
    shown = stored.astimezone(ZoneInfo("America/New_York")).replace(tzinfo=None)
    initial = {"start_at": shown, "timezone": "America/New_York"}
    typed = {**GIVEN, "start_at": "2030-11-03T01:30", "end_at": "2030-11-03T12:00"}
    kept = EventForm(typed, initial=initial)
    assert kept.is_valid(), kept.errors
    assert kept.values()["start_at"] == stored
    moved = EventForm({**typed, "timezone": "America/Chicago"}, initial=initial)
    assert moved.is_valid(), moved.errors
    assert moved.values()["start_at"] == datetime(2030, 11, 3, 6, 30, tzinfo=UTC)
