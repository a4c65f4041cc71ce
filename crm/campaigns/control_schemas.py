"""The shapes in which the API is asked to do something about campaigns, and says what became of that."""

from datetime import datetime
from typing import Any

from pydantic import Field

from crm.campaigns.entities import Campaign, Mail
from crm.campaigns.proof import Proof
from crm.campaigns.schemas import MAX_REVISION, CampaignState, DeliveryOutcome, DeliveryState, Kind, TaggedIn, filter_of
from crm.core.api.schemas import In, Instant, Out
from crm.core.utm import Utm
from crm.search.filters import Filter


class DraftIn(TaggedIn):
    """A mail that is not to be sent yet. It may lack subject and body; without a filter it is for everybody."""

    filter: dict[str, Any] = Field(default_factory=dict)
    segment: str | None = Field(None, description="The segment it is for, instead of a filter.")
    subject: str = ""
    body: str = ""
    name: str = Field("", description="For the team; the subject where left out.")
    kind: Kind = "newsletter"
    at: Instant | None = Field(None, description="When it is meant to begin. Nothing does until it is sent.")
    zone: str = Field("", description="The time zone on whose clock `at` was chosen, such as Europe/Berlin.")

    def where(self) -> Filter:
        """Return whom it is for. Raises errors.Invalid naming the filter's field that is wrong."""
        return filter_of(self.filter)

    def mail(self) -> Mail:
        """Return what was written."""
        return Mail(name=self.name, subject=self.subject, body=self.body, utm=self.utm())


class RevisedDraftIn(DraftIn):
    """The whole draft as it is to be now."""

    revision: int | None = Field(
        None, ge=1, le=MAX_REVISION, description="Refuse (409) unless this is its newest revision."
    )


class CorrectionIn(In):
    """A mail to everybody who got another. Its links are tagged as that one's where no UTM parameter is given."""

    subject: str
    body: str
    utm_source: str | None = Field(None, alias="utm_source")
    utm_medium: str | None = Field(None, alias="utm_medium")
    utm_campaign: str | None = Field(None, alias="utm_campaign")

    def utm(self) -> Utm | None:
        """Return the triple that tags the mail's links, None where nothing of it is given."""
        given = (self.utm_source, self.utm_medium, self.utm_campaign)
        return None if given == (None, None, None) else Utm(*(part or "" for part in given))


class ScheduleIn(In):
    """When a campaign is to begin."""

    at: Instant
    zone: str = Field("", description="The time zone on whose clock it was chosen, such as Europe/Berlin.")


class RetryIn(In):
    """Which failed mails to try again."""

    user_ids: list[str] | None = Field(None, description="Those to these people; all failed ones where left out.")


class ResendIn(In):
    """Which held mails to send again."""

    user_ids: list[str] | None = Field(None, description="Those to these people; all held ones where left out.")


class TestIn(TaggedIn):
    """A mail to try out on oneself."""

    # Not to be collected by pytest, whatever it is called.
    __test__ = False
    subject: str
    body: str
    to: str
    user_id: str | None = Field(None, description="Whose fields it shows; those of a sample where left out.")

    def mail(self) -> Mail:
        """Return what was written."""
        return Mail(name="", subject=self.subject, body=self.body, utm=self.utm())


class TestOut(Out):
    """A test is on its way to `to`; it belongs to no campaign."""

    __test__ = False
    id: str
    to: str


class CampaignStateOut(Out):
    """Where a campaign stands after what was done to it."""

    id: str
    state: CampaignState
    revision: int
    scheduled_at: datetime | None
    zone: str
    stop_reason: str = Field(description="Why it is paused, where it stopped by itself.")
    retrying: str = Field(description="Which of its mails are being queued again: failed, held, or empty.")
    updated_at: datetime

    @classmethod
    def of(cls, campaign: Campaign) -> "CampaignStateOut":
        """Answer an action."""
        return cls(**{name: getattr(campaign, name) for name in cls.model_fields})


class OpenOut(Out):
    """Mails that are not settled: in one state, for one reason."""

    state: DeliveryState
    reason: str = Field(
        description="As the mails have it; … where many reasons are counted together, and the others' mails are at "
        "least so many."
    )
    mails: int
    since: datetime = Field(description="Since when the one that waits longest is as it is.")
    until: datetime | None = Field(description="When the last of them moves on by itself, where that is known.")
    why: str = Field(description="In words, with what happens next.")


class ProofOut(Out):
    """What became of everybody a campaign matched, counted mail by mail: `matched` = the sum of `states`."""

    matched: int | None
    states: dict[DeliveryState, int]
    reasons: dict[str, int] = Field(description="Of those skipped.")
    outcomes: dict[DeliveryOutcome, int] = Field(description="What the mail service told of those sent.")
    calls: int = Field(description="How often the mail service was called for them.")
    duplicated: int = Field(description="How many mails the service accepted more than once.")
    duplicates: list[str] = Field(description="The ids of the first hundred of those.")
    open_since: datetime | None = Field(description="Since when the mail that waits longest is as it is.")
    open: list[OpenOut] = Field(description="What is not settled and why, with the held ones, for staff to decide.")
    counted_at: datetime | None
    is_complete: bool = Field(description="Everybody matched is accounted for, and nothing is open.")
    progress: float = Field(description="Of the count under way, 0 to 1; 1 where there is none.")

    @classmethod
    def of(cls, proof: Proof) -> "ProofOut":
        """Answer a proof."""
        values = {name: getattr(proof, name) for name in cls.model_fields.keys() - {"open"}}
        waits = [OpenOut(**{name: getattr(one, name) for name in OpenOut.model_fields}) for one in proof.open]
        return cls(**values, open=waits)
