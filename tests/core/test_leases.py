"""Who may work now."""

from datetime import UTC, datetime, timedelta

import pytest

from crm.core import clock, leases

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Make it five minutes later than it is, from where the test calls for it."""
    return datetime.now(UTC) + timedelta(minutes=5)


def test_a_free_lease_is_taken_and_a_held_one_is_not() -> None:
    assert leases.acquire("beat", "first", 30)
    assert not leases.acquire("beat", "second", 30)


def test_the_holder_may_take_its_lease_again() -> None:
    assert leases.acquire("beat", "first", 30)
    assert leases.acquire("beat", "first", 30)


def test_an_expired_lease_goes_to_whoever_asks(later: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    assert leases.acquire("beat", "first", 30)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert leases.acquire("beat", "second", 30)
    assert not leases.renew("beat", "first", 30)


def test_renewing_keeps_others_out_beyond_the_first_term(later: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    assert leases.acquire("beat", "first", 30)
    assert leases.renew("beat", "first", 3600)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert not leases.acquire("beat", "second", 30)


def test_a_lease_never_taken_cannot_be_renewed() -> None:
    assert not leases.renew("beat", "first", 30)


def test_only_the_holder_gives_a_lease_back() -> None:
    assert leases.acquire("beat", "first", 30)
    leases.release("beat", "second")
    assert not leases.acquire("beat", "second", 30)
    leases.release("beat", "first")
    assert leases.acquire("beat", "second", 30)
