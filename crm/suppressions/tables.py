"""How suppressions are stored: one item per address."""

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute, UTCDateTimeAttribute

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
    lifted = BooleanAttribute(default=False)
    lifted_at = UTCDateTimeAttribute(null=True)
    created_at = UTCDateTimeAttribute()
