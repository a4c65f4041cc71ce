"""Stopping campaigns and letting them go on: one transaction each, decided by the state as it is stored.

Whoever asks for what has been done already is told so: pressing a button twice does it once, and says the state.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from crm.audit import repository as audit
from crm.campaigns import harms, repository
from crm.campaigns.entities import (
    CANCELLED,
    DRAFT,
    EXPANDING,
    FINAL,
    FREEZING,
    PAUSED,
    SCHEDULED,
    SENDING,
    SENT,
    UNDER_WAY,
    Campaign,
)
from crm.core import clock, errors, transaction
from crm.core.transaction import Transaction
from crm.deliveries import hints

SYSTEM = "system"
# How a sentence about a campaign goes on.
IN_WORDS: Mapping[str, str] = {
    DRAFT: "is still a draft",
    SCHEDULED: "is scheduled and has not begun",
    FREEZING: "is choosing its people",
    EXPANDING: "is queueing its mails",
    SENDING: "is being sent",
    PAUSED: "is paused",
    SENT: "is sent",
    CANCELLED: "is cancelled",
}
Decide = Callable[[Campaign, datetime], Campaign]
Also = Callable[[Transaction, Campaign], None]


def refuse(campaign: Campaign, but: str) -> errors.Conflict:
    """Return the answer to whoever asks for what the state does not allow."""
    return errors.Conflict(f"This campaign {IN_WORDS[campaign.state]}: {but}.")


def begin(campaign_id: str) -> Campaign:
    """Begin a scheduled campaign whose time has come.

    Raises:
        errors.NotFound, errors.Busy.
        errors.Conflict: it is not scheduled any more, or its time was put off.
    """

    def begun(campaign: Campaign, now: datetime) -> Campaign:
        if not campaign.is_due(now):
            raise refuse(campaign, "its time has not come")
        return replace(campaign, state=FREEZING, updated_at=now)

    return change(campaign_id, "started", SYSTEM, begun)


def pause(*, campaign_id: str, actor: str, reason: str = "") -> Campaign:
    """Let nothing more of a campaign happen until somebody resumes it; calls under way still end.

    Raises:
        errors.NotFound, errors.Busy.
        errors.Conflict: it has not begun, is paused already or is over; the message names the state.
    """

    def paused(campaign: Campaign, now: datetime) -> Campaign:
        if campaign.state not in UNDER_WAY:
            raise refuse(campaign, "only one that is under way can be paused")
        return replace(campaign, state=PAUSED, paused_from=campaign.state, stop_reason=reason, updated_at=now)

    return change(campaign_id, "paused", actor, paused)


def resume(*, campaign_id: str, actor: str) -> Campaign:
    """Go on where a campaign was paused, by hand or by itself.

    What stopped it by itself is thereby lifted: the bounces and complaints known by now stop it no more. Raises as
    `pause` does.
    """
    harm = harms.of(campaign_id)

    def resumed(campaign: Campaign, now: datetime) -> Campaign:
        if campaign.state != PAUSED:
            raise refuse(campaign, "only a paused one can be resumed")
        return replace(
            campaign,
            state=campaign.paused_from,
            paused_from="",
            stop_reason="",
            lifted=harm if campaign.stop_reason else campaign.lifted,
            updated_at=now,
        )

    campaign = change(campaign_id, "resumed", actor, resumed)
    # There are mails for everybody who sends: those not woken now would join only at the sweep.
    hints.wake_all(hints.CAMPAIGNS)
    return campaign


def cancel(*, campaign_id: str, actor: str) -> Campaign:
    """End a campaign for good, wherever it is. The mails not yet claimed are cancelled by the worker.

    Without a frozen audience there is nobody to account for, and it is over at once. Raises as `pause` does.
    """

    def cancelled(campaign: Campaign, now: datetime) -> Campaign:
        if campaign.state in FINAL:
            raise refuse(campaign, "there is nothing to cancel")
        over = None if campaign.is_frozen else now
        return replace(
            campaign,
            state=CANCELLED,
            paused_from="",
            stop_reason="",
            retrying="",
            finished_at=over,
            updated_at=now,
        )

    return change(campaign_id, "cancelled", actor, cancelled)


def stop(campaign_id: str, reason: str) -> bool:
    """Pause a campaign that must not go on by itself, and say why. False where it is not under way any more.

    Raises:
        errors.NotFound, errors.Busy.
    """
    try:
        pause(campaign_id=campaign_id, actor=SYSTEM, reason=reason)
    except errors.Conflict:
        return False
    return True


def change(
    campaign_id: str,
    action: str,
    actor: str,
    decide: Decide,
    *,
    also: Also | None = None,
    more: Mapping[str, object] = MappingProxyType({}),
    result: Callable[[Campaign], object] = lambda campaign: campaign,
) -> Campaign:
    """Move a campaign on as `decide` says, with an entry in its history and what `also` adds, in one transaction.

    `decide` is asked again where somebody else was faster. `more` goes into the history; `result` is what the action
    will return, see `commit`.

    Raises:
        errors.NotFound, errors.Busy, and whatever `decide` raises.
    """
    patience = transaction.Patience()
    while True:
        before = repository.get(campaign_id)
        now = clock.now()
        after = replace(decide(before, now), version=before.version + 1)
        tx = transaction.begin(patience)
        repository.change(tx, before, after)
        if also is not None:
            also(tx, after)
        entry = {"before": told(before), "after": {**told(after), **more}}
        audit.record(tx, kind="campaign", id=campaign_id, action=action, actor=actor, **entry)
        try:
            tx.commit(result(after))
        except transaction.Refused:
            patience.wait()
            continue
        hints.wake(hints.CAMPAIGNS)
        return after


def told(campaign: Campaign) -> dict[str, object]:
    """Return what a history tells of a campaign at every step."""
    at = campaign.scheduled_at
    return {
        "state": campaign.state,
        "name": campaign.name,
        "subject": campaign.subject,
        "scheduled_at": None if at is None else at.isoformat(),
        "stop_reason": campaign.stop_reason,
        "retrying": campaign.retrying,
    }
