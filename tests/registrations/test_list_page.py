"""The list of registrations behind a number of the analytics."""

from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
from django.test import Client

from crm.core.touches import Touch
from crm.search import engine
from tests.search.documents import NOON, campaign, event, registration

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir")]
LIST = "/dashboard/registrations/"


@pytest.fixture
def some(data_dir: Path) -> None:
    """Three with a place, one of whom came, one cancelled."""
    june = Touch("newsletter", "email", "june", "c1", NOON)
    july = Touch("newsletter", "", "july", "", NOON)
    engine.store().apply(
        [
            event("e", title="Design Night"),
            registration("e", "1", first_touch=june, last_touch=july, attended=True),
            registration("e", "2", first_touch=june, last_touch=june, registered_at=NOON + timedelta(hours=1)),
            registration("f", "3"),
            registration("e", "4", status="cancelled", first_touch=june, last_touch=june),
        ]
    )


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize(
    ("query", "people"),
    [
        ({}, ["1", "2", "3"]),
        ({"utm_campaign": "june"}, ["2"]),
        ({"utm_campaign": "june", "touch": "first"}, ["1", "2"]),
        ({"utm_medium": ""}, ["1", "3"]),
        ({"campaign_id": "c1", "touch": "first"}, ["1", "2"]),
        ({"attended": "yes"}, ["1"]),
        ({"status": "cancelled"}, ["4"]),
        ({"event": "f"}, ["3"]),
        ({"from": "2025-08-01T12:30:00Z"}, ["2"]),
        ({"before": "2025-08-01T12:30:00Z"}, ["1", "3"]),
    ],
)
def test_list_shows_whom_the_address_asks_for(as_owner: Client, query: dict[str, str], people: list[str]) -> None:
    context = as_owner.get(LIST, query).context
    assert sorted(row.registration.person_id for row in context["rows"]) == people
    assert context["total"] == len(people)


@pytest.mark.usefixtures("some")
def test_rows_say_what_led_to_them(as_owner: Client) -> None:
    text = as_owner.get(LIST, {"event": "e", "touch": "first"}).content.decode()
    assert "newsletter / email / june" in text
    assert "Design Night" in text
    engine.store().apply([campaign("c1", name="June letter")])
    assert "June letter" in as_owner.get(LIST, {"campaign_id": "c1"}).content.decode()
    assert "Came directly" in as_owner.get(LIST, {"event": "f"}).content.decode()


def test_only_who_was_seen_at_the_door_is_checked_in(as_owner: Client) -> None:
    present = registration("e", "1", attended=True)
    engine.store().apply([present, registration("e", "2", attended=True, checked_in_at=NOON)])
    rows = as_owner.get(LIST).context["rows"]
    assert {row.registration.person_id: row.state for row in rows} == {"1": "registered", "2": "checked-in"}


@pytest.mark.parametrize(
    "query", [{"touch": "third"}, {"status": "gone"}, {"attended": "no"}, {"from": "soon"}, {"utm_source": "x" * 201}]
)
def test_what_cannot_be_asked_is_named(as_owner: Client, query: dict[str, str]) -> None:
    answer = as_owner.get(LIST, query)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert next(iter(query)) in answer.content.decode()
