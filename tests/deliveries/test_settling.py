"""When a mail is tried again, when it is given up, and when nobody will ever know."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from pynamodb.exceptions import QueryError

from crm.core import clock, errors
from crm.deliveries import outcomes, repository, settling, transitions
from crm.deliveries.entities import (
    CONFIRMATION,
    FAILED,
    HELD,
    LEASE,
    MAX_ATTEMPTS,
    PENDING,
    SENT,
    UNKNOWN,
    UNKNOWN_WAIT,
    Delivery,
)
from crm.deliveries.outcomes import News
from crm.deliveries.tables import DeliveryItem
from tests.deliveries import examples

pytestmark = pytest.mark.usefixtures("tables")
SECOND = timedelta(seconds=1)


def _read(mail: Delivery) -> Delivery:
    found = repository.find(mail.source, mail.shard, mail.person_id, mail.step)
    assert found is not None
    return found


def _claimed(mail: Delivery, now: datetime | None = None) -> Delivery:
    claimed = transitions.claim(mail, claim_id="mine", email=mail.email, now=now or clock.now())
    assert claimed is not None
    return claimed


def _new(**given: object) -> Delivery:
    mail = replace(examples.mail(), **given)  # type: ignore[arg-type]
    assert repository.create(mail)
    return mail


def test_acceptance_that_an_event_overtook_is_on_record_once(monkeypatch: pytest.MonkeyPatch) -> None:
    mail, settle, tried = _claimed(_new()), transitions.settle, list[Delivery]()
    assert transitions.doubt(mail, "timeout", clock.now())
    assert transitions.hold(_read(mail), clock.now() + 2 * UNKNOWN_WAIT)

    def overtaken(read: Delivery, told: Delivery) -> bool:
        tried.append(read)
        if len(tried) == 1:
            bounced = News(1, "m1", clock.now(), outcomes.BOUNCED, clock.now())
            assert settle(read, outcomes.after(read, bounced, clock.now()))
        return settle(read, told)

    monkeypatch.setattr(transitions, "settle", overtaken)

    assert settling.accepted(mail, "m2", clock.now())
    after = _read(mail)
    assert (after.state, after.outcome, after.message_id, after.other_message_ids) == (SENT, "bounced", "m1", ("m2",))
    assert len(tried) == 2


def test_acceptance_of_a_mail_that_nobody_was_sending_is_on_no_record() -> None:
    mail = _claimed(_new())
    assert transitions.give_back(mail, clock.now())
    before = _read(mail)

    assert not settling.accepted(mail, "m1", clock.now())
    assert not settling.accepted(replace(mail, person_id="nobody"), "m1", clock.now())
    assert _read(mail) == before


def test_refusal_that_may_pass_is_tried_again_within_the_backoff() -> None:
    mail, now = _claimed(_new()), clock.now()

    assert settling.refused(mail, "throttled", is_final=False, now=now)

    after = _read(mail)
    assert after.due_at is not None
    assert (after.state, after.reason) == (PENDING, "throttled")
    assert now - SECOND < after.due_at <= now + SECOND


def test_refusal_for_good_fails_at_once() -> None:
    mail = _claimed(_new())

    assert settling.refused(mail, "rejected", is_final=True, now=clock.now())

    assert (_read(mail).state, _read(mail).reason) == (FAILED, "rejected")


def test_mail_is_given_up_after_ten_attempts() -> None:
    ninth = _claimed(_new(attempt=MAX_ATTEMPTS - 2))
    assert settling.refused(ninth, "throttled", is_final=False, now=clock.now() - timedelta(minutes=10))
    tenth = _claimed(_read(ninth))

    assert settling.refused(tenth, "throttled", is_final=False, now=clock.now())

    assert (_read(tenth).state, _read(tenth).attempt) == (FAILED, MAX_ATTEMPTS)


def test_tries_before_staff_asked_again_do_not_count() -> None:
    tenth = _claimed(_new(attempt=MAX_ATTEMPTS - 1))
    assert settling.refused(tenth, "throttled", is_final=False, now=clock.now())
    assert transitions.retry(_read(tenth), clock.now())

    assert settling.refused(_claimed(_read(tenth)), "throttled", is_final=False, now=clock.now())

    assert (_read(tenth).state, _read(tenth).attempt) == (PENDING, MAX_ATTEMPTS + 1)


def test_mail_is_given_up_a_day_after_its_first_attempt() -> None:
    mail = _claimed(_new())
    a_day_later = clock.now() + timedelta(hours=24)

    assert settling.refused(mail, "throttled", is_final=False, now=a_day_later)

    assert _read(mail).state == FAILED


def test_backoff_grows_to_ten_minutes_and_is_jittered() -> None:
    longest = [max(settling.backoff(attempt) for _ in range(500)) for attempt in range(1, MAX_ATTEMPTS + 5)]

    assert longest[0] <= SECOND
    assert longest[4] > 8 * SECOND
    assert timedelta(minutes=8) < longest[-1] <= timedelta(minutes=10)
    assert min(settling.backoff(MAX_ATTEMPTS) for _ in range(500)) < 60 * SECOND


def _overdue_until_settled(mail: Delivery, claimed_at: datetime) -> datetime:
    """Let lease and waiting time of a claimed mail pass; return when they are over."""
    lease_over = claimed_at + LEASE + SECOND
    assert settling.overdue(mail, lease_over)
    assert _read(mail).state == UNKNOWN
    waited = lease_over + UNKNOWN_WAIT + SECOND
    assert settling.overdue(_read(mail), waited)
    return waited


def test_campaign_mail_of_unknown_outcome_is_held_never_sent_again() -> None:
    mail = _claimed(_new())

    _overdue_until_settled(mail, clock.now())

    after = _read(mail)
    assert (after.state, after.reason, after.due_at) == (HELD, settling.LEASE_OVER, None)


def test_confirmation_of_unknown_outcome_is_sent_again_and_held_after_three() -> None:
    mail = _new(kind=CONFIRMATION, source="e1")

    now = clock.now()
    for unknowns in (1, 2):
        now = _overdue_until_settled(_claimed(_read(mail), now), now)
        again = _read(mail)
        assert (again.state, again.duplicate_risk, again.unknowns) == (PENDING, True, unknowns)
    _overdue_until_settled(_claimed(_read(mail), now), now)

    assert _read(mail).state == HELD


def test_mail_that_waits_its_turn_is_not_overdue() -> None:
    mail = _new()

    assert not settling.overdue(mail, clock.now() + timedelta(days=1))
    assert _read(mail).state == PENDING


@pytest.mark.parametrize("ask", [repository.due, repository.due_pages, repository.pending, repository.is_anything_open])
def test_due_index_that_gives_no_answer_is_busy(ask: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    def unanswered(*_: object, **__: object) -> None:
        raise QueryError

    monkeypatch.setattr(type(DeliveryItem.due), "query", unanswered)
    more = [clock.now()] if ask in (repository.due, repository.due_pages) else []

    with pytest.raises(errors.Busy):
        list(ask("c1", 0, *more))  # type: ignore[call-overload]
