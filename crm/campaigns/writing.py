"""A campaign as it is written: new, or another revision of a draft; for a segment, or for a filter of its own."""

from dataclasses import replace
from datetime import datetime

from crm.campaigns.entities import DRAFT, FIRST_REVISION, Campaign, Mail
from crm.core import clock, ids
from crm.search.filters import Filter
from crm.segments.entities import Segment


def new(mail: Mail, where: Filter, kind: str, actor: str) -> Campaign:
    """Return a draft that is not stored yet."""
    now = clock.now()
    return Campaign(
        id=ids.new(),
        name=mail.name,
        subject=mail.subject,
        utm=mail.utm,
        where=where,
        kind=kind,
        state=DRAFT,
        revision=FIRST_REVISION,
        created_by=actor,
        created_at=now,
        updated_at=now,
    )


def rewritten(campaign: Campaign, mail: Mail, where: Filter, kind: str, now: datetime) -> Campaign:
    """Return the next revision of a draft."""
    return replace(
        campaign,
        name=mail.name,
        subject=mail.subject,
        utm=mail.utm,
        where=where,
        kind=kind,
        revision=campaign.revision + 1,
        updated_at=now,
    )


def for_segment(segment: Segment | None, campaign: Campaign) -> Campaign:
    """Return the campaign as one for a segment, or for a filter of its own."""
    known = ("", "") if segment is None else (segment.id, segment.name)
    return replace(campaign, segment_id=known[0], segment_name=known[1])
