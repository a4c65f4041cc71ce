"""How audit entries are stored: one partition per subject, in order of time."""

from pynamodb.attributes import JSONAttribute, UnicodeAttribute, UTCDateTimeAttribute

from crm.core.dynamo import CrmItem


def audit_pk(kind: str, subject_id: str) -> str:
    """Return the partition of one thing's history."""
    return f"AUDIT#{kind}#{subject_id}"


class AuditItem(CrmItem, discriminator="audit"):
    """Written once, never changed."""

    action = UnicodeAttribute()
    actor = UnicodeAttribute()
    at = UTCDateTimeAttribute()
    before = JSONAttribute()
    after = JSONAttribute()
