"""Drafts over the API: kept, edited as they were seen, and sent."""

import json

from crm.core import clock
from tests.api.conftest import Send, fields_at_fault, send, stores
from tests.campaigns.control_steps import MAIL, begun, post

__all__ = ["send", "stores"]


def test_draft_is_kept_edited_and_sent(send: Send) -> None:
    drafted = post(send, "/campaigns", MAIL)
    assert (drafted.status_code, drafted.json()["state"], drafted.json()["revision"]) == (201, "draft", 1)
    path = f"/campaigns/{drafted.json()['id']}"

    edited = send("PUT", path, json.dumps({**MAIL, "subject": "Do join us", "revision": 1}))
    stale = send("PUT", path, json.dumps({**MAIL, "revision": 1}))
    assert (edited.status_code, edited.json()["revision"], stale.status_code) == (200, 2, 409)
    assert send("GET", path).json()["subject"] == "Do join us"
    draft = {**MAIL, "draftId": drafted.json()["id"]}
    assert post(send, "/emails/send", {**draft, "revision": 1}).status_code == 409
    assert fields_at_fault(post(send, "/emails/send", {**MAIL, "revision": 1})) == ["revision"]
    sent = post(send, "/emails/send", {**draft, "revision": 2})

    assert (sent.status_code, sent.json()["campaignId"]) == (202, drafted.json()["id"])
    assert send("GET", path).json()["state"] == "freezing"
    assert send("PUT", path, json.dumps(MAIL)).status_code == 409


def test_draft_keeps_its_time(send: Send) -> None:
    at = clock.now().replace(microsecond=0).isoformat().replace("+00:00", "Z")
    drafted = post(send, "/campaigns", {**MAIL, "at": at, "zone": "Europe/Berlin"}).json()
    assert (drafted["state"], drafted["scheduledAt"], drafted["zone"]) == ("draft", at, "Europe/Berlin")

    path = f"/campaigns/{drafted['id']}"
    later = send("PUT", path, json.dumps({**MAIL, "at": "2030-06-01T09:00:00Z", "zone": "UTC"})).json()
    anew = send("PUT", path, json.dumps(MAIL)).json()
    assert (later["scheduledAt"], later["zone"]) == ("2030-06-01T09:00:00Z", "UTC")
    assert (anew["scheduledAt"], anew["zone"]) == (None, "")


def test_kind_is_kept_by_drafts_and_by_what_is_sent(send: Send) -> None:
    path = f"/campaigns/{post(send, '/campaigns', {**MAIL, 'kind': 'notice'}).json()['id']}"
    kinds = [send("GET", path).json()["kind"]]
    send("PUT", path, json.dumps({**MAIL, "kind": "invitation"}))
    kinds += [send("GET", one).json()["kind"] for one in (path, begun(send, kind="notice"))]

    assert kinds == ["notice", "invitation", "notice"]


def test_draft_is_edited_only_as_its_etag_names_it(send: Send) -> None:
    drafted = post(send, "/campaigns", MAIL)
    path = f"/campaigns/{drafted.json()['id']}"
    first = send("GET", path)["ETag"]
    assert drafted["ETag"] == first
    edited = send("PUT", path, json.dumps(MAIL), HTTP_IF_MATCH=first)
    assert (edited.status_code, edited["ETag"]) == (200, send("GET", path)["ETag"])
    for stale in (first, "nonsense"):
        refused = send("PUT", path, json.dumps(MAIL), HTTP_IF_MATCH=stale)
        assert refused.status_code == 409
    assert send("GET", path).json()["revision"] == 2


def test_draft_may_be_empty(send: Send) -> None:
    assert post(send, "/campaigns").status_code == 201
