"""A registration's item as a read model row."""

from crm.core.changes import Change, projects
from crm.registrations.tables import RegistrationItem, touch_of
from crm.search.documents import RegistrationDocument


@projects(RegistrationItem)
def document(change: Change) -> RegistrationDocument:
    """Map a registration; one whose event or person is deleted becomes a tombstone."""
    item = change.item
    assert isinstance(item, RegistrationItem)
    return RegistrationDocument(
        id=f"{item.event_id}/{item.person_id}",
        version=change.version,
        deleted=change.removed or item.deleted,
        event_id=item.event_id,
        person_id=item.person_id,
        status=item.status,
        registered_at=item.registered_at,
        waitlisted_at=item.waitlisted_at,
        cancelled_at=item.cancelled_at,
        checked_in_at=item.checked_in_at,
        counted=item.counted_registered,
        attended=item.counted_attended,
        event_start_at=item.event_start_at,
        created_at=item.created_at,
        updated_at=item.updated_at,
        first_touch=touch_of(item.first_touch),
        last_touch=touch_of(item.last_touch),
    )
