"""Events that come through a queue: nothing is taken off it before it is stored."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from pytest_django.fixtures import Settings

from crm.core import clock, errors
from crm.deliveries.entities import HELD, SENT, Delivery
from crm.feedback import queue
from crm.suppressions import actions as suppressing
from tests.deliveries import examples
from tests.feedback import signing
from tests.feedback.conftest import hold, read
from tests.feedback.ses_events import bounce, event, of_identity

pytestmark = pytest.mark.usefixtures("web", "tables")


class _Sqs:
    """Our queue, as whoever writes to it and whoever looks after it sees it."""

    def __init__(self, settings: Settings) -> None:
        self._client: Any = boto3.client("sqs", region_name="us-east-1")
        self.url = self._client.create_queue(QueueName="events", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
        settings.SES_EVENTS_QUEUE_URL = self.url

    def put(self, *messages: Any) -> None:
        for message in messages:
            self._client.send_message(QueueUrl=self.url, MessageBody=json.dumps(message))

    def waiting(self) -> tuple[int, int]:
        """How many wait, and how many were handed out and neither deleted nor come back."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._client.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return int(found[names[0]]), int(found[names[1]])


@pytest.fixture
def sqs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Sqs]:
    """An empty queue that is ours."""
    monkeypatch.setattr(queue, "_WAIT_S", 0)
    queue._client.cache_clear()
    yield _Sqs(settings)
    queue._client.cache_clear()


@pytest.fixture
def held() -> Delivery:
    """A mail of which nobody knows whether SES took it."""
    return hold(examples.mail())


def _go_on() -> bool:
    return False


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda told: told,
        lambda told: signing.signed(signing.envelope(told)),
        lambda told: signing.signed(
            signing.envelope(told, Timestamp=signing.timestamp(clock.now() - timedelta(days=3)))
        ),
    ],
    ids=["raw", "in SNS's envelope", "in an envelope that waited for days"],
)
def test_event_is_taken_and_deleted(wrapped: Any, sqs: _Sqs, held: Delivery) -> None:
    sqs.put(wrapped(event("Delivery", held)))

    assert queue.drain(_go_on) == 1

    assert (read(held).state, read(held).outcome) == (SENT, "delivered")
    assert sqs.waiting() == (0, 0)


def test_more_than_one_batch_is_drained(sqs: _Sqs) -> None:
    mails = [hold(examples.mail(f"p{number}")) for number in range(12)]
    sqs.put(*(of_identity(bounce(mail)) for mail in mails))

    assert queue.drain(_go_on) == 12

    assert all(suppressing.is_suppressed(mail.email) for mail in mails)
    assert sqs.waiting() == (0, 0)


def test_forged_envelope_stays_for_the_dead_letter_queue(sqs: _Sqs, held: Delivery) -> None:
    sqs.put(signing.signed(signing.envelope(event("Delivery", held)), signing.key("other")))

    assert queue.drain(_go_on) == 0

    assert (read(held).state, sqs.waiting()) == (HELD, (0, 1))


def test_event_stays_in_the_queue_while_it_cannot_be_stored(
    sqs: _Sqs, held: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqs.put(bounce(held))
    with monkeypatch.context() as patch:
        patch.setattr("crm.core.transaction.Transaction.commit", _busy)
        assert queue.drain(_go_on) == 0

    assert (read(held).state, sqs.waiting()) == (HELD, (0, 1))


def _busy(*_: object) -> None:
    raise errors.Busy


def test_nothing_is_received_once_told_to_stop(sqs: _Sqs, held: Delivery) -> None:
    sqs.put(event("Delivery", held))

    assert queue.drain(lambda: True) == 0

    assert sqs.waiting() == (1, 0)


def test_queue_that_is_not_there_is_no_trouble(sqs: _Sqs, settings: Settings) -> None:
    settings.SES_EVENTS_QUEUE_URL = sqs.url + "-gone"

    assert queue.drain(_go_on) == 0


def test_without_a_queue_nobody_looks_for_one(settings: Settings) -> None:
    settings.SES_EVENTS_QUEUE_URL = ""

    assert not queue.is_used()
    assert queue.drain(_go_on) == 0
