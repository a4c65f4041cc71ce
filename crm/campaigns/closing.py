"""Closing a cancelled campaign: what nobody has begun to send is cancelled, what is under way comes to its end."""

from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime
from functools import partial

from crm.campaigns.entities import Campaign
from crm.core import clock
from crm.deliveries import repository as deliveries
from crm.deliveries import settling, transitions
from crm.deliveries.entities import PENDING, Delivery

Stop = Callable[[], bool]


def close(campaign: Campaign, shard: int, pool: Executor, stop: Stop) -> None:
    """Cancel the mails of one partition that wait, and settle those whose time is over, until there are none.

    May be cut off anywhere: each mail is moved by itself, and what is left is still in the due index.

    Raises:
        errors.Busy: DynamoDB throttled the write beyond the SDK's retries.
    """
    while not stop():
        now = clock.now()
        overdue = [mail for mail in deliveries.due(campaign.id, shard, now) if mail.state != PENDING]
        waiting = deliveries.pending(campaign.id, shard)
        if not sum(pool.map(partial(_closed, now), [*waiting, *overdue])):
            return


def _closed(now: datetime, mail: Delivery) -> bool:
    return transitions.cancel(mail, now) if mail.state == PENDING else settling.overdue(mail, now)
