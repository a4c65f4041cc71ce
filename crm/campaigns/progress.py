"""How far a campaign is, as its pages show it: from the read model, so that every number opens exactly its rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from crm.analytics import engine
from crm.analytics.report import LABELS
from crm.campaigns.entities import FINAL
from crm.deliveries import mails

# What a state of a campaign is called, and whose colour it takes where it has none of its own.
STATES = {
    "draft": ("draft", "Draft"),
    "scheduled": ("scheduled", "Scheduled"),
    "freezing": ("sending", "Choosing people"),
    "expanding": ("sending", "Queueing"),
    "sending": ("sending", "Sending"),
    "paused": ("paused", "Paused"),
    "sent": ("sent", "Sent"),
    "cancelled": ("cancelled", "Cancelled"),
}
# How the address of a list asks for all that have a mail, whatever became of it.
QUEUED = "queued"
# How soon the page asks again, by state; a draft does nothing by itself.
ASKED_AGAIN = {"draft": "", "scheduled": "15s"}
ASKED_SOON = "2s"
ORDER = ("sent", "failed", "held", "unknown", "sending", "pending", "cancelled")
# Of the queued mails, those that nothing but staff will change any more.
_DONE = ("sent", "failed", "held", "cancelled")


@dataclass(frozen=True, slots=True)
class Count:
    """A number of mails and the address that lists them."""

    state: str
    label: str
    mails: int
    url: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of one campaign. `matched` is None until its audience is frozen; `unqueued` are matched, but not yet
    told apart into queued and left out."""

    id: str
    state: str
    matched: int | None
    states: Mapping[str, int]
    reasons: Mapping[str, int]

    @property
    def is_final(self) -> bool:
        """Whether nothing moves any more: a cancelled campaign still takes its mails back, and counts may be behind."""
        return self.state in FINAL and not self.to_go and not self.unqueued

    @property
    def asks_again(self) -> str:
        """After how long the page asks again, as HTMX spells it; empty where nothing will have changed."""
        return "" if self.is_final else ASKED_AGAIN.get(self.state, ASKED_SOON)

    @property
    def pill(self) -> str:
        """The state whose colour the pill takes."""
        return STATES[self.state][0]

    @property
    def label(self) -> str:
        """The campaign's state in words."""
        return STATES[self.state][1]

    @property
    def left_out(self) -> int:
        """How many get no mail."""
        return self.states.get("skipped", 0)

    @property
    def queued(self) -> int:
        """How many mails there are, whatever became of them."""
        return sum(self.states.values()) - self.left_out

    @property
    def queued_url(self) -> str:
        """The address that lists them."""
        return self.url(state=QUEUED)

    @property
    def unqueued(self) -> int:
        """How many matched are not queued or left out yet."""
        return max((self.matched or 0) - self.queued - self.left_out, 0)

    @property
    def recipients(self) -> int:
        """How many are queued or left out by now: the rows of the list of recipients."""
        return self.queued + self.left_out

    @property
    def to_mail(self) -> int:
        """How many mails there are or, while they are being queued, may still be."""
        return self.queued + self.unqueued

    @property
    def sent(self) -> int:
        """How many mails SES accepted."""
        return self.states.get("sent", 0)

    @property
    def done(self) -> int:
        """How many queued mails are final."""
        return sum(self.states.get(state, 0) for state in _DONE)

    @property
    def to_go(self) -> int:
        """How many queued mails are not final yet."""
        return self.queued - self.done

    @property
    def percent(self) -> int:
        """How much is done, rounded down: 100 only when all is. Of a cancelled campaign: how much of it was sent."""
        part = self.sent if self.state == "cancelled" else self.done
        return 100 * part // self.to_mail if self.to_mail else 100 if self.state == "sent" else 0

    @property
    def milestone(self) -> str:
        """Changes with the state, each tenth of the way and what staff should look at: worth reading aloud."""
        trouble = "".join(f"-{self.states[state]}{state}" for state in ("failed", "held") if self.states.get(state))
        return f"{self.state}-{self.percent // 10}{trouble}"

    @property
    def parts(self) -> list[tuple[str, int]]:
        """The queued mails as the parts of a bar."""
        return [*((state, self.states.get(state, 0)) for state in ORDER), ("pending", self.unqueued)]

    @property
    def words(self) -> str:
        """The bar's numbers in words."""
        return ", ".join(f"{count.mails:,} {count.label.lower()}" for count in self.counts) or "no mails yet"

    @property
    def counts(self) -> list[Count]:
        """The queued mails by state, each with the address of its rows."""
        return [self.of(state) for state in ORDER if self.states.get(state)]

    @property
    def exclusions(self) -> list[Count]:
        """Who was left out, by reason."""
        ranked = sorted(self.reasons.items(), key=lambda pair: -pair[1])
        return [
            Count("skipped", mails.reason(code), number, self.url(state="skipped", reason=code))
            for code, number in ranked
        ]

    @property
    def got(self) -> Count:
        """Mails that SES accepted."""
        return self.of("sent")

    @property
    def failed(self) -> Count:
        """Mails that were refused for good, by SES or before it was asked."""
        return self.of("failed")

    @property
    def held(self) -> Count:
        """Mails of which nobody knows whether SES took them."""
        return self.of("held")

    def of(self, state: str) -> Count:
        """Return the count of one state."""
        return Count(state, LABELS[state], self.states.get(state, 0), self.url(state=state))

    def url(self, **wanted: str) -> str:
        """Return the address that lists some of its mails."""
        return f"{reverse('campaign-deliveries', args=[self.id])}?{urlencode(wanted)}"


def of(campaign_id: str, state: str, matched: int | None) -> Progress:
    """Count a campaign's mails."""
    states, reasons = engine.store().campaign_states(campaign_id)
    return Progress(campaign_id, state, matched, states, reasons)
