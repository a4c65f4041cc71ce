"""Whether a campaign does harm: too many hard bounces or complaints, going by what the read model knows so far."""

from crm.analytics import engine as analytics
from crm.campaigns.entities import Campaign, Harm
from crm.deliveries import health
from crm.deliveries.entities import SENT


def of(campaign_id: str) -> Harm:
    """Return how a campaign was received so far."""
    outcomes = analytics.store().campaign_outcomes(campaign_id)
    states, _ = analytics.store().campaign_states(campaign_id)
    return Harm(outcomes["hard_bounced"], outcomes["complained"], states.get(SENT, 0))


def too_many(campaign: Campaign) -> str:
    """Return in words why a campaign must pause itself, empty where it need not.

    Once staff let it go on, only what came on top counts, of the mails sent since.
    """
    known, lifted = of(campaign.id), campaign.lifted
    return health.too_many(
        bounced=known.bounced - lifted.bounced,
        complained=known.complained - lifted.complained,
        sent=known.sent - lifted.sent,
    )
