"""How the transient bounces of an address are stored: one small item, kept as long as they may count."""

from pynamodb.attributes import TTLAttribute, UnicodeSetAttribute

from crm.core import addresses
from crm.core.dynamo import CrmItem

BOUNCES_SK = "BOUNCES"


def bounces_pk(email: str) -> str:
    """Return the partition of an address's transient bounces."""
    return f"BOUNCES#{addresses.digest(email)}"


class BouncesItem(CrmItem, discriminator="bounces"):
    """Each bounce as `<epoch ms>#<its id>`. `expires_at` is housekeeping only."""

    told = UnicodeSetAttribute()
    expires_at = TTLAttribute()
