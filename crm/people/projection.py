"""A person's item as a read model row."""

from crm.core.changes import Change, projects
from crm.people.tables import PersonItem
from crm.search.documents import PersonDocument


@projects(PersonItem)
def document(change: Change) -> PersonDocument:
    """Map a person; a deleted one becomes a tombstone."""
    item = change.item
    assert isinstance(item, PersonItem)
    return PersonDocument(
        id=item.pk.removeprefix("PERSON#"),
        version=change.version,
        deleted=change.removed or item.deleted,
        email=item.email or "",
        first_name=item.first_name or "",
        last_name=item.last_name or "",
        phone_number=item.phone_number or "",
        avatar=item.avatar or "",
        gender=item.gender or "",
        job_title=item.job_title or "",
        company=item.company or "",
        city=item.city or "",
        state=item.state or "",
        tags=tuple(item.tags or ()),
        unsubscribed=bool(item.unsubscribed),
        events_registered=int(item.events_registered),
        events_attended=int(item.events_attended),
        events_hosted=int(item.events_hosted),
        created_at=item.created_at,
        updated_at=item.updated_at,
        phone_e164=item.phone_e164 or "",
        unsubscribed_from=tuple(item.unsubscribed_from or ()),
    )
