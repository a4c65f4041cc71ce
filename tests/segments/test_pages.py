"""Rules of the pages of segments."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from crm.core import errors
from crm.search import filters
from crm.segments import actions, queries
from crm.segments.entities import Segment
from tests import factories
from tests.factories import ACTOR

pytestmark = [pytest.mark.usefixtures("tables", "data_dir"), pytest.mark.django_db]


def saved(name: str = "Acme people", **conditions: str) -> Segment:
    return actions.create(name=name, where=filters.from_query(conditions or {"company": "Acme"}), actor=ACTOR)


def test_filter_in_use_is_saved_and_then_open(as_owner: Client) -> None:
    factories.person(company="Acme")
    people = as_owner.get(f"{reverse('people')}?company=Acme").content.decode()
    link = re.search(r'href="([^"]+)">.*?Save as segment', people)
    assert link
    assert "People at Acme" in as_owner.get(link[1]).content.decode()
    answer = as_owner.post(link[1], {"name": "Acme people"})
    (segment,) = queries.every()
    page = as_owner.get(answer["Location"]).content.decode()
    assert "Segment <b>Acme people</b>" in page
    assert f"{reverse('campaign-new')}?segment={segment.id}" in page
    assert "Save as segment" not in page


def test_everybody_and_taken_names_are_refused_beside_the_form(as_owner: Client) -> None:
    saved()
    answer = as_owner.post(reverse("segment-new"), {"name": "All"})
    assert answer.status_code == 422
    assert "matches everybody" in answer.content.decode()
    answer = as_owner.post(f"{reverse('segment-new')}?city=Boston", {"name": "ACME people"})
    assert 'id="id_name_error"' in answer.content.decode()


def test_open_segment_with_another_filter_offers_to_save_it(as_owner: Client) -> None:
    segment = saved()
    page = as_owner.get(f"{reverse('people')}?city=Boston&company=Acme&segment={segment.id}").content.decode()
    link = re.search(r'href="([^"]+)">\s*Save this filter', page)
    assert link
    address = link[1].replace("&amp;", "&")
    shown = as_owner.get(address).content.decode()
    assert "People at Acme" in shown
    assert "People in Boston at Acme" in shown
    as_owner.post(address, {"name": "Acme in Boston", "revision": 1})
    changed = queries.get(segment.id)
    assert (changed.name, filters.describe(changed.where)) == ("Acme in Boston", "People in Boston at Acme")


def test_order_of_conditions_makes_no_other_filter(as_owner: Client) -> None:
    segment = saved(company="Acme", city="Boston")
    page = as_owner.get(f"{reverse('people')}?city=Boston&company=Acme&segment={segment.id}").content.decode()
    assert "another filter" not in page
    assert "Segment" in as_owner.get(f"{reverse('people')}?segment=nowhere").content.decode()


def test_list_names_filter_and_owner_and_counts_after_the_page(as_owner: Client) -> None:
    factories.person(company="Acme")
    segment = saved()
    page = as_owner.get(reverse("segments")).content.decode()
    assert "Acme people" in page
    assert "People at Acme" in page
    asked = re.search(r'hx-get="([^"]+)" hx-trigger="intersect once"', page)
    assert asked
    headers = {"HX-Request": "true", "HX-Target": f"segment-count-{segment.id}"}
    count = as_owner.get(asked[1], headers=headers).content.decode()
    assert count.startswith(f'<span id="segment-count-{segment.id}">')
    assert "1 mailable" in count


def test_stale_rename_is_refused_and_may_be_repeated(as_owner: Client) -> None:
    segment = saved()
    actions.change(segment_id=segment.id, name="Newer", actor=ACTOR)
    url = reverse("segment-edit", args=[segment.id])
    answer = as_owner.post(url, {"name": "Mine", "revision": 1})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Name: Newer" in page
    assert 'name="revision" value="2"' in page
    assert as_owner.post(url, {"name": "Mine", "revision": 2}).status_code == 303


def test_copy_is_made_and_opened_to_be_named(as_owner: Client) -> None:
    segment = saved()
    answer = as_owner.post(reverse("segment-duplicate", args=[segment.id]))
    assert "Acme people (copy)" in as_owner.get(answer["Location"]).content.decode()


def test_deletion_asks_and_does(as_owner: Client) -> None:
    segment = saved()
    url = reverse("segment-delete", args=[segment.id])
    assert "only the saved filter goes" in as_owner.get(url).content.decode()
    as_owner.post(url)
    with pytest.raises(errors.NotFound):
        queries.get(segment.id)
    assert "No segments yet" in as_owner.get(reverse("segments")).content.decode()


def test_viewer_may_look_and_nothing_else(as_viewer: Client) -> None:
    segment = saved()
    page = as_viewer.get(reverse("segments")).content.decode()
    assert "Acme people" in page
    for name in ("segment-edit", "segment-duplicate", "segment-delete"):
        url = reverse(name, args=[segment.id])
        assert url not in page
        assert as_viewer.post(url).status_code == 403
    assert as_viewer.post(f"{reverse('segment-new')}?city=Boston", {"name": "x"}).status_code == 403
