"""One call for each mail, made for those who may get it, with whatever came of it on record."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from pynamodb.exceptions import UpdateError
from pytest_django.fixtures import Settings

from crm.core import clock, dynamo, errors
from crm.deliveries import ses, settling, transitions
from crm.deliveries.entities import (
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
)
from crm.people import actions as people
from crm.people.entities import PersonFields
from crm.people.repository import PersonItem, person_pk
from tests import factories
from tests.deliveries import examples, ses_endpoint
from tests.deliveries.ses_endpoint import Endpoint
from tests.worker import outbox_fakes
from tests.worker.outbox_fakes import FakeLane, never, now, queued
from worker import outbox, stopping

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> outbox_fakes.Clock:
    moved = outbox_fakes.Clock()
    monkeypatch.setattr(clock, "now", moved.now)
    return moved


def _mail(**given: object) -> Delivery:
    return queued(factories.person().id, **given)


def _drain(pool: ThreadPoolExecutor, lane: FakeLane | None = None, stop: Callable[[], bool] = never) -> int:
    return outbox.drain(lane or FakeLane(), 0, pool, stop)


def test_due_mail_is_sent_and_settled(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    person = factories.person(first_name="Ada", last_name="Lovelace")
    mail = queued(person.id)

    assert _drain(pool) == 1

    after = now(mail)
    assert (after.state, after.message_id, after.attempt, after.due_at) == (SENT, "message-1", 1, None)
    assert endpoint.addresses == [person.fields.email]
    assert endpoint.messages[0]["To"] == f"Ada Lovelace <{person.fields.email}>"
    assert endpoint.tags(0) == {"campaign": "c1", "delivery": f"{person.id}-mail", "attempt": "1"}


def test_sent_mail_is_not_sent_again(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    _mail()

    assert _drain(pool) + _drain(pool) == 1
    assert endpoint.calls == 1


def test_workers_side_by_side_mail_nobody_twice(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    mails = [_mail() for _ in range(12)]

    with ThreadPoolExecutor(3) as workers:
        moved = sum(workers.map(lambda _: _drain(pool), range(3)))

    assert moved == len(mails)
    assert len(endpoint.addresses) == len(set(endpoint.addresses)) == len(mails)


def test_throttled_mail_is_sent_later(endpoint: Endpoint, pool: ThreadPoolExecutor, time: outbox_fakes.Clock) -> None:
    endpoint.script.append(ses_endpoint.THROTTLE)
    mail = _mail()

    _drain(pool)
    assert (now(mail).state, endpoint.accepted) == (PENDING, [])
    time.forward(seconds=1)
    _drain(pool)

    assert (now(mail).state, now(mail).attempt) == (SENT, 2)
    assert endpoint.tags(0)["attempt"] == "2"


def test_rejected_mail_fails_with_the_reason(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    endpoint.script.append(ses_endpoint.REJECT)
    mail = _mail()

    _drain(pool)

    assert now(mail).state == FAILED
    assert now(mail).reason.startswith("MessageRejected")


@pytest.mark.parametrize("answer", [ses_endpoint.FAIL, ses_endpoint.RESET])
def test_campaign_mail_in_doubt_is_never_sent_again(
    endpoint: Endpoint, pool: ThreadPoolExecutor, time: outbox_fakes.Clock, answer: ses_endpoint.Answer
) -> None:
    endpoint.script.append(answer)
    mail = _mail()

    _drain(pool)
    assert now(mail).state == UNKNOWN
    time.forward(minutes=16)
    _drain(pool)

    assert (now(mail).state, endpoint.calls) == (HELD, 1)


def test_mail_of_a_killed_worker_is_held_not_sent_again(
    endpoint: Endpoint, pool: ThreadPoolExecutor, time: outbox_fakes.Clock
) -> None:
    mail = _mail()
    assert transitions.claim(mail, claim_id="killed", email=mail.email, now=clock.now()) is not None

    _drain(pool)
    assert now(mail).state == SENDING
    time.forward(seconds=LEASE.total_seconds() + 1)
    _drain(pool)
    assert (now(mail).state, now(mail).reason) == (UNKNOWN, settling.LEASE_OVER)
    time.forward(seconds=UNKNOWN_WAIT.total_seconds() + 1)
    _drain(pool)

    assert (now(mail).state, endpoint.calls) == (HELD, 0)


def test_confirmation_of_a_killed_worker_is_sent_again(
    endpoint: Endpoint, pool: ThreadPoolExecutor, time: outbox_fakes.Clock
) -> None:
    mail = _mail(kind=CONFIRMATION, source="e1")
    assert transitions.claim(mail, claim_id="killed", email=mail.email, now=clock.now()) is not None
    lane = FakeLane("tx")

    for wait in (LEASE, UNKNOWN_WAIT):
        time.forward(seconds=wait.total_seconds() + 1)
        _drain(pool, lane)

    assert (now(mail).state, now(mail).duplicate_risk) == (SENT, True)
    assert endpoint.tags(0) == {"event": "e1", "delivery": f"{mail.person_id}-mail", "attempt": "2"}


def test_suppressed_since_the_audience_was_made_is_left_out(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    person = factories.person()
    mail = queued(person.id)
    outbox_fakes.suppress(person.fields.email.upper())

    _drain(pool)

    assert (now(mail).state, now(mail).reason, endpoint.calls) == (SKIPPED, "suppressed", 0)


def test_deleted_person_is_left_out(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    person = factories.person()
    mail = queued(person.id)
    people.delete(person_id=person.id, actor=factories.ACTOR)

    _drain(pool)

    assert (now(mail).state, now(mail).reason, endpoint.calls) == (SKIPPED, "deleted", 0)


@pytest.mark.parametrize(("kind", "source", "state"), [("campaign", "c1", SKIPPED), (CONFIRMATION, "e1", SENT)])
def test_unsubscribed_get_confirmations_only(
    endpoint: Endpoint, pool: ThreadPoolExecutor, kind: str, source: str, state: str
) -> None:
    person = factories.person()
    item = PersonItem(person_pk(person.id), "PERSON")
    dynamo.update(item, [PersonItem.unsubscribed.set(True)], PersonItem.pk.exists())
    mail = queued(person.id, kind=kind, source=source)

    _drain(pool, FakeLane("c1" if kind == "campaign" else "tx"))

    assert now(mail).state == state


def test_mail_goes_to_the_address_of_today(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    person = factories.person(email="old@example.com")
    mail = queued(person.id, email="old@example.com")
    people.change(
        person_id=person.id, fields=PersonFields(email="new@example.com"), revision=None, actor=factories.ACTOR
    )

    _drain(pool)

    assert endpoint.addresses == [now(mail).email] == ["new@example.com"]


def test_standing_older_than_a_second_is_read_again() -> None:
    person = factories.person()
    mail = queued(person.id)
    standing = outbox.Standing([person.id])
    outbox_fakes.suppress(person.fields.email)
    standing._read_at -= 1

    assert outbox._judged(FakeLane(), mail, standing)[1] == "suppressed"


def test_person_suppressed_while_the_mail_waited_its_turn_is_left_out(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = factories.person()
    mail = queued(person.id)

    def long_wait(_stop: object) -> bool:
        outbox_fakes.suppress(person.fields.email)
        monkeypatch.setattr(outbox, "FRESH_S", -1)
        return True

    monkeypatch.setattr(outbox.pacing, "wait_turn", long_wait)
    _drain(pool)

    assert (now(mail).state, endpoint.calls) == (SKIPPED, 0)


def test_lanes_own_reason_leaves_out(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    mail = _mail()

    _drain(pool, FakeLane(why_not="event_off"))

    assert (now(mail).state, now(mail).reason, endpoint.calls) == (SKIPPED, "event_off", 0)


def test_nothing_of_a_closed_lane_is_claimed(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    mail = _mail()

    assert _drain(pool, FakeLane(open=False)) == 0
    assert (now(mail).attempt, endpoint.calls) == (0, 0)


def test_lane_closed_while_the_mail_waited_its_turn_claims_nothing(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail, lane = _mail(), FakeLane()

    def long_wait(_stop: object) -> bool:
        lane.open = False
        return True

    monkeypatch.setattr(outbox.pacing, "wait_turn", long_wait)
    assert _drain(pool, lane) == 0

    assert (now(mail).attempt, endpoint.calls) == (0, 0)


def test_told_to_stop_it_claims_nothing(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    mail = _mail()

    assert _drain(pool, stop=lambda: True) == 0
    assert now(mail).attempt == 0


def test_told_to_stop_after_the_claim_it_gives_the_mail_back(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail, told = _mail(), []
    claim = transitions.claim

    def claim_and_stop(*args: object, **given: object) -> Delivery | None:
        told.append(True)
        return claim(*args, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(transitions, "claim", claim_and_stop)
    monkeypatch.setattr(stopping, "is_requested", lambda: bool(told))
    _drain(pool, stop=lambda: bool(told))

    assert (now(mail).state, now(mail).attempt, endpoint.calls) == (PENDING, 1, 0)


def test_address_that_ses_cannot_take_fails_at_once(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    mail = queued(factories.person(email="ädä@example.com").id)

    _drain(pool)

    assert (now(mail).state, now(mail).reason, endpoint.calls) == (FAILED, outbox.NO_SUCH_MAILBOX, 0)


def test_mail_waits_while_the_sender_is_misconfigured(
    endpoint: Endpoint, pool: ThreadPoolExecutor, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    mail = _mail()
    settings.MAIL_FROM = "Events"

    assert _drain(pool) == 0
    assert (now(mail).state, now(mail).attempt, endpoint.calls) == (PENDING, 0, 0)
    assert "MAIL_FROM" in caplog.text

    settings.MAIL_FROM = "Events <events@crm.example>"
    _drain(pool)
    assert now(mail).state == SENT


def test_turn_lost_after_the_claim_does_not_keep_the_mail(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail, claimed, claim = _mail(), [], transitions.claim

    def claim_and_lose(*args: object, **given: object) -> Delivery | None:
        claimed.append(True)
        return claim(*args, **given)  # type: ignore[arg-type]

    def fail_once_claimed() -> bool:
        if claimed:
            raise errors.Busy
        return False

    monkeypatch.setattr(transitions, "claim", claim_and_lose)
    with pytest.raises(errors.Busy):
        _drain(pool, stop=fail_once_claimed)

    assert (now(mail).state, endpoint.calls) == (SENT, 1)


def test_mail_that_cannot_be_written_holds_up_no_other(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    mail = _mail()

    _drain(pool, FakeLane(unwritable=True))

    assert (now(mail).state, now(mail).reason, endpoint.calls) == (PENDING, outbox.UNWRITABLE, 0)


def test_outcome_is_written_even_if_dynamodb_is_away_for_a_moment(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail, refusals = _mail(), [errors.Busy(), UpdateError()]
    sent = transitions.sent

    def away(*args: object) -> bool:
        if refusals:
            raise refusals.pop()
        return sent(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(transitions, "sent", away)
    _drain(pool)

    assert (now(mail).state, endpoint.calls, refusals) == (SENT, 1, [])


def test_claim_whose_answer_was_lost_is_sent(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail, update = _mail(), dynamo.update
    lost = [True]

    def applied_but_unanswered(*args: object) -> None:
        update(*args)  # type: ignore[arg-type]
        if lost:
            lost.clear()
            raise UpdateError

    monkeypatch.setattr(dynamo, "update", applied_but_unanswered)
    _drain(pool)

    assert (now(mail).state, now(mail).attempt, endpoint.calls) == (SENT, 1, 1)


def test_claim_that_failed_leaves_the_mail_for_the_sweep(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = _mail()

    def busy(*args: object) -> None:
        raise errors.Busy

    monkeypatch.setattr(dynamo, "update", busy)

    assert _drain(pool) == 0
    assert (now(mail).state, endpoint.calls) == (PENDING, 0)


def test_what_must_not_wait_gets_its_turn_between_batches(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "batch_size", lambda: 2)
    for _ in range(5):
        _mail()
    turns: list[int] = []

    outbox.drain(FakeLane(), 0, pool, never, lambda: turns.append(endpoint.calls))

    assert turns == [2, 4, 5]


@pytest.mark.parametrize(("rate", "size"), [(1, 1), (14, 10), (1_000, 100)])
def test_batch_is_what_can_be_sent_while_its_standing_is_fresh(endpoint: Endpoint, rate: float, size: int) -> None:
    endpoint.rate = rate

    assert outbox.batch_size() == size


def test_tags_hold_only_what_ses_takes() -> None:
    mail = replace(examples.mail("user id:1"), step="confirmation#2", kind=CONFIRMATION)

    assert outbox.tags(mail) == {"event": "c1", "delivery": "user-id-1-confirmation-2", "attempt": "0"}


def test_lease_outlasts_the_slowest_call() -> None:
    slowest = ses._CONFIG.connect_timeout + ses._CONFIG.read_timeout  # type: ignore[attr-defined]

    assert timedelta(seconds=2 * slowest) < LEASE
