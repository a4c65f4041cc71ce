"""Counting a campaign's mails, partition by partition, consistently, with the way so far put aside at every step.

A count may be cut off anywhere; whoever takes it up goes on behind the last key that was put aside. Two who count the
same partition cannot both put aside a step: the second is refused and gives way.

Why the sums of partitions counted at different moments are one truth, and may end a campaign:
- A mail's row stays in its partition for ever and is never deleted, and a count passes each key once. So nothing is
  counted twice, and a sum that equals `matched` holds everybody: no row can have been missed, since there are no more.
- A row that was final when it was read is final still. Only staff's asking for failed or held mails again makes a final
  row open, and that raises the campaign's `round`, which is part of the `mark` that all counts of one sum share and of
  the condition under which the campaign ends. (An event may turn a held row into a sent one: both are final. Another
  count tells which it was.)
- A partition in which any row was not final is counted anew before the campaign can end.
"""

from collections.abc import Callable
from dataclasses import dataclass

from crm.campaigns import tallies
from crm.campaigns.entities import Campaign
from crm.campaigns.tables import COUNT_SK, CountItem, campaign_pk, count_sk
from crm.campaigns.tallies import Tally
from crm.core import dynamo
from crm.deliveries import repository as deliveries

Stop = Callable[[], bool]
# Mails read between two steps that are put aside: what a kill repeats, and what is in memory.
STEP = 1_000
# Raise when a tally tells more: what was counted by halves in an earlier release is then counted anew.
_TELLS = 2


@dataclass(frozen=True, slots=True)
class Count:
    """How far one partition is counted: up to the key `after`, or to its end where `is_done`."""

    shard: int
    mark: str
    after: str
    is_done: bool
    tally: Tally


def mark(campaign: Campaign, asked: int) -> str:
    """Return what counts that may be added together have in common."""
    # Counted while rows are still added, a partition may lack some: such counts are of no use later.
    return f"{_TELLS}.{campaign.round}.{asked}.{'whole' if campaign.is_expanded else 'growing'}"


def counts(campaign: Campaign, mark: str) -> dict[int, Count]:
    """Return by partition what is counted so far under a mark, read consistently."""
    found = dynamo.query(CountItem, campaign_pk(campaign.id), CountItem.sk.startswith(COUNT_SK))
    return {count.shard: count for item in found if (count := _entity(item)).mark == mark}


def run(campaign: Campaign, shard: int, mark: str, stop: Stop, *, only_final: bool) -> bool:
    """Count one partition to its end. False where `stop` came first or another worker counts it.

    `only_final`: begin anew where it is counted already, but some of its mails were not final.

    Raises:
        errors.Busy: DynamoDB throttled the write beyond the SDK's retries.
    """
    count = _begun(campaign, shard, mark, only_final=only_final)
    while count is not None and not count.is_done:
        if stop():
            return False
        count = _step(campaign, count)
    return count is not None


def _begun(campaign: Campaign, shard: int, mark: str, *, only_final: bool) -> Count | None:
    item = dynamo.get(CountItem, campaign_pk(campaign.id), count_sk(shard))
    known = None if item is None else _entity(item)
    if known is not None and known.mark == mark and not (known.is_done and only_final and not known.tally.is_final):
        return known
    count = Count(shard, mark, "", is_done=False, tally=Tally())
    return count if _put_aside(campaign, count, known) else None


def _step(campaign: Campaign, before: Count) -> Count | None:
    """Count the next mails and put the sum aside. None where another worker was faster."""
    mails, after = deliveries.page(campaign.id, before.shard, before.after, STEP)
    tally = Tally()
    tally.add(before.tally)
    tally.count(mails)
    count = Count(before.shard, before.mark, after, is_done=not after, tally=tally)
    return count if _put_aside(campaign, count, before) else None


def _put_aside(campaign: Campaign, count: Count, before: Count | None) -> bool:
    item = CountItem(campaign_pk(campaign.id), count_sk(count.shard), mark=count.mark, is_done=count.is_done)
    item.after, item.tally = count.after or None, count.tally.to_json()
    if before is None:
        return dynamo.put_new(item)
    still = CountItem.after == before.after if before.after else CountItem.after.does_not_exist()
    return dynamo.put_new(item, or_if=(CountItem.mark == before.mark) & (CountItem.is_done == before.is_done) & still)


def _entity(item: CountItem) -> Count:
    shard = int(item.sk.removeprefix(COUNT_SK))
    return Count(shard, item.mark, item.after or "", bool(item.is_done), tallies.from_json(item.tally))
