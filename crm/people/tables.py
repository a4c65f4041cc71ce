"""How people are stored."""

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)

from crm.core import addresses
from crm.core.dynamo import CrmItem


def person_pk(person_id: str) -> str:
    """Return the partition of a person and of the pointers to what they take part in."""
    return f"PERSON#{person_id}"


def email_pk(email: str) -> str:
    """Return the partition of an address's sentinel."""
    return email_pk_of(addresses.digest(email))


def email_pk_of(digest: str) -> str:
    """Return the same by the address's digest."""
    return f"EMAIL#{digest}"


PERSON_SK = "PERSON"
EMAIL_SK = "EMAIL"


class PersonItem(CrmItem, discriminator="person"):
    """A person. Never deleted: `deleted` keeps id and version, so that the read model's tombstone stays below."""

    email = UnicodeAttribute(default="")
    first_name = UnicodeAttribute(default="")
    last_name = UnicodeAttribute(default="")
    phone_number = UnicodeAttribute(default="")
    phone_e164 = UnicodeAttribute(default="")
    avatar = UnicodeAttribute(default="")
    gender = UnicodeAttribute(default="")
    job_title = UnicodeAttribute(default="")
    company = UnicodeAttribute(default="")
    city = UnicodeAttribute(default="")
    state = UnicodeAttribute(default="")
    tags = ListAttribute[str](default=list)
    # From all campaign mail; and the kinds of it that the person wants none of.
    unsubscribed = BooleanAttribute(default=False)
    unsubscribed_from = ListAttribute[str](default=list)
    events_registered = NumberAttribute(default=0)
    events_attended = NumberAttribute(default=0)
    events_hosted = NumberAttribute(default=0)
    owned = NumberAttribute(default=0)
    # The events this person owns or hosts, so that deleting them finds every one without an index.
    in_charge_of = UnicodeSetAttribute(null=True)
    revision = NumberAttribute(default=1)
    deleted = BooleanAttribute(default=False)
    created_at = UTCDateTimeAttribute()
    updated_at = UTCDateTimeAttribute()


class EmailItem(CrmItem, discriminator="email"):
    """The sentinel that makes an address unique without regard to case."""

    person_id = UnicodeAttribute()


LEFT_SK = "LEFT"


class LeftItem(CrmItem, discriminator="left-kinds"):
    """What kinds of mail somebody deleted wanted none of, until their address is added again."""

    kinds = ListAttribute[str](default=list)


# All jobs share one small partition, so that they can be listed.
TAGGING_PK = "TAGGING"


def chunk_pk(job_id: str, freeze_id: str) -> str:
    """Return the partition of one list of those whom a job is for."""
    return f"TAGGING#{job_id}#{freeze_id}"


class TaggingItem(CrmItem, discriminator="tagging"):
    """A job. `where` is the filter as JSON."""

    where = JSONAttribute()
    add_tags = ListAttribute[str](default=list)
    remove_tags = ListAttribute[str](default=list)
    state = UnicodeAttribute()
    actor = UnicodeAttribute()
    started_at = UTCDateTimeAttribute()
    freeze_id = UnicodeAttribute(null=True)
    total = NumberAttribute(null=True)
    next_row = NumberAttribute(default=0)
    changed = NumberAttribute(default=0)
    same = NumberAttribute(default=0)
    gone = NumberAttribute(default=0)
    full = NumberAttribute(default=0)


class TaggingChunkItem(CrmItem, discriminator="tagging-chunk"):
    """Part of those whom a job is for: ids, one a line."""

    person_ids = UnicodeAttribute()
    expires_at = TTLAttribute()
