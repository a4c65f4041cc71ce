"""Parts that are killed come back within seconds, and nothing that was accepted is lost."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from tests.integration import load, processes
from tests.integration.stack import BEAT, PROJECTOR, WEB, WORKER, Stack, eventually

pytestmark = pytest.mark.integration

BACK_WITHIN_S = 5.0
# Mails that the worker may have under way at the moment it is killed.
CALLS_AT_ONCE = 16
_ROUNDED_S = 0.1
_NOT_TOLD = "hint for confirmations not published"


def _restarted(running: Stack, part: str, killed: set[int]) -> bool:
    now = {process.pid for process in running.processes(part)}
    return bool(now) and not now & killed


def _kill_all_of(running: Stack, part: str) -> float:
    """Kill every process of a part; return the seconds until another one runs."""
    victims = running.processes(part)
    assert victims, f"no process matches {part}"
    began = time.monotonic()
    for victim in victims:
        processes.kill(victim)
    assert eventually(lambda: _restarted(running, part, {victim.pid for victim in victims}), BACK_WITHIN_S)
    return time.monotonic() - began


@pytest.mark.parametrize("part", [WORKER, BEAT, PROJECTOR, WEB])
def test_a_killed_part_comes_back_and_works(stack: Stack, part: str) -> None:
    assert _kill_all_of(stack, part) <= BACK_WITHIN_S
    killed_at = time.monotonic()
    assert eventually(stack.is_well, 30), stack.ask("GET", "/health/stack").body
    assert eventually(lambda: _has_worked_since(killed_at, stack, part), 30), stack.ask("GET", "/health/stack").body


def _has_worked_since(killed_at: float, running: Stack, part: str) -> bool:
    """Tell by its own words: what the killed one said last keeps a part well for a while."""
    passed = time.monotonic() - killed_at
    parts = running.ask("GET", "/health/stack").json["parts"]
    ages = {WORKER: parts["worker"].get("lastBeatS"), BEAT: parts["beat"].get("lastBeatS"), WEB: 0.0}
    age = ages.get(part, parts["projector"].get("lagS"))
    return age is not None and age + _ROUNDED_S < passed


def test_people_created_while_parts_are_killed_are_all_found(stack: Stack) -> None:
    name = f"kills-{time.time_ns()}"
    with load.CreatingPeople(stack, name) as creating:
        for part in (WORKER, PROJECTOR):
            _kill_all_of(stack, part)
        _kill_one_web_worker(stack)
        assert eventually(lambda: len(creating.kept.created) >= 100, 60)
    assert creating.kept.refused == [], stack.logs()
    assert eventually(lambda: set(creating.kept.created) <= load.found(stack, name), 30)


def _kill_one_web_worker(running: Stack) -> None:
    master, *workers = running.processes(WEB)
    victim = next(process for process in workers if process.parent == master.pid)
    processes.kill(victim)

    def is_replaced() -> bool:
        alive = [process.pid for process in running.processes(WEB) if process.parent == master.pid]
        return victim.pid not in alive and len(alive) == len(workers)

    assert eventually(is_replaced, BACK_WITHIN_S)


def test_a_registration_accepted_while_the_worker_is_dead_is_confirmed_by_mail(stack: Stack) -> None:
    event = _event(stack)
    address = f"confirmed-{time.time_ns()}@example.com"
    person = stack.create("/users", {"email": address})
    _kill_all_of(stack, WORKER)
    stack.create(f"/events/{event['id']}/register", {"user_id": person["id"]})
    assert eventually(lambda: address in stack.recipients(), 60), stack.logs()


def test_a_registration_that_the_worker_was_not_told_of_is_confirmed_by_mail(stack: Stack) -> None:
    event = _event(stack)
    address = f"untold-{time.time_ns()}@example.com"
    person = stack.create("/users", {"email": address})
    with _broker_that_takes_nothing(stack) as refused:
        stack.create(f"/events/{event['id']}/register", {"user_id": person["id"]})
        assert eventually(refused), stack.logs()
    assert eventually(lambda: address in stack.recipients(), 60), stack.logs()


@contextmanager
def _broker_that_takes_nothing(running: Stack) -> Iterator[Callable[[], bool]]:
    """Let the broker refuse all messages within the context. Yields whether it has refused one of the web server's."""
    log = running.data_dir / "logs" / "web.log"
    before = log.read_text().count(_NOT_TOLD)
    with redis.Redis(port=running.redis_port()) as broker:
        broker.execute_command("ACL", "SETUSER", "default", "-lpush")
        try:
            yield lambda: log.read_text().count(_NOT_TOLD) > before
        finally:
            broker.execute_command("ACL", "SETUSER", "default", "+lpush")


def test_a_campaign_whose_worker_is_killed_still_accounts_for_everybody(stack: Stack) -> None:
    company = f"campaign-{time.time_ns()}"
    people = [{"email": f"{company}-{number}@example.com", "company": company} for number in range(60)]
    for person in people:
        stack.create("/users", person)
    body = {"filter": {"company": company}, "subject": "Hello", "body": "Hello there.", "utm_campaign": company}
    started = stack.ask("POST", "/emails/send", body)
    assert started.status == 202
    campaign = f"/campaigns/{started.json['campaignId']}"
    assert eventually(lambda: stack.get(campaign)["deliveries"].get("sent", 0) >= 5, 60), stack.logs()
    _kill_all_of(stack, WORKER)

    def is_settled() -> bool:
        states = stack.get(campaign)["deliveries"]
        # A call that was under way when its process was killed may or may not have reached SES: it stays
        # "sending" until its lease is over, and is never sent a second time.
        return states.get("sent", 0) + states.get("sending", 0) + states.get("unknown", 0) == len(people)

    assert eventually(is_settled, 60), stack.get(campaign)
    report = stack.get(campaign)
    assert report["matched"] == len(people) == report["queued"]
    assert report["deliveries"]["sent"] >= len(people) - CALLS_AT_ONCE
    mailed = [address for address in stack.recipients() if company in address]
    assert len(mailed) == len(set(mailed))


def _event(running: Stack) -> Any:
    start = datetime.now(UTC) + timedelta(days=9)
    body = {
        "title": f"Kills {time.time_ns()}",
        "startAt": start.isoformat(),
        "endAt": (start + timedelta(hours=2)).isoformat(),
        "owner": "user-id-123",
    }
    return running.create("/events", body)
