"""Rules of the filter builder's page and fragments."""

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests import factories

pytestmark = [pytest.mark.usefixtures("tables", "data_dir"), pytest.mark.django_db]

OR = {"or": [{"field": "company", "op": "is", "value": "Acme"}, {"field": "city", "op": "is", "value": "Boston"}]}
ROWS = {
    "b-link": "or",
    "b-0-field": "company",
    "b-0-was": "company",
    "b-0-op": "is",
    "b-0-value": "Acme",
    "b-1-field": "city",
    "b-1-was": "city",
    "b-1-op": "is",
    "b-1-value": "Boston",
}


def people_url(tree: Any) -> str:
    return reverse("people", query={"filter": json.dumps(tree)})


def step(client: Client, target: str, url: str = "", **typed: str) -> str:
    """Post the builder as HTMX does; return the part that is answered."""
    headers = {"HX-Request": "true", "HX-Target": target}
    answer = client.post(url or reverse("people-filter"), {**ROWS, **typed}, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def tree_of(url: str) -> Any:
    return json.loads(parse_qs(urlsplit(url.replace("&amp;", "&")).query)["filter"][0])


def chosen(page: str, name: str) -> list[str]:
    """Return the chosen options of a select."""
    found = re.search(rf'name="{name}".*?</select>', page, re.DOTALL)
    assert found, name
    return re.findall(r'value="([^"]*)" selected', found[0])


def typed(page: str, name: str) -> list[str]:
    return [re.search('value="([^"]*)"', tag)[1] for tag in re.findall(rf'<input[^>]+name="{name}"[^>]*>', page)]  # type: ignore[index]


def test_address_with_a_tree_opens_the_builder_on_it_beside_its_people(as_owner: Client) -> None:
    factories.person(first_name="Ada", company="Acme")
    factories.person(first_name="Cai", company="Other")
    page = as_owner.get(people_url(OR)).content.decode()
    assert chosen(page, "b-link") == ["or"]
    assert (chosen(page, "b-0-field"), typed(page, "b-0-value"), typed(page, "b-1-value")) == (
        ["company"],
        ["Acme"],
        ["Boston"],
    )
    assert "Ada" in page
    assert "Cai" not in page
    assert 'id="people-filter"' not in page


def test_simple_form_leads_to_the_builder_and_back(as_owner: Client) -> None:
    page = as_owner.get(f"{reverse('people')}?company=Acme&events_attended_min=2&sort_by=company").content.decode()
    link = re.search(r'id="people-advanced" href="([^"]+)"', page)
    assert link
    assert tree_of(link[1])["and"][1] == {"field": "eventsAttended", "op": "at_least", "value": 2}
    built = as_owner.get(link[1].replace("&amp;", "&")).content.decode()
    back = re.search(r'href="([^"]+)">Back to the simple form', built)
    assert back
    assert parse_qs(urlsplit(back[1].replace("&amp;", "&")).query) == {
        "company": ["Acme"],
        "events_attended_min": ["2"],
        "sort_by": ["company"],
    }
    assert "Back to the simple form" not in as_owner.get(people_url(OR)).content.decode()
    assert "?company=Acme" in as_owner.get(people_url({"or": [{"or": OR["or"][:1]}]})).content.decode()


def test_typed_value_is_answered_with_the_list_to_ask_for_and_what_is_wrong(as_owner: Client) -> None:
    said = step(as_owner, "builder-said", **{"b-1-value": "Rome"})
    asked = re.search(r'id="builder-ask" hidden hx-get="([^"]+)"', said)
    assert asked
    assert tree_of(asked[1])["or"][1]["value"] == "Rome"
    assert '<p class="error" id="b-0-error" hx-swap-oob="true"></p>' in said
    wrong = {"b-1-field": "eventsAttended", "b-1-was": "eventsAttended", "b-1-op": "at_least", "b-1-value": "many"}
    said = step(as_owner, "builder-said", **wrong)
    assert 'id="b-1-error" hx-swap-oob="true">Give a whole number.' in said
    assert "builder-ask" not in said


def test_button_adds_a_condition_and_puts_the_focus_there(as_owner: Client) -> None:
    part = step(as_owner, "filter-builder", do="add:b")
    assert part.strip().startswith('<div id="filter-builder"')
    assert chosen(part, "b-2-field") == ["company"]
    assert re.search(r'id="b-2-field"[^>]* autofocus', part)
    grouped = step(as_owner, "filter-builder", do="group:b")
    assert chosen(grouped, "b-2-link") == ["and"]
    assert re.search(r'id="b-2-0-field"[^>]* autofocus', grouped)
    removed = step(as_owner, "filter-builder", do="remove:b-0")
    assert typed(removed, "b-0-value") == ["Boston"]
    assert "b-1-field" not in removed


def test_each_kind_of_field_has_inputs_that_fit(as_owner: Client) -> None:
    event = factories.event(title="Summit")
    kinds = {
        "eventsAttended": ("at_least", 'inputmode="numeric"'),
        "createdAt": ("before", 'type="date"'),
        "unsubscribed": ("is", '<option value="false"'),
        "attendedEvent": ("is", f'value="{event.id}"'),
        "tags": ("is", 'hx-get="/dashboard/people/filter/?known=tags"'),
        "unsubscribedFrom": ("is", ">Newsletters</option>"),
    }
    for field, (op, expected) in kinds.items():
        part = step(as_owner, "filter-builder", **{"b-0-field": field, "b-0-was": field, "b-0-op": op, "b-0-value": ""})
        assert expected in part, field
    period = {"b-0-field": "eventsAttended", "b-0-was": "eventsAttended", "b-0-op": "between", "b-0-period": "dates"}
    part = step(as_owner, "filter-builder", **period)
    assert part.count('name="b-0-value"') == 2
    assert part.count('type="date"') == 2


def test_commonest_values_of_a_field_are_offered_when_one_gets_there(as_owner: Client) -> None:
    factories.person(company="Acme")
    url = reverse("people-filter")
    assert 'value="Acme"' in as_owner.get(f"{url}?known=company").content.decode()
    assert "option" not in as_owner.get(f"{url}?known=email").content.decode()
    assert "option" not in as_owner.get(f"{url}?known=hair").content.decode()


def test_what_is_being_typed_stays_in_the_page_but_where_places_moved(as_owner: Client) -> None:
    assert step(as_owner, "filter-builder", do="add:b").count(" hx-preserve") == 3
    assert " hx-preserve" not in step(as_owner, "filter-builder", do="remove:b-0")
    same, other = ({"b-0-field": field, "b-0-was": "company"} for field in ("city", "eventsAttended"))
    assert 'id="b-0-value-0-text"' in step(as_owner, "filter-builder", **same)
    assert 'id="b-0-value-0-number"' in step(as_owner, "filter-builder", **other)


def test_chosen_event_stays_offered_and_is_called_by_its_name(as_owner: Client) -> None:
    event = factories.event(title="Summit")
    factories.event(title="Gala")
    row = {"b-0-field": "attendedEvent", "b-0-was": "attendedEvent", "b-0-op": "is", "b-0-value": event.id}
    part = step(as_owner, "filter-builder", **row, **{"b-0-find": "gala"})
    assert chosen(part, "b-0-value") == [event.id]
    assert "Gala" in part
    page = as_owner.get(people_url({"field": "attendedEvent", "op": "is", "value": event.id})).content.decode()
    assert "attended “Summit”" in page


def test_without_a_script_the_builder_is_a_page_of_its_own(as_owner: Client) -> None:
    url = f"{reverse('people-filter')}?sort_by=company"
    added = as_owner.post(url, {**ROWS, "do": "add:b"})
    assert "<html" in added.content.decode()
    assert chosen(added.content.decode(), "b-2-field") == ["company"]
    shown: HttpResponse = as_owner.post(url, {**ROWS, "do": "show"})
    assert tree_of(shown["Location"]) == OR
    assert "sort_by=company" in shown["Location"]
    wrong = as_owner.post(url, {**ROWS, "b-0-field": "eventsHosted", "b-0-was": "eventsHosted", "do": "show"})
    assert wrong.status_code == 422
    assert "Give a whole number" in wrong.content.decode()


def test_several_kinds_of_mail_stay_chosen(as_owner: Client) -> None:
    tree = {"field": "unsubscribedFrom", "op": "one_of", "values": ["newsletter", "notice"]}
    assert chosen(as_owner.get(people_url(tree)).content.decode(), "b-0-value") == ["newsletter", "notice"]


def test_open_segment_stays_open_in_the_builder(as_owner: Client) -> None:
    said = step(as_owner, "builder-said", f"{reverse('people-filter')}?segment=s1")
    assert "segment=s1" in said


def test_builder_s_questions_are_one_step_in_the_history(as_owner: Client) -> None:
    headers = {"HX-Request": "true", "HX-Target": "people-list", "HX-Trigger": "builder-ask"}
    answer = as_owner.get(people_url(OR), headers={**headers, "HX-Current-URL": "http://testserver/dashboard/people/"})
    assert tree_of(answer["HX-Push-Url"]) == OR
    answer = as_owner.get(
        people_url(OR), headers={**headers, "HX-Current-URL": "http://testserver/dashboard/people/?a"}
    )
    assert tree_of(answer["HX-Replace-Url"]) == OR


def test_what_is_half_filled_is_there_again_after_a_reload(as_owner: Client) -> None:
    factories.person(company="Acme", city="Rome")
    part = step(as_owner, "filter-builder", **{"b-1-value": "", "b-2-field": "eventsAttended", "b-2-value": "many"})
    assert 'id="builder-ask"' not in part
    part = step(as_owner, "filter-builder", **{"b-1-value": "", "b-2-link": "not-and", "b-2-0-field": "tags"})
    url = re.search(r'id="builder-ask" hidden hx-get="([^"]+)"', part)[1].replace("&amp;", "&")  # type: ignore[index]
    assert tree_of(url) == {"or": [{"field": "company", "op": "is", "value": "Acme"}]}
    page = as_owner.get(url).content.decode()
    assert "<b>1</b> match" in page
    assert chosen(page, "b-1-field") == ["city"]
    assert chosen(page, "b-2-link") == ["not-and"]
    assert chosen(page, "b-2-0-field") == ["tags"]
    assert "draft=" not in re.search(r'href="([^"]+)">[^\n]*Save as segment', page)[1]  # type: ignore[index]


def test_draft_that_says_another_filter_gives_way_to_the_filter(as_owner: Client) -> None:
    factories.person(company="Acme")
    url = f"{people_url(OR)}&draft=b-link%3Dand%26b-0-field%3Dstate"
    assert chosen(as_owner.get(url).content.decode(), "b-0-field") == ["company"]
    assert "draft" not in step(as_owner, "filter-builder", url.replace("people/?", "people/filter/?"))


def test_show_without_a_script_keeps_what_is_half_filled(as_owner: Client) -> None:
    factories.person(company="Acme")
    answer = as_owner.post(reverse("people-filter"), {**ROWS, "b-1-value": "", "do": "show"})
    assert chosen(as_owner.get(answer["Location"]).content.decode(), "b-1-field") == ["city"]
