"""Schedules, controls, repeats and proofs over the API."""

from datetime import timedelta
from typing import Any

import pytest

from crm.core import clock
from tests import factories
from tests.api.conftest import Send, fields_at_fault, send, stores
from tests.campaigns import accounts
from tests.campaigns.control_steps import MAIL, begun, move_on, post
from tests.deliveries import ses_endpoint
from tests.deliveries.conftest import endpoint
from tests.deliveries.ses_endpoint import Endpoint

__all__ = ["endpoint", "send", "stores"]


def test_campaign_is_scheduled_put_off_and_taken_back(send: Send) -> None:
    at, later = ((clock.now() + timedelta(hours=n)).replace(microsecond=0).isoformat() for n in (1, 2))
    path = begun(send, at=at, zone="Europe/Berlin")
    assert send("GET", path).json()["scheduledAt"] == at.replace("+00:00", "Z")

    moved = post(send, f"{path}/reschedule", {"at": later, "zone": "UTC"})
    back = post(send, f"{path}/unschedule")

    assert (moved.json()["state"], moved.json()["scheduledAt"]) == ("scheduled", later.replace("+00:00", "Z"))
    assert (back.json()["state"], back.json()["scheduledAt"]) == ("draft", moved.json()["scheduledAt"])
    assert post(send, f"{path}/unschedule").status_code == 409


def test_zone_is_a_known_one_and_only_given_with_a_time(send: Send) -> None:
    at = (clock.now() + timedelta(hours=1)).isoformat()
    for given in ({"zone": "Europe/Berlin"}, {"zone": "Nowhere"}, {"at": at, "zone": "Nowhere"}):
        refused = post(send, "/emails/send", {**MAIL, **given})
        assert (refused.status_code, fields_at_fault(refused)) == (422, ["zone"])
    unknown = post(send, "/emails/send", {**MAIL, "draftId": "nobody"})
    assert (unknown.status_code, send("GET", "/campaigns").json()["items"]) == (404, [])


def test_null_is_not_taken_for_left_out(send: Send) -> None:
    path = begun(send)
    for asked, field in (("/emails/send", "at"), ("/emails/send", "draftId"), (f"{path}/resend", "userIds")):
        refused = post(send, asked, {**(MAIL if asked == "/emails/send" else {}), field: None})
        assert (refused.status_code, fields_at_fault(refused)) == (422, [field])


def test_what_was_typed_is_judged_before_the_state(send: Send) -> None:
    path, at = begun(send), (clock.now() + timedelta(hours=1)).isoformat()
    asked: dict[str, dict[str, Any]] = {
        "correct": {"subject": " ", "body": "B"},
        "reschedule": {"at": at, "zone": "Nowhere"},
    }
    refused = [post(send, f"{path}/{verb}", body) for verb, body in asked.items()]
    assert [(answer.status_code, fields_at_fault(answer)) for answer in refused] == [
        (422, ["subject"]),
        (422, ["zone"]),
    ]


def test_campaign_is_paused_resumed_and_cancelled(send: Send) -> None:
    path = begun(send)

    assert [post(send, f"{path}/{verb}").json()["state"] for verb in ("pause", "resume", "cancel")] == [
        "paused",
        "freezing",
        "cancelled",
    ]
    again = post(send, f"{path}/cancel")
    assert (again.status_code, again.json()["detail"]) == (
        409,
        "This campaign is cancelled: there is nothing to cancel.",
    )


def test_repeated_request_answers_what_the_first_did(send: Send) -> None:
    path = begun(send)

    first, second = (post(send, f"{path}/pause", HTTP_IDEMPOTENCY_KEY="k") for _ in range(2))

    assert (first.status_code, first.content) == (second.status_code, second.content) == (200, first.content)


def test_failed_mails_are_sent_again(send: Send, endpoint: Endpoint) -> None:
    endpoint.script.append(ses_endpoint.REJECT)
    path = begun(send)
    move_on(path)
    assert send("GET", path).json()["deliveries"]["failed"] == 1

    asked = post(send, f"{path}/retry")
    move_on(path)

    assert (asked.status_code, asked.json()["state"], asked.json()["retrying"]) == (200, "sending", "failed")
    assert send("GET", path).json()["deliveries"]["sent"] == 2


def test_failed_mail_of_one_person_is_tried_again_alone(send: Send, endpoint: Endpoint) -> None:
    endpoint.script.extend([ses_endpoint.REJECT, ses_endpoint.REJECT])
    path = begun(send)
    move_on(path)
    somebody = send("GET", f"{path}/deliveries").json()["items"][0]["userId"]

    asked = post(send, f"{path}/retry", {"userIds": [somebody]})
    move_on(path)

    assert (asked.status_code, asked.json()["retrying"]) == (200, "failed")
    assert send("GET", path).json()["deliveries"]["failed"] == 1
    refused = post(send, f"{path}/retry", {"userIds": [somebody]})
    assert (refused.status_code, fields_at_fault(refused)) == (409, ["userIds"])
    assert fields_at_fault(post(send, f"{path}/retry", {"userIds": []})) == ["userIds"]


def test_only_held_mails_are_sent_again(send: Send, endpoint: Endpoint) -> None:
    path = begun(send)
    move_on(path)
    somebody = send("GET", f"{path}/deliveries").json()["items"][0]["userId"]

    refused = post(send, f"{path}/resend", {"userIds": [somebody]})

    assert (refused.status_code, fields_at_fault(refused)) == (409, ["userIds"])
    assert post(send, f"{path}/resend").status_code == 409
    assert fields_at_fault(post(send, f"{path}/resend", {"userIds": []})) == ["userIds"]


def test_correction_is_a_campaign_of_its_own(send: Send, endpoint: Endpoint) -> None:
    path = begun(send)
    assert post(send, f"{path}/correct", {"subject": "Sorry", "body": "Room 7"}).status_code == 409
    move_on(path)

    corrected = post(send, f"{path}/correct", {"subject": "Sorry", "body": "Room 7"})

    assert (corrected.status_code, corrected.json()["matched"]) == (202, 2)
    correction = send("GET", f"/campaigns/{corrected.json()['campaignId']}").json()
    assert correction["correctionOf"] == path.rpartition("/")[2]
    assert (correction["utm_source"], correction["retrying"]) == ("news", "")


def test_correction_with_a_hole_for_somebody_is_refused_by_field(send: Send, endpoint: Endpoint) -> None:
    path = begun(send)
    move_on(path)
    factories.person(company="TechCorp")
    refused = post(send, f"{path}/correct", {"subject": "Sorry, {{ city }}", "body": "Room 7"})
    assert (refused.status_code, fields_at_fault(refused)) == (422, ["subject"])
    assert "2 people have no city" in refused.content.decode()
    assert send("GET", "/campaigns").json()["total"] == 1
    assert post(send, f"{path}/correct", {"subject": "Sorry, {{ city|all }}", "body": "Room 7"}).status_code == 202


def test_finished_campaign_shows_its_proof(send: Send, endpoint: Endpoint) -> None:
    path = begun(send)
    assert send("GET", f"{path}/proof").status_code == 404
    assert post(send, f"{path}/proof").status_code == 409
    move_on(path)

    proof = send("GET", f"{path}/proof").json()

    assert (proof["matched"], proof["states"], proof["calls"], proof["isComplete"]) == (2, {"sent": 2}, 2, True)
    assert (proof["duplicated"], proof["duplicates"], proof["openSince"], proof["open"]) == (0, [], None, [])
    assert post(send, f"{path}/proof").status_code == 204


@pytest.mark.parametrize(
    ("verb", "body", "field"),
    [
        ("reschedule", {}, "at"),
        ("reschedule", {"at": "2020-01-01T00:00:00Z"}, "at"),
        ("reschedule", {"at": "2020-01-01T00:00:00"}, "at"),
        ("correct", {"subject": "Sorry"}, "body"),
        ("resend", {"users": []}, "users"),
    ],
)
def test_what_is_wrong_is_named(send: Send, verb: str, body: dict[str, Any], field: str) -> None:
    path = begun(send, at=(clock.now() + timedelta(hours=1)).isoformat())

    assert fields_at_fault(post(send, f"{path}/{verb}", body)) == [field]


def test_proof_tells_what_is_open_and_why(send: Send) -> None:
    campaign = accounts.with_mails({"reason": "busy"}, {"state": "held", "due_at": None})
    accounts.counted(campaign)
    pending, held = send("GET", f"/campaigns/{campaign.id}/proof").json()["open"]
    assert (pending["state"], pending["reason"], pending["mails"], pending["until"]) == ("pending", "busy", 1, None)
    assert pending["since"].endswith("Z")
    assert pending["why"].startswith("Waits for its turn again")
    assert (held["state"], held["mails"]) == ("held", 1)
    assert "Staff decide" in held["why"]


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel", "retry", "resend", "unschedule", "proof"])
def test_unknown_campaign_is_a_404(send: Send, verb: str) -> None:
    assert post(send, f"/campaigns/nope/{verb}").status_code == 404


def test_test_is_mailed_to_one_address(send: Send) -> None:
    body = {"subject": "Hi", "body": "Hello", "to": "me@crm.example.com"}

    tested = post(send, "/emails/test", body)

    assert (tested.status_code, tested.json()["to"]) == (202, "me@crm.example.com")
    assert send("GET", "/campaigns").json()["items"] == []
    assert fields_at_fault(post(send, "/emails/test", {**body, "to": "me"})) == ["to"]
