"""How engagement is stored: a mail's rows lie together, in order of time."""

from datetime import datetime

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from crm.core.dynamo import CrmItem
from crm.deliveries.tokens import MailRef


def engagement_pk(mail: MailRef) -> str:
    """Return the partition of what was done with a campaign's mails of one shard."""
    return f"ENGAGEMENT#{mail.source}#{mail.shard}"


def engagement_prefix(mail: MailRef) -> str:
    """Return how the sort keys of one mail's rows begin."""
    return f"{mail.person_id}#{mail.step}#"


def time_key(at: datetime) -> str:
    """Return a time as sort keys hold it: microseconds since 1970, in 17 digits."""
    return f"{int(at.timestamp() * 1_000_000):017d}"


class EngagementItem(CrmItem, discriminator="engagement"):
    """One thing done with one mail. Nothing but `why` ever changes; the mail is read off the keys."""

    mail_kind = UnicodeAttribute(default="")
    kind = UnicodeAttribute()
    at = UTCDateTimeAttribute()
    link = NumberAttribute(null=True)
    agent = UnicodeAttribute(null=True)
    why = UnicodeAttribute(null=True)
    # How often, where a flood's rows are counted instead of kept one by one.
    times = NumberAttribute(null=True)


def key_parts(item: EngagementItem) -> tuple[MailRef, str]:
    """Read the mail, and the id within it, off an item's keys. A step may hold a `#`; nothing else does."""
    _, source, shard = item.pk.split("#")
    person_id, rest = item.sk.split("#", 1)
    step, time, key = rest.rsplit("#", 2)
    return MailRef(source, int(shard), person_id, step), f"{time}#{key}"
