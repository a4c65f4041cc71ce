"""API tokens in DynamoDB."""

from datetime import datetime

from crm.core import dynamo
from crm.core.transaction import Transaction
from crm.staff.entities import Token
from crm.staff.tables import TOKEN_PK, TokenItem


def create(tx: Transaction, token: Token) -> None:
    """Add a new token to an open transaction."""
    item = TokenItem(
        TOKEN_PK,
        token.id,
        name=token.name,
        secret_hash=token.secret_hash,
        scopes=set(token.scopes),
        created_by=token.created_by,
        created_at=token.created_at,
        expires_at=token.expires_at,
    )
    tx.create(item, label="token")


def revoke(tx: Transaction, token_id: str, now: datetime) -> None:
    """Revoke a token that is not revoked yet; label `token`."""
    revoked_at = TokenItem.revoked_at
    tx.update(TokenItem(TOKEN_PK, token_id), [revoked_at.set(now)], revoked_at.does_not_exist(), label="token")


def touch(token_id: str, now: datetime, unless_after: datetime) -> None:
    """Note that a token was used, unless it was noted after `unless_after` already.

    Raises:
        dynamo.ConditionFailed: it was.
        errors.Busy: throttled.
    """
    used = TokenItem.last_used_at
    condition = TokenItem.pk.exists() & (used.does_not_exist() | (used <= unless_after))
    dynamo.update(TokenItem(TOKEN_PK, token_id), [used.set(now)], condition)


def find(token_id: str) -> Token | None:
    """Return a token, read consistently, so that revoking works at once."""
    item = dynamo.get(TokenItem, TOKEN_PK, token_id)
    return None if item is None else _entity(item)


def find_all() -> list[Token]:
    """Return all tokens, newest first, read consistently."""
    return [_entity(item) for item in TokenItem.query(TOKEN_PK, consistent_read=True, scan_index_forward=False)]


def _entity(item: TokenItem) -> Token:
    return Token(
        id=item.sk,
        name=item.name,
        secret_hash=item.secret_hash,
        scopes=frozenset(item.scopes),
        created_by=item.created_by,
        created_at=item.created_at,
        expires_at=item.expires_at,
        last_used_at=item.last_used_at,
        revoked_at=item.revoked_at,
    )
