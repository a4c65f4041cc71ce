"""`Idempotency-Key`: the answer to a write, stored in the transaction that made it, for 24 hours.

DynamoDB's ClientRequestToken covers ten minutes and one process's retries; this covers a client's.
"""

import hashlib
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta

from pynamodb.attributes import BinaryAttribute, NumberAttribute, TTLAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from crm.core import clock, dynamo, errors
from crm.core.dynamo import CrmItem

LABEL = "idempotency"
LIFETIME = timedelta(hours=24)


class AlreadyAnswered(Exception):
    """Another request with this key was committed first: answer what it stored."""


class AnswerItem(CrmItem, discriminator="idempotency"):
    """A stored answer. Expired ones stay readable for days, so readers compare `expires_at` themselves."""

    body_hash = UnicodeAttribute()
    status = NumberAttribute()
    body = BinaryAttribute(legacy_encoding=False)
    etag = UnicodeAttribute(null=True)
    expires_at = TTLAttribute()


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: HTTP status, JSON body and ETag of the resource, if it has one."""

    status: int
    body: bytes
    etag: str | None


@dataclass(frozen=True, slots=True)
class Request:
    """A write that carries a key. `render` turns the action's result into its answer."""

    scope: str
    key: str
    body_hash: str
    render: Callable[[object], Answer]


current: ContextVar[Request | None] = ContextVar("idempotent_request", default=None)


def _pk(request: Request) -> str:
    return f"IDEMPOTENCY#{request.scope}#{hashlib.sha256(request.key.encode()).hexdigest()}"


def expired() -> Condition:
    """Return the condition under which a stored answer may be replaced."""
    return AnswerItem.expires_at < clock.now()


def item_for(result: object) -> AnswerItem | None:
    """Build the item that remembers `result` for the current request, or None when it carries no key."""
    request = current.get()
    return None if request is None else _item(request, request.render(result))


def recall(request: Request) -> Answer | None:
    """Return the unexpired answer stored under this key, read consistently.

    Raises:
        errors.Invalid: the key was used for another request.
    """
    item = dynamo.get(AnswerItem, _pk(request), "IDEMPOTENCY")
    if item is None or item.expires_at <= clock.now():
        return None
    if item.body_hash != request.body_hash:
        raise errors.Invalid({"Idempotency-Key": "This key was used for another request. Take a new one."})
    return Answer(int(item.status), item.body, item.etag)


def remember(request: Request, result: object) -> Answer:
    """Return what is stored under this key: by the action's transaction, by a request that was faster, or now.

    Raises:
        errors.Invalid: the faster one was another request.
        errors.Busy: the answer was replaced while it was read.
    """
    earlier = recall(request)
    if earlier is not None:
        return earlier
    answer = request.render(result)
    if dynamo.put_new(_item(request, answer), or_if=expired()):
        return answer
    winner = recall(request)
    if winner is None:
        raise errors.Busy
    return winner


def _item(request: Request, answer: Answer) -> AnswerItem:
    return AnswerItem(
        _pk(request),
        "IDEMPOTENCY",
        body_hash=request.body_hash,
        status=answer.status,
        body=answer.body,
        etag=answer.etag,
        expires_at=clock.now() + LIFETIME,
    )
