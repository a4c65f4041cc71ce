"""A campaign gives the read model a moment to become as new as itself, and all the time it takes to be read."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from crm.campaigns import freezing
from crm.campaigns.entities import SENDING
from crm.core import leases
from crm.search import engine
from crm.search.filters import Filter
from tests.campaigns.audience_steps import always, never, started
from tests.integration.stack import eventually
from tests.worker import campaign_steps
from tests.worker.clocks import Clock
from worker import campaigns, turns

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The only clock that the worker sees."""
    ours = Clock()
    monkeypatch.setattr(campaigns, "time", ours)
    return ours


def test_read_model_that_catches_up_in_a_moment_is_waited_for(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freezing, "is_possible", lambda _: clock.now >= 1.0)

    assert campaigns._has_caught_up(started(), never)
    assert 1.0 <= clock.now < 1.5


def test_read_model_that_stays_behind_is_left_to_the_sweep(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freezing, "is_possible", lambda _: False)

    assert not campaigns._has_caught_up(started(), never)
    assert campaigns.CATCH_UP_S <= clock.now < campaigns.CATCH_UP_S + 0.5


def test_worker_that_is_to_stop_waits_for_nothing(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freezing, "is_possible", lambda _: False)

    assert not campaigns._has_caught_up(started(), always)
    assert clock.now == 0.0


@pytest.mark.usefixtures("endpoint")
def test_audience_that_takes_long_to_read_is_not_begun_anew_by_another_worker(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = campaign_steps.start()
    freeze, renew, renewed = engine.store().freeze, leases.renew, list[bool]()

    def kept(name: str, owner: str, seconds: float) -> bool:
        renewed.append(renew(name, owner, seconds))
        return renewed[-1]

    @contextmanager
    def slow(where: Filter, chunk: int) -> Iterator[Iterator[list[str]]]:
        assert eventually(lambda: len(renewed) > 1, 10)
        with freeze(where, chunk) as people:
            yield people

    monkeypatch.setattr(turns, "RENEW_S", 0.01)
    monkeypatch.setattr(leases, "renew", kept)
    monkeypatch.setattr(engine.store(), "freeze", slow)
    monkeypatch.setattr(campaigns, "_send", lambda *_: None)

    assert campaign_steps.move_on(campaign, pool) == SENDING
    assert all(renewed)
