"""A campaign's items as read model rows."""

from crm.campaigns.tables import CampaignItem, LayoutItem, revision_of
from crm.core.changes import Change, projects
from crm.deliveries import layout
from crm.search.documents import CampaignDocument, MailLinksDocument
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


@projects(LayoutItem)
def links(change: Change) -> MailLinksDocument:
    """Map where a mail's links lead. Those of a test become a tombstone, as its mail does."""
    item = change.item
    assert isinstance(item, LayoutItem)
    campaign_id, revision = item.pk.removeprefix("CAMPAIGN#"), revision_of(item.sk)
    return MailLinksDocument(
        id=f"{campaign_id}/{revision}",
        version=change.version,
        deleted=change.removed or item.expires_at is not None,
        campaign_id=campaign_id,
        revision=revision,
        links=layout.unpacked(item.layout).links,
    )
