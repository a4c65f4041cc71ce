"""A worker's turn is a lease: renewed while it is used, over as soon as it may be somebody else's."""

import pytest

from crm.core import errors, leases
from tests.worker.clocks import Clock
from tests.worker.outbox_fakes import never
from worker import turns

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The only clock that the worker sees."""
    ours = Clock()
    monkeypatch.setattr(turns, "time", ours)
    return ours


def _away(*_: object) -> bool:
    raise errors.Busy


def test_worker_that_lost_its_turn_stops() -> None:
    with turns.take("x") as turn:
        over = turn.over(never)
        assert not over()
        leases.release("x", turn._owner)
        assert leases.acquire("x", "another", 60)
        turn._renew_at = 0

        assert over()


def test_turn_that_cannot_be_renewed_lasts_as_long_as_its_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    with turns.take("x") as turn:
        over = turn.over(never)
        monkeypatch.setattr(leases, "renew", _away)
        turn._renew_at = 0
        assert not over()

        turn._until = 0
        assert over()


def test_turn_is_renewed_by_one_thread_at_a_time() -> None:
    with turns.take("x") as turn:
        turn._renew_at = 0
        with turn._renewing:
            assert not turn.over(never)()

        assert turn._renew_at == 0


def test_turn_that_is_used_lasts(clock: Clock) -> None:
    with turns.take("x") as turn:
        over = turn.over(never)
        for _ in range(10):
            clock.sleep(turns.RENEW_S)
            assert not over()


def test_turn_is_not_renewed_at_every_question(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    renewals: list[float] = []
    monkeypatch.setattr(leases, "renew", lambda *_: not renewals.append(clock.now))

    with turns.take("x") as turn:
        over = turn.over(never)
        for _ in range(48):
            clock.sleep(turns.RENEW_S / 8)
            over()

    assert len(renewals) == 6


def test_turn_whose_renewal_took_long_is_over_when_its_lease_is(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object) -> bool:
        clock.sleep(turns.LEASE_S - 1)
        return True

    with turns.take("x") as turn:
        over = turn.over(never)
        monkeypatch.setattr(leases, "renew", late)
        clock.sleep(turns.RENEW_S)
        assert not over()
        monkeypatch.setattr(leases, "renew", _away)

        clock.sleep(1)

        assert over()
