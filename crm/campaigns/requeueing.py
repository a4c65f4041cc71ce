"""Making final mails due again, as staff asked (see `repeats`): all failed or held ones, or those to some people.

What was asked for is stored with the campaign that says so, and done by the worker: a campaign may have a million
mails. Each mail is moved by itself, under the condition that it is still as it was read, so that a pass may be cut off
anywhere and gone over again, also by two workers.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm.campaigns import repository
from crm.campaigns.entities import RETRY_FAILED, Campaign
from crm.campaigns.tables import RETRY_SK, RetryItem, campaign_pk
from crm.core import clock, dynamo
from crm.core.transaction import Transaction
from crm.deliveries import repository as deliveries
from crm.deliveries import transitions
from crm.deliveries.entities import FAILED, HELD, MAIL_STEP, Delivery, shard_of

Stop = Callable[[], bool]
# Mails read, and moved, between two looks at whether to go on: what a kill repeats.
STEP = 200
# A mail that became final again since is not made due once more by going over the pass again. Clocks differ, so what is
# only a little later than the asking counts as before: a failed mail may then be tried once too often, which mails
# nobody twice, and a held one cannot be held again within `UNKNOWN_WAIT`.
_CLOCKS = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be done, and how far it is."""

    round: int
    until: datetime
    person_ids: Sequence[str]
    shard: int
    after: str


def ask(tx: Transaction, campaign: Campaign, person_ids: Sequence[str]) -> None:
    """Store in an open transaction that mails are to be made due again: those of some people, or of everybody."""
    item = RetryItem(campaign_pk(campaign.id), RETRY_SK, round=campaign.round, asked_at=campaign.updated_at)
    item.person_ids = "\n".join(person_ids) or None
    tx.create(item, label="retry", or_if=RetryItem.round < campaign.round)


def run(campaign: Campaign, pool: Executor, stop: Stop) -> bool:
    """Go on with what was asked for. True once it is done; False where `stop` came first, or it is no longer asked for.

    Raises:
        errors.Busy: DynamoDB throttled the write beyond the SDK's retries.
    """
    asked = _read(campaign)
    while asked is not None and asked.shard < campaign.shards:
        if stop():
            return False
        asked = _step(campaign, asked, pool, stop)
    return asked is not None and repository.end_retrying(campaign, clock.now())


def _step(campaign: Campaign, asked: _Asked, pool: Executor, stop: Stop) -> _Asked | None:
    """Move the next mails and remember how far it is: no further where `stop` came between two of them.

    None where another worker was faster.
    """
    if asked.person_ids:
        mails, after, shard = chosen(campaign, asked.person_ids), "", campaign.shards
    else:
        mails, after = deliveries.page(campaign.id, asked.shard, asked.after, STEP)
        shard = asked.shard if after else asked.shard + 1
    wanted = [mail for mail in mails if _is_wanted(campaign, mail, asked.until)]
    if not all(list(pool.map(lambda mail: _is_passed(mail, stop), wanted))):
        return asked
    return _remembered(campaign, asked, shard, after)


def _is_passed(mail: Delivery, stop: Stop) -> bool:
    """Make a mail due, or find that somebody did. False where `stop` came first."""
    if stop():
        return False
    _again(mail, clock.now())
    return True


def _remembered(campaign: Campaign, asked: _Asked, shard: int, after: str) -> _Asked | None:
    item = RetryItem(campaign_pk(campaign.id), RETRY_SK)
    then = RetryItem.after == asked.after if asked.after else RetryItem.after.does_not_exist()
    is_there = (RetryItem.round == asked.round) & (RetryItem.shard == asked.shard) & then
    step = RetryItem.after.set(after) if after else RetryItem.after.remove()
    try:
        dynamo.update(item, [RetryItem.shard.set(shard), step], is_there)
    except dynamo.ConditionFailed:
        return None
    return _Asked(asked.round, asked.until, asked.person_ids, shard, after)


def chosen(campaign: Campaign, person_ids: Sequence[str]) -> list[Delivery]:
    """Read the campaign's mails to some people consistently; those it has none for are left out."""
    return deliveries.find_many((campaign.id, shard_of(p, campaign.shards), p, MAIL_STEP) for p in person_ids)


def _is_wanted(campaign: Campaign, mail: Delivery, until: datetime) -> bool:
    state = FAILED if campaign.retrying == RETRY_FAILED else HELD
    return mail.state == state and mail.state_at <= until


def _again(mail: Delivery, now: datetime) -> bool:
    return transitions.retry(mail, now) if mail.state == FAILED else transitions.resend(mail, now)


def _read(campaign: Campaign) -> _Asked | None:
    item = dynamo.get(RetryItem, campaign_pk(campaign.id), RETRY_SK)
    if item is None or int(item.round) != campaign.round:
        return None
    person_ids = item.person_ids.split("\n") if item.person_ids else []
    return _Asked(campaign.round, item.asked_at + _CLOCKS, person_ids, int(item.shard), item.after or "")
