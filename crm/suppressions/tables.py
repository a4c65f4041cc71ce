"""How suppressions are stored: one item per address; and the files they are imported from, until all rows are in."""

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)

from crm.core import addresses
from crm.core.dynamo import CrmItem

SUPPRESSION_SK = "SUPPRESSION"


def suppression_pk(email: str) -> str:
    """Return the partition of an address's do-not-mail entry."""
    return suppression_pk_of(addresses.digest(email))


def suppression_pk_of(suppression_id: str) -> str:
    """Return the partition of the entry of this id."""
    return f"SUPPRESSION#{suppression_id}"


class SuppressionItem(CrmItem, discriminator="suppression"):
    """A do-not-mail entry. Never deleted: `lifted` keeps the version, so that the read model's row stays below."""

    email = UnicodeAttribute()
    reason = UnicodeAttribute()
    cause = UnicodeAttribute(null=True)
    lifted = BooleanAttribute(default=False)
    lifted_at = UTCDateTimeAttribute(null=True)
    created_at = UTCDateTimeAttribute()


IMPORT_SK = "IMPORT"


def import_pk(import_id: str) -> str:
    """Return the partition of an import and of its rows."""
    return f"IMPORT#{import_id}"


def rows_sk(first: int) -> str:
    """Return the sort key of the rows from this one on, counted from 0."""
    return f"ROW#{first:09d}"


class ImportItem(CrmItem, discriminator="suppression-import"):
    """A file and how far it is. `problems`: line, what stands there and what is wrong with it, of the first few."""

    name = UnicodeAttribute()
    actor = UnicodeAttribute()
    rows = NumberAttribute()
    next_row = NumberAttribute(default=0)
    added = NumberAttribute(default=0)
    refused = NumberAttribute(default=0)
    doubled = NumberAttribute(default=0)
    problems = JSONAttribute()
    started_at = UTCDateTimeAttribute()


class RowsItem(CrmItem, discriminator="suppression-rows"):
    """Some good rows of a file: address and reason of each. Deleted once they are in, or expired."""

    entries = JSONAttribute()
    expires_at = TTLAttribute()
