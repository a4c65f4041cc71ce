"""Campaigns over the API: the sample request as it is written, and every field that can be wrong."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crm.campaigns import repository
from crm.core import clock
from crm.core.changes import Change, documents
from crm.deliveries.repository import DeliveryItem
from crm.search import engine
from tests import factories
from tests.api.conftest import Send, fields_at_fault, send, stores
from tests.deliveries.conftest import endpoint
from tests.deliveries.ses_endpoint import Endpoint
from worker import campaigns

__all__ = ["endpoint", "send", "stores"]

SAMPLE = {
    "filter": {"company": "TechCorp", "city": "New York"},
    "subject": "Join our next event!",
    "body": "We invite you to our upcoming tech conference.",
    "utm_source": "newsletter",
    "utm_medium": "email",
    "utm_campaign": "tech_conf_2025",
}


def _post(send: Send, body: dict[str, Any], **headers: str) -> Any:
    return send("POST", "/emails/send", json.dumps(body), **headers)


def _sent(campaign_id: str) -> None:
    """Let the worker and the stream do their part."""
    engine.store().note_freshness(clock.now())
    with ThreadPoolExecutor(2) as pool:
        campaigns.move_on(campaign_id, pool, lambda: False, lambda: None)
    rows = DeliveryItem.query(f"MAIL#{campaign_id}#0", consistent_read=True)
    engine.show(documents(Change(item, int(item.version)) for item in rows))


def _at_techcorp() -> None:
    for _ in range(2):
        factories.person(company="TechCorp", city="New York")
    factories.person(company="Other")


def test_sample_request_starts_a_campaign(send: Send) -> None:
    _at_techcorp()

    answer = _post(send, SAMPLE)

    assert answer.status_code == 202
    assert answer.json() == {"campaignId": answer.json()["campaignId"], "matched": 2}
    campaign = send("GET", f"/campaigns/{answer.json()['campaignId']}").json()
    assert (campaign["state"], campaign["matched"], campaign["queued"]) == ("freezing", None, 0)
    assert (campaign["utm_campaign"], campaign["body"]) == (SAMPLE["utm_campaign"], SAMPLE["body"])
    assert campaign["excluded"] == {}


def test_numbers_of_a_sent_campaign_add_up(send: Send, endpoint: Endpoint) -> None:
    _at_techcorp()
    campaign_id = _post(send, SAMPLE).json()["campaignId"]

    _sent(campaign_id)

    campaign = send("GET", f"/campaigns/{campaign_id}").json()
    assert (campaign["state"], campaign["matched"], campaign["queued"], campaign["excluded"]) == ("sent", 2, 2, {})
    assert campaign["deliveries"]["sent"] == sum(campaign["deliveries"].values()) == 2
    assert campaign["finishedAt"].endswith("Z")


def test_campaigns_etag_tells_that_it_moved_on(send: Send) -> None:
    _at_techcorp()
    path = f"/campaigns/{_post(send, SAMPLE).json()['campaignId']}"
    before, again = (send("GET", path)["ETag"] for _ in range(2))

    campaign = repository.find(path.rpartition("/")[2])
    assert campaign is not None
    assert repository.freeze(campaign, freeze_id="f", chunks=1, matched=2, shards=1, now=clock.now())

    assert (before, again, send("GET", path)["ETag"]) == ('"1"', '"1"', '"2"')


def test_mails_are_listed_by_state(send: Send, endpoint: Endpoint) -> None:
    _at_techcorp()
    campaign_id = _post(send, SAMPLE).json()["campaignId"]
    _sent(campaign_id)

    page = send("GET", f"/campaigns/{campaign_id}/deliveries").json()
    listed = send("GET", f"/campaigns/{campaign_id}/deliveries?state=sent&limit=1").json()

    assert {row["state"] for row in page["items"]} == {"sent"}
    assert set(page["items"][0]) == {
        *("userId", "email", "state", "reason", "attempt", "createdAt", "stateAt", "sentAt"),
        *("outcome", "outcomeAt", "outcomeReason"),
    }
    assert (len(listed["items"]), listed["total"]) == (1, 2)
    assert listed["next"]
    assert send("GET", f"/campaigns/{campaign_id}/deliveries?state=failed").json()["items"] == []
    (first, *_) = page["items"]
    found = send("GET", f"/campaigns/{campaign_id}/deliveries?q={first['email']}").json()
    assert [row["userId"] for row in found["items"]] == [first["userId"]]


def test_campaigns_are_listed_newest_first(send: Send) -> None:
    ids = [_post(send, {**SAMPLE, "subject": f"Mail {n}"}).json()["campaignId"] for n in range(3)]

    listed = send("GET", "/campaigns").json()

    assert [row["id"] for row in listed["items"]] == ids[::-1]
    assert [row["subject"] for row in send("GET", "/campaigns?q=mail+1").json()["items"]] == ["Mail 1"]
    assert send("GET", "/campaigns?state=sent").json()["items"] == []


def test_list_tells_kind_and_schedule(send: Send) -> None:
    at = (clock.now() + timedelta(days=7)).isoformat()
    _post(send, {**SAMPLE, "at": at, "zone": "Europe/Berlin", "kind": "notice"})
    (row,) = send("GET", "/campaigns").json()["items"]
    assert (row["scheduledAt"], row["zone"], row["kind"]) == (at.replace("+00:00", "Z"), "Europe/Berlin", "notice")


@pytest.mark.parametrize("empty", [{}, {"company": ""}])
def test_everybody_has_to_be_asked_for(send: Send, empty: dict[str, str]) -> None:
    factories.person()
    everybody = {**SAMPLE, "filter": empty}

    refused = _post(send, everybody)

    assert (refused.status_code, fields_at_fault(refused)) == (422, ["filter"])
    assert send("GET", "/campaigns").json()["items"] == []
    assert _post(send, {**everybody, "all": True}).json()["matched"] == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"all": True}, "all"),
        ({"filter": {"companyy": "x"}}, "filter.companyy"),
        ({"filter": {"events_attended_min": "many"}}, "filter.events_attended_min"),
        ({"filter": "TechCorp"}, "filter"),
        ({"filter": {"sort_by": "firstName"}}, "filter.sort_by"),
        ({"subject": ""}, "subject"),
        ({"subject": "Hi\r\nBcc: all@example.com"}, "subject"),
        ({"subject": 7}, "subject"),
        ({"body": "\u0000"}, "body"),
        ({"body": "x" * 100_001}, "body"),
        ({"utm_source": "x" * 101}, "utm_source"),
        ({"utmSource": "newsletter"}, "utmSource"),
        ({"to": "everybody"}, "to"),
    ],
)
def test_what_is_wrong_is_named(send: Send, given: dict[str, Any], field: str) -> None:
    refused = _post(send, {**SAMPLE, **given})

    assert (refused.status_code, fields_at_fault(refused)) == (422, [field])
    assert send("GET", "/campaigns").json()["items"] == []


@pytest.mark.parametrize("missing", ["subject", "body"])
def test_mail_needs_subject_and_body(send: Send, missing: str) -> None:
    refused = _post(send, {name: value for name, value in SAMPLE.items() if name != missing})

    assert (refused.status_code, fields_at_fault(refused)) == (422, [missing])


def test_filter_takes_numbers_as_numbers_and_names_in_both_spellings(send: Send) -> None:
    factories.person(job_title="Engineer")

    answer = _post(send, {**SAMPLE, "filter": {"jobTitle": "engineer", "events_attended_max": 0}})

    assert answer.json()["matched"] == 1


def test_repeated_request_starts_one_campaign(send: Send) -> None:
    first, second = (_post(send, SAMPLE, HTTP_IDEMPOTENCY_KEY="k1") for _ in range(2))

    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert len(send("GET", "/campaigns").json()["items"]) == 1


@pytest.mark.parametrize("path", ["/campaigns/nope", "/campaigns/nope/deliveries"])
def test_unknown_campaign_is_a_404(send: Send, path: str) -> None:
    assert send("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/campaigns?state=done", "state"),
        ("/campaigns?limit=0", "limit"),
        ("/campaigns?cursor=x", "cursor"),
        ("/campaigns?page=2", "page"),
    ],
)
def test_lists_name_what_they_do_not_take(send: Send, path: str, field: str) -> None:
    refused = send("GET", path)

    assert (refused.status_code, fields_at_fault(refused)) == (422, [field])


def test_campaign_whose_last_mails_are_not_counted_yet_is_still_sending(send: Send, endpoint: Endpoint) -> None:
    _at_techcorp()
    campaign_id = _post(send, SAMPLE).json()["campaignId"]
    engine.store().note_freshness(clock.now())
    with ThreadPoolExecutor(2) as pool:
        campaigns.move_on(campaign_id, pool, lambda: False, lambda: None)

    before = send("GET", f"/campaigns/{campaign_id}").json()
    assert (before["state"], before["deliveries"]["pending"]) == ("sending", 2)

    rows = DeliveryItem.query(f"MAIL#{campaign_id}#0", consistent_read=True)
    engine.show(documents(Change(item, int(item.version)) for item in rows))
    assert send("GET", f"/campaigns/{campaign_id}").json()["state"] == "sent"


def test_outcome_number_opens_exactly_its_mails(send: Send, endpoint: Endpoint) -> None:
    _at_techcorp()
    campaign_id = _post(send, SAMPLE).json()["campaignId"]
    _sent(campaign_id)
    bounced = engine.store().deliveries(campaign_id=campaign_id).items[0]
    engine.store().apply([replace(bounced, version=99, outcome="bounced", outcome_reason="no such user")])

    outcomes = send("GET", f"/campaigns/{campaign_id}").json()["outcomes"]
    listed = send("GET", f"/campaigns/{campaign_id}/deliveries?outcome=bounced").json()

    assert {name: number for name, number in outcomes.items() if number} == {"bounced": 1}
    assert outcomes.keys() == {
        *("delayed", "delivered", "rejected", "bounced", "complained"),
        *("opened", "openedAll", "clicked", "clickedAll", "unsubscribed"),
    }
    assert (listed["total"], listed["items"][0]["userId"]) == (1, bounced.person_id)
    assert (listed["items"][0]["outcome"], listed["items"][0]["outcomeReason"]) == ("bounced", "no such user")
    assert send("GET", f"/campaigns/{campaign_id}/deliveries?outcome=opened").status_code == 422
