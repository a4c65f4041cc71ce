"""Each number of a campaign's pages that leads to people leads to exactly so many."""

import re
from collections.abc import Mapping
from dataclasses import replace
from html import unescape

import pytest
from django.test import Client

from crm.campaigns.entities import Campaign
from crm.campaigns.tables import CAMPAIGN_SK, CampaignItem, campaign_pk
from crm.core.changes import Change, documents
from crm.search import engine
from tests.campaigns.accounts import counted, sending

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir")]

_NUMBER = re.compile(r'<a[^>]*? href="([^"]+)"[^>]*>(?:[^<]*<b>)?([0-9,]+)(?:</b>)?</a>')


@pytest.fixture
def campaign() -> Campaign:
    """A campaign with mails in most states, counted."""
    made = sending("sent", "sent", "sent", "pending", "failed", "failed", "held", "skipped", "skipped", attempt=1)
    counted(made)
    return made


def opened(client: Client, page: str) -> Mapping[str, int]:
    """Follow every number of a page to a list of recipients; return the numbers by address, as they must all be."""
    found = {unescape(url): int(number.replace(",", "")) for url, number in _NUMBER.findall(page) if "/mails/" in url}
    rows = {url: client.get(url).context["total"] for url in found}
    assert rows == found
    return found


@pytest.mark.parametrize("part", ["", "proof/"])
def test_matched_queued_left_out_and_each_state_open_their_people(
    as_owner: Client, campaign: Campaign, part: str
) -> None:
    page = as_owner.get(f"/dashboard/campaigns/{campaign.id}/{part}").content.decode()
    everybody = f"/dashboard/campaigns/{campaign.id}/mails/"
    numbers = opened(as_owner, page)
    assert (numbers[everybody], numbers[f"{everybody}?state=queued"]) == (9, 7)
    for state, number in {"sent": 3, "failed": 2, "held": 1, "pending": 1, "skipped": 2}.items():
        assert numbers[f"{everybody}?state={state}"] == number


def test_numbers_in_the_list_of_campaigns_open_their_people(as_owner: Client, campaign: Campaign) -> None:
    item = CampaignItem.get(campaign_pk(campaign.id), CAMPAIGN_SK, consistent_read=True)
    engine.show(documents([Change(item, int(item.version))]))
    numbers = opened(as_owner, as_owner.get("/dashboard/campaigns/").content.decode())
    everybody = f"/dashboard/campaigns/{campaign.id}/mails/"
    assert numbers == {
        everybody: 9,
        f"{everybody}?state=sent": 3,
        f"{everybody}?state=queued": 7,
        f"{everybody}?state=skipped": 2,
        f"{everybody}?state=failed": 2,
    }


def test_number_behind_which_not_everybody_stands_yet_opens_nothing(as_owner: Client) -> None:
    campaign = sending("sent", "skipped")
    url = f"/dashboard/campaigns/{campaign.id}/"
    assert 'id="live-matched"' in as_owner.get(url).content.decode()
    (first, _) = engine.store().deliveries(campaign_id=campaign.id).items
    engine.store().apply([replace(first, version=first.version + 1, deleted=True)])
    page = as_owner.get(url).content.decode()
    assert 'id="live-matched"' not in page
    assert "<b>1</b>to queue" in page
    opened(as_owner, page)
