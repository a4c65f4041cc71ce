"""The campaigns that stopped by themselves, and wait for staff to lift that."""

from crm.campaigns import repository
from crm.campaigns.entities import PAUSED, Campaign


def found() -> list[Campaign]:
    """Return all of them as DynamoDB has them, the latest stop first.

    Raises:
        errors.Busy: DynamoDB throttled the read beyond the SDK's retries, or gave no answer.
    """
    campaigns = repository.find_many(repository.open_ids())
    stopped = [one for one in campaigns if one.state == PAUSED and one.stop_reason]
    return sorted(stopped, key=lambda one: one.updated_at, reverse=True)
