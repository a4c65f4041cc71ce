"""Freezing an audience: the one place where an action decides on a query. Whoever the read model matches in one
consistent read is the audience, for ever; everything after reads people themselves. A correction has no query: its
audience is read off mails."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from crm.campaigns import audiences, reached, repository
from crm.campaigns.entities import Campaign
from crm.core import clock, ids
from crm.search import engine
from crm.segments import repository as segments

Stop = Callable[[], bool]
Shards = Callable[[int], int]


def is_possible(campaign: Campaign) -> bool:
    """Whether the read model holds everything from before the campaign began (or began again, after a pause): not where
    it is empty, half built or behind. A correction's audience is read off mails, and may be any time."""
    if campaign.correction_of:
        return True
    as_of = engine.store().freshness().as_of
    return as_of is not None and as_of >= campaign.updated_at


def freeze(campaign: Campaign, *, shards: Shards, stop: Stop) -> bool:
    """Write down whom the campaign is for and name them its audience.

    `shards`: over how many partitions that many mails are spread.

    Whom a filter matches is one read, so the next try begins anew; a correction's goes on where it was. False where
    `stop` said so, another freeze won, the read model is not as new as the campaign, or the campaign it corrects still
    sends.
    """
    if campaign.correction_of:
        found = reached.read(campaign, stop)
        return found is not None and _is_named(campaign, found, shards)
    store = engine.store()
    generation = store.generation()
    if not is_possible(campaign):
        return False
    campaign = _for_its_segment(campaign)
    with store.freeze(campaign.where, audiences.CHUNK) as people:
        if store.generation() != generation:
            # Replaced between the question and the read: nobody asked how new this one is.
            return False
        return _written(campaign, people, shards, stop)


def _for_its_segment(campaign: Campaign) -> Campaign:
    """Return the campaign with its segment's filter as it is now; a deleted one's as it was last."""
    segment = segments.find(campaign.segment_id, or_deleted=True) if campaign.segment_id else None
    return campaign if segment is None else replace(campaign, where=segment.where, segment_name=segment.name)


def _is_named(campaign: Campaign, found: reached.Reading, shards: Shards) -> bool:
    return _named(campaign, found.freeze_id, found.chunks, found.matched, shards) == found.freeze_id


def _written(campaign: Campaign, found: Iterable[Sequence[str]], shards: Shards, stop: Stop) -> bool:
    """Store the chunks that are found and name them.

    Only what surely lost is deleted. Where a failure leaves open who won, the chunks stay until they expire.
    """
    freeze_id = ids.new()
    sizes: list[int] = []
    if _is_stored(campaign, freeze_id, found, sizes, stop):
        winner = _named(campaign, freeze_id, len(sizes), sum(sizes), shards)
        if winner in ("", freeze_id):
            return bool(winner)
    audiences.discard(campaign.id, freeze_id, len(sizes))
    return False


def _is_stored(
    campaign: Campaign, freeze_id: str, found: Iterable[Sequence[str]], sizes: list[int], stop: Stop
) -> bool:
    """Store all chunks, noting their sizes. False where `stop` came first."""
    for person_ids in found:
        if stop():
            return False
        audiences.store_chunk(campaign.id, freeze_id, len(sizes), person_ids)
        sizes.append(len(person_ids))
    return True


def _named(campaign: Campaign, freeze_id: str, chunks: int, matched: int, shards: Shards) -> str:
    """Name the audience. Return which freeze won, empty where none did yet."""
    now, spread = clock.now(), shards(matched)
    if repository.freeze(campaign, freeze_id=freeze_id, chunks=chunks, matched=matched, shards=spread, now=now):
        return freeze_id
    # Refused by our own first try, whose answer was lost? Then these chunks are the audience.
    known = repository.find(campaign.id)
    return "" if known is None else known.freeze_id
