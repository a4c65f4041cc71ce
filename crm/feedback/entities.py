"""What an SES event says, free of how it came and of storage."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from crm.deliveries.outcomes import BOUNCED, COMPLAINED, DELIVERED, News
from crm.deliveries.tokens import MailRef
from crm.engagement.entities import Seen
from crm.suppressions.entities import COMPLAINT, HARD_BOUNCE, SOFT_BOUNCES

# An address that bounced so often within so long for reasons that may pass is mailed no more.
TRANSIENT_BOUNCES, TRANSIENT_WITHIN = 3, timedelta(days=14)
# Who acts where SES tells.
ACTOR = "ses"


@dataclass(frozen=True, slots=True)
class MailEvent:
    """One event about one mail. `key` names it for ever: told again, it is the same event.

    `mail` is None where the event does not say which of ours it is about. `recipients`: the addresses that bounced or
    complained. `is_transient`: a bounce that may pass. `seen`: an open or a click; `link`: the address clicked.
    """

    key: str
    name: str
    at: datetime
    mail: MailRef | None
    news: News
    recipients: tuple[str, ...] = ()
    is_transient: bool = False
    seen: Seen | None = None
    link: str = ""

    @property
    def is_delivery(self) -> bool:
        """Whether the recipient's server took the mail."""
        return self.news.outcome == DELIVERED

    @property
    def is_complaint(self) -> bool:
        """Whether somebody called the mail spam."""
        return self.news.outcome == COMPLAINED

    @property
    def is_about_addresses(self) -> bool:
        """Whether it says something about the addresses, not only about this mail."""
        is_bounce = self.news.outcome == BOUNCED and (self.news.is_permanent or self.is_transient)
        return is_bounce or self.is_complaint

    @property
    def cause(self) -> str:
        """Why its addresses are to be mailed no more, in a word."""
        if self.is_complaint:
            return COMPLAINT
        return SOFT_BOUNCES if self.is_transient else HARD_BOUNCE

    @property
    def reason(self) -> str:
        """The same, said to people."""
        if self.is_transient:
            return f"{TRANSIENT_BOUNCES} soft bounces within {TRANSIENT_WITHIN.days} days"
        return f"{self.cause}: {self.news.reason}" if self.news.reason else self.cause


@dataclass(frozen=True, slots=True)
class Bounces:
    """The transient bounces of an address: each one's id and moment, the latest few."""

    told: tuple[tuple[datetime, str], ...] = ()
    version: int = 0

    def with_one(self, at: datetime, key: str) -> "Bounces":
        """Add one; told again, it changes nothing. Only what may still count is kept."""
        if any(known == key for _, known in self.told):
            return self
        told = sorted([*self.told, (at, key)])
        recent = [one for one in told if one[0] > told[-1][0] - 2 * TRANSIENT_WITHIN]
        return Bounces(tuple(recent[-_KEPT:]), self.version)

    def too_many_at(self, since: datetime | None) -> datetime | None:
        """Return when enough of them, all after `since` where given, had come close enough together; None: never."""
        moments = [at for at, _ in self.told if since is None or at > since]
        spans = zip(moments, moments[TRANSIENT_BOUNCES - 1 :], strict=False)
        return next((last for first, last in spans if last - first <= TRANSIENT_WITHIN), None)


_KEPT = 20
