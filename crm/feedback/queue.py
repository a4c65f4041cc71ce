"""SES events from an SQS queue: the way for products that nobody on the internet can reach.

A message is deleted only after what it says is stored. Until then the queue shows it again after its visibility
time-out, and after some times moves it to its dead-letter queue, as its redrive policy says.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Protocol, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from pynamodb.exceptions import PynamoDBException

from crm.core import aws, errors
from crm.feedback import envelopes, intake

log = logging.getLogger(__name__)
# As many as SQS gives at once. Waiting at all makes it look on all its servers; not for long, since others wait here.
_BATCH, _WAIT_S = 10, 2
_CONFIG = Config(retries={"total_max_attempts": 2, "mode": "standard"}, connect_timeout=3, read_timeout=10)


class _Queue(Protocol):
    def receive_message(self, **request: object) -> Mapping[str, Any]: ...
    def delete_message_batch(self, **request: object) -> object: ...


def is_used() -> bool:
    """Whether events come through a queue."""
    return bool(settings.SES_EVENTS_QUEUE_URL)


def drain(stop: Callable[[], bool]) -> int:
    """Take what waits in the queue until nothing does or `stop` says so; return how many messages were taken.

    What cannot be had or stored now is left for the next time.
    """
    taken = 0
    try:
        while is_used() and not stop() and (found := _received()):
            done = _taken(found, stop)
            _delete(done)
            taken += len(done)
            if not done:
                break
    except (BotoCoreError, ClientError) as error:
        log.warning("SES events wait in their queue: %s", error)
    return taken


def _received() -> Sequence[Mapping[str, Any]]:
    answer = _client().receive_message(
        QueueUrl=settings.SES_EVENTS_QUEUE_URL, MaxNumberOfMessages=_BATCH, WaitTimeSeconds=_WAIT_S
    )
    found: Sequence[Mapping[str, Any]] = answer.get("Messages", [])
    return found


def _taken(found: Sequence[Mapping[str, Any]], stop: Callable[[], bool]) -> list[Mapping[str, Any]]:
    """Return those of the messages whose effects are stored."""
    taken = []
    for message in found:
        if stop():
            break
        try:
            intake.queued(message["Body"].encode())
        except envelopes.Forged as forged:
            log.error("message %s in the queue of SES events was refused: %s", message["MessageId"], forged)
        except (errors.Busy, errors.TooMany, PynamoDBException) as error:
            log.warning("an SES event is to come again (%s)", type(error).__name__)
        else:
            taken.append(message)
    return taken


def _delete(taken: Sequence[Mapping[str, Any]]) -> None:
    if taken:
        entries = [{"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(taken)]
        # One that could not be deleted comes again, which changes nothing.
        _client().delete_message_batch(QueueUrl=settings.SES_EVENTS_QUEUE_URL, Entries=entries)


@cache
def _client() -> _Queue:
    return cast("_Queue", boto3.session.Session(botocore_session=aws.session()).client("sqs", config=_CONFIG))
