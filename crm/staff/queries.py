"""Questions about API tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

from crm.core import clock, errors
from crm.staff import names, repository
from crm.staff.entities import Token


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token as the page lists it; `state` is works, expired or revoked, `tone` the state it is coloured as."""

    token: Token
    state: str
    made_by: str

    @property
    def tone(self) -> str:
        """Name the state of the stylesheet that looks like this one."""
        return {"works": "healthy", "expired": "draft", "revoked": "cancelled"}[self.state]

    @property
    def scopes(self) -> str:
        """What it may do, in words."""
        return ", ".join(sorted(self.token.scopes))


def tokens() -> Sequence[TokenRow]:
    """Return all tokens, newest first, read consistently."""
    found = repository.find_all()
    makers = names.of({token.created_by for token in found})
    return [TokenRow(token, _state(token), makers[token.created_by]) for token in found]


def token(token_id: str) -> Token:
    """Return one token.

    Raises:
        errors.NotFound: there is none.
    """
    found = repository.find(token_id)
    if found is None:
        raise errors.NotFound("There is no such token.")
    return found


def _state(found: Token) -> str:
    if found.revoked_at is not None:
        return "revoked"
    return "works" if found.works_at(clock.now()) else "expired"
