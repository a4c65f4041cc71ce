"""Campaigns' mails as they were laid out when they were sent off, stored beside the words they were made of."""

from functools import lru_cache

from crm.campaigns import repository
from crm.campaigns.entities import FIRST_REVISION, Campaign
from crm.campaigns.tables import LayoutItem, campaign_pk, layout_sk
from crm.core import dynamo, errors
from crm.deliveries import layout, tokens
from crm.deliveries.layout import Layout


def of(campaign: Campaign) -> Layout:
    """Return what a campaign's mail looks like, for ever the same once it was sent off.

    A draft's is laid out as it is now.

    Raises:
        errors.Invalid: a draft that cannot be laid out.
    """
    item = dynamo.get(LayoutItem, campaign_pk(campaign.id), layout_sk(campaign.revision))
    if item is None:
        return layout.of(campaign.subject, repository.body(campaign), campaign.utm)
    return layout.unpacked(item.layout)


def destination(campaign_id: str, number: int) -> str:
    """Return where the nth tracked link of a campaign's mail leads, counted from 1.

    Raises:
        errors.NotFound: there is no such campaign, or its mail has no such link.
    """
    found = _destinations(campaign_id)
    if not 1 <= number <= len(found):
        raise errors.NotFound("There is no such link.")
    return found[number - 1]


def number_of(campaign_id: str, address: str) -> int:
    """Return which tracked link of a campaign's mail leads to an address, counted from 1; 0 where none does.

    SES tells of the address as it stands in the mail, which is our own one of that link, or of where it leads.
    """
    found = _destinations(campaign_id)
    if matched := tokens.CLICKED.fullmatch(address):
        return int(matched[1]) if int(matched[1]) <= len(found) else 0
    return found.index(address) + 1 if address in found else 0


def _destinations(campaign_id: str) -> tuple[str, ...]:
    campaign = repository.find(campaign_id)
    # A test's mail is laid out once and has no campaign.
    found = _links(campaign_id, FIRST_REVISION if campaign is None else campaign.revision)
    return of(campaign).links if not found and campaign is not None else found


@lru_cache(maxsize=256)
def _links(campaign_id: str, revision: int) -> tuple[str, ...]:
    item = dynamo.get(LayoutItem, campaign_pk(campaign_id), layout_sk(revision))
    return layout.unpacked(item.layout).links if item is not None else ()
