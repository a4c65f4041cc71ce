"""The shapes in which the API takes and answers entries of the do-not-mail list."""

from datetime import datetime

from pydantic import Field

from crm.core.api.schemas import In, ListQuery, Out, PageOut, Term
from crm.search.documents import SuppressionDocument
from crm.suppressions.entities import Suppression
from crm.suppressions.queries import DEFAULT_SORT


class SuppressionIn(In):
    """An address that no campaign is to reach, and why."""

    email: str
    reason: str = ""


class SuppressionOut(Out):
    """An entry of the list. `id` is the SHA-256 of the address, without regard to case."""

    id: str
    email: str
    reason: str
    created_at: datetime

    @classmethod
    def of(cls, entry: Suppression | SuppressionDocument) -> "SuppressionOut":
        """Map an entry."""
        return cls(id=entry.id, email=entry.email, reason=entry.reason, created_at=entry.created_at)


class SuppressionsQuery(ListQuery):
    """What the list may be asked for. `q` finds words of address and reason by how they begin."""

    q: Term = ""
    sort_by: str = Field(DEFAULT_SORT, max_length=50)


class SuppressionPage(PageOut[SuppressionOut]):
    """A page of the list."""
