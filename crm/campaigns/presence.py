"""Whether a campaign has mails in some state, as DynamoDB has it: what staff's asking for them is decided by."""

from crm.campaigns import proof
from crm.campaigns.entities import Campaign
from crm.deliveries import repository as deliveries
from crm.deliveries.entities import HELD, SENDING, SENT, UNKNOWN

# The mail was accepted, or may have been, or may yet be.
_REACHED = (SENT, HELD, UNKNOWN, SENDING)
# So many mails are read while somebody waits for the answer.
LOOKED_AT = 1_000


def may_be(campaign: Campaign, *states: str) -> bool:
    """Whether any of its mails may be in one of these states.

    The proof of a campaign that is over tells. Of any other the first `LOOKED_AT` mails are read: where there are more,
    and none of those is, nobody knows before the worker has gone through them all, so it may be.

    Raises:
        errors.Busy: DynamoDB is overloaded, or gave no answer.
    """
    if not campaign.is_frozen:
        return False
    found = proof.of(campaign.id)
    if found is not None and found.is_current and not campaign.is_open:
        return any(found.states.get(state) for state in states)
    return _is_seen(campaign, frozenset(states))


def may_have_reached(campaign: Campaign) -> bool:
    """Whether SES may have accepted any of its mails. Raises as `may_be` does."""
    return may_be(campaign, *_REACHED)


def _is_seen(campaign: Campaign, states: frozenset[str]) -> bool:
    left = LOOKED_AT
    for shard in range(campaign.shards):
        mails, after = deliveries.states_page(campaign.id, shard, limit=left)
        left -= len(mails)
        if after or any(state in states for _, state in mails):
            return True
    return False
