"""Giving campaigns the time at which they begin, another one, or none."""

from dataclasses import replace
from datetime import datetime

from crm.campaigns import controls, schedule
from crm.campaigns.entities import DRAFT, FREEZING, SCHEDULED, Campaign
from crm.core import clock


def begun(campaign: Campaign, when: datetime | None, zone: str) -> Campaign:
    """Return a campaign that begins at a moment, or now (None)."""
    if when is None:
        return replace(campaign, state=FREEZING, scheduled_at=None, zone="")
    return replace(campaign, state=SCHEDULED, scheduled_at=when, zone=zone)


def reschedule(*, campaign_id: str, at: datetime, zone: str = "", actor: str) -> Campaign:
    """Let a scheduled campaign begin at another time.

    Raises:
        errors.Invalid: naming `at` or `zone`.
        errors.NotFound, errors.Busy.
        errors.Conflict: it is not scheduled, or has begun; the message names the state.
    """
    when = schedule.moment(at, zone, clock.now())

    def rescheduled(campaign: Campaign, now: datetime) -> Campaign:
        if campaign.state != SCHEDULED:
            raise controls.refuse(campaign, "only a scheduled one can be put off")
        return replace(begun(campaign, when, zone), updated_at=now)

    return controls.change(campaign_id, "rescheduled", actor, rescheduled)


def unschedule(*, campaign_id: str, actor: str) -> Campaign:
    """Make a scheduled campaign a draft again, which remembers the time. Raises as `reschedule` does."""

    def unscheduled(campaign: Campaign, now: datetime) -> Campaign:
        if campaign.state != SCHEDULED:
            raise controls.refuse(campaign, "only a scheduled one can be made a draft again")
        return replace(campaign, state=DRAFT, updated_at=now)

    return controls.change(campaign_id, "unscheduled", actor, unscheduled)
