"""What can be done to an API token. The secret leaves `issue` once and is kept nowhere."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from crm.audit import repository as audit
from crm.core import clock, errors, ids, transaction
from crm.core.text import has_controls, trimmed
from crm.staff import queries, repository
from crm.staff.entities import MAX_NAME, SCOPES, Token

MAX_DAYS = 3_650


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token, and its whole text, which can be shown this once only."""

    token: Token
    text: str


def issue(*, name: str, scopes: Collection[str], days: int | None, actor: str) -> Issued:
    """Make a token that works for `days`, or until it is revoked where `days` is None.

    Raises:
        errors.Invalid: no name, no scope or an unknown one, or a lifetime outside 1 to `MAX_DAYS`.
    """
    name = trimmed(name)
    _refuse_invalid(name, scopes, days)
    now = clock.now()
    secret = secrets.token_urlsafe(32)
    token = Token(
        id=ids.new(),
        name=name,
        secret_hash=digest(secret),
        scopes=frozenset(scopes),
        created_by=actor,
        created_at=now,
        expires_at=None if days is None else now + timedelta(days=days),
        last_used_at=None,
        revoked_at=None,
    )
    tx = transaction.begin()
    repository.create(tx, token)
    after = {"name": name, "scopes": sorted(token.scopes), "days": days}
    audit.record(tx, kind="token", id=token.id, action="created", actor=actor, after=after)
    tx.commit(token)
    return Issued(token, f"crm_{token.id}_{secret}")


def revoke(*, token_id: str, actor: str) -> None:
    """Make a token useless from now on. Revoking a revoked one changes nothing.

    Raises:
        errors.NotFound: there is no such token.
    """
    token = queries.token(token_id)
    tx = transaction.begin()
    repository.revoke(tx, token_id, clock.now())
    audit.record(tx, kind="token", id=token_id, action="revoked", actor=actor, before={"name": token.name})
    try:
        tx.commit(token)
    except transaction.Refused:
        return


def digest(secret: str) -> str:
    """Return what is stored of a secret. It is 256 random bits, so it needs no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _refuse_invalid(name: str, scopes: Collection[str], days: int | None) -> None:
    problems = {}
    if not 1 <= len(name) <= MAX_NAME or has_controls(name):
        problems["name"] = f"1 to {MAX_NAME} characters."
    if not scopes or not set(scopes) <= set(SCOPES):
        problems["scopes"] = f"At least one of {', '.join(SCOPES)}."
    if days is not None and not 1 <= days <= MAX_DAYS:
        problems["days"] = f"Between 1 and {MAX_DAYS} days."
    if problems:
        raise errors.Invalid(problems)
