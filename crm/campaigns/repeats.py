"""What staff do about mails that did not arrive, or of which nobody knows whether they did: have them sent again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from crm.campaigns import controls, presence, repository, requeueing
from crm.campaigns.entities import PAUSED, RESEND_HELD, RETRY_FAILED, SENDING, SENT, Campaign
from crm.core import errors
from crm.core.transaction import Transaction

# So many people can be named at once; beyond, everybody is meant.
MAX_CHOSEN = 500
_ACTIONS = {RETRY_FAILED: "retried failed mails", RESEND_HELD: "resent held mails"}


def retry_failed(*, campaign_id: str, person_ids: Sequence[str] | None = None, actor: str) -> Campaign:
    """Try again to send failed mails of a campaign: those to some people, or all of them (None).

    One that was sent is open again until that is done.

    Raises:
        errors.NotFound, errors.Busy.
        errors.Invalid: `userIds` names nobody, or too many.
        errors.Conflict: no mail failed, or one named did not; they are being tried already, or the campaign's state
            does not allow it.
    """
    return _again(campaign_id, RETRY_FAILED, person_ids, actor)


def resend_held(*, campaign_id: str, person_ids: Sequence[str] | None = None, actor: str) -> Campaign:
    """Send held mails again, though each may have arrived already. Raises as `retry_failed` does."""
    return _again(campaign_id, RESEND_HELD, person_ids, actor)


def _again(campaign_id: str, what: str, person_ids: Sequence[str] | None, actor: str) -> Campaign:
    """Ask for mails to be made due again, in one transaction with the campaign's being open for that."""
    campaign, chosen = repository.get(campaign_id), list(person_ids or ())
    if person_ids is not None:
        _demand(campaign, chosen, what)
    elif not presence.may_be(campaign, what):
        raise controls.refuse(campaign, f"none of its mails is {what}")

    def store(tx: Transaction, campaign: Campaign) -> None:
        requeueing.ask(tx, campaign, chosen)

    decide = partial(_asked, what)
    return controls.change(campaign_id, _ACTIONS[what], actor, decide, also=store, more={"person_ids": chosen})


def _asked(what: str, campaign: Campaign, now: datetime) -> Campaign:
    if campaign.state not in (SENDING, SENT) and not (campaign.state == PAUSED and campaign.paused_from == SENDING):
        raise controls.refuse(campaign, "its mails cannot be sent again")
    if campaign.retrying:
        raise controls.refuse(campaign, f"its {campaign.retrying} mails are being queued again already")
    state = SENDING if campaign.state == SENT else campaign.state
    return replace(campaign, state=state, retrying=what, round=campaign.round + 1, finished_at=None, updated_at=now)


def _demand(campaign: Campaign, person_ids: Sequence[str], state: str) -> None:
    """Refuse people whose mails are not in the state."""
    if not 1 <= len(person_ids) <= MAX_CHOSEN:
        raise errors.Invalid({"userIds": f"1 to {MAX_CHOSEN} people; leave it out for all {state} mails."})
    found = {mail.person_id for mail in requeueing.chosen(campaign, person_ids) if mail.state == state}
    if not found.issuperset(person_ids):
        raise errors.Conflict(f"Not all of these mails are {state} any more. Look at the newest list.", field="userIds")
