"""The most engaged people: every score opens what it is made of, and the file has what the page shows."""

import csv
import io
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from crm.search import engine
from tests import factories
from tests.search.documents import registration

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir")]


def test_scores_come_highest_first_and_open_what_adds_up_to_them(as_owner: Client) -> None:
    people = [factories.person() for _ in range(3)]
    for number, person in enumerate(people):
        places = [
            registration(f"e{one}", person.id, event_start_at=datetime.now(UTC), attended=one == 1)
            for one in range(number)
        ]
        engine.store().apply(places)
    page = as_owner.get(reverse("analytics-people-list"))
    ranked = [(one.person.id, one.score) for one in page.context["people"]]
    assert ranked == [(people[2].id, 32), (people[1].id, 6)]
    for key, score in ranked:
        assert f'href="{reverse("person", args=[key])}#person-engagement"' in page.content.decode()
        assert as_owner.get(reverse("person", args=[key])).context["profile"].engagement.points == score
    file = b"".join(as_owner.get(page.context["csv_url"]).streaming_content).decode()
    assert [(row["id"], int(row["engagement"])) for row in csv.DictReader(io.StringIO(file))] == ranked


def test_page_without_scores_says_so(as_owner: Client) -> None:
    factories.person()
    assert "Nobody has a score yet" in as_owner.get(reverse("analytics-people-list")).content.decode()


def test_page_is_there_before_the_list_which_it_asks_for(as_owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("crm.search.sqlite.SqliteSearchStore.most_engaged")
    page = as_owner.get(reverse("analytics-people")).content.decode()
    assert f'hx-get="{reverse("analytics-people-list")}"' in page
    monkeypatch.undo()
    asked = {"HX-Request": "true", "HX-Target": "most-engaged"}
    part = as_owner.get(reverse("analytics-people-list"), headers=asked).content.decode()
    assert "Nobody has a score yet" in part
    assert "<h1>" not in part
