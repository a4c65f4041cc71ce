"""The campaigns that stopped by themselves, and wait for staff to lift that."""

from crm.campaigns import repository
from crm.campaigns.entities import PAUSED, Campaign
from crm.search import engine

# Of so many paused campaigns, the newest, the page tells which stopped by themselves.
LOOKED_AT = 50


def found() -> list[Campaign]:
    """Return them as DynamoDB has them, the latest stop first.

    Raises:
        errors.Busy: DynamoDB throttled the read beyond the SDK's retries, or gave no answer.
    """
    paused = engine.store().campaigns(state=PAUSED, limit=LOOKED_AT).items
    campaigns = repository.find_many(one.id for one in paused)
    stopped = [one for one in campaigns if one.state == PAUSED and one.stop_reason]
    return sorted(stopped, key=lambda one: one.updated_at, reverse=True)
