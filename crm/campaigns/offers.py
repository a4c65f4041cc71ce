"""What staff may do to a campaign now: what its state allows, and nothing to those who may not send."""

from dataclasses import dataclass

from crm.campaigns.entities import DRAFT, PAUSED, SCHEDULED, UNDER_WAY, Campaign


@dataclass(frozen=True, slots=True)
class Offers:
    """What the pages offer. The actions themselves judge again, by the state as it is then."""

    write: bool = False
    reschedule: bool = False
    pause: bool = False
    resume: bool = False
    cancel: bool = False


NOTHING = Offers()


def of(campaign: Campaign, *, may_send: bool) -> Offers:
    """Return what to offer for a campaign. `may_send`: whether whoever looks has the permission to send campaigns."""
    if not may_send:
        return NOTHING
    state = campaign.state
    return Offers(
        write=state == DRAFT,
        reschedule=state == SCHEDULED,
        pause=state in UNDER_WAY,
        resume=state == PAUSED,
        cancel=state in UNDER_WAY or state in (DRAFT, SCHEDULED, PAUSED),
    )
