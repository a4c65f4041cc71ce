"""Health answers name what is not well, to anybody who asks, within seconds."""

import pytest
from django.test import Client

from crm.core import clock, heartbeats
from crm.search.store import Freshness
from crm_site import health


def _well() -> health.Details:
    return {}


def _broken() -> health.Details:
    raise OSError("secret-host:6379 refused")


class _Store:
    def __init__(self, lag_s: float | None) -> None:
        self._lag_s = lag_s

    def freshness(self) -> Freshness:
        return Freshness(clock.now(), self._lag_s)


def test_a_living_process_says_so_without_sign_in(client: Client) -> None:
    assert client.get("/health/live").status_code == 200


def test_a_stack_whose_parts_are_all_well_is_ok(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "STACK", dict.fromkeys(health.STACK, _well))
    answer = client.get("/health/stack")
    assert answer.status_code == 200
    assert answer.json()["unwell"] == []
    assert set(answer.json()["parts"]) == {"dynamodb", "broker", "worker", "beat", "projector", "mail"}


def test_a_part_that_is_not_well_is_named(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "STACK", {"broker": _broken, "mail": _well, "worker": _broken})
    answer = client.get("/health/stack")
    assert answer.status_code == 503
    assert answer.json()["unwell"] == ["broker", "worker"]
    assert b"secret-host" not in answer.content


def test_a_process_that_cannot_serve_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "READY", {"dynamodb": _broken, "readModel": _well})
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["unwell"]) == (503, ["dynamodb"])


def test_answers_are_never_kept_by_caches(client: Client) -> None:
    assert "no-store" in client.get("/health/live").headers["Cache-Control"]


@pytest.mark.parametrize(("age", "well"), [(0.0, True), (14.9, True), (15.1, False), (None, False)])
def test_a_part_is_well_while_its_heartbeat_is_young(
    age: float | None, well: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeats, "last_beat", lambda _part: age)
    assert health.examined("worker", health.STACK["worker"])["well"] is well


@pytest.mark.parametrize(("lag_s", "well"), [(0.2, True), (14.9, True), (15.1, False), (None, False)])
def test_the_projector_is_well_while_it_keeps_up(
    lag_s: float | None, well: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health.engine, "store", lambda: _Store(lag_s))
    monkeypatch.setattr(health.dead_letters, "count", lambda: 0)
    assert health.examined("projector", health.STACK["projector"])["well"] is well


def test_a_projector_that_rebuilds_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health.engine, "store", lambda: _Store(3600.0))
    monkeypatch.setattr(heartbeats, "rebuilt_rows", lambda: 40_500)
    assert health.examined("projector", health.STACK["projector"]) == {
        "well": False,
        "why": "is rebuilding the read model: 40500 rows read",
        "rebuiltRows": 40_500,
    }


def test_mail_is_asked_once_in_a_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Account:
        def get_account(self) -> dict[str, object]:
            asked.append("account")
            return {"SendingEnabled": True}

    monkeypatch.setattr(health, "_client", lambda _service: Account())
    mail = health.Mail()
    mail()
    mail()
    assert asked == ["account"]


def test_an_account_that_may_not_send_is_not_well(monkeypatch: pytest.MonkeyPatch) -> None:
    class Account:
        def get_account(self) -> dict[str, object]:
            return {"SendingEnabled": False}

    monkeypatch.setattr(health, "_client", lambda _service: Account())
    assert health.examined("mail", health.Mail())["well"] is False


def test_dynamodb_is_well_only_with_both_tables(tables: None) -> None:
    health._client.cache_clear()
    assert health.examined("dynamodb", health.STACK["dynamodb"])["well"] is True
