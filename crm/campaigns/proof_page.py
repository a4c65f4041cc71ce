"""What the proof's page says of a count: the sums, what each state means, and what still keeps it from being final."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse

from crm.analytics.report import LABELS
from crm.campaigns import recipients, results
from crm.campaigns.entities import CANCELLED, PAUSED, Campaign
from crm.campaigns.proof import Proof
from crm.campaigns.waiting import Open
from crm.deliveries import mails
from crm.search import engine

ORDER = ("sent", "failed", "held", "cancelled", "skipped", "pending", "sending", "unknown")
OPEN = ("pending", "sending", "unknown")
MEANINGS = {
    "sent": "SES accepted it, whatever came later.",
    "failed": "Refused for good by SES, or before it was asked. The reason stands beside each.",
    "held": "SES gave no answer and no news. Never sent again by itself; news or staff may still settle it.",
    "cancelled": "Taken back before it was sent: SES accepted none of its calls, if there were any.",
    "skipped": "Left out, each with the reason: SES accepted none of its calls, if there were any.",
    "pending": "Waits for its turn, or to be tried again.",
    "sending": "A call is under way, or its worker was stopped: settled within a minute.",
    "unknown": "SES did not answer. Looked at again after 15 minutes, and held if there is no news by then.",
}
PENDING_OF = {
    PAUSED: "Waits until the campaign is resumed.",
    CANCELLED: "About to be taken back.",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A number of people with the address of their rows, and what it means."""

    state: str
    label: str
    mails: int
    url: str
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class OpenLine:
    """Mails that are not settled, with the address of exactly their rows; empty where several reasons are in one."""

    one: Open
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the count shows, in one sentence; `tone` as banners know it, `icon` beside it."""

    tone: str
    icon: str
    words: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A count as its page shows it."""

    proof: Proof
    verdict: Verdict
    states: Sequence[Line]
    reasons: Sequence[Line]
    outcomes: Sequence[Line]
    open: Sequence[OpenLine]
    twice: Sequence[Line]

    @property
    def percent(self) -> int:
        """How much of a count under way is done."""
        return int(100 * self.proof.progress)

    @property
    def is_counting(self) -> bool:
        """Whether a count is under way."""
        return self.proof.progress < 1

    @property
    def left_out(self) -> int:
        """How many got no mail."""
        return self.proof.states.get("skipped", 0)

    @property
    def queued(self) -> int:
        """How many mails there are, whatever became of them."""
        return self.proof.total - self.left_out

    @property
    def missing(self) -> int:
        """How many matched are neither queued nor left out yet."""
        return max((self.proof.matched or 0) - self.proof.total, 0)

    @property
    def unaccepted(self) -> int:
        """After how many calls SES did not take the mail, or did not say."""
        return max(self.proof.calls - self.proof.states.get("sent", 0) - self.proof.duplicated, 0)


def of(campaign: Campaign, proof: Proof | None) -> Shown | None:
    """Return what to show of a count; None where nobody counted yet or is about to."""
    if proof is None:
        return None
    meanings = MEANINGS | ({"pending": PENDING_OF[campaign.state]} if campaign.state in PENDING_OF else {})
    return Shown(
        proof=proof,
        verdict=_verdict(proof),
        states=[
            _state(campaign.id, name, proof.states[name], meanings[name]) for name in ORDER if name in proof.states
        ],
        reasons=[_reason(campaign.id, code, number) for code, number in _ranked(proof.reasons)],
        outcomes=[
            _outcome(campaign.id, name, proof.outcomes[name]) for name in results.OUTCOMES if name in proof.outcomes
        ],
        open=[_open(campaign.id, one) for one in proof.open],
        twice=_twice(proof.duplicates),
    )


def _verdict(proof: Proof) -> Verdict:
    if proof.counted_at is None:
        return Verdict("note", "clock", "Nothing is counted yet.")
    if proof.duplicated:
        who = "1 person was" if proof.duplicated == 1 else f"{proof.duplicated:,} people were"
        return Verdict("bad", "warning", f"{who} mailed more than once.")
    if not proof.is_current:
        return Verdict("", "warning", "Mails were sent again since this count. Count again to see what became of them.")
    if proof.total != proof.matched:
        return Verdict("note", "clock", "Not everybody matched is queued or left out yet.")
    if still := _still(proof):
        return Verdict("note", "clock", f"Everybody is in exactly one state, nobody was mailed twice; {still}.")
    return Verdict("good", "proof", "Everybody is in exactly one state. Nobody was mailed twice. Nothing is open.")


def _still(proof: Proof) -> str:
    """Return what is left to happen, or to be decided; empty where nothing is."""
    held, waiting = proof.states.get("held", 0), sum(proof.states.get(state, 0) for state in OPEN)
    number = waiting or held
    are = "1 mail is" if number == 1 else f"{number:,} mails are"
    return f"{are} still open" if waiting else f"{are} held, for staff to decide" if held else ""


def _state(campaign_id: str, state: str, number: int, meaning: str) -> Line:
    return Line(state, LABELS[state], number, results.url(campaign_id, state=state), meaning)


def _reason(campaign_id: str, code: str, number: int) -> Line:
    return Line("skipped", mails.reason(code), number, results.url(campaign_id, state="skipped", reason=code))


def _open(campaign_id: str, one: Open) -> OpenLine:
    reason = one.reason or recipients.NO_REASON
    url = results.url(campaign_id, state=one.state, reason=reason) if one.is_one_reason else ""
    return OpenLine(one, LABELS[one.state], url)


def _outcome(campaign_id: str, name: str, number: int) -> Line:
    return Line(name, results.OUTCOMES[name], number, results.url(campaign_id, state="sent", outcome=name))


def _twice(mail_ids: Sequence[str]) -> list[Line]:
    """Name the people who were mailed more than once. A mail's id is `<campaign>/<person>/<step>`."""
    person_ids = [mail_id.split("/")[1] for mail_id in mail_ids]
    known = engine.store().people_by_id(person_ids)
    return [
        Line("", known[person].name if person in known else person, 1, reverse("person", args=[person]))
        for person in person_ids
    ]


def _ranked(numbers: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(numbers.items(), key=lambda pair: -pair[1])
