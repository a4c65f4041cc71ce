"""From the link in a mail to the registration at its end: what is told on the way, and to whom."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import Client

from crm.campaigns import actions, trials
from crm.campaigns.entities import Campaign, Mail
from crm.core import changes, dynamo
from crm.core.changes import Change
from crm.core.utm import Utm
from crm.deliveries import tokens
from crm.deliveries.entities import Delivery
from crm.engagement.tables import EngagementItem, engagement_pk
from crm.events.entities import Event
from crm.people import repository as people
from crm.registrations import repository
from crm.search import engine
from crm.search.filters import EVERYONE
from tests import factories
from tests.engagement.leaving_steps import sent
from tests.factories import ACTOR
from tests.public.visitors import ADA, register
from tests.search.documents import delivery

pytestmark = pytest.mark.usefixtures("tables", "data_dir")
UTM = Utm("newsletter", "email", "June")


@pytest.fixture
def event() -> Event:
    """What the campaign is about."""
    return factories.event(slug="night")


@pytest.fixture
def campaign(event: Event) -> Campaign:
    """A campaign with a link to the event's page, and one to another site."""
    body = f"[Come]({settings.PUBLIC_URL}/e/{event.fields.slug}?a=1#register) [Map](https://maps.example/x)"
    return actions.send(where=EVERYONE, subject="Hi", body=body, utm=UTM, actor=ACTOR).campaign


def clicked(client: Client, mail: Delivery, number: int = 1) -> str:
    """Return where a click leads."""
    return str(client.get(f"/c/{tokens.of(mail)}/{number}")["Location"])


def test_a_click_to_our_own_page_says_which_mail_it_came_from_and_one_to_other_sites_does_not(
    client: Client, campaign: Campaign
) -> None:
    mail = sent(factories.person(), source=campaign.id)
    target = clicked(client, mail)
    query = parse_qs(urlsplit(target).query)
    assert target.startswith(f"{settings.PUBLIC_URL}/e/night?a=1&utm_source=newsletter&")
    assert target.endswith("#register")
    assert tokens.campaign_of(query["via"][0]) == campaign.id
    # It is the same in everybody's mail: nobody is in it.
    assert clicked(client, sent(factories.person(), source=campaign.id)) == target
    assert "via" not in clicked(client, mail, 2)


def test_a_click_in_a_test_of_a_mail_credits_nobody(client: Client, campaign: Campaign) -> None:
    mail = replace(sent(factories.person(), source=campaign.id), person_id=trials.NOBODY)
    assert "via" not in clicked(client, mail)


def test_who_clicks_and_registers_is_credited_to_the_campaign_spelled_as_its_mails_are(
    client: Client, campaign: Campaign, event: Event
) -> None:
    reader = factories.person(email=ADA["email"])
    client.get(clicked(client, sent(reader, source=campaign.id)))
    register(client, event)
    found = repository.find(event.id, reader.id)
    assert found is not None
    assert found.last_touch is not None
    assert found.last_touch.words == "newsletter / email / June"
    assert found.last_touch.campaign_id == campaign.id


def test_who_was_forwarded_the_mail_is_registered_as_themselves_and_credits_the_campaign(
    client: Client, campaign: Campaign, event: Event
) -> None:
    reader = factories.person(email="reader@example.com")
    client.get(clicked(client, sent(reader, source=campaign.id)))
    register(client, event)
    friend = people.id_by_email(ADA["email"])
    assert friend is not None
    found = repository.find(event.id, friend)
    assert found is not None
    assert found.first_touch is not None
    assert found.first_touch.campaign_id == campaign.id
    assert repository.find(event.id, reader.id) is None


def test_a_click_counts_for_its_link_whose_address_is_known(client: Client, campaign: Campaign) -> None:
    mail = sent(factories.person(), source=campaign.id)
    client.get(f"/c/{tokens.of(mail)}/2", headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140"})
    rows = dynamo.query(EngagementItem, engagement_pk(tokens.read(tokens.of(mail))), limit=10)
    listed = delivery(f"{mail.source}/{mail.person_id}/{mail.step}", campaign_id=campaign.id, person_id=mail.person_id)
    engine.show([listed, *changes.documents([Change(row, int(row.version)) for row in rows])])
    assert engine.store().deliveries(campaign_id=campaign.id, link=1).total == 0
    assert engine.store().deliveries(campaign_id=campaign.id, link=2).total == 1
    links = engine.store().mail_links([campaign.id])[campaign.id]
    assert [link.partition("?")[0] for link in links] == [f"{settings.PUBLIC_URL}/e/night", "https://maps.example/x"]


def test_the_links_of_a_test_are_nobodys(campaign: Campaign) -> None:
    mail = Mail(name="", subject="Hi", body="[Map](https://maps.example/x)", utm=UTM)
    test = trials.send_test(mail=mail, to="staff@example.com", actor=ACTOR)
    assert engine.store().mail_links([test.source, campaign.id]).keys() == {campaign.id}
