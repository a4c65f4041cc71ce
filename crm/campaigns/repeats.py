"""What staff do about mails that did not arrive, and about those that did but should not have."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from crm.analytics import engine as analytics
from crm.campaigns import controls, repository, retries
from crm.campaigns.entities import PAUSED, RESEND_HELD, RETRY_FAILED, SENDING, SENT, Campaign
from crm.core import errors
from crm.core.transaction import Transaction
from crm.deliveries.entities import FAILED, HELD

# So many people can be named at once; beyond, everybody is meant.
MAX_CHOSEN = 500


def retry_failed(*, campaign_id: str, actor: str) -> Campaign:
    """Try again to send every mail of a campaign that failed; one that was sent is open again until that is done.

    Raises:
        errors.NotFound, errors.Busy.
        errors.Conflict: no mail failed, they are being tried already, or the campaign's state does not allow it.
    """
    _refuse_none(campaign_id, FAILED)
    return _again(campaign_id, RETRY_FAILED, (), actor)


def resend_held(*, campaign_id: str, person_ids: Sequence[str] | None = None, actor: str) -> Campaign:
    """Send held mails again, though each may have arrived already: those to some people, or all of them (None).

    Raises:
        errors.NotFound, errors.Busy.
        errors.Invalid: `userIds` names nobody, or too many.
        errors.Conflict: none is held, or one named is not; or as `retry_failed`.
    """
    if person_ids is None:
        _refuse_none(campaign_id, HELD)
        return _again(campaign_id, RESEND_HELD, (), actor)
    if not 1 <= len(person_ids) <= MAX_CHOSEN:
        raise errors.Invalid({"userIds": f"1 to {MAX_CHOSEN} people; leave it out for all held mails."})
    _refuse_others(repository.get(campaign_id), person_ids)
    return _again(campaign_id, RESEND_HELD, person_ids, actor)


def _again(campaign_id: str, what: str, person_ids: Sequence[str], actor: str) -> Campaign:
    """Ask for mails to be made due again, in one transaction with the campaign's being open for that."""
    decide = partial(_asked, what)

    def store(tx: Transaction, campaign: Campaign) -> None:
        retries.ask(tx, campaign, person_ids)

    action = "retried failed mails" if what == RETRY_FAILED else "resent held mails"
    return controls.change(campaign_id, action, actor, decide, also=store, more={"person_ids": list(person_ids)})


def _asked(what: str, campaign: Campaign, now: datetime) -> Campaign:
    if campaign.state not in (SENDING, SENT) and not (campaign.state == PAUSED and campaign.paused_from == SENDING):
        raise controls.refuse(campaign, "its mails cannot be sent again")
    if campaign.retrying:
        raise controls.refuse(campaign, f"its {campaign.retrying} mails are being queued again already")
    state = SENDING if campaign.state == SENT else campaign.state
    return replace(campaign, state=state, retrying=what, round=campaign.round + 1, finished_at=None, updated_at=now)


def _refuse_none(campaign_id: str, state: str) -> None:
    campaign = repository.get(campaign_id)
    states, _ = analytics.store().campaign_states(campaign_id)
    if not states.get(state):
        raise controls.refuse(campaign, f"none of its mails is {state}")


def _refuse_others(campaign: Campaign, person_ids: Sequence[str]) -> None:
    held = {mail.person_id for mail in retries.chosen(campaign, person_ids) if mail.state == HELD}
    if not held.issuperset(person_ids):
        raise errors.Conflict("Not all of these mails are held any more. Look at the newest list.", field="userIds")
