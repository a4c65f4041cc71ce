"""Messages are hints: what they name exists, what is lost is found again, and losing the broker fails nobody."""

import math
import os
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from kombu import Connection
from pytest_django.fixtures import Settings

from crm.campaigns import actions as campaigns
from crm.campaigns import repository
from crm.campaigns.entities import SENT
from crm.core import clock, errors, leases, transaction, walks
from crm.core.utm import NO_UTM
from crm.deliveries import actions as deliveries
from crm.deliveries import hints
from crm.registrations import actions as registrations
from crm.search import engine, filters
from tests import factories
from tests.deliveries import examples
from tests.deliveries.ses_endpoint import Endpoint
from worker import app as celery_app
from worker import tasks

BROKER = "memory://"


@pytest.fixture
def broker(settings: Settings) -> Iterator[Connection]:
    """A broker in this process, which hints are published to."""
    settings.REDIS_URL = BROKER
    _forget()
    with Connection(BROKER) as connection:
        for name in hints.QUEUES:
            connection.SimpleQueue(name).clear()
        yield connection
    _forget()


def _forget() -> None:
    hints._app.cache_clear()
    hints._publisher.cache_clear()


def _start_campaign() -> str:
    started = campaigns.send(where=filters.EVERYONE, subject="Hi", body="Hi", utm=NO_UTM, actor=factories.ACTOR)
    engine.store().note_freshness(clock.now())
    return started.campaign.id


def _confirm() -> None:
    tx = transaction.begin()
    deliveries.confirm(tx, person=examples.person(), event=examples.event(), generation=1)
    tx.commit()


@pytest.mark.parametrize("queue", hints.QUEUES)
def test_hint_names_a_task_of_the_worker_in_its_own_queue(broker: Connection, queue: str) -> None:
    hints.wake(queue)

    message = broker.SimpleQueue(queue).get(timeout=10)

    assert message.headers["task"] in celery_app.app.tasks
    assert message.payload[:2] == [[], {}]


def test_hints_that_wait_together_become_one(broker: Connection) -> None:
    publisher = hints._publisher()
    with publisher._changed:
        for _ in range(50):
            publisher._waiting[hints.CAMPAIGNS] = 1
        publisher._changed.notify()
    queue = broker.SimpleQueue(hints.CAMPAIGNS)
    queue.get(timeout=10).ack()

    hints.wake(hints.UPKEEP)
    broker.SimpleQueue(hints.UPKEEP).get(timeout=10)
    assert queue.qsize() == 0


def test_work_for_all_wakes_every_process_that_sends(broker: Connection, settings: Settings) -> None:
    settings.SENDING_PROCESSES = 3
    hints.wake(hints.CAMPAIGNS)
    hints.wake_all(hints.CAMPAIGNS)
    hints.wake(hints.UPKEEP)

    broker.SimpleQueue(hints.UPKEEP).get(timeout=10)

    # One more where the first hint was on its way already.
    assert broker.SimpleQueue(hints.CAMPAIGNS).qsize() in (3, 4)


@pytest.mark.usefixtures("tables", "data_dir")
def test_resumed_campaign_wakes_every_process_that_sends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign_id, woken = _start_campaign(), list[str]()
    campaigns.pause(campaign_id=campaign_id, actor=factories.ACTOR)
    monkeypatch.setattr(hints, "wake_all", woken.append)

    campaigns.resume(campaign_id=campaign_id, actor=factories.ACTOR)

    assert woken == [hints.CAMPAIGNS]


def test_hint_that_found_its_connection_broken_is_published_all_the_same(
    broker: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, failures = hints._app(), iter([ConnectionError, TimeoutError])
    send = app.send_task

    def unsteady(*args: object, **given: object) -> object:
        if failure := next(failures, None):
            raise failure
        return send(*args, **given)

    monkeypatch.setattr(app, "send_task", unsteady)

    hints.wake(hints.CAMPAIGNS)

    broker.SimpleQueue(hints.CAMPAIGNS).get(timeout=10)


def test_hint_costs_nothing_while_the_broker_is_away(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    _forget()
    begun = time.monotonic()

    for _ in range(100):
        hints.wake(hints.CAMPAIGNS)

    assert time.monotonic() - begun < 0.5


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_forked_process_publishes_its_own_hints(broker: Connection) -> None:
    publisher = hints._publisher()
    pid = os.fork()
    if pid == 0:
        os._exit(hints._publisher() is publisher)

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@pytest.mark.usefixtures("tables", "data_dir")
def test_sweep_wakes_nobody_when_there_is_nothing_to_do(woken: list[str]) -> None:
    tasks.sweep()

    assert woken == []


@pytest.mark.usefixtures("tables", "data_dir")
def test_sweep_finds_whatever_waits(woken: list[str]) -> None:
    _start_campaign()
    _confirm()
    tx = transaction.begin()
    walks.start(tx, kind=walks.EVENT, subject_id="e1", actor=factories.ACTOR)
    walks.start(tx, kind=walks.IMPORT, subject_id="i1", actor=factories.ACTOR)
    tx.commit()
    woken.clear()

    tasks.sweep()

    assert sorted(woken) == sorted(hints.QUEUES)


@pytest.mark.usefixtures("tables", "data_dir")
def test_of_two_beats_one_sweeps(woken: list[str]) -> None:
    _confirm()
    assert leases.acquire(tasks.SWEEP, "another beat", 60)

    tasks.sweep()

    assert woken == []


@pytest.mark.usefixtures("tables", "data_dir")
def test_campaign_is_sent_by_its_task(endpoint: Endpoint) -> None:
    person = factories.person()
    campaign_id = _start_campaign()

    tasks.drain_campaigns()

    found = repository.find(campaign_id)
    assert found is not None
    assert found.state == SENT
    assert endpoint.addresses == [person.fields.email]


@pytest.mark.usefixtures("tables", "data_dir")
def test_confirmations_do_not_wait_behind_a_campaign(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(tasks.outbox, "BETWEEN_S", 0.01)
    settings.MAIL_THREADS, endpoint.delay_s = 1, 0.1
    for _ in range(3):
        factories.person()
    _start_campaign()
    guest, event = factories.person(), factories.event()
    registrations.register(event_id=event.id, person_id=guest.id, actor=factories.ACTOR)

    tasks.drain_campaigns()

    kinds = ["campaign" if "campaign" in endpoint.tags(n) else "event" for n in range(len(endpoint.accepted))]
    assert kinds.index("event") <= 2
    assert kinds.count("campaign") == 5


@pytest.mark.usefixtures("tables", "data_dir")
def test_campaign_that_cannot_be_moved_on_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    started, tried = {_start_campaign() for _ in range(2)}, set()

    def fail(campaign_id: str, *_: object) -> None:
        tried.add(campaign_id)
        raise ValueError(campaign_id)

    monkeypatch.setattr(tasks.open_campaigns, "move_on", fail)
    tasks.drain_campaigns()

    assert tried == started
    assert all(campaign_id in caplog.text for campaign_id in started)


@pytest.mark.usefixtures("tables", "data_dir")
def test_count_somebody_asked_for_has_its_turn_beside_campaigns(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign_id, done = _start_campaign(), list[str]()
    monkeypatch.setattr(tasks.proof, "asked_ids", lambda: iter([campaign_id]))
    monkeypatch.setattr(tasks.open_campaigns, "move_on", lambda *_: done.append("moved on"))
    monkeypatch.setattr(tasks.open_campaigns, "count", lambda *_: done.append("counted"))
    monkeypatch.setattr(tasks.stopping, "within", lambda *_: lambda: bool(done))
    monkeypatch.setattr(tasks.random, "sample", lambda works, _: works[::-1])

    tasks.drain_campaigns()

    assert done == ["counted"], "one turn each, in any order, until the time is over"


@pytest.mark.usefixtures("tables", "data_dir")
def test_question_that_cannot_be_answered_keeps_the_sweep_from_waking_no_other(
    woken: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> bool:
        raise errors.Busy

    _start_campaign()
    woken.clear()
    monkeypatch.setattr(tasks, "_is_any_confirmation_due", fail)

    tasks.sweep()

    assert woken == [hints.CAMPAIGNS]
    assert hints.CONFIRMATIONS in caplog.text


@pytest.mark.usefixtures("tables", "data_dir")
def test_drain_that_ran_out_of_time_asks_to_go_on(woken: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.stopping, "within", lambda *_: lambda: True)
    _start_campaign()
    woken.clear()

    tasks.drain_campaigns()

    assert set(woken) == {hints.CAMPAIGNS}


@pytest.mark.usefixtures("tables", "data_dir")
def test_what_else_waits_is_done_where_every_process_is_always_at_a_campaign(
    woken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = list[str]()
    monkeypatch.setattr(tasks.stopping, "within", lambda *_: lambda: True)
    monkeypatch.setattr(tasks.ses_events, "drain", lambda _: heard.append("events"))
    _start_campaign()
    _confirm()
    woken.clear()

    tasks.drain_campaigns()

    assert set(woken) == {hints.CAMPAIGNS, hints.CONFIRMATIONS}
    assert heard == ["events"]


@pytest.mark.usefixtures("tables", "data_dir")
def test_what_became_of_mails_is_heard_although_the_sweep_could_not_ask_whether_it_has_its_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def busy(*_: object) -> bool:
        raise errors.Busy

    heard = list[str]()
    monkeypatch.setattr(tasks.stopping, "within", lambda *_: lambda: True)
    monkeypatch.setattr(tasks.ses_events, "drain", lambda _: heard.append("events"))
    monkeypatch.setattr(tasks.leases, "acquire", busy)

    tasks.drain_campaigns()

    assert heard == ["events"]


@pytest.mark.usefixtures("tables", "data_dir")
def test_what_else_waits_has_to_be_over_when_the_task_of_the_campaign_has(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = list[float]()

    def note(*_: object) -> None:
        ends.append(tasks.stopping._over_at)

    monkeypatch.setattr(tasks.stopping, "within", lambda *_: lambda: bool(ends))
    monkeypatch.setattr(tasks.open_campaigns, "move_on", note)
    monkeypatch.setattr(tasks.ses_events, "drain", note)
    _start_campaign()

    tasks.drain_campaigns()

    campaign, rest = ends
    assert campaign == rest < math.inf, "Celery kills the process where both together take longer than a task may"


@pytest.mark.usefixtures("tables", "data_dir")
def test_sweep_that_came_late_keeps_the_next_one_from_nothing(
    woken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _confirm()
    tasks.sweep()
    woken.clear()

    soon = clock.now() + timedelta(seconds=celery_app.SWEEP_EVERY_S * 0.6)
    monkeypatch.setattr(clock, "now", lambda: soon)
    tasks.sweep()

    assert woken == [hints.CONFIRMATIONS]


def test_what_became_of_mails_is_heard_before_walks(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(tasks.registration_walks, "run_open", lambda _: done.append("walks"))
    monkeypatch.setattr(tasks.suppression_imports, "run_open", lambda _: done.append("imports"))
    monkeypatch.setattr(tasks.tagging, "run_open", lambda _: done.append("tags"))
    monkeypatch.setattr(tasks.ses_events, "drain", lambda _: done.append("events"))

    tasks.drain_upkeep()

    assert done == ["events", "walks", "imports", "tags"]
