"""Everybody gets the campaign's mail with their own words in it, as it was laid out when it was sent off."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from crm.campaigns import actions, layouts, repository
from crm.campaigns.entities import Campaign
from crm.core import clock, errors
from crm.core.utm import Utm
from crm.deliveries import layout, tokens
from crm.deliveries import repository as deliveries
from crm.deliveries.entities import FAILED, MAIL_STEP, SENT, Delivery
from crm.people import actions as people
from crm.people.entities import Person
from crm.search import engine, filters
from tests import factories
from tests.deliveries.ses_endpoint import Endpoint
from tests.worker.outbox_fakes import never
from worker import campaigns

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


def _started(body: str, subject: str = "Hello") -> Campaign:
    started = actions.send(where=filters.EVERYONE, subject=subject, body=body, utm=Utm("news"), actor=factories.ACTOR)
    engine.store().note_freshness(clock.now())
    return started.campaign


def _moved_on(campaign: Campaign, pool: ThreadPoolExecutor) -> Campaign:
    campaigns.move_on(campaign.id, pool, never, lambda: None)
    found = repository.find(campaign.id)
    assert found is not None
    return found


def _mail(campaign: Campaign, person: Person) -> Delivery:
    found = deliveries.find(campaign.id, 0, person.id, MAIL_STEP)
    assert found is not None
    return found


def test_everybody_reads_their_own_name_and_has_their_own_addresses(
    endpoint: Endpoint, pool: ThreadPoolExecutor
) -> None:
    ada, ben = factories.person(first_name="Ada"), factories.person(first_name="Ben <b>")
    campaign = _moved_on(_started("Hi {{ firstName }}, [come](https://a.example)", "{{ firstName }}!"), pool)

    by_address = dict(zip(endpoint.addresses, endpoint.messages, strict=True))
    for person, shown in ((ada, "Ada"), (ben, "Ben &lt;b&gt;")):
        message, token = by_address[person.fields.email], tokens.of(_mail(campaign, person))
        html = message.get_body(("html",))
        assert html is not None
        assert message["Subject"] == f"{person.fields.first_name}!"
        assert f'Hi {shown}, <a href="{tokens.click_url(token, 1)}"' in html.get_content()
        assert tokens.unsubscribe_url(token) in message["List-Unsubscribe"]


def test_person_whose_value_went_missing_meanwhile_fails_with_the_reason(
    endpoint: Endpoint, pool: ThreadPoolExecutor
) -> None:
    ada, ben = factories.person(company="TechCorp"), factories.person(company="Acme")
    campaign = _started("Hello {{ company }}")
    people.patch(person_id=ben.id, values={"company": ""}, actor=factories.ACTOR)

    campaign = _moved_on(campaign, pool)

    failed = _mail(campaign, ben)
    assert (failed.state, failed.reason) == (FAILED, "no company to fill in, and the mail has no default for it")
    assert _mail(campaign, ada).state == SENT
    assert endpoint.calls == 1


def test_mail_stays_as_it_was_laid_out_whatever_changes_here(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.person(first_name="Ada")
    campaign = _started("Hi {{ firstName }}")
    monkeypatch.setattr(layout, "of", lambda *_: pytest.fail("laid out again"))

    _moved_on(campaign, pool)

    html = endpoint.messages[0].get_body(("html",))
    assert html is not None
    assert "Hi Ada" in html.get_content()


def test_link_leads_where_its_mail_says_and_nowhere_else() -> None:
    campaign = _started("[a](https://a.example/#x) https://b.example/")

    assert layouts.destination(campaign.id, 1) == "https://a.example/?utm_source=news#x"
    assert layouts.destination(campaign.id, 2) == "https://b.example/?utm_source=news"
    for campaign_id, number in ((campaign.id, 0), (campaign.id, 3), (campaign.id, -1), ("nothing", 1)):
        with pytest.raises(errors.NotFound):
            layouts.destination(campaign_id, number)
