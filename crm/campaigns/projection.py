"""A campaign's item as a read model row."""

from crm.campaigns.tables import CampaignItem
from crm.core.changes import Change, projects
from crm.search.documents import CampaignDocument
from crm.suppressions.kinds import NEWSLETTER


@projects(CampaignItem)
def document(change: Change) -> CampaignDocument:
    """Map a campaign. Campaigns are never deleted; a removed item, from whatever cause, becomes a tombstone."""
    item = change.item
    assert isinstance(item, CampaignItem)
    return CampaignDocument(
        id=item.pk.removeprefix("CAMPAIGN#"),
        version=change.version,
        deleted=change.removed,
        name=item.name,
        subject=item.subject,
        state=item.state,
        matched=None if item.matched is None else int(item.matched),
        utm_source=item.utm_source,
        utm_medium=item.utm_medium,
        utm_campaign=item.utm_campaign,
        created_by=item.created_by,
        created_at=item.created_at,
        updated_at=item.updated_at,
        finished_at=item.finished_at,
        kind=item.kind or NEWSLETTER,
        scheduled_at=item.scheduled_at,
        zone=item.zone or "",
    )
