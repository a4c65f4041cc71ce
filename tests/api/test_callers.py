"""Who may call the API: a token's bearer as far as its scopes go, and in demo mode anybody on this machine."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from crm.core import rates
from crm.core.api import demo
from crm.staff import actions
from crm.staff.entities import READ, SCOPES, WRITE
from crm.staff.models import OWNER, StaffUser
from tests.api.conftest import Send, fields_at_fault

ALICE = '{"email": "alice@example.com"}'


def token(*scopes: str) -> str:
    return f"Bearer {actions.issue(name='Test', scopes=scopes, days=1, actor='staff:1').text}"


@pytest.mark.usefixtures("real")
@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer ", "Bearer crm_x_y", "Basic YTpi", "crm_x_y", "bearer x y z"])
def test_without_a_working_token_the_answer_is_401(send: Send, shown: str) -> None:
    response = send("POST", "/users", ALICE, HTTP_AUTHORIZATION=shown)
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert fields_at_fault(response) == []


@pytest.mark.usefixtures("real")
def test_token_is_its_bearers_key(send: Send, bearer: str) -> None:
    created = send("POST", "/users", ALICE, HTTP_AUTHORIZATION=bearer)
    assert created.status_code == 201
    assert send("GET", f"/users/{created.json()['id']}", HTTP_AUTHORIZATION=bearer).status_code == 200


@pytest.mark.usefixtures("real")
def test_token_opens_no_more_than_its_scopes(send: Send) -> None:
    reader, writer = token(READ), token(WRITE)
    assert send("GET", "/users", HTTP_AUTHORIZATION=reader).status_code == 200
    refused = send("POST", "/users", ALICE, HTTP_AUTHORIZATION=reader)
    assert refused.status_code == 403
    assert "write" in refused.json()["detail"]
    assert send("GET", "/users", HTTP_AUTHORIZATION=writer).status_code == 403
    assert send("POST", "/users", ALICE, HTTP_AUTHORIZATION=writer).status_code == 201


@pytest.mark.usefixtures("real")
def test_revoked_token_is_refused_with_the_next_request(send: Send) -> None:
    issued = actions.issue(name="Test", scopes=SCOPES, days=1, actor="staff:1")
    shown = f"Bearer {issued.text}"
    assert send("GET", "/users", HTTP_AUTHORIZATION=shown).status_code == 200
    actions.revoke(token_id=issued.token.id, actor="staff:1")
    assert send("GET", "/users", HTTP_AUTHORIZATION=shown).status_code == 401


@pytest.mark.django_db
@pytest.mark.usefixtures("real")
def test_session_cookie_opens_nothing() -> None:
    browser = Client()
    browser.force_login(StaffUser.objects.create_user("owner@crm.example", "x", role=OWNER))
    assert browser.get("/users").status_code == 401


@pytest.mark.parametrize("shown", ["Bearer crm_x_y", "Basic YTpi"])
def test_what_is_no_working_token_is_refused_in_demo_mode_too(send: Send, shown: str) -> None:
    assert send("GET", "/users", HTTP_AUTHORIZATION=shown).status_code == 401


def test_caller_who_asks_too_often_is_told_when_to_come_back(send: Send, bearer: str, settings: Settings) -> None:
    settings.API_RATE_PER_MINUTE = 3
    answers = [send("GET", "/users", HTTP_AUTHORIZATION=bearer) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[3]["Retry-After"]) <= 60
    assert fields_at_fault(answers[3]) == []
    assert send("GET", "/users", HTTP_AUTHORIZATION=token(READ)).status_code == 200


def test_demo_leaves_room_for_many_requests_at_once(send: Send) -> None:
    assert {send("GET", "/analytics").status_code for _ in range(250)} == {200}


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_demo_needs_no_token_on_this_machine(send: Send, address: str) -> None:
    assert send("POST", "/users", ALICE, REMOTE_ADDR=address).status_code == 201


@pytest.mark.parametrize(
    "extra",
    [
        {"REMOTE_ADDR": "192.0.2.1"},
        {"REMOTE_ADDR": "::ffff:192.0.2.1"},
        {"REMOTE_ADDR": ""},
        {"HTTP_X_FORWARDED_FOR": "192.0.2.1"},
        {"HTTP_FORWARDED": "for=192.0.2.1"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_demo_asks_other_machines_for_a_token(send: Send, method: str, extra: dict[str, str]) -> None:
    response = send(method, "/users", ALICE if method == "POST" else "", **extra)
    assert response.status_code == 401
    assert fields_at_fault(response) == []


@pytest.mark.parametrize(
    "extra",
    [
        {"HTTP_ORIGIN": "https://evil.example"},
        {"HTTP_ORIGIN": "null"},
        {"HTTP_ORIGIN": "http://testserver:81"},
        {"HTTP_ORIGIN": "https://testserver"},
        {"HTTP_SEC_FETCH_SITE": "cross-site"},
        {"HTTP_SEC_FETCH_SITE": "same-site"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_demo_refuses_what_other_sites_start(send: Send, method: str, extra: dict[str, str]) -> None:
    response = send(method, "/users", ALICE if method == "POST" else "", **extra)
    assert response.status_code == 403
    assert fields_at_fault(response) == []


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_demo_serves_its_own_pages(send: Send, site: str) -> None:
    headers = {"HTTP_ORIGIN": "http://testserver", "HTTP_SEC_FETCH_SITE": site}
    assert send("POST", "/users", ALICE, **headers).status_code == 201


def test_demo_in_a_container_trusts_who_publishes_its_port(send: Send, settings: Settings) -> None:
    settings.DEMO_ALLOW_BIND = True
    assert send("GET", "/users", REMOTE_ADDR="172.17.0.1").status_code == 200
    assert send("GET", "/users", REMOTE_ADDR="172.17.0.1", HTTP_ORIGIN="https://evil.example").status_code == 403


@pytest.mark.usefixtures("real")
def test_without_demo_mode_this_machine_needs_a_token(send: Send) -> None:
    assert send("GET", "/users", REMOTE_ADDR="127.0.0.1").status_code == 401


@pytest.mark.parametrize("host", ["localhost", "192.0.2.1", "", "fe80::1%eth0", "999.0.0.1", "::"])
def test_only_loopback_is_this_machine(host: str) -> None:
    assert not demo.is_loopback(host)


def test_window_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0, 1, 59, 59, 60])
    monkeypatch.setattr(rates.time, "time", lambda: next(moments))
    rates.spend("x", 2, 60)
    rates.spend("x", 2, 60)
    with pytest.raises(rates.errors.TooMany):
        rates.spend("x", 2, 60)
    rates.spend("x", 2, 60)
