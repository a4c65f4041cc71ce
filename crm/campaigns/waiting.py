"""Why mails of a campaign are not settled, and what happens to them next, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from crm.campaigns.entities import CANCELLED, EXPANDING, PAUSED, Campaign
from crm.campaigns.tallies import OTHERS, Wait
from crm.deliveries import mails
from crm.deliveries.entities import HELD, PENDING, SENDING, UNKNOWN

ORDER = (PENDING, SENDING, UNKNOWN, HELD)
# What the moment is at which a mail moves on by itself.
NEXT = {PENDING: "Tried again by", SENDING: "Settled by", UNKNOWN: "Held from"}
_SENDING = "A call to SES is under way; if its worker was stopped, the mail becomes unknown."


@dataclass(frozen=True, slots=True)
class Open:
    """Mails in one state for one reason: how many, since when the first, and why, in words.

    `until`: when the last of them moves on by itself, and `then` what that is; None and empty where nobody knows.
    `is_exact`: not where there were so many reasons that some of these mails may be among those counted together.
    """

    state: str
    reason: str
    mails: int
    since: datetime
    until: datetime | None
    then: str
    why: str
    is_exact: bool

    @property
    def is_one_reason(self) -> bool:
        """Whether all of them have the same reason, so that a list of exactly these can be asked for."""
        return self.reason != OTHERS


def of(campaign: Campaign, waits: Mapping[tuple[str, str], Wait], at: datetime) -> list[Open]:
    """Return what of a campaign is not settled: by state, most mails first, as it was when counted `at`."""
    merged = {state for state, reason in waits if reason == OTHERS}
    found = [
        _open(campaign, state, reason, wait, at, is_exact=reason in ("", OTHERS) or state not in merged)
        for (state, reason), wait in waits.items()
    ]
    return sorted(found, key=lambda one: (ORDER.index(one.state), -one.mails, one.reason))


def _open(campaign: Campaign, state: str, reason: str, wait: Wait, at: datetime, *, is_exact: bool) -> Open:
    # While it is paused nothing moves on, and a turn that has come is waited for without an end.
    is_known = campaign.state != PAUSED and wait.until is not None and wait.until > at
    until = wait.until if is_known else None
    why = because(campaign, state, reason, is_put_off=until is not None)
    return Open(state, reason, wait.mails, wait.since, until, NEXT.get(state, "") if until else "", why, is_exact)


def because(campaign: Campaign, state: str, reason: str, *, is_put_off: bool) -> str:
    """Return why a mail is in a state that is not settled; empty where it is settled.

    `is_put_off`: a pending one's turn is yet to come.
    """
    told = "several reasons; the CSV names each" if reason == OTHERS else mails.reason(reason).rstrip(".")
    match state:
        case "pending":
            return _pending(campaign, told, is_put_off=is_put_off)
        case "sending":
            return _SENDING
        case "unknown":
            then = "Looked at again once the campaign is resumed" if campaign.state == PAUSED else "Waits for news"
            return f"{_unanswered(told)}. {then}; never sent again by itself."
        case "held":
            return (
                f"{_unanswered(told)}, and no news came. Staff decide whether to send it again; news still settles it."
            )
    return ""


def _unanswered(told: str) -> str:
    return f"SES gave no answer ({told})" if told else "SES gave no answer"


def _pending(campaign: Campaign, told: str, *, is_put_off: bool) -> str:
    after = f", after: {told}" if told else ""
    if campaign.state == PAUSED:
        why = campaign.stop_reason or "by hand"
        return f"The campaign is paused ({why}): waits until it is resumed{after}."
    if campaign.state == CANCELLED:
        return "The campaign is cancelled: about to be taken back."
    if campaign.state == EXPANDING:
        return "Waits until everybody is queued."
    if told and is_put_off:
        return f"Put off after: {told}."
    return f"Waits for its turn{' again' if told else ''}, at the pace that SES grants{after}."
