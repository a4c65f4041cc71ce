"""Deliveries as read model rows."""

from crm.core.changes import Change, projects
from crm.deliveries.entities import CAMPAIGN, CONFIRMATION, TEST
from crm.deliveries.tables import DeliveryItem, key_parts
from crm.search.documents import DeliveryDocument


@projects(DeliveryItem)
def delivery(change: Change) -> DeliveryDocument:
    """Map a mail. Mails are never deleted; a removed item, from whatever cause, becomes a tombstone.

    So does a test: no list shows it and no number counts it, for it went to staff.
    """
    item = change.item
    assert isinstance(item, DeliveryItem)
    source, _, person_id, step = key_parts(item)
    return DeliveryDocument(
        id=f"{source}/{person_id}/{step}",
        version=change.version,
        deleted=change.removed or item.kind == TEST,
        kind=item.kind,
        campaign_id=source if item.kind == CAMPAIGN else None,
        event_id=source if item.kind == CONFIRMATION else None,
        person_id=person_id,
        step=step,
        email=item.email or "",
        subject=item.subject or "",
        state=item.state,
        state_at=item.state_at,
        reason=item.reason or "",
        attempt=int(item.attempt),
        utm_source=item.utm_source or "",
        utm_medium=item.utm_medium or "",
        utm_campaign=item.utm_campaign or "",
        created_at=item.created_at,
        sent_at=item.sent_at,
        outcome=item.outcome or "",
        outcome_at=item.outcome_at,
        outcome_reason=item.outcome_reason or "",
        is_hard_bounce=bool(item.is_hard_bounce),
    )
