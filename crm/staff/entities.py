"""What an API token is, free of storage and without its secret."""

from dataclasses import dataclass
from datetime import datetime

READ, WRITE, SEND, EXPORT = "read", "write", "send", "export"
SCOPES = (READ, WRITE, SEND, EXPORT)
MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class Token:
    """A client's key to the API. `secret_hash` is the hex SHA-256 of the secret; None means never."""

    id: str
    name: str
    secret_hash: str
    scopes: frozenset[str]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    def works_at(self, moment: datetime) -> bool:
        """Tell whether the token is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or moment < self.expires_at)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request to the API: `actor` as audit entries keep it, and what they may do."""

    actor: str
    scopes: frozenset[str]
