"""How API tokens are stored: all in one partition, which staff list and clients read by id."""

from pynamodb.attributes import UnicodeAttribute, UnicodeSetAttribute, UTCDateTimeAttribute

from crm.core.dynamo import CrmItem

TOKEN_PK = "TOKEN"  # noqa: S105 - a key, no secret


class TokenItem(CrmItem, discriminator="token"):
    """An API token. Revoked ones stay, so that audit entries keep their name."""

    name = UnicodeAttribute()
    secret_hash = UnicodeAttribute()
    scopes = UnicodeSetAttribute()
    created_by = UnicodeAttribute()
    created_at = UTCDateTimeAttribute()
    expires_at = UTCDateTimeAttribute(null=True)
    last_used_at = UTCDateTimeAttribute(null=True)
    revoked_at = UTCDateTimeAttribute(null=True)
