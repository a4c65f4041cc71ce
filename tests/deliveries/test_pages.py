"""The lists of mails, and the demo's mailbox."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qs, unquote

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from crm.deliveries import mailbox
from tests import factories
from tests.mail_documents import NEWSLETTER, NOON, mails

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir")]
SENT = {"id": "m-1@x", "from": "Event CRM <events@crm.example>", "to": "ann@example.com", "subject": "You are in"}
SENT |= {"at": 1_754_049_600.0}
OLDER = {**SENT, "id": "m-0", "to": "ben@example.com", "subject": "Older", "at": 1.0}
PARTS = {"text": "Hi Ann", "html": "<p>Hi <b>Ann</b></p>"}


@pytest.fixture
def simulator(settings: Settings) -> Iterator[dict[str, object]]:
    """An endpoint that shows mails as the simulator does; change the dictionary to change its answers."""
    answer: dict[str, object] = {"status": 200}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            status, body = _messages(parse_qs(query)) if query else _message(unquote(path))
            raw = str(answer.get("body", json.dumps(body))).encode()
            self.send_response(status if answer["status"] == HTTPStatus.OK else int(str(answer["status"])))
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's word
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    settings.SES_ENDPOINT = f"http://127.0.0.1:{server.server_port}"
    settings.DEMO = True
    yield answer
    server.shutdown()
    server.server_close()


def _messages(query: dict[str, list[str]]) -> tuple[int, object]:
    text = query.get("q", [""])[0].casefold()
    found = [one for one in (SENT, OLDER) if text in f"{one['to']} {one['subject']}".casefold()]
    start, limit = (int(query[name][0]) for name in ("offset", "limit"))
    return 200, {"messages": found[start : start + limit], "total": len(found), "everything": 2}


def _message(path: str) -> tuple[int, object]:
    name = path.removeprefix("/_simulator/messages/")
    found = next((one for one in (SENT, OLDER) if one["id"] == name), None)
    return (200, {**found, **PARTS}) if found else (404, {})


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, 6),
        ({"utm_source": "newsletter"}, 3),
        ({"utm_source": ""}, 1),
        ({"utm_source": "newsletter", "state": "failed"}, 1),
        ({"from": "2025-08-01T12:00:00Z", "before": "2025-08-01T13:00:00+00:00", "utm_source": "partner"}, 2),
        ({"from": "2025-08-01T12:00:01Z"}, 0),
        ({"before": "2025-08-01T12:00:00Z"}, 0),
    ],
)
def test_mails_are_listed_by_utm_state_and_time(as_owner: Client, query: dict[str, str], expected: int) -> None:
    mails(2)
    mails(1, "failed", NEWSLETTER)
    mails(2, "sent", ("partner", "social", "design_night"), state_at=NOON)
    mails(1, "sent", ("", "", ""))
    page = as_owner.get("/dashboard/mails/", query)
    assert page.context["total"] == len(page.context["rows"]) == expected


@pytest.mark.parametrize(
    "query", [{"state": "lost"}, {"from": "yesterday"}, {"before": "2025-08-01T12:00:00"}, {"utm_source": "x" * 201}]
)
def test_a_bad_parameter_is_named(as_owner: Client, query: dict[str, str]) -> None:
    answer = as_owner.get("/dashboard/mails/", query)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert next(iter(query)).encode() in answer.content


def test_following_page_asks_for_the_same_mails(as_owner: Client) -> None:
    mails(21, utm=("", "", ""))
    mails(5, utm=NEWSLETTER)
    first = as_owner.get("/dashboard/mails/", {"utm_source": "", "state": "sent"})
    second = as_owner.get(first.context["pager"].next)
    assert (first.context["total"], second.context["total"]) == (21, 21)
    assert len(second.context["rows"]) == 1
    assert as_owner.get(second.context["pager"].previous).context["total"] == 21


def test_somebody_left_out_is_shown_with_the_reason_in_words(as_owner: Client) -> None:
    mails(1, "skipped", reason="unsubscribed")
    (row,) = as_owner.get("/dashboard/mails/").context["rows"]
    assert (row.label, row.why) == ("Left out", "Unsubscribed")


def test_an_events_mails_are_listed_on_its_page(as_owner: Client) -> None:
    event = factories.event()
    mails(2, "pending", campaign_id=None, event_id=event.id, kind="confirmation")
    mails(1)
    page = as_owner.get(f"/dashboard/events/{event.id}/mail/")
    assert page.context["total"] == page.context["mails_total"] == 2


@pytest.mark.usefixtures("simulator")
def test_the_mailbox_lists_what_the_simulator_received_newest_first(as_owner: Client) -> None:
    page = as_owner.get("/dashboard/mailbox/")
    assert [letter.subject for letter in page.context["page"]] == ["You are in", "Older"]
    found = as_owner.get("/dashboard/mailbox/", {"q": "BEN@"}).context["page"]
    assert [letter.subject for letter in found] == ["Older"]


@pytest.mark.usefixtures("simulator")
def test_a_mails_html_is_framed_under_a_policy_of_its_own(as_owner: Client) -> None:
    url = f"/dashboard/mailbox/{SENT['id']}/"
    page = as_owner.get(url).content.decode()
    assert 'sandbox=""' in page
    assert "<p>Hi <b>Ann</b></p>" not in page
    frame = as_owner.get(f"{url}html/")
    assert frame.content == b"<p>Hi <b>Ann</b></p>"
    policy = frame["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert frame["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.usefixtures("simulator")
def test_a_mail_the_simulator_forgot_is_not_found(as_owner: Client) -> None:
    assert as_owner.get("/dashboard/mailbox/gone/").status_code == HTTPStatus.NOT_FOUND


@pytest.mark.usefixtures("simulator")
def test_outside_demo_mode_there_is_no_mailbox(as_owner: Client, settings: Settings) -> None:
    settings.DEMO = False
    for way in ("", "m-0/", "m-0/html/"):
        assert as_owner.get(f"/dashboard/mailbox/{way}").status_code == HTTPStatus.NOT_FOUND


def test_an_endpoint_that_shows_no_mails_is_said(as_owner: Client, simulator: dict[str, object]) -> None:
    simulator["status"] = 404
    assert b"does not show what it received" in as_owner.get("/dashboard/mailbox/").content


@pytest.mark.usefixtures("simulator")
def test_a_mail_too_long_to_show_is_not_read(as_owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "MAX_BYTES", 50)
    assert b"too long to show" in as_owner.get("/dashboard/mailbox/").content


def test_mail_sent_to_aws_is_not_looked_for(as_owner: Client, settings: Settings) -> None:
    settings.SES_ENDPOINT = ""
    assert b"Mails go to AWS" in as_owner.get("/dashboard/mailbox/").content


@pytest.mark.parametrize("query", [{"from": "0001-01-01T00:00:00+14:00"}, {"before": "9999-12-31T23:00:00-05:00"}])
def test_a_time_at_the_ends_of_the_calendar_is_refused(as_owner: Client, query: dict[str, str]) -> None:
    answer = as_owner.get("/dashboard/mails/", query)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Between the years 1900 and 2200." in answer.content.decode()


@pytest.mark.parametrize(
    "body",
    [
        "<html>",
        "[]",
        "null",
        "{}",
        '{"messages": []}',
        '{"messages": [{}], "total": 1, "everything": 1}',
        '{"messages": ["x"], "total": 1, "everything": 1}',
        '{"messages": [], "total": null, "everything": 1}',
        "\\xff",
    ],
)
def test_an_endpoint_that_answers_something_else_is_said(
    as_owner: Client, simulator: dict[str, object], body: str
) -> None:
    simulator["body"] = body
    answer = as_owner.get("/dashboard/mailbox/")
    assert answer.status_code == HTTPStatus.OK
    assert b"not with the mails it received" in answer.content
