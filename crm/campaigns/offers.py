"""What staff may do to a campaign now: what its state allows, and nothing to those who may not send."""

from dataclasses import dataclass

from crm.campaigns.entities import DRAFT, FINAL, PAUSED, SCHEDULED, SENDING, SENT, UNDER_WAY, Campaign
from crm.campaigns.progress import Progress


@dataclass(frozen=True, slots=True)
class Offers:
    """What the pages offer. The actions themselves judge again, by the state as it is then."""

    write: bool = False
    reschedule: bool = False
    pause: bool = False
    resume: bool = False
    cancel: bool = False
    retry: bool = False
    resend: bool = False
    correct: bool = False
    count: bool = False


NOTHING = Offers()


def of(campaign: Campaign, progress: Progress, *, may_send: bool) -> Offers:
    """Return what to offer for a campaign. `may_send`: whether whoever looks has the permission to send campaigns."""
    if not may_send:
        return NOTHING
    state = campaign.state
    may_repeat = (SENDING in (state, campaign.paused_from) or state == SENT) and not campaign.retrying
    return Offers(
        write=state == DRAFT,
        reschedule=state == SCHEDULED,
        pause=state in UNDER_WAY,
        resume=state == PAUSED,
        cancel=state in UNDER_WAY or state in (DRAFT, SCHEDULED, PAUSED),
        retry=may_repeat and bool(progress.states.get("failed")),
        resend=may_repeat and bool(progress.states.get("held")),
        correct=state in FINAL and progress.sent > 0,
        count=campaign.is_frozen,
    )
