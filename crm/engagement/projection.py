"""Engagement as read model rows."""

from crm.core.changes import Change, projects
from crm.deliveries.entities import CAMPAIGN
from crm.engagement.tables import EngagementItem, key_parts
from crm.search.documents import HUMAN, MACHINE, EngagementDocument


@projects(EngagementItem)
def engagement(change: Change) -> EngagementDocument:
    """Map one thing done with a mail."""
    item = change.item
    assert isinstance(item, EngagementItem)
    mail, row = key_parts(item)
    mail_id = f"{mail.source}/{mail.person_id}/{mail.step}"
    return EngagementDocument(
        id=f"{mail_id}/{row}",
        version=change.version,
        deleted=change.removed,
        kind=item.kind,
        campaign_id=mail.source if item.mail_kind == CAMPAIGN else None,
        mail_id=mail_id,
        person_id=mail.person_id,
        at=item.at,
        link=int(item.link or 0),
        agent=item.agent or "",
        verdict=MACHINE if item.why else HUMAN,
        why=item.why or "",
    )
