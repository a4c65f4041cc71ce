"""What an SES event says, free of how it came and of storage."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from crm.deliveries.outcomes import BOUNCED, COMPLAINED, DELIVERED, News
from crm.deliveries.tokens import MailRef
from crm.engagement.entities import Seen

# An address that bounced so often within so long for reasons that may pass is mailed no more.
TRANSIENT_BOUNCES, TRANSIENT_WITHIN = 3, timedelta(days=14)
# Who acts where SES tells.
ACTOR = "ses"


@dataclass(frozen=True, slots=True)
class MailEvent:
    """One event about one mail. `key` names it for ever: told again, it is the same event.

    `mail` is None where the event does not say which of ours it is about. `recipients`: the addresses that bounced or
    complained. `is_transient`: a bounce that may pass. `seen`: an open or a click.
    """

    key: str
    name: str
    at: datetime
    mail: MailRef | None
    news: News
    recipients: tuple[str, ...] = ()
    is_transient: bool = False
    seen: Seen | None = None

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
    def reason(self) -> str:
        """Why its addresses are to be mailed no more: said to people."""
        what = "complaint" if self.is_complaint else "hard bounce"
        return f"{what}: {self.news.reason}" if self.news.reason else what


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

    def are_too_many(self, since: datetime | None) -> bool:
        """Whether enough of them, all after `since` where given, came close enough together."""
        moments = [at for at, _ in self.told if since is None or at > since]
        spans = zip(moments, moments[TRANSIENT_BOUNCES - 1 :], strict=False)
        return any(last - first <= TRANSIENT_WITHIN for first, last in spans)


_KEPT = 20
