"""The shapes in which the API takes and answers campaigns and their mails."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from crm.campaigns import audience_filter
from crm.campaigns.queries import CampaignReport
from crm.core.api.schemas import In, Instant, ListQuery, Out, PageOut, Term
from crm.core.utm import Utm
from crm.people import filter_body
from crm.search import filters
from crm.search.documents import CampaignDocument, DeliveryDocument
from crm.search.filters import Filter

CampaignState = Literal["draft", "scheduled", "freezing", "expanding", "sending", "paused", "sent", "cancelled"]
Kind = Literal["newsletter", "invitation", "notice"]
DeliveryOutcome = Literal["delayed", "delivered", "rejected", "bounced", "complained"]
DeliveryState = Literal["pending", "sending", "sent", "failed", "skipped", "cancelled", "unknown", "held"]


def filter_of(given: dict[str, Any]) -> Filter:
    """Return the filter that a body holds in its field `filter`. Raises errors.Invalid naming the field within it."""
    where = filter_body.read(given)
    audience_filter.demand_room(where)
    return where


# No draft is written anew so often; longer digits are a slip.
MAX_REVISION = 10**9


class TaggedIn(In):
    """How a mail's links are tagged."""

    utm_source: str = Field("", alias="utm_source")
    utm_medium: str = Field("", alias="utm_medium")
    utm_campaign: str = Field("", alias="utm_campaign")

    def utm(self) -> Utm:
        """Return the triple that tags the mail's links."""
        return Utm(self.utm_source, self.utm_medium, self.utm_campaign)


class EmailIn(TaggedIn):
    """A mail to everybody whom `filter` matches; its fields are those of GET /users/filter."""

    filter: dict[str, Any] = Field(default_factory=dict)
    all: bool = Field(False, description="Asks for everybody, with an empty filter.")
    segment: str | None = Field(None, description="Mail whom this segment matches when it begins, instead of a filter.")
    subject: str
    body: str
    name: str = Field("", description="For the team; the subject where left out.")
    kind: Kind = Field("newsletter", description="People can unsubscribe from one kind and keep the others.")
    at: Instant | None = Field(None, description="When to begin; now where left out.")
    zone: str = Field("", description="The time zone on whose clock `at` was chosen, such as Europe/Berlin.")
    draft_id: str | None = Field(None, description="The draft that becomes this campaign; all else is as given here.")
    revision: int | None = Field(
        None, ge=1, le=MAX_REVISION, description="Refuse (409) unless this is the draft's newest revision."
    )

    def where(self) -> Filter:
        """Return whom to mail.

        Raises:
            errors.Invalid: naming the filter's field that is wrong, or `all` where it contradicts the filter.
        """
        where = filter_of(self.filter)
        filter_body.demand_meant(where, is_everybody=self.all)
        return where


class StartedOut(Out):
    """A campaign has begun. `matched`: whom the filter matched just before; the audience is frozen after."""

    campaign_id: str
    matched: int


class CampaignRowOut(Out):
    """A campaign in a list. `scheduledAt`: when it begins, or a draft is meant to, chosen on the clock of `zone`."""

    id: str
    name: str
    subject: str
    utm_source: str = Field(alias="utm_source")
    utm_medium: str = Field(alias="utm_medium")
    utm_campaign: str = Field(alias="utm_campaign")
    state: CampaignState
    matched: int | None
    created_by: str
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    kind: Kind
    scheduled_at: datetime | None
    zone: str

    @classmethod
    def of_document(cls, row: CampaignDocument) -> "CampaignRowOut":
        """Answer one row of a list."""
        return cls(**{name: getattr(row, name) for name in CampaignRowOut.model_fields})


class OutcomesOut(Out):
    """What SES told of a campaign's sent mails: each counts once, under the last of what became of it. Beside it, how
    many people opened and clicked theirs (`…All`: machines included) and unsubscribed from within it."""

    delayed: int
    delivered: int
    rejected: int
    bounced: int
    complained: int
    opened: int
    opened_all: int
    clicked: int
    clicked_all: int
    unsubscribed: int

    @classmethod
    def of(cls, report: CampaignReport) -> "OutcomesOut":
        """Answer what became of one campaign's mails."""
        told = {name: number for name, number in report.outcomes.items() if name in cls.model_fields}
        did = {name: getattr(report.engagement, name) for name in cls.model_fields if name not in told}
        return cls(**told, **did)


class CampaignOut(CampaignRowOut):
    """A campaign. Once `matched` is known, queued + excluded = matched = the sum of `deliveries`."""

    filter: dict[str, Any]
    body: str
    queued: int
    excluded: dict[str, int]
    deliveries: dict[DeliveryState, int]
    outcomes: OutcomesOut
    frozen_at: datetime | None
    revision: int
    stop_reason: str = Field(description="Why it is paused, where it stopped by itself.")
    retrying: str = Field(description="Which of its mails are being queued again: failed, held, or empty.")
    correction_of: str = Field(description="The campaign whose recipients it is for, empty where it has a filter.")
    segment_id: str = Field(description="The segment it is for, empty where it has a filter of its own.")
    segment_name: str = Field(description="What that segment was called when the audience was frozen.")

    @classmethod
    def of(cls, report: CampaignReport) -> "CampaignOut":
        """Answer one campaign."""
        campaign = report.campaign
        values: dict[str, Any] = {n: getattr(campaign, n) for n in cls.model_fields if hasattr(campaign, n)}
        values |= {n: getattr(report, n) for n in ("state", "body", "queued", "excluded", "deliveries")}
        values["outcomes"] = OutcomesOut.of(report)
        utm = campaign.utm
        values |= {"utm_source": utm.source, "utm_medium": utm.medium, "utm_campaign": utm.campaign}
        return cls(**values, filter=filters.to_json(campaign.where))


class CampaignPage(PageOut[CampaignRowOut]):
    """A page of campaigns."""


class CampaignsQuery(ListQuery):
    """How campaigns are listed."""

    state: CampaignState | None = None
    q: Term = ""


class DeliveryOut(Out):
    """One mail to one person. `stateAt`: when its present state was entered. `outcome`: what SES told of it."""

    user_id: str
    email: str
    state: DeliveryState
    reason: str
    attempt: int
    created_at: datetime
    state_at: datetime
    sent_at: datetime | None
    outcome: DeliveryOutcome | None
    outcome_at: datetime | None
    outcome_reason: str

    @classmethod
    def of(cls, row: DeliveryDocument) -> "DeliveryOut":
        """Answer one row of a list."""
        same = cls.model_fields.keys() - {"user_id", "outcome"}
        told: Any = row.outcome or None
        return cls(user_id=row.person_id, outcome=told, **{name: getattr(row, name) for name in same})


class DeliveryPage(PageOut[DeliveryOut]):
    """A page of mails."""


class DeliveriesQuery(ListQuery):
    """How a campaign's mails are listed."""

    state: DeliveryState | None = None
    outcome: DeliveryOutcome | None = None
    reason: Term | None = None
    q: Term = Field("", description="Words that begin people's names or e-mail addresses.")
