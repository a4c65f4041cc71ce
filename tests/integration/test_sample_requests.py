"""The six sample requests of the product's brief, as written there, against a stack with its demo data."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.stack import ROOT, Stack, eventually

pytestmark = pytest.mark.integration

ACCEPTANCE = ROOT.parent / "shared" / "seed" / "acceptance.py"
UTM = {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "tech_conf_2025"}
ALICE = {
    "firstName": "Alice",
    "lastName": "Johnson",
    "email": "alice@example.com",
    "phoneNumber": "1234567890",
    "avatar": "https://example.com/avatar.jpg",
    "gender": "female",
    "jobTitle": "Engineer",
    "company": "TechCorp",
    "city": "New York",
    "state": "NY",
}
CONFERENCE = {
    "title": "Tech Conference 2025",
    "slug": "tech-conf-2025",
    "description": "A major tech event.",
    "startAt": "2025-08-01T09:00:00Z",
    "endAt": "2025-08-01T17:00:00Z",
    "venue": "NYC Convention Center",
    "maxCapacity": 200,
    "owner": "user-id-123",
    "hosts": ["user-id-123"],
}
WANTED = {
    "company": "TechCorp",
    "city": "New York",
    "events_attended_min": 1,
    "events_hosted_min": 0,
    "sort_by": "-firstName",
    "limit": 20,
}
MAIL = {
    "filter": {"company": "TechCorp", "city": "New York"},
    "subject": "Join our next event!",
    "body": "We invite you to our upcoming tech conference.",
    **UTM,
}


@pytest.fixture
def alice(stack: Stack) -> Iterator[Any]:
    """The person of the first sample request, gone again afterwards."""
    person = stack.create("/users", ALICE)
    yield person
    assert stack.ask("DELETE", f"/users/{person['id']}").status == 204


@pytest.fixture
def conference(stack: Stack) -> Iterator[Any]:
    """The event of the second sample request, gone again afterwards."""
    event = stack.create("/events", CONFERENCE)
    yield event
    assert stack.ask("DELETE", f"/events/{event['id']}").status == 204


def test_a_person_is_answered_as_sent(alice: Any) -> None:
    assert {name: alice[name] for name in ALICE} == ALICE
    assert alice["id"]


def test_the_same_person_twice_is_a_conflict(stack: Stack, alice: Any) -> None:
    again = stack.ask("POST", "/users", ALICE)
    assert again.status == 409
    assert again.headers["content-type"].startswith("application/problem+json")


def test_registering_twice_keeps_one_registration(stack: Stack, alice: Any, conference: Any) -> None:
    register = f"/events/{conference['id']}/register"
    first = stack.ask("POST", register, {"user_id": alice["id"]})
    again = stack.ask("POST", register, {"user_id": alice["id"]})
    assert (first.status, first.json["status"]) == (201, "registered")
    assert (again.status, again.json["status"]) == (200, "registered")
    rows = stack.get(f"/events/{conference['id']}/registrations")["items"]
    assert [row["userId"] for row in rows] == [alice["id"]]


def test_the_sample_person_registers_for_the_sample_event(stack: Stack) -> None:
    answer = stack.ask("POST", "/events/event-id-123/register", {"user_id": "user-id-456"})
    assert answer.status in {200, 201}
    assert answer.json["status"] == "registered"


def test_the_filter_finds_who_attended_sorted_and_counted(stack: Stack, alice: Any, conference: Any) -> None:
    stack.create(f"/events/{conference['id']}/register", {"user_id": alice["id"]})
    page = eventually(lambda: _with_alice(stack.get("/users/filter", **WANTED)), 10)
    names = [row["firstName"] for row in page["items"]]
    assert [row["eventsAttended"] for row in page["items"] if row["email"] == "alice@example.com"] == [1]
    assert names == sorted(names, key=str.casefold, reverse=True)
    assert page["total"] >= len(page["items"])
    assert "next" in page


def _with_alice(page: Any) -> Any:
    return page if any(row["email"] == "alice@example.com" for row in page["items"]) else None


def test_a_campaign_is_sent_and_counted_under_its_utm(stack: Stack, alice: Any) -> None:
    before = stack.get("/analytics/", **UTM)["summary"]["sent"]
    started = stack.ask("POST", "/emails/send", MAIL)
    assert started.status == 202
    matched = started.json["matched"]
    assert matched >= 1
    report = eventually(lambda: _finished(stack.get(f"/campaigns/{started.json['campaignId']}")), 60)
    assert report["matched"] == matched == report["queued"] + sum(report["excluded"].values())
    states = {state: number for state, number in report["deliveries"].items() if number}
    assert states == {"sent": report["queued"], **_skipped(report)}

    def summary() -> Any:
        found = stack.get("/analytics/", **UTM)["summary"]
        return found if found["pending"] == 0 and found["sent"] == before + report["queued"] else None

    assert eventually(summary, 30)
    for name, value in UTM.items():
        assert stack.get("/analytics/", **{name: value})["summary"]["sent"] >= 1


def _finished(report: Any) -> Any:
    return report if report["state"] == "sent" else None


def _skipped(report: Any) -> dict[str, int]:
    skipped = sum(report["excluded"].values())
    return {"skipped": skipped} if skipped else {}


@pytest.mark.skipif(not ACCEPTANCE.exists(), reason="the contract's own script is not beside this checkout")
def test_the_contracts_own_script_is_satisfied(stack: Stack) -> None:
    done = subprocess.run(
        [sys.executable, str(ACCEPTANCE), stack.url], check=False, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stdout + done.stderr
    _delete(stack, "/users", lambda row: row["email"] == ALICE["email"], company="TechCorp", city="New York")
    _delete(stack, "/events", lambda row: row["slug"] == CONFERENCE["slug"], limit=100)


def _delete(stack: Stack, path: str, is_wanted: Callable[[Any], bool], **query: object) -> None:
    listing = "/users/filter" if path == "/users" else path
    for row in filter(is_wanted, stack.get(listing, **query)["items"]):
        assert stack.ask("DELETE", f"{path}/{row['id']}").status == 204
