"""Every adapter adds up engagement scores as plain Python does, on days when things begin to count for less."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.core import clock
from crm.search import score
from crm.search.filters import And, Filter, Not, Or
from crm.search.store import RebuildableStore
from tests.search import naive
from tests.search.population import START
from tests.search.test_people_contract import EXAMPLES, PEOPLE, TREES, WORLD, all_pages, condition_on, filled

__all__ = ["filled"]

# On these days a part of what these people did is no longer worth as much, or anything, as it was the day before.
TODAYS = [START + timedelta(days=days, hours=30, microseconds=1) for days in (0, 90, 92, 365, 367)]


@pytest.fixture(params=TODAYS, ids=lambda moment: f"{moment:%Y-%m-%d}")
def now(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The time, everywhere."""
    moment: datetime = request.param
    monkeypatch.setattr(clock, "now", lambda: moment)
    return moment


SCORES = condition_on("engagement")


@given(where=SCORES | SCORES.map(Not) | st.tuples(SCORES, TREES).map(And) | st.tuples(SCORES, TREES).map(Or))
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.usefixtures("now")
def test_scores_are_what_plain_python_gives_on_any_day(filled: RebuildableStore, where: Filter) -> None:
    expected = [p.id for p in PEOPLE if naive.matches(p, where, WORLD)]
    assert [p.id for p in all_pages(filled, where, "id", 100)] == expected


@pytest.mark.usefixtures("now")
def test_what_somebody_did_adds_up_to_their_score(filled: RebuildableStore) -> None:
    half, full = score.starts()
    for person in PEOPLE:
        found = score.contributions(filled.deeds(person.id, half), full)
        assert sum(one.points for one in found) == naive.score(person, WORLD)
        assert found == sorted(found, key=lambda one: one.at, reverse=True)


@pytest.mark.usefixtures("now")
@pytest.mark.parametrize("limit", [1, 3, 20, 100])
def test_those_with_the_highest_scores_come_in_their_order(filled: RebuildableStore, limit: int) -> None:
    scores = {person.id: naive.score(person, WORLD) for person in PEOPLE}
    ranked = sorted(((key, number) for key, number in scores.items() if number), key=lambda one: (-one[1], one[0]))
    assert filled.most_engaged(limit) == ranked[:limit]
