"""The rows of the read model. One document comes from one item, so it carries one version.

Times are aware UTC datetimes. `deleted` rows are tombstones: kept, never shown.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from crm.core import changes
from crm.core.changes import Change
from crm.core.touches import Touch


@dataclass(frozen=True, slots=True)
class PersonDocument:
    """A person with the counters that filters use.

    `unsubscribed`: from all campaign mail; `unsubscribed_from`: from these kinds of it.
    """

    id: str
    version: int
    deleted: bool
    email: str
    first_name: str
    last_name: str
    phone_number: str
    avatar: str
    gender: str
    job_title: str
    company: str
    city: str
    state: str
    tags: tuple[str, ...]
    unsubscribed: bool
    events_registered: int
    events_attended: int
    events_hosted: int
    created_at: datetime
    updated_at: datetime
    phone_e164: str = ""
    unsubscribed_from: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """First and last name, or the e-mail address where both are unknown."""
        return f"{self.first_name} {self.last_name}".strip() or self.email


@dataclass(frozen=True, slots=True)
class EventDocument:
    """An event with its places. `capacity` is None where unlimited; `status` draft, published or cancelled."""

    id: str
    version: int
    deleted: bool
    title: str
    slug: str
    description: str
    venue: str
    timezone: str
    start_at: datetime
    end_at: datetime
    status: str
    capacity: int | None
    taken: int
    waiting: int
    checked_in: int
    uses_check_in: bool
    owner: str
    hosts: tuple[str, ...]
    created_at: datetime
    updated_at: datetime

    @property
    def people_in_charge(self) -> frozenset[str]:
        """The ids of owner and hosts: those for whom the event counts as hosted, unless it was called off."""
        return frozenset({self.owner, *self.hosts}) - {""}

    @property
    def free(self) -> int:
        """Places left; 0 where there is no limit to tell them by."""
        return max((self.capacity or 0) - self.taken, 0)


# The two visits that a registration can be credited to.
TOUCHES = ("first", "last")


@dataclass(frozen=True, slots=True)
class RegistrationDocument:
    """A person at an event; `id` is `<event>/<person>`. `status` registered, waitlisted or cancelled.

    `event_start_at` is the event's start, copied here so that "within a period" needs no join. `counted`: they have a
    place and the event was not called off; `attended`: they were there, besides. `first_touch` and `last_touch` led to
    it, None where they came directly.
    """

    id: str
    version: int
    deleted: bool
    event_id: str
    person_id: str
    status: str
    registered_at: datetime | None
    waitlisted_at: datetime | None
    cancelled_at: datetime | None
    checked_in_at: datetime | None
    counted: bool
    attended: bool
    event_start_at: datetime
    created_at: datetime
    updated_at: datetime
    first_touch: Touch | None = None
    last_touch: Touch | None = None


# States of mails that are not final: these may still become something else by themselves.
OPEN_STATES = ("pending", "sending", "unknown")


@dataclass(frozen=True, slots=True)
class DeliveryDocument:
    """One mail to one person; `id` is `<campaign or event>/<person>/<step>`.

    `kind` is campaign, confirmation or test; `campaign_id` or `event_id` is set, for a test neither. `state` is
    pending, sending, sent, failed, skipped, cancelled, unknown or held; `state_at` the time it was entered. `outcome`
    of a sent one: delayed, delivered, rejected, bounced or complained, empty where SES told nothing yet;
    `outcome_reason` in SES's or the recipient's server's words.
    """

    id: str
    version: int
    deleted: bool
    kind: str
    campaign_id: str | None
    event_id: str | None
    person_id: str
    step: str
    email: str
    subject: str
    state: str
    state_at: datetime
    reason: str
    attempt: int
    utm_source: str
    utm_medium: str
    utm_campaign: str
    created_at: datetime
    sent_at: datetime | None
    outcome: str = ""
    outcome_at: datetime | None = None
    outcome_reason: str = ""
    is_hard_bounce: bool = False


@dataclass(frozen=True, slots=True)
class CampaignDocument:
    """A mass mail. `matched` is None until its audience is frozen; `scheduled_at` as chosen on the clock of `zone`."""

    id: str
    version: int
    deleted: bool
    name: str
    subject: str
    state: str
    matched: int | None
    utm_source: str
    utm_medium: str
    utm_campaign: str
    created_by: str
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    kind: str = ""
    scheduled_at: datetime | None = None
    zone: str = ""


@dataclass(frozen=True, slots=True)
class MailLinksDocument:
    """Where the tracked links of one revision of a campaign's mail lead, the first one's address first.

    `id` is `<campaign>/<revision>`. The mail was sent as its latest revision has it.
    """

    id: str
    version: int
    deleted: bool
    campaign_id: str
    revision: int
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SuppressionDocument:
    """A do-not-mail entry; `id` is the SHA-256 of the normalised address. `deleted` once lifted."""

    id: str
    version: int
    deleted: bool
    email: str
    reason: str
    created_at: datetime


HUMAN, MACHINE = "human", "machine"


@dataclass(frozen=True, slots=True)
class EngagementDocument:
    """Something that was done with a mail; `id` is the mail's id, the time and a number.

    `kind` open, click or unsubscribe; `link` the clicked one's number, from 1, 0 otherwise. `verdict` human or machine,
    `why` the rule that says so, empty for humans. `campaign_id` is None for the mails of no campaign.
    """

    id: str
    version: int
    deleted: bool
    kind: str
    campaign_id: str | None
    mail_id: str
    person_id: str
    at: datetime
    link: int
    agent: str
    verdict: str
    why: str


AnyDocument = (
    PersonDocument
    | EventDocument
    | RegistrationDocument
    | DeliveryDocument
    | CampaignDocument
    | MailLinksDocument
    | SuppressionDocument
    | EngagementDocument
)


def of(found: Iterable[Change]) -> list[AnyDocument]:
    """Project changes by what the features registered, leaving out items that have no document."""
    return [document for document in changes.documents(found) if isinstance(document, AnyDocument)]
