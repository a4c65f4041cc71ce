"""Rules of the facets above the people: what those listed have in common, and where a click leads."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories

pytestmark = [pytest.mark.usefixtures("tables", "data_dir"), pytest.mark.django_db]

FACETS = {"HX-Request": "true", "HX-Target": "people-facets"}


def facets(client: Client, query: str = "") -> dict[str, list[tuple[str, int, str]]]:
    """Return, by heading, each value with its number and address."""
    part = client.get(f"{reverse('people')}?{query}", headers=FACETS).content.decode()
    assert "<table" not in part
    found = re.findall(r"<h2>(.*?)</h2>(.*?)</section>", part, re.DOTALL)
    value = r'<a href="([^"]+)">([^<]*)</a><span>(\d+)</span>'
    return {
        label: [(text, int(number), url.replace("&amp;", "&")) for url, text, number in re.findall(value, values)]
        for label, values in found
    }


def test_they_tell_the_commonest_values_of_those_listed_and_each_leads_to_its_people(as_owner: Client) -> None:
    for city in ("Boston", "Boston", "Rome"):
        factories.person(company="Acme", city=city, tags=("vip",))
    factories.person(company="Other", city="Oslo")

    found = facets(as_owner, "events_attended_max=0&company=Acme&sort_by=city&cursor=x")

    assert list(found) == ["Cities", "Tags"]
    assert [(text, number) for text, number, _ in found["Cities"]] == [("Boston", 2), ("Rome", 1)]
    boston = found["Cities"][0][2]
    assert "cursor" not in boston
    page = as_owner.get(boston).content.decode()
    assert "<b>2</b> match" in page
    assert "Remove filter: City is Boston" in page
    assert 'aria-sort="ascending"' in page


def test_inputs_of_the_form_that_nothing_was_typed_into_choose_no_field(as_owner: Client) -> None:
    factories.person(company="Acme", city="Boston", tags=("vip",))
    assert list(facets(as_owner, "q=&company=Acme&job_title=&city=&state=&tags=")) == ["Cities", "Tags"]


def test_they_narrow_what_was_built_too(as_owner: Client) -> None:
    for city in ("Boston", "Rome"):
        factories.person(company="Acme", city=city)
    tree = '{"or":[{"field":"company","op":"is","value":"Acme"},{"field":"city","op":"empty"}]}'
    address = reverse("people", query={"filter": tree}).partition("?")[2]
    rome = next(url for text, _, url in facets(as_owner, address)["Cities"] if text == "Rome")
    assert "<b>1</b> match" in as_owner.get(rome).content.decode()


def test_they_are_asked_for_once_they_are_looked_at_and_not_for_nobody(as_owner: Client) -> None:
    assert "people-facets" not in as_owner.get(reverse("people")).content.decode()
    factories.person()
    page = as_owner.get(f"{reverse('people')}?sort_by=city").content.decode()
    assert re.search(
        r'id="people-facets"[^>]+hx-get="/dashboard/people/\?sort_by=city" hx-trigger="intersect once', page
    )
