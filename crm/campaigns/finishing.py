"""Ending campaigns by proof, see `counting`, and keeping the proof of those that go on."""

import logging
from dataclasses import replace

from crm.campaigns import counting, proof, repository
from crm.campaigns.entities import CANCELLED, SENDING, SENT, Campaign
from crm.core import clock, transaction

log = logging.getLogger(__name__)


def finish(campaign: Campaign) -> bool:
    """End a campaign once the counts of all partitions say that everybody matched has a mail that is final.

    The proof is kept in the same transaction. Return whether it is finished.

    Raises:
        errors.Busy: DynamoDB is overloaded; nothing was written.
    """
    if campaign.state not in (SENDING, CANCELLED) or campaign.retrying or not campaign.is_expanded:
        return False
    asked = proof.asked(campaign.id)
    tally = proof.summed(campaign, counting.mark(campaign, asked))
    if tally is None or not tally.is_final:
        return False
    if tally.total != campaign.matched:
        log.error("campaign %s: %d mails for %s people", campaign.id, tally.total, campaign.matched)
        return False
    now = clock.now()
    state = SENT if campaign.state == SENDING else CANCELLED
    tx = transaction.begin()
    repository.change(tx, campaign, replace(campaign, state=state, finished_at=now, updated_at=now))
    proof.keep(tx, campaign, tally, asked)
    return _is_committed(tx)


def prove(campaign: Campaign) -> bool:
    """Keep the sum of a count that somebody asked for, once all partitions are counted. Return whether it is kept.

    Raises:
        errors.Busy: DynamoDB is overloaded; nothing was written.
    """
    asked = proof.asked(campaign.id)
    tally = proof.summed(campaign, counting.mark(campaign, asked))
    if tally is None:
        return False
    tx = transaction.begin()
    proof.keep(tx, campaign, tally, asked)
    return _is_committed(tx)


def _is_committed(tx: transaction.Transaction) -> bool:
    try:
        tx.commit()
    except transaction.Refused:
        return False
    return True
