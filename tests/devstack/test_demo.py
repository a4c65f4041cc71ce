"""What the demo data promises to those who try the sample requests on it. The real stack's tests show that it loads."""

from collections import Counter
from functools import cache

import pytest

from crm.core import clock
from crm.registrations.entities import WAITLISTED
from devstack.demo import load
from devstack.demo.load import Demo


@cache
def demo() -> Demo:
    return load.plan()


def test_demo_has_what_the_sample_requests_name() -> None:
    assert {"user-id-123", "user-id-456"} <= {person.id for person in demo().people}
    sample = next(event for event in demo().events if event.id == "event-id-123")
    assert (sample.fields.status, sample.waiting) == ("published", 0)
    assert sample.fields.start_at > clock.now()
    assert sample.taken < sample.capacity
    assert "user-id-456" not in {row.person_id for row in demo().registrations}


def test_demo_is_large_enough_to_fill_the_pages() -> None:
    assert (len(demo().people), len(demo().events)) == (500, 20)
    assert 2_700 < len(demo().registrations) < 3_300


def test_samples_audience_is_small() -> None:
    wanted = ("TechCorp", "New York")
    assert 0 < sum((person.fields.company, person.fields.city) == wanted for person in demo().people) < 15


def test_addresses_are_unique_and_plain_ascii() -> None:
    addresses = [person.fields.email for person in demo().people]
    assert len(set(addresses)) == len(addresses)
    assert all(address.isascii() for address in addresses)


@pytest.mark.parametrize("attribute", ["events_registered", "events_attended"])
def test_peoples_counts_agree_with_their_registrations(attribute: str) -> None:
    flag = attribute.replace("events_", "counted_")
    counts = Counter(row.person_id for row in demo().registrations if getattr(row, flag))
    assert {person.id: getattr(person, attribute) for person in demo().people} == {
        person.id: counts[person.id] for person in demo().people
    }


def test_places_agree_with_registrations_and_nobody_waits_beside_a_free_place() -> None:
    for event in demo().events:
        own = [row for row in demo().registrations if row.event_id == event.id]
        assert event.waiting == sum(row.status == WAITLISTED for row in own)
        assert event.taken <= event.capacity
        assert event.waiting == 0 or event.taken == event.capacity
