"""Suppressions as read model rows."""

from crm.core.changes import Change, projects
from crm.search.documents import SuppressionDocument
from crm.suppressions.tables import SuppressionItem


@projects(SuppressionItem)
def suppression(change: Change) -> SuppressionDocument:
    """Map a do-not-mail entry; a lifted one becomes a tombstone."""
    item = change.item
    assert isinstance(item, SuppressionItem)
    return SuppressionDocument(
        id=item.pk.removeprefix("SUPPRESSION#"),
        version=change.version,
        deleted=change.removed or item.lifted,
        email=item.email,
        reason=item.reason,
        created_at=item.created_at,
    )
