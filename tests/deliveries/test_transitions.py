"""Which moves between a mail's states are allowed, and what each leaves behind."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from crm.core import clock
from crm.deliveries import repository, transitions
from crm.deliveries.entities import (
    CANCELLED,
    CONFIRMATION,
    FAILED,
    HELD,
    LEASE,
    PENDING,
    SENDING,
    SENT,
    SKIPPED,
    UNKNOWN,
    UNKNOWN_WAIT,
    Delivery,
    shard_of,
)
from tests.deliveries import examples

pytestmark = pytest.mark.usefixtures("tables")

NOW = clock.now()
LEASE_OVER = NOW + LEASE + timedelta(seconds=1)
WAITED = LEASE_OVER + UNKNOWN_WAIT + timedelta(seconds=1)


def _read(mail: Delivery) -> Delivery:
    found = repository.find(mail.source, mail.shard, mail.person_id, mail.step)
    assert found is not None
    return found


def _pending() -> Delivery:
    mail = replace(examples.mail(), due_at=NOW, created_at=NOW, state_at=NOW)
    assert repository.create(mail)
    return mail


def _claim(mail: Delivery, claim_id: str = "mine", now: datetime = NOW) -> Delivery | None:
    return transitions.claim(mail, claim_id=claim_id, email=mail.email, now=now)


def _sending() -> Delivery:
    claimed = _claim(_pending())
    assert claimed is not None
    return claimed


def _unknown() -> Delivery:
    mail = _sending()
    assert transitions.expire(mail, "lease_over", LEASE_OVER)
    return _read(mail)


def _sent() -> Delivery:
    mail = _sending()
    assert transitions.sent(mail, "m1", NOW)
    return _read(mail)


def _failed() -> Delivery:
    mail = _sending()
    assert transitions.fail(mail, "no such domain", NOW)
    return _read(mail)


def _skipped() -> Delivery:
    mail = _pending()
    assert transitions.skip(mail, "suppressed", NOW)
    return _read(mail)


def _cancelled() -> Delivery:
    mail = _pending()
    assert transitions.cancel(mail, NOW)
    return _read(mail)


def _held() -> Delivery:
    mail = _unknown()
    assert transitions.hold(mail, WAITED)
    return _read(mail)


STATES: dict[str, Callable[[], Delivery]] = {
    PENDING: _pending,
    SENDING: _sending,
    UNKNOWN: _unknown,
    SENT: _sent,
    FAILED: _failed,
    SKIPPED: _skipped,
    CANCELLED: _cancelled,
    HELD: _held,
}
# Each move: the states it may start from, and where it leads. All at a time when every wait is over.
MOVES: dict[str, tuple[Callable[[Delivery], object], set[str], str]] = {
    "claim": (lambda m: _claim(m, "other", now=WAITED), {PENDING}, SENDING),
    "skip": (lambda m: transitions.skip(m, "suppressed", WAITED), {PENDING}, SKIPPED),
    "cancel": (lambda m: transitions.cancel(m, WAITED), {PENDING}, CANCELLED),
    "give back": (lambda m: transitions.give_back(m, WAITED), {SENDING}, PENDING),
    "sent": (lambda m: transitions.sent(m, "m2", WAITED), {SENDING, UNKNOWN}, SENT),
    "put off": (lambda m: transitions.put_off(m, "throttled", WAITED, WAITED), {SENDING}, PENDING),
    "fail": (lambda m: transitions.fail(m, "rejected", WAITED), {SENDING}, FAILED),
    "doubt": (lambda m: transitions.doubt(m, "timeout", WAITED), {SENDING}, UNKNOWN),
    "expire": (lambda m: transitions.expire(m, "lease_over", WAITED), {SENDING}, UNKNOWN),
    "hold": (lambda m: transitions.hold(m, WAITED), {UNKNOWN}, HELD),
    "risk again": (lambda m: transitions.risk_again(m, WAITED), {UNKNOWN}, PENDING),
    "retry": (lambda m: transitions.retry(m, WAITED), {FAILED}, PENDING),
    "resend": (lambda m: transitions.resend(m, WAITED), {HELD}, PENDING),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", MOVES)
def test_move_is_made_from_its_own_states_only(name: str, state: str) -> None:
    mail = STATES[state]()
    move, sources, target = MOVES[name]

    made = move(mail)

    after = _read(mail)
    assert (bool(made), after.state) == ((True, target) if state in sources else (False, state))
    assert after.version == mail_version(mail, state) + bool(made)
    assert (after.due_at is None) == after.is_final


def mail_version(mail: Delivery, state: str) -> int:
    """Claims return what they wrote without its version; everything else was read back."""
    return 2 if state == SENDING else mail.version


@pytest.mark.parametrize("name", [name for name, (_, sources, _) in MOVES.items() if sources & {SENDING, UNKNOWN}])
def test_outcome_of_an_earlier_attempt_moves_nothing(name: str) -> None:
    move, sources, _ = MOVES[name]
    late = STATES[sorted(sources)[0]]()
    if late.state == UNKNOWN:
        assert transitions.risk_again(late, WAITED)
    else:
        assert transitions.give_back(late, NOW)
    assert _claim(_read(late), "another", WAITED) is not None

    assert not move(late)

    assert (_read(late).state, _read(late).claim_id) == (SENDING, "another")


def test_mail_is_claimed_once() -> None:
    mail = _pending()

    assert _claim(mail, "first") is not None
    assert _claim(mail, "second") is None

    assert (_read(mail).claim_id, _read(mail).attempt) == ("first", 1)


def test_claim_whose_answer_was_lost_is_ours() -> None:
    mail = _pending()
    assert _claim(mail, "mine") is not None

    resent = _claim(mail, "mine")

    assert resent is not None
    assert resent.attempt == _read(mail).attempt == 1


def test_mail_is_not_claimed_before_it_is_due() -> None:
    mail = _sending()
    later = NOW + timedelta(minutes=5)
    assert transitions.put_off(mail, "throttled", NOW, later)

    assert _claim(_read(mail), now=later - timedelta(seconds=1)) is None
    assert _claim(_read(mail), now=later) is not None


def test_stale_row_of_an_earlier_attempt_is_not_claimed() -> None:
    mail = _pending()
    claimed = _claim(mail)
    assert claimed is not None
    assert transitions.give_back(claimed, NOW)

    assert _claim(mail, "stale") is None


def test_lease_is_not_over_early() -> None:
    mail = _sending()

    assert not transitions.expire(mail, "lease_over", NOW + LEASE - timedelta(seconds=1))
    assert _read(mail).state == SENDING


def test_unknown_mail_is_waited_for() -> None:
    mail = _unknown()
    too_early = LEASE_OVER + UNKNOWN_WAIT - timedelta(seconds=1)

    assert not transitions.hold(mail, too_early)
    assert not transitions.risk_again(mail, too_early)


def test_sending_again_at_a_risk_says_so() -> None:
    mail = _unknown()

    assert transitions.risk_again(mail, WAITED)

    again = _read(mail)
    assert (again.duplicate_risk, again.unknowns) == (True, 1)


@pytest.mark.parametrize("name", ["retry", "resend"])
def test_mail_sent_again_by_staff_waits_in_the_due_index_with_all_its_tries(name: str) -> None:
    mail = _failed() if name == "retry" else _held()

    assert MOVES[name][0](mail)

    again = _read(mail)
    assert repository.due(mail.source, 0, WAITED) == [again]
    assert (again.attempt, again.tries, again.first_claimed_at) == (1, 0, None)
    assert again.duplicate_risk == (name == "resend")
    assert not MOVES[name][0](mail), "asked twice, sent once"


def test_confirmation_sent_again_waits_in_its_own_partition(settings: Settings) -> None:
    settings.OUTBOX_SHARDS = 7
    mail = replace(examples.mail(source="e1"), kind=CONFIRMATION)

    assert repository.due_partition(mail) == f"DUE#tx#{shard_of('e1', 7)}"


def test_claim_given_back_counts_as_no_call_and_no_try() -> None:
    mail = _sending()
    assert transitions.give_back(mail, NOW)

    back = _read(mail)
    assert (back.attempt, back.returned, back.tries) == (1, 1, 0)


def test_sent_mail_keeps_what_ses_called_it() -> None:
    mail = _sent()

    assert (mail.message_id, mail.sent_at) == ("m1", NOW)
