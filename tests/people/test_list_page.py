"""Rules of the People page: whom it shows, how it counts, what it offers to whom."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from crm.people import actions
from crm.people.entities import Person
from tests import factories

pytestmark = [pytest.mark.usefixtures("tables", "data_dir"), pytest.mark.django_db]

HTMX = {"HX-Request": "true"}


def shown(response: HttpResponse) -> list[str]:
    """Return the names in the table, in order."""
    return re.findall(r'<a href="/dashboard/people/[^"]+/">([^<]+)</a><small>', response.content.decode())


def address(response: HttpResponse, rel: str) -> str:
    """Return where a pager's link leads, empty without such a link."""
    found = re.search(rf'href="([^"]+)" rel="{rel}"', response.content.decode())
    return found[1].replace("&amp;", "&") if found else ""


@pytest.fixture
def people(tables: None, data_dir: Path) -> list[Person]:
    """Three people who differ in every filter's field."""
    return [
        factories.person(first_name="Ada", last_name="Wong", company="TechCorp", city="New York", state="NY"),
        factories.person(first_name="Ben", last_name="Roth", company="TechCorp", city="Boston", gender="male"),
        factories.person(first_name="Cai", last_name="Lin", company="Acme", city="Boston", job_title="Engineer"),
    ]


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("company=techcorp", ["Ada Wong", "Ben Roth"]),
        ("company=TechCorp&city=Boston", ["Ben Roth"]),
        ("job_title=Engineer", ["Cai Lin"]),
        ("jobTitle=Engineer", ["Cai Lin"]),
        ("state=NY", ["Ada Wong"]),
        ("gender=male", ["Ben Roth"]),
        ("q=li+cai", ["Cai Lin"]),
        ("events_hosted_min=1", []),
        ("events_attended_max=0&q=ben", ["Ben Roth"]),
    ],
)
def test_every_filter_of_the_address_narrows_the_list(as_owner: Client, query: str, names: list[str]) -> None:
    assert sorted(shown(as_owner.get(f"{reverse('people')}?{query}"))) == names


@pytest.mark.usefixtures("people")
def test_each_filter_in_use_is_a_chip_that_takes_it_off(as_owner: Client) -> None:
    page = as_owner.get(f"{reverse('people')}?company=TechCorp&events_attended_max=3&sort_by=company").content.decode()
    chips = re.findall(r'href="([^"]+)" aria-label="Remove filter: ([^"]+)"', page)
    assert [label for _, label in chips] == ["Company is TechCorp", "Attended ≤ 3"]
    assert parse_qs(urlsplit(chips[0][0].replace("&amp;", "&")).query) == {
        "events_attended_max": ["3"],
        "sort_by": ["company"],
    }


def test_number_that_is_none_is_told_beside_its_input_and_kept(as_owner: Client, people: list[Person]) -> None:
    response = as_owner.get(f"{reverse('people')}?events_attended_min=many&company=TechCorp")
    page = response.content.decode()
    assert response.status_code == 422
    assert re.search(r'id="filter-events_attended_min_error">\s*Give a whole number', page)
    assert 'value="many"' in page
    assert shown(response) == []


def test_parameter_that_does_not_exist_is_said_so(as_owner: Client) -> None:
    response = as_owner.get(f"{reverse('people')}?hair=red")
    assert response.status_code == 422
    assert "There is no such parameter" in response.content.decode()


def test_count_is_split_and_each_part_opens_exactly_its_people(as_owner: Client, people: list[Person]) -> None:
    page = as_owner.get(reverse("people")).content.decode()
    parts = dict(re.findall(r'<a href="(/dashboard/people/[^"]+)">\s*(\d+ \w+)\s*</a>', page))
    assert list(parts.values()) == ["3 mailable"]
    assert len(shown(as_owner.get(next(iter(parts)).replace("&amp;", "&")))) == 3


def test_pages_lead_on_and_back_by_address_alone(as_owner: Client) -> None:
    for number in range(45):
        factories.person(first_name=f"P{number:02}")
    seen, url = [], f"{reverse('people')}?sort_by=firstName"
    while url:
        page = as_owner.get(url)
        seen.append((url, shown(page)))
        url = address(page, "next")
    assert [len(names) for _, names in seen] == [20, 20, 5]
    assert [name for _, names in seen for name in names] == [f"P{number:02}" for number in range(45)]
    assert "41 to 45 of 45" in page.content.decode()
    back = as_owner.get(address(page, "prev"))
    assert shown(back) == seen[1][1]
    assert "21 to 40 of 45" in back.content.decode()
    assert shown(as_owner.get(address(back, "prev"))) == seen[0][1]


@pytest.mark.usefixtures("people")
def test_column_in_use_turns_its_order_round(as_owner: Client) -> None:
    page = as_owner.get(f"{reverse('people')}?sort_by=firstName")
    assert shown(page) == ["Ada Wong", "Ben Roth", "Cai Lin"]
    head = re.search(r'aria-sort="ascending">\s*<a href="([^"]+)"', page.content.decode())
    assert head
    assert shown(as_owner.get(head[1])) == ["Cai Lin", "Ben Roth", "Ada Wong"]


@pytest.mark.usefixtures("people")
def test_htmx_gets_the_list_alone_and_history_the_whole_page(as_owner: Client) -> None:
    url = f"{reverse('people')}?company=Acme"
    part = as_owner.get(url, headers={**HTMX, "HX-Target": "people-list"})
    assert part.content.decode().strip().startswith('<div id="people-list"')
    assert "<html" not in part.content.decode()
    assert "HX-Request" in part["Vary"]
    for whole in ({"HX-History-Restore-Request": "true"}, {"HX-Boosted": "true"}):
        page = as_owner.get(url, headers={**HTMX, "HX-Target": "people-list", **whole})
        assert "<html" in page.content.decode()


@pytest.mark.usefixtures("people")
def test_filter_being_typed_is_one_step_in_the_history_without_empty_inputs(as_owner: Client) -> None:
    typing = {**HTMX, "HX-Target": "people-list", "HX-Trigger": "people-filter"}
    url = f"{reverse('people')}?q=&company=Acme&city="
    first = as_owner.get(url, headers={**typing, "HX-Current-URL": "http://testserver/dashboard/people/"})
    assert first["HX-Push-Url"] == "/dashboard/people/?company=Acme"
    then = as_owner.get(url, headers={**typing, "HX-Current-URL": "http://testserver/dashboard/people/?company=A"})
    assert then["HX-Replace-Url"] == "/dashboard/people/?company=Acme"


@pytest.mark.usefixtures("people")
def test_commonest_values_are_suggested_when_filters_open(as_owner: Client) -> None:
    part = as_owner.get(reverse("people"), headers={**HTMX, "HX-Target": "filter-values"}).content.decode()
    companies = re.search(r'<datalist id="values-company">(.*?)</datalist>', part, re.DOTALL)
    assert companies
    assert re.findall(r'value="([^"]+)"', companies[1]) == ["TechCorp", "Acme"]


def test_selecting_all_offers_the_filter_and_not_the_page_s_rows(as_owner: Client, people: list[Person]) -> None:
    page = as_owner.get(f"{reverse('people')}?company=TechCorp&select=all").content.decode()
    assert "All 2 matching selected" in page
    assert page.count("checked disabled") == 3
    assert f'href="{reverse("campaign-new")}?company=TechCorp"' in page


def test_viewer_sees_people_but_nothing_to_change_them_with(as_viewer: Client, people: list[Person]) -> None:
    page = as_viewer.get(reverse("people")).content.decode()
    assert "Ada Wong" in page
    for forbidden in ("person-new", "person-edit", "person-delete", "campaign-new"):
        arguments = [people[0].id] if forbidden in ("person-edit", "person-delete") else []
        assert reverse(forbidden, args=arguments) not in page.replace('action="/dashboard/campaigns/new/"', "")


def test_names_are_shown_as_text_and_never_as_markup(as_owner: Client) -> None:
    factories.person(first_name="<script>alert(1)</script>")
    page = as_owner.get(reverse("people")).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_search_that_finds_nobody_says_what_was_asked(as_owner: Client, people: list[Person]) -> None:
    page = as_owner.get(f"{reverse('people')}?q=zzz").content.decode()
    assert "Nobody matches" in page
    assert "No people yet" not in page


def test_first_page_without_people_offers_to_add_one(as_owner: Client) -> None:
    page = as_owner.get(reverse("people")).content.decode()
    assert "No people yet" in page


def test_deleted_person_is_gone_from_the_next_list(as_owner: Client, people: list[Person]) -> None:
    actions.delete(person_id=people[0].id, actor=factories.ACTOR)
    assert sorted(shown(as_owner.get(reverse("people")))) == ["Ben Roth", "Cai Lin"]
