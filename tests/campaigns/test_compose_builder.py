"""Who writes a mail may change whom it is for, in the builder on the page, and loses nothing that was typed."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories

pytestmark = [pytest.mark.usefixtures("tables", "data_dir"), pytest.mark.django_db]

TYPED = {"subject": "Hi there", "body": "Hello", "do": "audience"}


def row(field: str, op: str, value: str, number: int = 0) -> dict[str, str]:
    place = f"b-{number}"
    return {f"{place}-field": field, f"{place}-was": field, f"{place}-op": op, f"{place}-value": value}


def test_page_loads_the_builder_on_its_audience_with_counts(as_owner: Client) -> None:
    factories.person(company="Acme")
    page = as_owner.get(f"{reverse('campaign-new')}?company=Acme").content.decode()
    url = f"{reverse('people-filter')}?company=Acme&amp;for=campaign"
    assert f'hx-get="{url}"' in page
    headers = {"HX-Request": "true", "HX-Target": "filter-builder"}
    part = as_owner.get(url.replace("&amp;", "&"), headers=headers).content.decode()
    assert "Use this filter" in part
    assert "Show people" not in part
    posted = {"b-link": "and", **row("company", "is", "Acme")}
    headers["HX-Target"] = "builder-said"
    said = as_owner.post(f"{reverse('people-filter')}?for=campaign", posted, headers=headers).content.decode()
    assert "People at Acme" in said
    assert "<b>1</b> matches, 1 mailable, 0 suppressed, 0 unsubscribed" in " ".join(said.split())
    assert "builder-ask" not in said


@pytest.mark.parametrize(
    "conditions",
    [
        row("company", "is", "Acme"),
        row("company", "one_of", "Acme"),
        {**row("company", "one_of", "Acme, Other"), **row("eventsAttended", "at_least", "0", 1), "b-link": "or"},
        {**row("eventsAttended", "at_most", "3"), "b-0-period": "days", "b-0-days": "30"},
        {**row("city", "is", "Boston"), "b-link": "not-or"},
    ],
)
def test_filter_put_together_becomes_the_audience_and_the_mail_stays(
    as_owner: Client, conditions: dict[str, str]
) -> None:
    factories.person(company="Acme")
    posted = {**TYPED, "b-link": "and", **conditions}
    answer = as_owner.post(f"{reverse('campaign-new')}?all=true&draft=d1", posted)
    assert answer.status_code == 307
    assert parse_qs(urlsplit(answer["Location"]).query)["draft"] == ["d1"]
    page = as_owner.post(answer["Location"].replace("&draft=d1", ""), posted)
    assert page.status_code == 200
    assert 'value="Hi there"' in page.content.decode()
    assert "E-mail these 1 person" in " ".join(page.content.decode().split())


def test_filter_that_is_not_right_is_said_and_the_mail_stays(as_owner: Client) -> None:
    posted = {**TYPED, "b-link": "and", **row("eventsAttended", "at_least", "many")}
    page = as_owner.post(f"{reverse('campaign-new')}?all=true", posted).content.decode()
    assert "Give a whole number" in page
    assert 'value="Hi there"' in page
