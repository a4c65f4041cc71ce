"""Rules of the pages on which many people are tagged."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from crm.core import clock
from crm.people import queries, tagging
from crm.people.tagging_job import Tags
from crm.search import engine
from crm.search.filters import EVERYONE
from tests import factories

pytestmark = [pytest.mark.usefixtures("tables", "data_dir"), pytest.mark.django_db]


def test_ticked_people_are_tagged_and_the_page_says_so(as_owner: Client) -> None:
    ada, _ = factories.person(), factories.person()
    url = f"{reverse('people-tag')}?id={ada.id}"
    assert "Tag 1 person" in as_owner.get(url).content.decode()
    answer = as_owner.post(url, {"add": "vip, board", "remove": ""})
    assert answer.status_code == 303
    page = as_owner.get(answer["Location"]).content.decode()
    assert "Done: 1 person" in page
    assert "every 2s" not in page
    assert queries.get(ada.id).fields.tags == ("vip", "board")


def test_everybody_of_a_filter_is_the_workers_and_can_be_stopped(as_owner: Client) -> None:
    ada, _ = factories.person(company="Acme"), factories.person()
    answer = as_owner.post(f"{reverse('people-tag')}?company=Acme", {"add": "vip"})
    engine.store().note_freshness(clock.now())
    page = as_owner.get(answer["Location"]).content.decode()
    assert "Looking whom the filter matches" in page
    assert "every 2s" in page
    assert as_owner.post(answer["Location"]).status_code == 303
    assert "Stopped after 0 people" in as_owner.get(answer["Location"]).content.decode()
    tagging.run_open(lambda: False)
    assert queries.get(ada.id).fields.tags == ()


def test_whoever_left_the_page_finds_the_job_again(as_owner: Client, as_viewer: Client) -> None:
    factories.person(company="Acme")
    old = tagging.start(where=EVERYONE, tags=Tags(remove=("old",)), actor="system")
    tagging.cancel(job_id=old.id, actor="system")
    url = as_owner.post(f"{reverse('people-tag')}?company=Acme", {"add": "vip", "remove": "x, y"})["Location"]
    page = as_owner.get(reverse("imports")).content.decode()
    jobs = re.findall(
        r'<a href="([^"]+)">([^<]+)</a></th>\s*<td class="soft">([^<]+)</td>\s*<td><span[^>]+>([^<]+)<', page
    )
    assert jobs == [
        (url, "Put on vip; take off x, y", "People at Acme", "Looking whom it is for"),
        (reverse("people-tagging", args=[old.id]), "Take off old", "Everyone", "Stopped"),
    ]
    assert reverse("imports") in as_owner.get(url).content.decode()
    assert as_viewer.get(reverse("imports")).status_code == 403


def test_everybody_at_all_has_to_be_asked_for(as_owner: Client) -> None:
    factories.person()
    assert as_owner.get(reverse("people-tag"))["Location"] == reverse("people")
    assert "Tag 1 person" in as_owner.get(f"{reverse('people-tag')}?all=true").content.decode()


def test_what_is_wrong_with_tags_stands_beside_them(as_owner: Client) -> None:
    ada = factories.person()
    url = f"{reverse('people-tag')}?id={ada.id}"
    answer = as_owner.post(url, {"add": "vip", "remove": "VIP"})
    assert answer.status_code == 422
    assert 'id="id_remove_error"' in answer.content.decode()
    assert 'value="vip"' in answer.content.decode()
    assert "Name a tag" in as_owner.post(url, {}).content.decode()


def test_viewer_tags_nobody(as_viewer: Client) -> None:
    ada = factories.person()
    assert as_viewer.post(f"{reverse('people-tag')}?id={ada.id}", {"add": "vip"}).status_code == 403
    assert reverse("people-tag") not in as_viewer.get(reverse("people")).content.decode()
