"""A campaign gives the read model a moment to become as new as itself, and no more than that."""

import pytest

from crm.campaigns import freezing
from tests.campaigns.audience_steps import always, never, started
from tests.worker.clocks import Clock
from worker import campaigns

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
