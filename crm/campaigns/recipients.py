"""The people of a campaign, narrowed by state, reason, outcome and what they did, as a page's address says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict

from crm.analytics import deeds
from crm.analytics import engine as analytics
from crm.analytics.report import LABELS
from crm.analytics.store import STATES, MailEngagement
from crm.campaigns.progress import QUEUED
from crm.campaigns.results import OUTCOMES, UNHEARD
from crm.core import errors
from crm.deliveries import mails
from crm.deliveries.mails import MailRow
from crm.search import engine
from crm.search.documents import DeliveryDocument
from crm.search.store import Page

# How the address of a list asks for mails that nothing was said of: not tried yet, or under way.
NO_REASON = "none"
_NOTHING = MailEngagement()
# What the list calls these, where it is not what a mail's state is called.
_STATES = {"skipped": mails.LEFT_OUT, QUEUED: "Queued"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom to list. Empty: everybody; the state `queued`: all who have a mail. `q`: words of names or addresses."""

    state: str = ""
    reason: str = ""
    outcome: str = ""
    did: str = ""
    q: str = ""

    @property
    def is_everybody(self) -> bool:
        """Whether nobody is left off the list."""
        return self == Wanted()

    @property
    def words(self) -> str:
        """What they have in common."""
        parts = [
            _STATES.get(self.state) or LABELS.get(self.state, ""),
            reason_label(self.reason) if self.reason else "",
            OUTCOMES.get(self.outcome, ""),
            deeds.ASKED[self.did][0] if self.did else "",
            f"“{self.q}”" if self.q else "",
        ]
        return ", ".join(filter(None, parts))


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person of the list. `did`: what was done with the mail, in words."""

    row: MailRow
    did: str

    @property
    def state(self) -> str:
        """What became of a sent mail, and of any other its state."""
        mail = self.row.mail
        return mail.outcome if mail.state == "sent" and mail.outcome else mail.state

    @property
    def label(self) -> str:
        """The same in words."""
        return OUTCOMES.get(self.state) or self.row.label or LABELS[self.state]

    @property
    def since(self) -> datetime:
        """When that became of it."""
        mail = self.row.mail
        return mail.outcome_at or mail.state_at if self.state == mail.outcome else mail.state_at

    @property
    def why(self) -> str:
        """Why the mail is in its state, or what the other side said of it."""
        return self.row.why or self.row.mail.outcome_reason


def wanted(query: QueryDict) -> Wanted:
    """Read an address. Raises errors.Invalid, naming the parameter that is none of its values."""
    found = Wanted(**{name: query.get(name, "").strip() for name in Wanted.__slots__})
    allowed = {"state": (*STATES, QUEUED), "outcome": tuple(OUTCOMES), "did": tuple(deeds.ASKED)}
    problems = {
        name: f"One of {', '.join(values)}."
        for name, values in allowed.items()
        if getattr(found, name) and getattr(found, name) not in values
    }
    if problems:
        raise errors.Invalid(problems)
    return found


def reason_label(code: str) -> str:
    """Return what a list narrowed by a reason is called."""
    return "Without a reason" if code == NO_REASON else mails.reason(code)


def count(campaign_id: str, whom: Wanted) -> int:
    """Return how many they are."""
    return page(campaign_id, whom, None, limit=1).total


def page(campaign_id: str, whom: Wanted, cursor: str | None, *, limit: int) -> Page[DeliveryDocument]:
    """Return a page of them, newest first."""
    _, kind, by_human = deeds.ASKED[whom.did] if whom.did else ("", None, False)
    state = "" if whom.state == QUEUED else whom.state
    return engine.store().deliveries(
        campaign_id=campaign_id,
        # SES tells of nothing but what it took.
        state=state or ("sent" if whom.outcome else None),
        queued=whom.state == QUEUED,
        reason="" if whom.reason == NO_REASON else whom.reason or None,
        outcome="" if whom.outcome == UNHEARD else whom.outcome or None,
        engaged=kind,
        by_human=by_human,
        text=whom.q,
        limit=limit,
        cursor=cursor,
    )


def rows(found: Sequence[DeliveryDocument]) -> list[Recipient]:
    """Join mails with their people and with what was done with them."""
    did: Mapping[str, MailEngagement] = analytics.store().mail_engagement([mail.id for mail in found])
    return [Recipient(row, deeds.words(did.get(row.mail.id, _NOTHING))) for row in mails.rows(found)]
