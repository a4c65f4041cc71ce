"""Who sends a request to the API, by the bearer token it shows."""

import hmac
import logging
from datetime import timedelta

from crm.core import clock, dynamo, errors
from crm.staff import actions, repository
from crm.staff.entities import Caller, Token

log = logging.getLogger(__name__)

PREFIX = "crm"
MAX_LENGTH = 128
# Compared against where no such token exists, so that the answer takes the same time.
_NOBODY = actions.digest("")
_NOTED_EVERY = timedelta(minutes=1)


def caller(text: str) -> Caller | None:
    """Return who shows this token, or None where it is unknown, wrong, revoked or expired."""
    prefix, _, rest = text.partition("_")
    token_id, _, secret = rest.partition("_")
    if prefix != PREFIX or not token_id or not secret or len(text) > MAX_LENGTH or not text.isascii():
        return None
    token = repository.find(token_id)
    is_right = hmac.compare_digest(actions.digest(secret), token.secret_hash if token else _NOBODY)
    if token is None or not is_right or not token.works_at(clock.now()):
        return None
    _note_use(token)
    return Caller(f"token:{token.id}", token.scopes)


def _note_use(token: Token) -> None:
    now = clock.now()
    if token.last_used_at is not None and token.last_used_at > now - _NOTED_EVERY:
        return
    try:
        repository.touch(token.id, now, now - _NOTED_EVERY)
    except (dynamo.ConditionFailed, errors.Busy):
        # Somebody else noted it within the same minute, or nobody will this time: the request matters more.
        log.debug("use of token %s was not noted", token.id)
