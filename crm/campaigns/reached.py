"""Whom a campaign reached: the audience of its correction, read off its mails themselves."""

from collections.abc import Iterator
from itertools import batched

from crm.campaigns import audiences
from crm.campaigns.entities import Campaign
from crm.deliveries import repository as deliveries
from crm.deliveries.entities import PENDING, SENDING, SENT, UNKNOWN

# A call may be under way for these, or be made, or have gone unanswered: whether they are reached is not known yet.
_UNSETTLED = frozenset({PENDING, SENDING, UNKNOWN})


class Unsettled(Exception):
    """Some of the mails may still be sent: nobody can tell yet who was reached."""


def chunks(campaign: Campaign) -> Iterator[list[str]]:
    """Yield the ids of everybody whose mail of a campaign SES accepted, read consistently, in chunks of an audience.

    All has to be read in the time that a freeze has: a page of DynamoDB's, of some thousand mails, in 50 ms makes that
    about a million mails. Whoever cannot read them in time begins anew and never ends.

    Raises:
        Unsettled: while iterating.
        errors.Busy: while iterating, where DynamoDB is overloaded.
    """
    for chunk in batched(_person_ids(campaign), audiences.CHUNK):
        yield list(chunk)


def _person_ids(campaign: Campaign) -> Iterator[str]:
    for shard in range(campaign.shards):
        for person_id, state in deliveries.people_states(campaign.id, shard):
            if state in _UNSETTLED:
                raise Unsettled
            if state == SENT:
                yield person_id
