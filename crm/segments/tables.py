"""How segments are stored: all in one partition, each name once, and which campaigns to come are for which."""

from hashlib import sha256

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from crm.core.dynamo import CrmItem
from crm.search.text import match_key

SEGMENT_PK = "SEGMENT"
NAME_SK = "SEGMENT-NAME"
# Few campaigns are drafts or scheduled, so those that are for a segment share one partition, too.
USE_PK = "SEGMENT-USE"


def name_pk(name: str) -> str:
    """Return the partition of a name's sentinel: names are the same whatever their case."""
    return f"SEGMENT-NAME#{sha256(match_key(name).encode()).hexdigest()}"


def use_sk(segment_id: str, campaign_id: str) -> str:
    """Return the sort key that says that a campaign is for a segment."""
    return f"{segment_id}#{campaign_id}"


class SegmentItem(CrmItem, discriminator="segment"):
    """A segment. `where` is the filter as JSON. Never removed: `deleted` keeps the filter for campaigns."""

    name = UnicodeAttribute()
    where = JSONAttribute()
    created_by = UnicodeAttribute()
    created_at = UTCDateTimeAttribute()
    updated_at = UTCDateTimeAttribute()
    revision = NumberAttribute(default=1)
    deleted = BooleanAttribute(default=False)


class SegmentNameItem(CrmItem, discriminator="segment-name"):
    """The sentinel that makes a name unique."""

    segment_id = UnicodeAttribute()


class SegmentUseItem(CrmItem, discriminator="segment-use"):
    """Says that a draft or scheduled campaign is for a segment."""
