"""Rules of a test to oneself while writing: it goes to whoever is signed in, and nothing typed is lost by it."""

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from crm.campaigns.tables import TEST_SK, TestItem, campaign_pk
from crm.core import clock, dynamo
from crm.deliveries import repository as deliveries
from crm.deliveries.entities import TRANSACTIONAL, Delivery
from tests import factories
from tests.campaigns.test_compose import MAIL, started

pytestmark = [pytest.mark.usefixtures("tables", "data_dir"), pytest.mark.django_db]
ASKS = {"HX-Request": "true", "HX-Target": "toasts"}
TRIED = {**MAIL, "body": "Hi {{ firstName }}, we know {{ company }}.", "do": "test"}


@pytest.fixture
def ada(tables: None, data_dir: Path) -> str:
    """The first of the two people at TechCorp whom the mail is for."""
    return factories.person(first_name="Ada", last_name="A", company="TechCorp").id


@pytest.fixture
def ben(ada: str) -> str:
    """The second of them."""
    return factories.person(first_name="Ben", last_name="B", company="TechCorp").id


@pytest.fixture
def url(ada: str, ben: str) -> str:
    """The form for both."""
    return f"{reverse('campaign-new')}?company=TechCorp"


def tried() -> list[Delivery]:
    """Return all tests on their way."""
    shards = range(settings.OUTBOX_SHARDS)
    return [mail for shard in shards for mail in deliveries.due(TRANSACTIONAL, shard, clock.now())]


def shown() -> str:
    """Return the first name of who is shown in the one test there is."""
    (test,) = tried()
    item = dynamo.get(TestItem, campaign_pk(test.source), TEST_SK)
    assert item is not None
    return str(item.sample["first_name"])


def test_test_goes_to_whoever_is_signed_in_as_the_person_chosen_gets_it(as_owner: Client, url: str, ben: str) -> None:
    response = as_owner.post(url, {**TRIED, "as": ben}, headers=ASKS)

    assert response.status_code == 200
    page = response.content.decode()
    assert page.startswith('<div id="toasts"')
    assert "A test is on its way to owner@crm.example." in page
    assert [test.email for test in tried()] == ["owner@crm.example"]
    assert shown() == "Ben"
    assert started() == []


def test_test_without_a_choice_shows_the_person_the_preview_begins_with(as_owner: Client, url: str) -> None:
    first = as_owner.get(url).content.decode().partition('id="preview-as"')[2]

    as_owner.post(url, TRIED, headers=ASKS)

    assert shown() in first.partition("</option>")[0]


def test_test_is_of_a_sample_where_nobody_can_be_shown(as_owner: Client) -> None:
    as_owner.post(f"{reverse('campaign-new')}?company=Nowhere", TRIED, headers=ASKS)

    assert shown() == "Sam"


def test_test_without_scripts_shows_the_form_as_it_was_typed(as_owner: Client, url: str, ben: str) -> None:
    typed = {**TRIED, "as": ben, "when": "later", "at": "2027-01-01T09:00", "revision": "3"}
    response = as_owner.post(url, typed)
    page = response.content.decode()

    assert response.status_code == 200
    assert "A test is on its way to owner@crm.example." in page
    assert 'value="Early seats"' in page
    assert "Hi {{ firstName }}, we know {{ company }}.</textarea>" in page
    assert 'value="2027-01-01T09:00"' in page
    assert 'name="revision" value="3"' in page
    assert f'value="{ben}" selected' in page
    assert len(tried()) == 1


def test_mail_may_be_tried_before_its_time_is_set(as_owner: Client, url: str) -> None:
    assert as_owner.post(url, {**TRIED, "when": "later", "at": ""}, headers=ASKS).status_code == 200
    assert len(tried()) == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"subject": " "}, "Subject: This is required."),
        ({"body": ""}, "Body: This is required."),
        ({"body": "Hi {{ nobody }}"}, "Body: There is no field “nobody”."),
        ({"body": "As {{ jobTitle }}"}, "Body: The person shown has no job title. Write a default, such as"),
        ({"as": "nobody"}, "There is no such person."),
    ],
)
def test_test_that_cannot_be_sent_says_why_and_keeps_what_was_typed(
    as_owner: Client, url: str, change: dict[str, str], why: str
) -> None:
    told = as_owner.post(url, {**TRIED, **change}, headers=ASKS)
    page = as_owner.post(url, {**TRIED, **change})

    assert told.status_code == page.status_code == 422
    assert "No test was sent." in told.content.decode()
    assert why in told.content.decode()
    assert why.partition(": ")[2] in page.content.decode()
    assert 'value="Product Summit 2027"' in page.content.decode()
    assert tried() == []


def test_viewer_may_not_send_a_test(as_viewer: Client, url: str) -> None:
    assert as_viewer.post(url, TRIED, headers=ASKS).status_code == 403
    assert tried() == []
