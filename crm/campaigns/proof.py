"""The proof that nobody was lost: what became of everybody a campaign matched, counted row by row by the worker."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm.campaigns import counting, repository, tallies, waiting
from crm.campaigns.entities import Campaign
from crm.campaigns.tables import COUNTING_PK, PROOF_SK, CountingItem, ProofItem, campaign_pk
from crm.campaigns.tallies import Tally
from crm.campaigns.waiting import Open
from crm.core import clock, dynamo, errors, transaction
from crm.core.transaction import Transaction
from crm.deliveries import hints


@dataclass(frozen=True, slots=True)
class Proof:
    """The last count that came to its end, and how far one under way is.

    `matched`: how many people the frozen audience holds, None before it is. `states`, `reasons` (of those left out) and
    `outcomes` map to numbers of mails. `calls`: how often SES was called. `duplicates`: ids of mails that SES accepted
    more than once, the first 100 of `duplicated`. `open_since`: since when the mail that waits longest is as it is;
    `open`: those that are not settled, the held ones too, by state and reason.
    `counted_at`: None where nothing was counted yet. `is_current`: no mail was made due again since. `progress` of the
    count under way, 0 to 1; 1 where there is none.
    """

    matched: int | None
    states: Mapping[str, int]
    reasons: Mapping[str, int]
    outcomes: Mapping[str, int]
    calls: int
    duplicates: Sequence[str]
    duplicated: int
    open_since: datetime | None
    open: Sequence[Open]
    counted_at: datetime | None
    is_current: bool
    progress: float

    @property
    def total(self) -> int:
        """How many people were found in exactly one state."""
        return sum(self.states.values())

    @property
    def is_complete(self) -> bool:
        """Whether everybody matched is accounted for, and nothing is open."""
        return self.is_current and self.total == self.matched and self.open_since is None


def of(campaign_id: str) -> Proof | None:
    """Return what is proven of a campaign, read consistently; None where nobody counted or asked yet.

    Raises:
        errors.NotFound: there is no campaign of this id.
    """
    campaign = repository.get(campaign_id)
    item = _item(campaign_id)
    if item is None:
        return None
    tally = tallies.from_json(item.tally) if item.tally else Tally()
    return Proof(
        matched=campaign.matched,
        states=dict(tally.states),
        reasons=dict(tally.reasons),
        outcomes=dict(tally.outcomes),
        calls=tally.calls,
        duplicates=tally.duplicates,
        duplicated=tally.duplicated,
        open_since=tally.open_since,
        open=waiting.of(campaign, tally.waits, item.counted_at or clock.now()),
        counted_at=item.counted_at,
        is_current=item.counted_at is not None and int(item.round or 0) == campaign.round,
        progress=_progress(campaign, int(item.asked)) if is_asked(campaign_id) else 1.0,
    )


def _progress(campaign: Campaign, asked: int) -> float:
    found = counting.counts(campaign, counting.mark(campaign, asked)).values()
    counted = sum(count.tally.total for count in found)
    return min(1.0, counted / campaign.matched) if campaign.matched else 0.0


def ask(campaign_id: str) -> None:
    """Have the worker count all mails once more, as they are now. Asked again before it is done, it changes nothing.

    Raises:
        errors.NotFound, errors.Busy.
        errors.Conflict: its audience is not chosen yet, so there is nothing to count.
    """
    campaign = repository.get(campaign_id)
    if not campaign.is_frozen:
        raise errors.Conflict("Nobody is chosen for this campaign yet: there is nothing to count.")
    tx = transaction.begin()
    tx.create(CountingItem(COUNTING_PK, campaign_pk(campaign_id)), label="counting")
    known = _item(campaign_id)
    if known is None:
        tx.create(ProofItem(campaign_pk(campaign_id), PROOF_SK, asked=1), label="proof")
    else:
        tx.update(known, [ProofItem.asked.set(known.asked + 1)], ProofItem.asked == known.asked, label="proof")
    try:
        tx.commit()
    except transaction.Refused:
        # It was asked for already, or by somebody else this very moment.
        return
    hints.wake(hints.CAMPAIGNS)


def is_asked(campaign_id: str) -> bool:
    """Whether a count was asked for that has not come to its end."""
    return dynamo.get(CountingItem, COUNTING_PK, campaign_pk(campaign_id)) is not None


def asked_ids() -> Iterator[str]:
    """Yield the ids of campaigns for which a count was asked for, read consistently."""
    for item in dynamo.query(CountingItem, COUNTING_PK, page_size=100):
        yield item.sk.removeprefix("CAMPAIGN#")


def asked(campaign_id: str) -> int:
    """Return how many marks were used up so far: the one to count under now is named by it."""
    item = _item(campaign_id)
    return 0 if item is None else int(item.asked)


def mark(campaign: Campaign) -> str:
    """Return under which mark the campaign is to be counted now."""
    return counting.mark(campaign, asked(campaign.id))


def summed(campaign: Campaign, mark: str) -> Tally | None:
    """Add up all partitions counted under a mark, None while any is not counted to its end."""
    found = counting.counts(campaign, mark)
    if len(found) < campaign.shards or not all(count.is_done for count in found.values()):
        return None
    total = Tally()
    for count in found.values():
        total.add(count.tally)
    return total


def keep(tx: Transaction, campaign: Campaign, tally: Tally, asked: int) -> None:
    """Make a sum the campaign's proof, in an open transaction, and the count that was asked for done.

    `asked` is what it was summed under; refused as `proof` where that is used up. It is thereby: the next proof counts
    every mail anew, and hides no duplicate that came to be known since.
    """
    told: dict[str, Any] = {
        "asked": asked + 1,
        "counted_at": clock.now(),
        "round": campaign.round,
        "matched": campaign.matched,
        "tally": tally.to_json(),
    }
    if _item(campaign.id) is None:
        tx.create(ProofItem(campaign_pk(campaign.id), PROOF_SK, **told), label="proof")
        return
    values = [getattr(ProofItem, name).set(value) for name, value in told.items()]
    tx.update(ProofItem(campaign_pk(campaign.id), PROOF_SK), values, ProofItem.asked == asked, label="proof")
    if is_asked(campaign.id):
        tx.delete(CountingItem(COUNTING_PK, campaign_pk(campaign.id)), CountingItem.pk.exists(), label="counting")


def _item(campaign_id: str) -> ProofItem | None:
    return dynamo.get(ProofItem, campaign_pk(campaign_id), PROOF_SK)
