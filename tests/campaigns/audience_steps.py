"""What tests of a campaign's audience begin with."""

from crm.campaigns import actions, counting, freezing, proof, repository
from crm.campaigns.entities import Campaign
from crm.core import clock
from crm.core.utm import Utm
from crm.search import engine, filters
from tests import factories


def never() -> bool:
    """Go on to the end."""
    return False


def always() -> bool:
    """Stop at once."""
    return True


def started(where: filters.Filter = filters.EVERYONE) -> Campaign:
    """Start a campaign, with a read model as new as it."""
    begun = actions.send(where=where, subject="Hi", body="Hello", utm=Utm("news"), actor=factories.ACTOR)
    engine.store().note_freshness(clock.now())
    return begun.campaign


def found(campaign: Campaign) -> Campaign:
    """Read a campaign as it is now."""
    read = repository.find(campaign.id)
    assert read is not None
    return read


def frozen(campaign: Campaign, shards: int = 1) -> Campaign:
    """Freeze a campaign's audience and read it."""
    assert freezing.freeze(campaign, shards=lambda _: shards, stop=never)
    return found(campaign)


def finished(campaign: Campaign) -> bool:
    """Count all mails and end the campaign, if that says so, as the worker does."""
    current = found(campaign)
    for shard in range(current.shards):
        assert counting.run(current, shard, proof.mark(current), never, only_final=True)
    return actions.finish(current)
