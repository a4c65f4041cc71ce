"""An event's item as a read model row."""

from crm.core.changes import Change, projects
from crm.events.entities import UNLIMITED
from crm.events.tables import EventItem
from crm.search.documents import EventDocument


@projects(EventItem)
def document(change: Change) -> EventDocument:
    """Map an event; a deleted one becomes a tombstone."""
    item = change.item
    assert isinstance(item, EventItem)
    return EventDocument(
        id=item.pk.removeprefix("EVENT#"),
        version=change.version,
        deleted=change.removed or item.deleted,
        title=item.title,
        slug=item.slug,
        description=item.description,
        venue=item.venue,
        timezone=item.timezone,
        start_at=item.start_at,
        end_at=item.end_at,
        status=item.status,
        capacity=None if item.capacity == UNLIMITED else int(item.capacity),
        taken=int(item.taken),
        waiting=int(item.waiting),
        checked_in=int(item.checked_in),
        uses_check_in=item.uses_check_in,
        owner=item.owner,
        hosts=tuple(item.hosts),
        created_at=item.created_at,
        updated_at=item.updated_at,
    )
