"""What fails beside a mail loses it nothing: neither a call made nor a call not made."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from pynamodb.exceptions import UpdateError
from pytest_django.fixtures import Settings

from crm.core import dynamo, errors
from crm.deliveries import health, letters, pacing, ses, transitions
from crm.deliveries.entities import (
    FAILED,
    PENDING,
    SENT,
)
from tests import factories
from tests.deliveries import ses_endpoint
from tests.deliveries.ses_endpoint import Endpoint
from tests.worker.outbox_fakes import FakeLane, drain, mail_to_somebody, never, now, queued
from worker import outbox

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


def test_address_that_ses_cannot_take_fails_at_once(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    mail = queued(factories.person(email="ädä@example.com").id)

    drain(pool)

    assert (now(mail).state, now(mail).reason, endpoint.calls) == (FAILED, letters.NO_SUCH_MAILBOX, 0)


def test_mail_waits_while_the_sender_is_misconfigured(
    endpoint: Endpoint, pool: ThreadPoolExecutor, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    mail = mail_to_somebody()
    settings.MAIL_FROM = "Events"

    assert drain(pool) == 0
    assert (now(mail).state, now(mail).attempt, endpoint.calls) == (PENDING, 0, 0)
    assert "MAIL_FROM" in caplog.text

    settings.MAIL_FROM = "Events <events@crm.example>"
    drain(pool)
    assert now(mail).state == SENT


def test_mail_that_cannot_be_written_holds_up_no_other(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    mail = mail_to_somebody()

    drain(pool, FakeLane(unwritable=True))

    assert (now(mail).state, now(mail).reason, endpoint.calls) == (PENDING, outbox.UNWRITABLE, 0)
    assert (now(mail).attempt, now(mail).returned, now(mail).tries) == (1, 1, 1)


@pytest.mark.parametrize("answer", [ses_endpoint.SUSPENDED, ses_endpoint.FORBID])
def test_mail_refused_because_of_the_account_keeps_all_its_tries(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, answer: ses_endpoint.Answer
) -> None:
    mail = mail_to_somebody()
    endpoint.script.append(answer)

    drain(pool)

    back = now(mail)
    assert (back.state, back.attempt, back.returned, back.tries) == (PENDING, 1, 0, 0)
    assert (back.first_claimed_at, health.stop_reason()) == (
        None,
        ses.SUSPENDED if "Susp" in answer.code else ses.FORBIDDEN,
    )
    assert drain(pool) == 0
    assert endpoint.calls == 1

    monkeypatch.setattr(health._health(), "_probe_at", 0.0)
    drain(pool)
    assert (now(mail).state, health.stop_reason()) == (SENT, "")


def test_stopped_account_is_tried_with_one_mail_only(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails = [mail_to_somebody() for _ in range(5)]
    health.refused(ses.SUSPENDED)
    endpoint.script.extend([ses_endpoint.SUSPENDED] * 5)
    monkeypatch.setattr(health._health(), "_probe_at", 0.0)

    drain(pool)

    assert endpoint.calls == 1
    assert {now(mail).state for mail in mails} == {PENDING}


def test_mail_waits_while_the_account_may_send_nothing(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    mail = mail_to_somebody()
    endpoint.account = {"SendingEnabled": False}

    assert drain(pool) == 0

    assert (now(mail).state, now(mail).attempt, endpoint.calls) == (PENDING, 0, 0)


def test_outcome_is_written_even_if_dynamodb_is_away_for_a_moment(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail, refusals = mail_to_somebody(), [errors.Busy(), UpdateError()]
    sent = transitions.sent

    def away(*args: object) -> bool:
        if refusals:
            raise refusals.pop()
        return sent(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(transitions, "sent", away)
    drain(pool)

    assert (now(mail).state, endpoint.calls, refusals) == (SENT, 1, [])


def test_claim_whose_answer_was_lost_is_sent(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail, update = mail_to_somebody(), dynamo.update
    lost = [True]

    def applied_but_unanswered(*args: object) -> None:
        update(*args)  # type: ignore[arg-type]
        if lost:
            lost.clear()
            raise UpdateError

    monkeypatch.setattr(dynamo, "update", applied_but_unanswered)
    drain(pool)

    assert (now(mail).state, now(mail).attempt, endpoint.calls) == (SENT, 1, 1)


def test_claim_that_failed_leaves_the_mail_for_the_sweep(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = mail_to_somebody()

    def busy(*args: object) -> None:
        raise errors.Busy

    monkeypatch.setattr(dynamo, "update", busy)

    assert drain(pool) == 0
    assert (now(mail).state, endpoint.calls) == (PENDING, 0)


def test_failure_between_mails_holds_up_none(
    endpoint: Endpoint, pool: ThreadPoolExecutor, caplog: pytest.LogCaptureFixture
) -> None:
    mail = queued(factories.person().id)

    def between() -> None:
        raise errors.Busy

    outbox.drain(FakeLane(), 0, pool, never, between)

    assert (now(mail).state, endpoint.calls) == (SENT, 1)
    assert "Busy" in caplog.text


def test_mail_whose_turn_is_far_off_ends_the_feed(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails = [queued(factories.person().id) for _ in range(6)]
    monkeypatch.setattr(pacing, "wait_turn", lambda _: False)

    assert outbox.drain(FakeLane(), 0, pool, never) == 0

    assert sum(now(mail).attempt for mail in mails) <= 2, "those that were claimed ahead"
    assert {now(mail).state for mail in mails} == {PENDING}
