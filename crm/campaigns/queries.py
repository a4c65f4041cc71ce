"""Questions about campaigns: one campaign from DynamoDB, progress and lists from the read model."""

from collections.abc import Mapping
from dataclasses import dataclass

from crm.analytics import engine as analytics
from crm.analytics.store import STATES, CampaignEngagement
from crm.campaigns import repository
from crm.campaigns.entities import SENDING, SENT, Campaign
from crm.deliveries.entities import PENDING, SKIPPED
from crm.search import engine
from crm.search.documents import OPEN_STATES, CampaignDocument, DeliveryDocument
from crm.search.store import Page


@dataclass(frozen=True, slots=True)
class CampaignReport:
    """A campaign with its body and the state of everybody it matched.

    Once `matched` is known, queued + excluded = matched = the sum of `deliveries` (state -> number, all states).
    `excluded` maps reasons to numbers of people left out, `outcomes` what SES told of those sent to numbers of mails.
    `engagement`: how many people did what with theirs.
    """

    campaign: Campaign
    body: str
    queued: int
    excluded: Mapping[str, int]
    deliveries: Mapping[str, int]
    outcomes: Mapping[str, int]
    engagement: CampaignEngagement

    @property
    def id(self) -> str:
        """The campaign's id."""
        return self.campaign.id

    @property
    def state(self) -> str:
        """The campaign's state, but `sending` until the counts, too, show nothing open: they may be a moment behind."""
        is_open = any(self.deliveries[state] for state in OPEN_STATES)
        return SENDING if self.campaign.state == SENT and is_open else self.campaign.state

    @property
    def matched(self) -> int | None:
        """How many people the frozen audience holds, None before it is frozen."""
        return self.campaign.matched


def get(campaign_id: str) -> CampaignReport:
    """Return a campaign and its progress.

    Raises:
        errors.NotFound: there is none of this id.
    """
    campaign = repository.get(campaign_id)
    # Read after the campaign: the read model never knows of more mails than were matched.
    states, reasons = analytics.store().campaign_states(campaign_id)
    matched = campaign.matched or 0
    counted = {state: states.get(state, 0) for state in STATES}
    # Mails that are not in the read model yet were just made, or are about to be.
    counted[PENDING] += max(0, matched - sum(counted.values()))
    return CampaignReport(
        campaign=campaign,
        body=repository.body(campaign),
        queued=matched - counted[SKIPPED],
        excluded=dict(reasons),
        deliveries=counted,
        outcomes=analytics.store().campaign_outcomes(campaign_id),
        engagement=analytics.store().campaign_engagement(campaign_id),
    )


def page(
    *, state: str | None = None, text: str = "", limit: int = 20, cursor: str | None = None
) -> Page[CampaignDocument]:
    """Return a page of campaigns, newest first; `text` searches name and subject."""
    return engine.store().campaigns(state=state, text=text, limit=limit, cursor=cursor)


def deliveries(
    campaign_id: str,
    *,
    state: str | None = None,
    reason: str | None = None,
    outcome: str | None = None,
    text: str = "",
    limit: int = 20,
    cursor: str | None = None,
) -> Page[DeliveryDocument]:
    """Return a page of a campaign's mails, newest first; `text` searches their people's names and e-mails.

    Raises:
        errors.NotFound: there is no campaign of this id.
    """
    repository.get(campaign_id)
    return engine.store().deliveries(
        campaign_id=campaign_id,
        state=state,
        reason=reason,
        outcome=outcome,
        text=text,
        limit=limit,
        cursor=cursor,
    )
