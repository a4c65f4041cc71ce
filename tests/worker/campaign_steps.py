"""What tests of the worker's part in campaigns do to one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

from crm.campaigns import actions
from crm.campaigns.entities import SENDING, Campaign
from crm.core import clock
from crm.core.changes import Change, documents
from crm.core.utm import NO_UTM
from crm.deliveries.repository import DeliveryItem
from crm.search import engine, filters
from tests import factories
from tests.campaigns.audience_steps import found
from tests.deliveries.counting import count_states
from tests.worker.outbox_fakes import never
from worker import campaigns


def start(people: int = 1, **given: object) -> Campaign:
    """Start a campaign to so many people; `given` are what else it is sent with."""
    for _ in range(people):
        factories.person()
    values = {"where": filters.EVERYONE, "subject": "Hi", "body": "Hello", "utm": NO_UTM, "actor": factories.ACTOR}
    campaign = actions.send(**{**values, **given}).campaign  # type: ignore[arg-type]
    engine.store().note_freshness(clock.now())
    return campaign


def move_on(campaign: Campaign, pool: ThreadPoolExecutor, stop: Callable[[], bool] = never) -> str:
    """Let the worker do what there is to do for a campaign; return its state after."""
    campaigns.move_on(campaign.id, pool, stop, lambda: None)
    return found(campaign).state


def counts(campaign: Campaign) -> dict[str, int]:
    """Count its mails by state."""
    return dict(count_states(campaign.id, found(campaign).shards))


def show(campaign: Campaign) -> None:
    """Bring the campaign's mails into the read model, as the stream does."""
    for shard in range(found(campaign).shards):
        rows = DeliveryItem.query(f"MAIL#{campaign.id}#{shard}", consistent_read=True)
        engine.show(documents(Change(item, int(item.version)) for item in rows))


def cancel(campaign: Campaign) -> None:
    """Cancel a campaign."""
    actions.cancel(campaign_id=campaign.id, actor=factories.ACTOR)


def pause(campaign: Campaign) -> None:
    """Pause a campaign."""
    actions.pause(campaign_id=campaign.id, actor=factories.ACTOR)


def resume(campaign: Campaign) -> None:
    """Resume a campaign, with a read model as new as that."""
    actions.resume(campaign_id=campaign.id, actor=factories.ACTOR)
    engine.store().note_freshness(clock.now())


def sending(pool: ThreadPoolExecutor, people: int = 3) -> Campaign:
    """Return a campaign whose mails all wait."""
    campaign = start(people=people)
    with patch.object(campaigns, "_send"):
        assert move_on(campaign, pool) == SENDING
    return found(campaign)
