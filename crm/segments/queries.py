"""Questions about segments: themselves from DynamoDB, whom they match from the read model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crm.core import errors
from crm.search import cursors, engine
from crm.search.cursors import Cursor
from crm.search.documents import CampaignDocument
from crm.search.store import Page
from crm.search.text import match_key
from crm.segments import repository
from crm.segments.entities import Segment

_QUESTION = ("segments",)


@dataclass(frozen=True, slots=True)
class Use:
    """A campaign to come that is for a segment."""

    campaign_id: str
    name: str
    state: str


def get(segment_id: str) -> Segment:
    """Return one segment, read consistently. Raises errors.NotFound: unknown or deleted."""
    segment = repository.find(segment_id)
    if segment is None:
        raise errors.NotFound("There is no such segment.")
    return segment


def page(*, text: str = "", limit: int = 20, cursor: str | None = None) -> Page[Segment]:
    """Return a page of the segments whose name contains a text, by name. Raises errors.Invalid on a bad cursor."""
    cursors.check_limit(limit)
    key = match_key(text.strip())
    found = [segment for segment in repository.every() if key in match_key(segment.name)]
    place = cursors.read(_QUESTION, cursor)
    after = None if place is None else (str(place.key), place.id)
    rest = [segment for segment in found if after is None or segment.sort_key > after]
    following = cursors.write(_QUESTION, Cursor(*rest[limit - 1].sort_key)) if len(rest) > limit else None
    return Page(rest[:limit], following, len(found))


def every() -> Sequence[Segment]:
    """Return all segments by name, to choose from."""
    return repository.every()


def uses() -> Mapping[str, Sequence[Use]]:
    """Return, by segment, the drafts and scheduled campaigns that are for it."""
    found = repository.uses()
    campaigns = engine.store().campaigns_by_id([campaign_id for _, campaign_id in found])
    by_segment: dict[str, list[Use]] = {}
    for segment_id, campaign_id in found:
        by_segment.setdefault(segment_id, []).append(_use(campaign_id, campaigns.get(campaign_id)))
    return by_segment


def _use(campaign_id: str, row: CampaignDocument | None) -> Use:
    # Written a moment ago by another process: the lists do not know it yet.
    return Use(campaign_id, "a new campaign", "draft") if row is None else Use(row.id, row.name, row.state)
