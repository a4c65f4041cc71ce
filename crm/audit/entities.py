"""Who did what, when, and what it was before and after."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One action on one thing. `before` and `after` hold the fields that differ."""

    id: str
    kind: str
    subject_id: str
    action: str
    actor: str
    at: datetime
    before: Mapping[str, object]
    after: Mapping[str, object]
