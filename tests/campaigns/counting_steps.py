"""What tests of counts and proofs begin with: a campaign whose mails can be ended and counted."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

import pytest

from crm.campaigns import counting, expansion, proof
from crm.campaigns.entities import Campaign
from crm.campaigns.tallies import Tally
from crm.core import clock
from crm.deliveries import repository as deliveries
from crm.deliveries import transitions
from crm.deliveries.entities import Delivery, shard_of
from crm.people import actions as people_actions
from tests import factories
from tests.campaigns.audience_steps import found, frozen, never, started


@pytest.fixture
def pool() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


@pytest.fixture
def campaign(pool: Executor) -> Campaign:
    """A campaign of five mails, in two partitions of which neither is empty."""
    people = [factories.person() for _ in range(5)]
    # By their ids, which are random: now and then all five are alike.
    while len({shard_of(person.id, 2) for person in people}) == 1:
        people_actions.delete(person_id=people.pop().id, actor="staff:1")
        people.append(factories.person())
    begun = frozen(started(), shards=2)
    assert expansion.expand(begun, pool, never)
    return found(begun)


def mails(campaign: Campaign) -> list[Delivery]:
    return [mail for shard in range(campaign.shards) for mail in deliveries.page(campaign.id, shard)[0]]


def end_all(campaign: Campaign) -> None:
    for mail in mails(campaign):
        transitions.cancel(mail, clock.now())


def count(campaign: Campaign, *, only_final: bool = True) -> None:
    for shard in range(campaign.shards):
        assert counting.run(campaign, shard, proof.mark(campaign), never, only_final=only_final)


def total(campaign: Campaign) -> Tally:
    tally = proof.summed(campaign, proof.mark(campaign))
    assert tally is not None
    return tally
