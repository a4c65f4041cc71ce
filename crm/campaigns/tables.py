"""How campaigns are stored: the campaign, the revisions of its mail, its frozen audience, and who is still open."""

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)

from crm.core.dynamo import CrmItem

CAMPAIGN_SK = "CAMPAIGN"
# All campaigns that are not final share one small partition: the sweep lists them without an index.
OPEN_PK = "OPEN"
# Likewise those whose mails somebody wants counted once more.
COUNTING_PK = "COUNTING"
RETRY_SK, PROOF_SK, COUNT_SK, TEST_SK, FREEZE_SK = "RETRY", "PROOF", "COUNT#", "TEST", "FREEZE"


def campaign_pk(campaign_id: str) -> str:
    """Return the partition of a campaign and of its mail's revisions."""
    return f"CAMPAIGN#{campaign_id}"


def body_sk(revision: int) -> str:
    """Return the sort key of a revision of the mail."""
    return f"BODY#{revision}"


def count_sk(shard: int) -> str:
    """Return the sort key of what one partition of a campaign's mails was counted to hold."""
    return f"{COUNT_SK}{shard:04d}"


def layout_sk(revision: int) -> str:
    """Return the sort key of what a revision of the mail looks like."""
    return f"{body_sk(revision)}#LAYOUT"


def revision_of(sk: str) -> int:
    """Read the revision off the sort key of what one looks like."""
    return int(sk.split("#")[1])


def audience_pk(campaign_id: str, freeze_id: str) -> str:
    """Return the partition of one frozen audience."""
    return f"AUDIENCE#{campaign_id}#{freeze_id}"


def chunk_sk(number: int) -> str:
    """Return the sort key of an audience's nth chunk, from 0."""
    return f"{number:06d}"


class CampaignItem(CrmItem, discriminator="campaign"):
    """A campaign. `where` is the filter as JSON."""

    name = UnicodeAttribute()
    subject = UnicodeAttribute()
    utm_source = UnicodeAttribute(default="")
    utm_medium = UnicodeAttribute(default="")
    utm_campaign = UnicodeAttribute(default="")
    where = JSONAttribute()
    state = UnicodeAttribute()
    revision = NumberAttribute()
    shards = NumberAttribute(default=1)
    freeze_id = UnicodeAttribute(null=True)
    chunks = NumberAttribute(default=0)
    matched = NumberAttribute(null=True)
    next_chunk = NumberAttribute(default=0)
    next_row = NumberAttribute(default=0)
    created_by = UnicodeAttribute()
    created_at = UTCDateTimeAttribute()
    updated_at = UTCDateTimeAttribute()
    frozen_at = UTCDateTimeAttribute(null=True)
    finished_at = UTCDateTimeAttribute(null=True)
    kind = UnicodeAttribute(null=True)
    scheduled_at = UTCDateTimeAttribute(null=True)
    zone = UnicodeAttribute(null=True)
    paused_from = UnicodeAttribute(null=True)
    stop_reason = UnicodeAttribute(null=True)
    lifted = JSONAttribute(null=True)
    correction_of = UnicodeAttribute(null=True)
    retrying = UnicodeAttribute(null=True)
    round = NumberAttribute(null=True)
    segment_id = UnicodeAttribute(null=True)
    segment_name = UnicodeAttribute(null=True)


class BodyItem(CrmItem, discriminator="body"):
    """One revision of a campaign's mail: written once, never changed, so that every mail can be shown as sent."""

    subject = UnicodeAttribute()
    body = UnicodeAttribute()


class LayoutItem(CrmItem, discriminator="layout"):
    """What a revision looks like, as `layout.packed` writes it: one item of its own, for it and the body are long."""

    layout = BinaryAttribute(legacy_encoding=False)
    # Set for tests only: a campaign's stays, so that every mail can be shown as sent.
    expires_at = TTLAttribute(null=True)


class OpenItem(CrmItem, discriminator="open"):
    """Says that there is something to do for a campaign, now or when its time has come: it was scheduled or begun, and
    not all of its mails are final. Made and deleted in the transactions that change that."""


class ChunkItem(CrmItem, discriminator="chunk"):
    """Part of a frozen audience: ids of people, one a line. What a lost freeze left behind expires by itself."""

    person_ids = UnicodeAttribute()
    expires_at = TTLAttribute()


class FreezeItem(CrmItem, discriminator="freeze"):
    """How far a correction's audience is read off the mails of the campaign it corrects, and what is stored of it."""

    freeze_id = UnicodeAttribute()
    round = NumberAttribute()
    shard = NumberAttribute(default=0)
    after = UnicodeAttribute(null=True)
    chunks = NumberAttribute(default=0)
    matched = NumberAttribute(default=0)
    expires_at = TTLAttribute()


class RetryItem(CrmItem, discriminator="retry"):
    """What staff asked to have done again, and how far that is: all mails in partitions before `shard`, and in that one
    those up to the sort key `after`. `person_ids`: one a line, where it was asked for some only."""

    round = NumberAttribute()
    asked_at = UTCDateTimeAttribute()
    person_ids = UnicodeAttribute(null=True)
    shard = NumberAttribute(default=0)
    after = UnicodeAttribute(null=True)


class TestItem(CrmItem, discriminator="test"):
    """Whose fields a test mail shows, as they were when it was asked for. Its key's id is no campaign's."""

    # Not to be collected by pytest, whatever it is called.
    __test__ = False
    sample = JSONAttribute()
    expires_at = TTLAttribute(null=True)


class CountItem(CrmItem, discriminator="count"):
    """How far one partition is counted: up to the sort key `after`, to the end where `is_done`. `mark`: which count."""

    mark = UnicodeAttribute()
    after = UnicodeAttribute(null=True)
    is_done = BooleanAttribute(default=False)
    tally = JSONAttribute()


class ProofItem(CrmItem, discriminator="proof"):
    """The sum of the last count that came to its end, none before. `asked`: how
    many marks were used up, by asking for another or by coming to an end."""

    asked = NumberAttribute(default=0)
    round = NumberAttribute(null=True)
    counted_at = UTCDateTimeAttribute(null=True)
    matched = NumberAttribute(null=True)
    tally = JSONAttribute(null=True)


class CountingItem(CrmItem, discriminator="counting"):
    """Says that a campaign's mails are to be counted again; deleted with the count's end."""
