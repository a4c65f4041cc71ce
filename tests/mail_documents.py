"""Mails and campaigns put straight into the read model, for tests of pages that only read it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

from crm.search import engine
from crm.search.documents import DeliveryDocument

NOON = datetime(2025, 8, 1, 12, tzinfo=UTC)
NEWSLETTER = ("newsletter", "email", "tech_conf_2025")
_numbers = count(1)


def mail(state: str = "sent", utm: Sequence[str] = NEWSLETTER, **values: object) -> DeliveryDocument:
    """Return one mail of a campaign to somebody new."""
    number = next(_numbers)
    source, medium, campaign = utm
    made = DeliveryDocument(
        id=f"c/{number}/mail",
        version=1,
        deleted=False,
        kind="campaign",
        campaign_id="c",
        event_id=None,
        person_id=f"p{number}",
        step="mail",
        email=f"{number}@example.com",
        subject="Hello",
        state=state,
        state_at=NOON,
        reason="",
        attempt=1,
        utm_source=source,
        utm_medium=medium,
        utm_campaign=campaign,
        created_at=NOON,
        sent_at=None,
    )
    return replace(made, **values)  # type: ignore[arg-type]


def mails(number: int, state: str = "sent", utm: Sequence[str] = NEWSLETTER, **values: object) -> None:
    """Put mails of one kind into the read model."""
    engine.store().apply([mail(state, utm, **values) for _ in range(number)])
