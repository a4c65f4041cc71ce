"""The links on a campaign's own page: which were clicked, in how many mails, how often; each number opens its rows."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from crm.campaigns import views
from crm.campaigns.entities import Campaign
from crm.search import engine
from tests.campaigns.accounts import sending
from tests.mail_documents import NEWSLETTER, mail
from tests.search.documents import engagement, mail_links

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir")]


@pytest.fixture
def campaign() -> Campaign:
    """A campaign with one link more than its page shows: the n-th one was clicked by n people."""
    made = sending("sent")
    links = [f"https://example.com/{number}?utm_source=news" for number in range(1, views.LINKS_SHOWN + 2)]
    readers = range(len(links))
    rows = [mail(utm=NEWSLETTER, id=f"{made.id}/{n}/mail", campaign_id=made.id, outcome="delivered") for n in readers]
    clicks = [
        engagement(row.id, str(link), campaign_id=made.id, kind="click", link=link)
        for n, row in enumerate(rows)
        for link in range(n + 1, len(links) + 1)
    ]
    again = [engagement(rows[0].id, f"again {n}", campaign_id=made.id, kind="click", link=1) for n in range(3)]
    scan = engagement(rows[-1].id, "scan", campaign_id=made.id, kind="click", link=1, verdict="machine")
    elsewhere = [mail(id="d/1/mail", campaign_id="d"), engagement("d/1/mail", "1", campaign_id="d", kind="click")]
    engine.store().apply([*rows, *clicks, *again, scan, *elsewhere, mail_links(made.id, 2, *links)])
    return made


def asked(client: Client, campaign: Campaign) -> Any:
    """Ask for the links as the page does once it is there."""
    url = f"/dashboard/campaigns/{campaign.id}/"
    return client.get(url, headers={"HX-Request": "true", "HX-Target": "campaign-links"})


def test_the_page_comes_without_its_links_and_asks_for_them_at_once(as_owner: Client, campaign: Campaign) -> None:
    page = as_owner.get(f"/dashboard/campaigns/{campaign.id}/").content.decode()
    (section,) = re.findall(r'<section[^>]* id="campaign-links"[^>]*>', page)
    assert f'hx-get="/dashboard/campaigns/{campaign.id}/" hx-trigger="load"' in section
    assert "example.com/" not in page
    # Without scripts, a link leads there.
    (there,) = re.findall(r'<a href="([^"]+)">Which links were clicked</a>', page)
    assert as_owner.get(unescape(there)).context["total"][1].number == 3 + sum(range(views.LINKS_SHOWN + 2))


def test_links_clicked_in_most_mails_come_first_and_the_rest_is_one_click_away(
    as_owner: Client, campaign: Campaign
) -> None:
    part = asked(as_owner, campaign)
    links, most = part.context["links"], views.LINKS_SHOWN + 1
    assert [(line.text, line.cells[0].number) for line in links.shown] == [
        (f"example.com/{number}", number) for number in range(most, 1, -1)
    ]
    assert links.more == 1
    assert [cell.number for cell in links.total] == [most, 3 + sum(range(1, most + 1))]
    assert [len(as_owner.get(url).context["rows"]) for url in (links.url, links.raw_url)] == [most, most]
    assert "<h1" not in part.content.decode()


def test_every_number_of_the_links_opens_its_mails_or_clicks(as_owner: Client, campaign: Campaign) -> None:
    text = asked(as_owner, campaign).content.decode()
    numbers = re.findall(r'<td class="num[^>]*><a href="([^"]+)"[^>]*>([\d,]+)</a>', text)
    assert len(numbers) == 2 * (views.LINKS_SHOWN + 1)
    for url, number in numbers:
        assert as_owner.get(unescape(url)).context["total"] == int(number)


def test_where_nobody_clicked_the_panel_says_so(as_owner: Client) -> None:
    assert "Nobody has clicked a link yet" in asked(as_owner, sending("sent")).content.decode()
