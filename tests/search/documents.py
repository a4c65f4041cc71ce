"""Documents of every kind, with only what a test cares about."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from crm.core import addresses
from crm.search.documents import (
    CampaignDocument,
    DeliveryDocument,
    EngagementDocument,
    EventDocument,
    MailLinksDocument,
    RegistrationDocument,
    SuppressionDocument,
)

NOON = datetime(2025, 8, 1, 12, tzinfo=UTC)


def event(key: str, **values: Any) -> EventDocument:
    """Return a published event at noon."""
    made = EventDocument(
        id=key,
        version=1,
        deleted=False,
        title=key,
        slug=key,
        description="",
        venue="",
        timezone="UTC",
        start_at=NOON,
        end_at=NOON,
        status="published",
        capacity=None,
        taken=0,
        waiting=0,
        checked_in=0,
        uses_check_in=False,
        owner="",
        hosts=(),
        created_at=NOON,
        updated_at=NOON,
    )
    return replace(made, **values)


def registration(event_id: str, person_id: str, **values: Any) -> RegistrationDocument:
    """Return somebody registered at noon."""
    made = RegistrationDocument(
        id=f"{event_id}/{person_id}",
        version=1,
        deleted=False,
        event_id=event_id,
        person_id=person_id,
        status="registered",
        registered_at=NOON,
        waitlisted_at=None,
        cancelled_at=None,
        checked_in_at=None,
        counted=True,
        attended=False,
        event_start_at=NOON,
        created_at=NOON,
        updated_at=NOON,
    )
    return replace(made, **values)


def delivery(key: str, **values: Any) -> DeliveryDocument:
    """Return a sent campaign mail without UTM."""
    made = DeliveryDocument(
        id=key,
        version=1,
        deleted=False,
        kind="campaign",
        campaign_id="c",
        event_id=None,
        person_id="p",
        step="mail",
        email="p@example.com",
        subject="Hello",
        state="sent",
        state_at=NOON,
        reason="",
        attempt=1,
        utm_source="",
        utm_medium="",
        utm_campaign="",
        created_at=NOON,
        sent_at=None,
    )
    return replace(made, **values)


def campaign(key: str, **values: Any) -> CampaignDocument:
    """Return a campaign that was sent."""
    made = CampaignDocument(
        id=key,
        version=1,
        deleted=False,
        name=key,
        subject="Hello",
        state="sent",
        matched=1,
        utm_source="",
        utm_medium="",
        utm_campaign="",
        created_by="staff:1",
        created_at=NOON,
        updated_at=NOON,
        finished_at=None,
    )
    return replace(made, **values)


def suppression(email: str, **values: Any) -> SuppressionDocument:
    """Return an address that bounced at noon."""
    made = SuppressionDocument(
        id=addresses.digest(email), version=1, deleted=False, email=email, reason="bounced", created_at=NOON
    )
    return replace(made, **values)


def mail_links(campaign_id: str, revision: int = 1, *links: str, **values: Any) -> MailLinksDocument:
    """Return where the links of one revision of a campaign's mail lead."""
    made = MailLinksDocument(f"{campaign_id}/{revision}", 1, False, campaign_id, revision, links)
    return replace(made, **values)


def engagement(mail_id: str, key: str = "1", **values: Any) -> EngagementDocument:
    """Return a human's opening of a campaign's mail at noon."""
    made = EngagementDocument(
        id=f"{mail_id}/{key}",
        version=1,
        deleted=False,
        kind="open",
        campaign_id="c",
        mail_id=mail_id,
        person_id="p",
        at=NOON,
        link=0,
        agent="Mozilla/5.0",
        verdict="human",
        why="",
    )
    return replace(made, **values)
