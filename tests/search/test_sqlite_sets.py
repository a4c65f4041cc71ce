"""Sets of people: counting in how many one is, cutting periods, and what is asked of them rather than of rows."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from crm.search import sqlite_facets, sqlite_periods, sqlite_walk
from crm.search.filters import EVERYONE, And, Condition
from crm.search.sqlite import SqliteSearchStore
from crm.search.sqlite_counts import Counts
from crm.search.sqlite_marks import DAY, HOUR
from crm.search.sqlite_paging import Listing
from crm.search.sqlite_sets import read
from tests.search import naive, world
from tests.search.conftest import ADAPTERS
from tests.search.population import START, people, suppression
from tests.search.test_people_contract import all_pages
from tests.search.test_sqlite_sharing import open_store

SETS = st.lists(st.sets(st.integers(0, 12)), max_size=20)
TIMES = st.integers(-3 * DAY, 3 * DAY) | st.sampled_from([0, HOUR, DAY, -HOUR, 2 * DAY - 1])


@given(sets=SETS, number=st.integers(0, 25))
def test_people_are_counted_in_all_sets_at_once(sets: list[set[int]], number: int) -> None:
    counted = Counter(one for members in sets for one in members)
    everybody = BitMap(range(15))
    found = Counts(map(BitMap, sets)).at_least(number, everybody)
    assert set(found) == {one for one in everybody if counted[one] >= number}


@given(start=TIMES, before=TIMES)
def test_a_period_is_cut_into_whole_days_and_hours_and_what_is_left(start: int, before: int) -> None:
    pieces = sorted((one.first * one.step, one.after * one.step) for one in sqlite_periods.cover(start, before))
    if start >= before:
        assert pieces == []
        return
    assert (pieces[0][0], pieces[-1][1]) == (start, before)
    assert all(one[1] == other[0] for one, other in pairwise(pieces))
    rows = [one for one in sqlite_periods.cover(start, before) if one.step == 1]
    assert all(one.after - one.first < HOUR for one in rows) or before - start < 2 * HOUR


@pytest.mark.parametrize("where", [EVERYONE, Condition("unsubscribed", "is", (False,))])
def test_facets_of_many_are_those_of_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: Condition) -> None:
    store = ADAPTERS["sqlite"](tmp_path)
    store.apply(people(200))
    asked = [("company", "", 3), ("company", "t", 9), ("tags", "", 1), ("city", "", 100)]
    by_rows = [store.facets(field, text, limit, where) for field, text, limit in asked]
    monkeypatch.setattr(sqlite_facets, "_FEW", -1)
    by_sets = [store.facets(field, text, limit, where) for field, text, limit in asked]
    assert [[count for _, count in found] for found in by_sets] == [[count for _, count in found] for found in by_rows]
    assert [[naive.key(value) for value, _ in found] for found in by_sets] == [
        [naive.key(value) for value, _ in found] for found in by_rows
    ]


def test_sets_of_more_people_than_a_chunk_holds_are_whole(tmp_path: Path) -> None:
    store = open_store(tmp_path / "read.sqlite3")
    with store.database.write() as connection:
        connection.execute("INSERT INTO numbers (n, id) VALUES (65534, 'before')")
    made = people(3)
    store.apply(made)
    with store.database.read() as connection:
        assert set(read(connection, "field = ?", ("alive",))) == {65535, 65536, 65537}
        assert connection.execute("SELECT count(*) FROM sets WHERE field = 'alive'").fetchone() == (2,)


@pytest.mark.parametrize("is_building", [True, False])
def test_storing_never_reads_a_table_from_end_to_end(tmp_path: Path, is_building: bool) -> None:
    store = open_store(tmp_path / "read.sqlite3")
    store = store.beside() if is_building else store
    crowd = people(30)
    documents = [*crowd, *(suppression(one.email) for one in crowd[::3]), *world.of(crowd)]
    store.apply(documents)
    asked = set[str]()
    with store.database.read() as connection:
        connection.set_trace_callback(asked.add)
    store.apply([replace(one, version=2, deleted=number % 2 == 0) for number, one in enumerate(documents)])
    with store.database.read() as connection:
        connection.set_trace_callback(None)
        # What FTS5 asks of itself is traced as a comment.
        ours = [sql for sql in asked if sql.split()[0] in {"SELECT", "INSERT", "REPLACE", "UPDATE", "DELETE"}]
        plans = [step for sql in ours for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert len(plans) > 50
    assert {step for step in plans if step.startswith("SCAN") and "VIRTUAL" not in step} == set()


@pytest.mark.parametrize(
    "sort", ["company", "-company", "created_at", "-created_at", "events_attended", "-city", "email"]
)
@pytest.mark.parametrize(
    "where",
    [
        Condition("company", "starts_with", ("t",)),
        Condition("company", "is", ("strasse",)),
        Condition("created_at", "after", (START + timedelta(hours=40),)),
        Condition("created_at", "before", (START + timedelta(hours=9),)),
        Condition("events_attended", "at_least", (2,)),
    ],
)
def test_pages_come_in_order_though_the_order_has_to_do_with_the_filter(
    crowd: SqliteSearchStore, monkeypatch: pytest.MonkeyPatch, where: Condition, sort: str
) -> None:
    monkeypatch.setattr(sqlite_walk, "_STRIDE", 1)
    monkeypatch.setattr(sqlite_walk, "_ENTRIES_PER_ROW", 1_000)
    monkeypatch.setattr(Listing, "rows", None)  # Nobody is sorted.
    expected = naive.ordered((one for one in people(400) if naive.matches(one, where)), sort)
    assert [one.id for one in all_pages(crowd, where, sort, 7)] == [one.id for one in expected]


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> SqliteSearchStore:
    store = open_store(tmp_path_factory.mktemp("crowd") / "read.sqlite3")
    store.apply(people(400))
    return store


@pytest.mark.parametrize("sort", ["company", "-company"])
@pytest.mark.parametrize("values", [("Tech", "TECHCORP"), ("TechCorp", "acme"), ("", "techcorp")])
def test_a_filter_that_names_the_keys_of_its_order_is_walked_from_the_first_one(
    crowd: SqliteSearchStore, monkeypatch: pytest.MonkeyPatch, values: tuple[str, ...], sort: str
) -> None:
    where = And((Condition("company", "one_of", values), Condition("unsubscribed", "is", (False,))))
    expected = naive.ordered((one for one in people(400) if naive.matches(one, where)), sort)
    assert [one.id for one in all_pages(crowd, where, sort, 7)] == [one.id for one in expected]
    monkeypatch.setattr(sqlite_walk, "_STRIDE", 1)
    monkeypatch.setattr(sqlite_walk._Walk, "_ahead", None)  # Nothing is to be skipped.
    assert crowd.people(Condition("company", "is", ("TechCorp",)), sort=sort, limit=3).total > 3


@pytest.mark.parametrize("sort", ["company", "-company"])
def test_few_of_one_key_are_walked_not_sorted(
    crowd: SqliteSearchStore, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    monkeypatch.setattr(sqlite_walk, "_FEW", 0)
    monkeypatch.setattr(sqlite_walk, "_ENTRIES_PER_ROW", 0)
    monkeypatch.setattr(Listing, "rows", None)  # Nobody is sorted.
    where = Condition("company", "is", ("TechCorp",))
    expected = naive.ordered((one for one in people(400) if naive.matches(one, where)), sort)
    assert [one.id for one in all_pages(crowd, where, sort, 7)] == [one.id for one in expected]
