"""Whom a campaign reached: the audience of its correction, read off its mails themselves."""

from collections.abc import Iterator
from itertools import batched

from crm.campaigns import audiences
from crm.campaigns.entities import Campaign
from crm.deliveries import repository as deliveries
from crm.deliveries.entities import PENDING, SENDING, SENT

# A call may be under way for these, or be made: whether they are reached is not known for another moment.
_UNSETTLED = frozenset({PENDING, SENDING})


class Unsettled(Exception):
    """Some of the mails may still be sent: nobody can tell yet who was reached."""


def chunks(campaign: Campaign) -> Iterator[list[str]]:
    """Yield the ids of everybody whose mail of a campaign SES accepted, read consistently, in chunks of an audience.

    Raises:
        Unsettled: while iterating.
        errors.Busy: while iterating, where DynamoDB is overloaded.
    """
    for chunk in batched(_person_ids(campaign), audiences.CHUNK):
        yield list(chunk)


def _person_ids(campaign: Campaign) -> Iterator[str]:
    for shard in range(campaign.shards):
        after, is_more = "", True
        while is_more:
            mails, after = deliveries.page(campaign.id, shard, after)
            is_more = bool(after)
            if any(mail.state in _UNSETTLED for mail in mails):
                raise Unsettled
            yield from (mail.person_id for mail in mails if mail.state == SENT)
