"""What a suppression is, free of storage: one address that no campaign mails, and why."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Suppression:
    """A do-not-mail entry for one address, however it is spelled."""

    email: str
    reason: str
    created_at: datetime
