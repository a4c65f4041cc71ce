"""The shapes in which the API takes and answers segments."""

from datetime import datetime
from typing import Any

from pydantic import Field

from crm.core.api.schemas import In, ListQuery, Out, PageOut, Term
from crm.people import filter_body, phrases
from crm.search import filters
from crm.search.filters import Filter
from crm.segments.entities import Segment

_FILTER = "As `POST /emails/send` takes it: a tree, or fields of GET /users/filter. It must not match everybody."


class SegmentIn(In):
    """A filter to save under a name."""

    name: str
    filter: dict[str, Any] = Field(description=_FILTER)

    def where(self) -> Filter:
        """Return the filter. Raises errors.Invalid naming the field within it that is wrong."""
        return filter_body.read(self.filter)


class SegmentPatch(In):
    """What to change; the rest stays as it is."""

    name: str = ""
    filter: dict[str, Any] = Field(default_factory=dict, description=_FILTER)

    def sent_name(self) -> str | None:
        """Return the name, None where it was not sent."""
        return self.name if "name" in self.model_fields_set else None

    def sent_where(self) -> Filter | None:
        """Return the filter, None where it was not sent. Raises errors.Invalid."""
        return filter_body.read(self.filter) if "filter" in self.model_fields_set else None


class SegmentOut(Out):
    """A segment. `description` says in words whom its filter matches."""

    id: str
    name: str
    filter: dict[str, Any]
    description: str
    created_by: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, segment: Segment) -> "SegmentOut":
        """Answer one segment."""
        same = {name: getattr(segment, name) for name in ("id", "name", "created_by", "created_at", "updated_at")}
        return cls(**same, filter=filters.to_json(segment.where), description=phrases.of(segment.where))


class SegmentPage(PageOut[SegmentOut]):
    """A page of segments."""


class SegmentsQuery(ListQuery):
    """How segments are listed."""

    q: Term = Field("", description="Part of the name.")
