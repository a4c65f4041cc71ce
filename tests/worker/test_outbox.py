"""One call for each mail, with whatever came of it on record."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest
from pytest_django.fixtures import Settings

from crm.core import clock
from crm.deliveries import ses, settling, transitions
from crm.deliveries.entities import (
    CONFIRMATION,
    FAILED,
    HELD,
    LEASE,
    PENDING,
    SENDING,
    SENT,
    UNKNOWN,
    UNKNOWN_WAIT,
)
from tests import factories
from tests.deliveries import examples, ses_endpoint
from tests.deliveries.ses_endpoint import Endpoint
from tests.worker import outbox_fakes
from tests.worker.outbox_fakes import FakeLane, drain, mail_to_somebody, never, now, queued
from worker import feeding, outbox
from worker.feeding import Feed

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


def test_due_mail_is_sent_and_settled(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    person = factories.person(first_name="Ada", last_name="Lovelace")
    mail = queued(person.id)

    assert drain(pool) == 1

    after = now(mail)
    assert (after.state, after.message_id, after.attempt, after.due_at) == (SENT, "message-1", 1, None)
    assert endpoint.addresses == [person.fields.email]
    assert endpoint.messages[0]["To"] == f"Ada Lovelace <{person.fields.email}>"
    assert endpoint.tags(0) == {"campaign": "c1", "delivery": f"{person.id}-mail", "attempt": "1", "shard": "0"}


def test_sent_mail_is_not_sent_again(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    mail_to_somebody()

    assert drain(pool) + drain(pool) == 1
    assert endpoint.calls == 1


def test_workers_side_by_side_mail_nobody_twice(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    mails = [mail_to_somebody() for _ in range(12)]

    with ThreadPoolExecutor(3) as workers:
        moved = sum(workers.map(lambda _: drain(pool), range(3)))

    assert moved == len(mails)
    assert len(endpoint.addresses) == len(set(endpoint.addresses)) == len(mails)


def test_throttled_mail_is_sent_later(endpoint: Endpoint, pool: ThreadPoolExecutor, time: outbox_fakes.Clock) -> None:
    endpoint.script.append(ses_endpoint.THROTTLE)
    mail = mail_to_somebody()

    # Any wait up to a second is right, none at all among them: this drain would send the mail then.
    with patch.object(settling, "backoff", return_value=timedelta(seconds=1)):
        drain(pool)
    assert (now(mail).state, endpoint.accepted) == (PENDING, [])
    time.forward(seconds=1)
    drain(pool)

    assert (now(mail).state, now(mail).attempt) == (SENT, 2)
    assert endpoint.tags(0)["attempt"] == "2"


def test_rejected_mail_fails_with_the_reason(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    endpoint.script.append(ses_endpoint.REJECT)
    mail = mail_to_somebody()

    drain(pool)

    assert now(mail).state == FAILED
    assert now(mail).reason.startswith("MessageRejected")


@pytest.mark.parametrize("answer", [ses_endpoint.FAIL, ses_endpoint.RESET])
def test_campaign_mail_in_doubt_is_never_sent_again(
    endpoint: Endpoint, pool: ThreadPoolExecutor, time: outbox_fakes.Clock, answer: ses_endpoint.Answer
) -> None:
    endpoint.script.append(answer)
    mail = mail_to_somebody()

    drain(pool)
    assert now(mail).state == UNKNOWN
    time.forward(minutes=16)
    drain(pool)

    assert (now(mail).state, endpoint.calls) == (HELD, 1)


def test_mail_of_a_killed_worker_is_held_not_sent_again(
    endpoint: Endpoint, pool: ThreadPoolExecutor, time: outbox_fakes.Clock
) -> None:
    mail = mail_to_somebody()
    assert transitions.claim(mail, claim_id="killed", email=mail.email, now=clock.now()) is not None

    drain(pool)
    assert now(mail).state == SENDING
    time.forward(seconds=LEASE.total_seconds() + 1)
    drain(pool)
    assert (now(mail).state, now(mail).reason) == (UNKNOWN, settling.LEASE_OVER)
    time.forward(seconds=UNKNOWN_WAIT.total_seconds() + 1)
    drain(pool)

    assert (now(mail).state, endpoint.calls) == (HELD, 0)


def test_confirmation_of_a_killed_worker_is_sent_again(
    endpoint: Endpoint, pool: ThreadPoolExecutor, time: outbox_fakes.Clock
) -> None:
    mail = mail_to_somebody(kind=CONFIRMATION, source="e1")
    assert transitions.claim(mail, claim_id="killed", email=mail.email, now=clock.now()) is not None
    lane = FakeLane("tx")

    for wait in (LEASE, UNKNOWN_WAIT):
        time.forward(seconds=wait.total_seconds() + 1)
        drain(pool, lane)

    assert (now(mail).state, now(mail).duplicate_risk) == (SENT, True)
    assert endpoint.tags(0) == {"event": "e1", "delivery": f"{mail.person_id}-mail", "attempt": "2", "shard": "0"}


def test_what_must_not_wait_gets_its_turn_beside_a_campaign(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(outbox, "BETWEEN_S", 0.01)
    settings.MAIL_THREADS = 1
    endpoint.delay_s = 0.05
    for _ in range(4):
        mail_to_somebody()
    confirmation = mail_to_somebody(kind=CONFIRMATION, source="e1")

    with ThreadPoolExecutor(2) as pool:
        outbox.drain(FakeLane(), 0, pool, never, lambda: outbox.drain(FakeLane("tx"), 0, pool, never))

    assert now(confirmation).email in endpoint.addresses[:3]


def test_batches_suit_how_fast_the_process_gets_on(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(30):
        mail_to_somebody()
    feed, sizes = Feed(FakeLane(), 0, never), []
    for fresh_s in (9, 9, -1, -1):
        monkeypatch.setattr(feeding, "FRESH_S", fresh_s)
        feed._batch.clear()
        feed._refill()
        sizes.append(len(feed._batch))

    assert sizes == [8, 16, 6, 0]


def test_tags_hold_only_what_ses_takes() -> None:
    mail = replace(examples.mail("user id:1"), step="confirmation#2", kind=CONFIRMATION)

    assert outbox.tags(mail) == {"event": "c1", "delivery": "user-id-1-confirmation-2", "attempt": "0", "shard": "0"}


def test_lease_outlasts_the_slowest_call() -> None:
    slowest = ses._CONFIG.connect_timeout + ses._CONFIG.read_timeout  # type: ignore[attr-defined]

    assert timedelta(seconds=2 * slowest) < LEASE
