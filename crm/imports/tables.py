"""How imports of people are stored: the import, its rows in parts, the bad ones, and what became of each address."""

from pynamodb.attributes import JSONAttribute, NumberAttribute, TTLAttribute, UnicodeAttribute, UTCDateTimeAttribute

from crm.core.dynamo import CrmItem

# All imports share one small partition, so that they can be listed.
IMPORTS_PK = "IMPORT"
PART, BAD, LEFT = "PART#", "BAD#", "LEFT#"


def import_pk(import_id: str) -> str:
    """Return the partition of a file's rows, the bad ones among them, and of what an undo left."""
    return f"IMPORT#{import_id}"


def taken_pk(import_id: str, shard: str) -> str:
    """Return the partition of what became of the addresses whose digest begins with this digit."""
    return f"IMPORT#{import_id}#{shard}"


def part_sk(number: int) -> str:
    """Return the sort key of a part of a file, from 0."""
    return f"{PART}{number:06d}"


def line_sk(kind: str, line: int) -> str:
    """Return the sort key of what is told of one line (`BAD`, `LEFT`)."""
    return f"{kind}{line:09d}"


class PeopleImportItem(CrmItem, discriminator="import"):
    """A file and how far it is. Expires unless it is started."""

    name = UnicodeAttribute()
    actor = UnicodeAttribute()
    state = UnicodeAttribute()
    encoding = UnicodeAttribute()
    head = JSONAttribute()
    rows = NumberAttribute()
    parts = NumberAttribute()
    columns = JSONAttribute()
    treatment = UnicodeAttribute()
    tags = JSONAttribute()
    next_part = NumberAttribute(default=0)
    created = NumberAttribute(default=0)
    updated = NumberAttribute(default=0)
    skipped = NumberAttribute(default=0)
    refused = NumberAttribute(default=0)
    undo_shard = NumberAttribute(default=0)
    undo_after = UnicodeAttribute(default="")
    undone = NumberAttribute(default=0)
    left = NumberAttribute(default=0)
    created_at = UTCDateTimeAttribute()
    started_at = UTCDateTimeAttribute(null=True)
    ended_at = UTCDateTimeAttribute(null=True)
    undo_started_at = UTCDateTimeAttribute(null=True)
    undo_ended_at = UTCDateTimeAttribute(null=True)
    expires_at = TTLAttribute(null=True)


class PartItem(CrmItem, discriminator="import-part"):
    """Some rows of a file: line, cells, and why one is no CSV."""

    entries = JSONAttribute()
    expires_at = TTLAttribute()


class BadRowItem(CrmItem, discriminator="import-bad-row"):
    """A row that was not taken, as it came, and why."""

    cells = JSONAttribute()
    reasons = JSONAttribute()
    expires_at = TTLAttribute()


class TakenItem(CrmItem, discriminator="import-row"):
    """What an import did with an address: written in the person's own transaction, and settled in that of its undo."""

    line = NumberAttribute()
    person_id = UnicodeAttribute()
    action = UnicodeAttribute()
    before = JSONAttribute()
    after = JSONAttribute()
    settled = UnicodeAttribute(null=True)
    expires_at = TTLAttribute()


class LeftItem(CrmItem, discriminator="import-left"):
    """A row that an undo left as it is, and why."""

    person_id = UnicodeAttribute()
    email = UnicodeAttribute()
    why = UnicodeAttribute()
    expires_at = TTLAttribute()
