"""From what SNS or SQS handed over to the action it asks for."""

import hashlib
import logging
from functools import cache
from typing import Protocol, cast

import boto3
import orjson
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from crm.core import aws, clock, dead_letters, errors
from crm.core.dead_letters import EVENT, DeadLetter
from crm.feedback import actions, envelopes, messages
from crm.feedback.envelopes import NOTIFICATION, SUBSCRIBE, Envelope

log = logging.getLogger(__name__)
# What dead letters call the way by which SES's events come; and how much of one fits an item, however JSON spells it.
_STREAM, _KEPT_CHARS = "ses-events", 60_000
_CONFIG = Config(retries={"total_max_attempts": 2, "mode": "standard"}, connect_timeout=3, read_timeout=5)


class _Topics(Protocol):
    def confirm_subscription(self, **request: str) -> object: ...


def posted(body: bytes, caller: str) -> None:
    """Take what SNS sent over HTTPS from the address `caller`. When this returns, it is stored.

    Raises:
        envelopes.Forged: SNS did not send it, or not now.
        errors.Busy, errors.TooMany, PynamoDBException: it cannot be taken now; SNS is to send it again.
    """
    _take(envelopes.opened(body, caller=caller))


def queued(body: bytes) -> None:
    """Take what lay in the queue: SNS's envelope, or SES's own JSON where the subscription delivers it raw.

    Who may write to the queue is the queue's policy's to say; an envelope is checked all the same, but for its age:
    what waits through an outage is still true.

    Raises:
        envelopes.Forged: SNS did not send it.
        errors.Busy, errors.TooMany, PynamoDBException: it cannot be taken now.
    """
    if _is_envelope(body):
        _take(envelopes.opened(body, caller="queue", max_age=None))
    else:
        _take_message(body.decode(errors="replace"), hashlib.sha256(body).hexdigest())


def _is_envelope(body: bytes) -> bool:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(parsed, dict) and "Type" in parsed and "TopicArn" in parsed


def _take(envelope: Envelope) -> None:
    if envelope.type == NOTIFICATION:
        _take_message(envelope.message, envelope.id)
    elif envelope.type == SUBSCRIBE:
        _confirm(envelope)
    else:
        log.warning("the subscription to %s was ended; subscribe again to hear of bounces", envelope.topic)


def read(text: str, key: str) -> None:
    """Take a message: SES's JSON and its id.

    Raises:
        messages.Unreadable: it is about a mail, but cannot be read.
        errors.Busy, errors.TooMany, PynamoDBException: it cannot be taken now.
    """
    try:
        event = messages.read(text, key)
    except messages.NoMail as why:
        log.warning("message %s is about no mail: %s", key, why)
    else:
        actions.take(event)


def _take_message(text: str, key: str) -> None:
    try:
        read(text, key)
    except messages.Unreadable as why:
        log.error("message %s about a mail cannot be read, and is kept as a dead letter: %s", key, why)
        kept = {"message": text[:_KEPT_CHARS]}
        dead_letters.bury(DeadLetter(EVENT, _STREAM, "", key, kept, str(why), attempts=1, at=clock.now()))


def _confirm(envelope: Envelope) -> None:
    """Confirm by asking SNS itself: an address that came with a message is never fetched."""
    try:
        _topics(envelope.topic.split(":")[3]).confirm_subscription(TopicArn=envelope.topic, Token=envelope.token)
    except (BotoCoreError, ClientError) as error:
        log.error("subscription to %s not confirmed: %s", envelope.topic, error)
        raise errors.Busy("SNS did not confirm the subscription.") from error
    log.info("subscribed to %s", envelope.topic)


@cache
def _topics(region: str) -> _Topics:
    return cast(
        "_Topics",
        boto3.session.Session(botocore_session=aws.session()).client("sns", region_name=region, config=_CONFIG),
    )
