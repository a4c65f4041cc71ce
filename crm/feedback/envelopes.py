"""The envelope in which SNS hands events over, and how one of SNS's own is told from a forged one.

The rules of the signature: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from django.conf import settings

from crm.core import clock
from crm.feedback import certificates

NOTIFICATION, SUBSCRIBE, UNSUBSCRIBE = "Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"
# SHA-256. Version 1 is SHA-1, which a topic still uses unless it is told otherwise.
_VERSION = "2"
MAX_AGE = timedelta(hours=1)
_ALWAYS = ("Type", "MessageId", "TopicArn", "Message", "Timestamp", "SignatureVersion", "Signature", "SigningCertURL")
_ON_CONFIRMING = ("Token", "SubscribeURL")
_TYPES = {NOTIFICATION: (), SUBSCRIBE: _ON_CONFIRMING, UNSUBSCRIBE: _ON_CONFIRMING}
# What is signed, in this order; of `Subject` nothing where there is none.
_SIGNED = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


class Forged(Exception):
    """Not a message that SNS sent for one of our topics, or not one to be taken now. Says which rule it breaks."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message that SNS signed. `token` confirms a subscription."""

    type: str
    id: str
    topic: str
    message: str
    token: str


def opened(body: bytes, *, caller: str, max_age: timedelta | None = MAX_AGE) -> Envelope:
    """Return what SNS sent. `max_age` None: however long ago, for what waited in a queue.

    `caller`: who handed it over; each may have so many certificates fetched.

    Raises:
        Forged: it breaks a rule.
        errors.Busy, errors.TooMany: the certificate cannot be had now; the same message may be taken later.
    """
    fields = _fields(body)
    if fields["SignatureVersion"] != _VERSION:
        raise Forged("signed otherwise than by version 2")
    if fields["TopicArn"] not in settings.SES_TOPICS:
        raise Forged("of a topic that is not ours")
    if max_age is not None and abs(clock.now() - _moment(fields["Timestamp"])) > max_age:
        raise Forged("sent at another time")
    _verify(fields, caller)
    return Envelope(fields["Type"], fields["MessageId"], fields["TopicArn"], fields["Message"], fields.get("Token", ""))


def _fields(body: bytes) -> Mapping[str, str]:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Forged("not JSON") from error
    if not isinstance(parsed, dict):
        raise Forged("not an envelope")
    fields = {name: value for name, value in parsed.items() if isinstance(value, str)}
    if fields.get("Type") not in _TYPES:
        raise Forged("of an unknown type")
    if missing := [name for name in (*_ALWAYS, *_TYPES[fields["Type"]]) if not fields.get(name)]:
        raise Forged(f"without {missing[0]}")
    return fields


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Forged("sent at no time") from error
    if moment.tzinfo is None:
        raise Forged("sent at no time")
    return moment


def _verify(fields: Mapping[str, str], caller: str) -> None:
    try:
        key = certificates.public_key(fields["SigningCertURL"], fields["TopicArn"].split(":")[3], caller)
        signature = base64.b64decode(fields["Signature"], validate=True)
        key.verify(signature, _signed(fields), PKCS1v15(), hashes.SHA256())
    except certificates.Untrusted as error:
        raise Forged(str(error)) from error
    except (ValueError, InvalidSignature) as error:
        # ValueError: no base64, or not even ASCII.
        raise Forged("not signed by SNS") from error


def _signed(fields: Mapping[str, str]) -> bytes:
    left_out = {"Subject"} if fields["Type"] != NOTIFICATION else set(_ON_CONFIRMING)
    names = [name for name in _SIGNED if name in fields and name not in left_out]
    return "".join(f"{name}\n{fields[name]}\n" for name in names).encode()
