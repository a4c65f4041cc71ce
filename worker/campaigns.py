"""Moving open campaigns on: freeze, expand, send, close, count. Each step may be cut off and is found again."""

import logging
import math
import random
import time
from collections.abc import Callable
from concurrent.futures import Executor

from django.conf import settings

from crm.campaigns import actions, closing, counting, expansion, freezing, harms, proof, repository, requeueing
from crm.campaigns.entities import CANCELLED, EXPANDING, FREEZING, SENDING, Campaign
from crm.core import clock, errors
from crm.deliveries import health
from crm.deliveries import repository as deliveries
from worker import outbox, stopping, turns
from worker.lanes import CampaignLane
from worker.stopping import Stop
from worker.turns import Turn

log = logging.getLogger(__name__)

# One read of the read model cannot be taken up again halfway, so it gets longer than a drain; Celery allows a minute.
FREEZE_S = 50.0
# The projector says once a second how new the read model is; without one the sweep asks again.
CATCH_UP_S, _CATCH_UP_STEP_S = 3.0, 0.1
# Writes a second that one partition takes, and those that one mail needs.
_PARTITION_WRITES, _MAIL_WRITES = 250, 4
# As many mails as one page of the due index; more of them to a partition once there are many partitions.
_PARTITION_MAILS, _MOST_BY_SIZE = 1_000, 64


def move_on(campaign_id: str, pool: Executor, stop: Stop, between: Callable[[], object]) -> None:
    """Do for one campaign whatever is to be done, until nothing is, or `stop` says so."""
    campaign = repository.find(campaign_id)
    if campaign is not None and campaign.is_due(clock.now()):
        campaign = _begun(campaign)
    if campaign is not None and campaign.state in (FREEZING, EXPANDING):
        with turns.take(f"audience#{campaign_id}") as turn:
            if turn.is_ours:
                _prepare(campaign, pool, turn, stop)
        campaign = repository.find(campaign_id)
    if campaign is not None and campaign.state == SENDING:
        _queue_again(campaign, pool, stop)
        _send(campaign, pool, stop, between)
        if not _is_stopped(campaign_id):
            _finish(campaign_id, stop)
    if campaign is not None and campaign.state == CANCELLED and campaign.is_open:
        _close(campaign, pool, stop)
        _finish(campaign_id, stop)


def count(campaign_id: str, stop: Stop) -> None:
    """Count a campaign's mails because somebody asked for it."""
    campaign = repository.find(campaign_id)
    if campaign is not None and _counted(campaign, stop, only_final=False):
        actions.prove(campaign)


def _begun(campaign: Campaign) -> Campaign | None:
    try:
        return actions.begin(campaign.id)
    except errors.Conflict:
        # Another worker was faster, or somebody put it off this very moment.
        return repository.find(campaign.id)


def _is_stopped(campaign_id: str) -> bool:
    """Pause a campaign that must not go on, saying why; staff resume it. Say whether it was paused so."""
    campaign = repository.find(campaign_id)
    if campaign is None or campaign.state != SENDING:
        return False
    # What this process learned earlier may be long over, or be what staff resumed it in spite of; what still holds is
    # learned again within half a minute.
    reason = health.stop_reason(since=campaign.updated_at) or harms.too_many(campaign)
    return bool(reason) and actions.stop(campaign.id, reason)


def _prepare(campaign: Campaign, pool: Executor, turn: Turn, stop: Stop) -> None:
    if campaign.state == FREEZING and _has_caught_up(campaign, turn.over(stop)):
        long = stop if campaign.correction_of else stopping.within(FREEZE_S)
        with turn.kept(pool):
            freezing.freeze(campaign, shards=shards, stop=turn.over(long))
    frozen = repository.find(campaign.id)
    if frozen is not None and frozen.state == EXPANDING:
        expansion.expand(frozen, pool, turn.over(stop))


def _has_caught_up(campaign: Campaign, stop: Stop) -> bool:
    """Wait for a moment until the read model is as new as the campaign. False: it has to wait for the sweep."""
    deadline = time.monotonic() + CATCH_UP_S
    while not freezing.is_possible(campaign):
        if stop() or time.monotonic() >= deadline:
            log.warning("campaign %s waits for the read model", campaign.id)
            return False
        time.sleep(_CATCH_UP_STEP_S)
    return True


def shards(matched: int) -> int:
    """Return over how many partitions a campaign's mails are spread.

    So many that none limits the rate SES grants, that several workers find one each, and that on emulators, whose
    index queries sort all of a partition, none is long.
    """
    by_rate = math.ceil(health.max_send_rate() * _MAIL_WRITES / _PARTITION_WRITES)
    by_size = min(_MOST_BY_SIZE, math.ceil(matched / _PARTITION_MAILS))
    return max(settings.OUTBOX_SHARDS, by_rate, by_size)


def _send(campaign: Campaign, pool: Executor, stop: Stop, between: Callable[[], object]) -> None:
    lane = CampaignLane(campaign)

    def watched() -> None:
        between()
        _is_stopped(campaign.id)

    # Workers begin at different partitions; a partition belongs to one of them at a time.
    for shard in random.sample(range(campaign.shards), campaign.shards):
        if stop():
            return
        with turns.take(f"send#{campaign.id}#{shard}") as turn:
            if turn.is_ours:
                outbox.drain(lane, shard, pool, turn.over(stop), watched)


def _queue_again(campaign: Campaign, pool: Executor, stop: Stop) -> None:
    if not campaign.retrying:
        return
    lane = CampaignLane(campaign)
    with turns.take(_again(campaign)) as turn:
        is_over = turn.over(stop)
        if turn.is_ours:
            # Once paused or cancelled, none of its mails becomes due any more.
            requeueing.run(campaign, pool, lambda: is_over() or not lane.is_open())


def _close(campaign: Campaign, pool: Executor, stop: Stop) -> None:
    """Account for everybody whom a cancelled campaign has not reached."""
    # Nobody may still be making its mails due again: those would be cancelled by nobody.
    with turns.take(f"audience#{campaign.id}") as turn, turns.take(_again(campaign)) as again:
        if not turn.is_ours or not again.is_ours or not expansion.expand(campaign, pool, again.over(turn.over(stop))):
            return
    for shard in random.sample(range(campaign.shards), campaign.shards):
        if stop():
            return
        with turns.take(f"send#{campaign.id}#{shard}") as turn:
            if turn.is_ours:
                closing.close(campaign, shard, pool, turn.over(stop))


def _again(campaign: Campaign) -> str:
    return f"again#{campaign.id}"


def _finish(campaign_id: str, stop: Stop) -> None:
    campaign = repository.find(campaign_id)
    if stop() or campaign is None or campaign.retrying or not campaign.is_expanded:
        return
    # The index costs little to ask and may be a moment old; the count behind it reads every row, and decides.
    if any(deliveries.is_anything_open(campaign.id, shard) for shard in range(campaign.shards)):
        return
    if _counted(campaign, stop, only_final=True) and actions.finish(campaign):
        log.info("campaign %s is over", campaign.id)


def _counted(campaign: Campaign, stop: Stop, *, only_final: bool) -> bool:
    """Count the partitions that are not counted yet; other workers do so beside. False where `stop` came first."""
    mark = proof.mark(campaign)
    known = counting.counts(campaign, mark)
    for shard in random.sample(range(campaign.shards), campaign.shards):
        if shard in known and known[shard].is_done and (known[shard].tally.is_final or not only_final):
            continue
        if stop():
            return False
        with turns.take(f"count#{campaign.id}#{shard}") as turn:
            if turn.is_ours:
                counting.run(campaign, shard, mark, turn.over(stop), only_final=only_final)
    return not stop()
