"""Celery's tasks. None carries data: each finds its work in DynamoDB, does some, and may be killed at any moment."""

import logging
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain

from django.conf import settings
from pynamodb.exceptions import PynamoDBException

from crm.campaigns import proof
from crm.campaigns import repository as campaigns
from crm.core import clock, errors, ids, leases, walks
from crm.deliveries import hints
from crm.deliveries import repository as deliveries
from crm.deliveries.entities import TRANSACTIONAL
from crm.feedback import queue as ses_events
from crm.people import tagging
from crm.registrations import walks as registration_walks
from crm.suppressions import imports as suppression_imports
from worker import campaigns as open_campaigns
from worker import imports, outbox, stopping
from worker.app import SWEEP, SWEEP_EVERY_S, app
from worker.lanes import ConfirmationLane
from worker.stopping import Stop

log = logging.getLogger(__name__)


@app.task(name=hints.task_name(hints.CONFIRMATIONS))
def drain_confirmations() -> None:
    """Send the confirmations that are due."""
    with stopping.working(), _threads() as pool:
        _confirmations(pool, stopping.within())


@app.task(name=hints.task_name(hints.CAMPAIGNS))
def drain_campaigns() -> None:
    """Move every open campaign on, and count what is to be counted; confirmations never wait behind a campaign."""
    stop = stopping.within()
    with stopping.working():
        with _threads() as pool:
            _campaigns(pool, stop)
        if not stopping.is_requested() and stop():
            hints.wake(hints.CAMPAIGNS)
            _rest()


def _campaigns(pool: ThreadPoolExecutor, stop: Stop) -> None:
    between = partial(_confirmations, pool, stop)
    waiting = [(one, partial(open_campaigns.move_on, one, pool, stop, between)) for one in campaigns.open_ids()]
    waiting += [(one, partial(open_campaigns.count, one, stop)) for one in proof.asked_ids()]
    # In any order: nothing waits for a larger campaign to end.
    for campaign_id, work in random.sample(waiting, len(waiting)):
        if stop():
            break
        _surely_next(campaign_id, work)


def _rest() -> None:
    """Do what else waits, in what is left of this task's time. Where every process is at a campaign for its whole time,
    again and again, messages of other queues wait for longer than they are worth anything."""
    try:
        sweep()
    except (errors.Busy, PynamoDBException) as error:
        # The lease could not be asked for. The next sweep finds all the same; what became of mails is heard now.
        log.warning("the sweep has to wait (%s)", type(error).__name__)
    _upkeep()


def _surely_next(campaign_id: str, work: Callable[[], object]) -> None:
    try:
        work()
    except Exception:
        # It stays listed, so the sweep comes back to it; no other campaign has to wait for that.
        log.exception("campaign %s could not be moved on", campaign_id)


@app.task(name=hints.task_name(hints.UPKEEP))
def drain_upkeep() -> None:
    """Hear what became of mails; run the walks over registrations and imports that somebody made necessary."""
    with stopping.working():
        _upkeep()


def _upkeep() -> None:
    stop = stopping.within()
    # First: no bounce waits for a long walk. Half of the time at most, so that walks go on too.
    ses_events.drain(stopping.within(stopping.DRAIN_S / 2))
    registration_walks.run_open(stop)
    suppression_imports.run_open(stop)
    tagging.run_open(stop)


@app.task(name=hints.task_name(hints.IMPORTS))
def drain_imports() -> None:
    """Take people in from files, or back out again; what takes longer than one turn goes on in another."""
    stop = stopping.within()
    with stopping.working():
        with _threads() as pool:
            imports.run_open(pool, stop)
        if not stopping.is_requested() and stop():
            hints.wake(hints.IMPORTS)


@app.task(name=SWEEP)
def sweep() -> None:
    """Find work whose hint was lost, and wake whoever does it. Two beats are harmless: one of them has the lease."""
    # Half of the time: a sweep that came late does not make the next one that comes in time find the lease taken.
    if not leases.acquire(SWEEP, ids.new(), SWEEP_EVERY_S / 2):
        return
    waiting: dict[str, Callable[[], bool]] = {
        hints.CONFIRMATIONS: _is_any_confirmation_due,
        hints.CAMPAIGNS: lambda: any(True for _ in chain(campaigns.open_ids(), proof.asked_ids())),
        hints.UPKEEP: lambda: ses_events.is_used() or any(True for _ in walks.open_walks()),
        hints.IMPORTS: imports.is_any_open,
    }
    for queue, is_waiting in waiting.items():
        if _surely_known(queue, is_waiting):
            hints.wake(queue)


def _surely_known(queue: str, is_waiting: Callable[[], bool]) -> bool:
    try:
        return is_waiting()
    except Exception:
        # The next sweep asks again; whoever else has work is woken all the same.
        log.exception("whether anything waits for %s could not be asked", queue)
        return False


def _is_any_confirmation_due() -> bool:
    now = clock.now()
    return any(deliveries.due(TRANSACTIONAL, shard, now, limit=1) for shard in range(settings.OUTBOX_SHARDS))


def _confirmations(pool: ThreadPoolExecutor, stop: Stop) -> None:
    lane = ConfirmationLane()
    for shard in range(settings.OUTBOX_SHARDS):
        outbox.drain(lane, shard, pool, stop)


def _threads() -> ThreadPoolExecutor:
    # Confirmations are sent beside a campaign, by threads of their own.
    return ThreadPoolExecutor(2 * settings.MAIL_THREADS, thread_name_prefix="mail")
