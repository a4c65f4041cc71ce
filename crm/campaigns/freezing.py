"""Freezing an audience: the one place where an action decides on a query. Whoever the read model matches in one
consistent read is the audience, for ever; everything after reads people themselves."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from crm.campaigns import audiences, reached, repository
from crm.campaigns.entities import Campaign
from crm.core import clock, ids
from crm.search import engine

Stop = Callable[[], bool]


def is_possible(campaign: Campaign) -> bool:
    """Whether the read model holds everything from before the campaign began (or began again, after a pause): not where
    it is empty, half built or behind. A correction's audience is read off mails, and may be any time."""
    if campaign.correction_of:
        return True
    as_of = engine.store().freshness().as_of
    return as_of is not None and as_of >= campaign.updated_at


def freeze(campaign: Campaign, *, shards: Callable[[int], int], stop: Stop) -> bool:
    """Write the matching ids down and name them the campaign's audience.

    `shards`: over how many partitions that many mails are spread.

    Nothing can be taken up again halfway: the next try reads anew. False where `stop` said so, another freeze won, the
    read model is not as new as the campaign, or the campaign it corrects still sends.
    """
    if campaign.correction_of:
        original = repository.find(campaign.correction_of)
        assert original is not None, "campaigns are never deleted"
        return _written(campaign, reached.chunks(original), shards, stop)
    store = engine.store()
    generation = store.generation()
    if not is_possible(campaign):
        return False
    with store.freeze(campaign.where, audiences.CHUNK) as found:
        if store.generation() != generation:
            # Replaced between the question and the read: nobody asked how new this one is.
            return False
        return _written(campaign, found, shards, stop)


def _written(campaign: Campaign, found: Iterable[Sequence[str]], shards: Callable[[int], int], stop: Stop) -> bool:
    """Store the chunks that are found and name them.

    Only what surely lost is deleted. Where a failure leaves open who won, the chunks stay until they expire.
    """
    freeze_id = ids.new()
    sizes: list[int] = []
    if _is_stored(campaign, freeze_id, found, sizes, stop):
        winner = _named(campaign, freeze_id, sizes, shards)
        if winner in ("", freeze_id):
            return bool(winner)
    audiences.discard(campaign.id, freeze_id, len(sizes))
    return False


def _is_stored(
    campaign: Campaign, freeze_id: str, found: Iterable[Sequence[str]], sizes: list[int], stop: Stop
) -> bool:
    """Store all chunks, noting their sizes. False where that has to wait."""
    with suppress(reached.Unsettled):
        for person_ids in found:
            if stop():
                return False
            audiences.add_chunk(campaign.id, freeze_id, len(sizes), person_ids)
            sizes.append(len(person_ids))
        return True
    return False


def _named(campaign: Campaign, freeze_id: str, sizes: list[int], shards: Callable[[int], int]) -> str:
    """Name the audience. Return which freeze won, empty where none did yet."""
    chunks, matched, now = len(sizes), sum(sizes), clock.now()
    spread = shards(matched)
    if repository.freeze(campaign, freeze_id=freeze_id, chunks=chunks, matched=matched, shards=spread, now=now):
        return freeze_id
    # Refused by our own first try, whose answer was lost? Then these chunks are the audience.
    known = repository.find(campaign.id)
    return "" if known is None else known.freeze_id
