"""Every adapter answers questions about people alike: as plain Python over the documents would.

FILTER_EXAMPLES says how many random filters are tried (60; 500 by hand before a release).
"""

import os
import random
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.core import errors
from crm.search import filters
from crm.search.documents import AnyDocument, PersonDocument
from crm.search.fields import FACETS, FIELDS, OPERATORS, Kind
from crm.search.filters import EVERYONE, And, Condition, Filter, Not, Or, Period
from crm.search.store import RebuildableStore, SearchStore, Split
from tests.search import naive, world
from tests.search.conftest import ADAPTERS
from tests.search.population import CITIES, COMPANIES, KINDS, NAMES, START, TAGS, TITLES, people, suppression

PEOPLE = people(70)
WORLD = naive.World((*(suppression(person.email) for person in PEOPLE[::6]), *world.of(PEOPLE)))
# What a mail about an event is called where one of a campaign has the campaign's id.
NO_CAMPAIGNS = [f"/{event}" for event in world.EVENTS]
SORTS = [name for name in PersonDocument.__dataclass_fields__ if name in FIELDS]
EXAMPLES = int(os.environ.get("FILTER_EXAMPLES", "60"))


def _texts(field: str) -> st.SearchStrategy[str]:
    known = {
        "unsubscribed_from": KINDS,
        "company": COMPANIES,
        "city": CITIES,
        "job_title": TITLES,
        "first_name": NAMES,
        "tags": TAGS,
    }
    values = [value for value in known.get(field, ("NY", "female", "Johnson", "e", "%", "_")) if value]
    whole = st.sampled_from(values)
    half = whole.map(lambda text: text[: max(1, len(text) // 2)].strip())
    return whole | whole.map(str.upper) | half


def _values(field: str, op: str) -> st.SearchStrategy[tuple[Any, ...]]:
    kind = FIELDS[field].kind
    if op in {"empty", "not_empty"}:
        return st.just(())
    one: st.SearchStrategy[Any]
    if op == "in_last_days":
        one = st.sampled_from([1, 36_500])
    elif kind in {Kind.NUMBER, Kind.SCORE}:
        one = st.integers(0, 4 if kind is Kind.NUMBER else 90)
    elif kind is Kind.FLAG:
        one = st.booleans()
    elif kind is Kind.TIME:
        one = st.builds(lambda h, m: START + timedelta(hours=h, microseconds=m), st.integers(0, 50), st.integers(0, 2))
    elif kind is Kind.ID:
        one = st.sampled_from([person.id for person in PEOPLE] + ["nobody"])
    elif kind in {Kind.CAMPAIGN, Kind.EVENT}:
        one = st.sampled_from([*world.CAMPAIGNS, *world.EVENTS, *NO_CAMPAIGNS, "none"])
    elif kind is Kind.SEARCH:
        one = st.sampled_from(
            ["ali john", "ALI", "x", "x7", "techcorp eng", "example.com", "élise", "!!!", "李", "a b"]
        )
    else:
        one = _texts(field)
    if op == "between":
        return st.tuples(one, one)
    return st.lists(one, min_size=1, max_size=3).map(tuple) if op == "one_of" else st.tuples(one)


MOMENTS = st.builds(lambda h, m: START + timedelta(hours=h, microseconds=m), st.integers(-20, 90), st.integers(0, 2))
COUNTS = [name for name, field in FIELDS.items() if field.kind is Kind.NUMBER]
DEEDS = [name for name, field in FIELDS.items() if field.kind in {Kind.CAMPAIGN, Kind.EVENT}]
PERIODS = (
    st.sampled_from([1, 36_500]).map(lambda days: Period(last_days=days))
    | MOMENTS.map(Period)
    | MOMENTS.map(lambda before: Period(None, before))
    | st.tuples(MOMENTS, MOMENTS).filter(lambda both: both[0] < both[1]).map(lambda both: Period(*both))
)


def condition_on(field: str) -> st.SearchStrategy[Condition]:
    within = st.none() | PERIODS if FIELDS[field].kind is Kind.NUMBER else st.none()
    return st.sampled_from(OPERATORS[FIELDS[field].kind]).flatmap(
        lambda op: st.builds(Condition, st.just(field), st.just(op), _values(field, op), within)
    )


CONDITIONS: st.SearchStrategy[Filter] = st.sampled_from(list(FIELDS)).flatmap(condition_on)
TREES: st.SearchStrategy[Filter] = st.recursive(
    CONDITIONS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: And(tuple(parts)))
        | st.lists(inner, max_size=3).map(lambda parts: Or(tuple(parts)))
        | inner.map(Not)
    ),
    max_leaves=6,
)


IN_PERIOD = Period(START + timedelta(hours=20), START + timedelta(hours=70, microseconds=1))
SIMPLE = [
    *(Condition(field, "at_least", (1,), within) for field in COUNTS for within in (None, IN_PERIOD)),
    *(Condition(field, "is", (key,)) for field in DEEDS for key in (*world.CAMPAIGNS, *world.EVENTS, *NO_CAMPAIGNS)),
    *(Condition(field, "empty") for field, one in FIELDS.items() if "empty" in OPERATORS[one.kind]),
    *(Condition(field, "after", (START + timedelta(hours=25),)) for field in ("created_at", "updated_at")),
    *(Condition("city", "starts_with", (city,)) for city in CITIES if city),
    *(Condition("tags", "is", (tag,)) for tag in TAGS),
    *(Condition("unsubscribed_from", "is", (kind,)) for kind in KINDS),
    Condition("unsubscribed", "is", (True,)),
    Condition("q", "matches", ("ali",)),
]


@pytest.fixture(scope="module", params=ADAPTERS)
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> RebuildableStore:
    """A store of each kind holding the whole population."""
    folder: Path = tmp_path_factory.mktemp("read")
    store = ADAPTERS[request.param](folder)
    store.apply(PEOPLE)
    store.apply(WORLD.documents)
    return store


def all_pages(store: SearchStore, where: Filter, sort: str, limit: int) -> list[PersonDocument]:
    """Follow the cursors to the end, checking each page's size and total."""
    seen: list[PersonDocument] = []
    cursor = None
    while True:
        page = store.people(where, sort=sort, limit=limit, cursor=cursor)
        seen += page.items
        if page.next is None:
            assert len(seen) == page.total
            return seen
        assert len(page.items) == limit
        cursor = page.next


@given(where=TREES, sort=st.sampled_from(SORTS), descending=st.booleans(), limit=st.sampled_from([1, 3, 20, 100]))
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_filter_in_any_order_gives_what_plain_python_gives(
    filled: RebuildableStore, where: Filter, sort: str, descending: bool, limit: int
) -> None:
    sort = f"-{sort}" if descending else sort
    expected = naive.ordered((p for p in PEOPLE if naive.matches(p, where, WORLD)), sort)
    assert [p.id for p in all_pages(filled, where, sort, limit)] == [p.id for p in expected]


@given(where=TREES)
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_filter_means_the_same_after_json_and_query_string(filled: RebuildableStore, where: Filter) -> None:
    assert filters.from_json(filters.to_json(where)) == where
    again = filters.from_query(filters.to_query(where))
    assert all_pages(filled, again, "id", 100) == all_pages(filled, where, "id", 100)
    assert filters.describe(where).startswith(("People", "Everyone"))


@given(where=TREES, kind=st.sampled_from(["", "newsletter", "news", "notice"]))
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_split_counts_everybody_once(filled: RebuildableStore, where: Filter, kind: str) -> None:
    matched = [p for p in PEOPLE if naive.matches(p, where, WORLD)]
    free = [p for p in matched if not WORLD.is_suppressed(p)]
    unsubscribed = sum(p.unsubscribed for p in free)
    left = sum(not p.unsubscribed and kind in map(naive.key, p.unsubscribed_from) for p in free)
    expected = Split(len(matched), len(free) - unsubscribed - left, len(matched) - len(free), unsubscribed, left)
    assert filled.split(where, kind) == expected


def test_documents_come_back_as_they_were_given(filled: RebuildableStore) -> None:
    assert all_pages(filled, EVERYONE, "id", 100) == PEOPLE
    assert filled.people_by_id([PEOPLE[3].id, "nobody"]) == {PEOPLE[3].id: PEOPLE[3]}


def test_sort_names_are_taken_in_camel_and_snake_case(filled: RebuildableStore) -> None:
    camel = filled.people(EVERYONE, sort="-eventsAttended", limit=10)
    assert camel.items == filled.people(EVERYONE, sort="-events_attended", limit=10).items


@pytest.mark.parametrize("sort", ["q", "nonsense", "--email", "", "doc"])
def test_a_sort_that_is_no_field_is_refused_by_name(filled: RebuildableStore, sort: str) -> None:
    with pytest.raises(errors.Invalid) as refusal:
        filled.people(EVERYONE, sort=sort, limit=10)
    assert refusal.value.fields.keys() == {"sort_by"}


@pytest.mark.parametrize("limit", [0, -1, 101])
def test_a_limit_out_of_range_is_refused_by_name(filled: RebuildableStore, limit: int) -> None:
    with pytest.raises(errors.Invalid) as refusal:
        filled.people(EVERYONE, sort="email", limit=limit)
    assert refusal.value.fields.keys() == {"limit"}


def test_a_cursor_of_another_order_or_making_is_refused_by_name(filled: RebuildableStore) -> None:
    cursor = filled.people(EVERYONE, sort="email", limit=1).next
    assert cursor is not None
    for sort, text in (("-email", cursor), ("email", cursor[:-2]), ("email", "abc"), ("email", "\udc00")):
        with pytest.raises(errors.Invalid) as refusal:
            filled.people(EVERYONE, sort=sort, limit=1, cursor=text)
        assert refusal.value.fields.keys() == {"cursor"}


def test_paging_is_stable_while_others_are_added_and_removed(store: RebuildableStore) -> None:
    store.apply(PEOPLE)
    first = store.people(EVERYONE, sort="company", limit=30)
    newcomers = [p for p in people(100, seed=8) if p.id not in {q.id for q in PEOPLE}]
    store.apply(newcomers)
    seen, cursor = list(first.items), first.next
    while cursor is not None:
        page = store.people(EVERYONE, sort="company", limit=30, cursor=cursor)
        seen += page.items
        cursor = page.next
    ids = [p.id for p in seen]
    assert len(ids) == len(set(ids))
    assert {p.id for p in PEOPLE} <= set(ids)


def test_freezing_yields_everybody_once_though_others_write_meanwhile(store: RebuildableStore) -> None:
    store.apply(PEOPLE)
    where = Condition("company", "is", ("techcorp",))
    expected = [p.id for p in PEOPLE if naive.matches(p, where)]
    with store.freeze(where, 3) as chunks:
        first = next(chunks)
        store.apply([p for p in people(200, seed=9) if int(p.id[-4:]) >= 70])
        rest = list(chunks)
    assert [key for chunk in [first, *rest] for key in chunk] == expected
    assert all(len(chunk) <= 3 for chunk in rest)


@given(
    where=TREES, field=st.sampled_from(FACETS), limit=st.sampled_from([1, 3, 100]), text=st.sampled_from(["", "T", "n"])
)
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_facets_are_the_commonest_values_among_the_matches_as_somebody_spells_them(
    filled: RebuildableStore, where: Filter, field: str, limit: int, text: str
) -> None:
    spelled: dict[str, Counter[str]] = defaultdict(Counter)
    for person in PEOPLE:
        if naive.matches(person, where, WORLD):
            value = getattr(person, field)
            own = {naive.key(one): one for one in ((value,) if isinstance(value, str) else value) if one}
            for key, one in own.items():
                spelled[key][one] += 1
    counts = {key: spellings.total() for key, spellings in spelled.items() if key.startswith(naive.key(text))}
    found = filled.facets(field, text, limit, where)
    assert [(naive.key(value), count) for value, count in found] == sorted(
        counts.items(), key=lambda pair: (-pair[1], pair[0])
    )[:limit]
    assert all(value in spelled[naive.key(value)] for value, _ in found)


def test_facets_of_a_number_are_refused_by_name(filled: RebuildableStore) -> None:
    with pytest.raises(errors.Invalid) as refusal:
        filled.facets("events_attended", "", 3)
    assert refusal.value.fields.keys() == {"field"}


@pytest.mark.parametrize("seed", range(3))
def test_answers_follow_every_change_in_whatever_order_it_comes(store: RebuildableStore, seed: int) -> None:
    chance = random.Random(seed)
    records: list[AnyDocument] = []
    for version in (1, 2, 3):
        everyone = [replace(one, deleted=chance.random() < 0.2) for one in people(20, seed * 10 + version)]
        records += [replace(one, version=version) for one in (*everyone, *world.of(everyone, seed + version))]
    latest = {(type(one), one.id): one for one in records}
    chance.shuffle(records)
    for size in (1, 7, 50, 400, len(records)):
        store.apply(records[:size])
        records = records[size:]
    alive = [one for one in latest.values() if isinstance(one, PersonDocument) and not one.deleted]
    known = naive.World(tuple(one for one in latest.values() if not isinstance(one, PersonDocument)))
    for where in SIMPLE:
        expected = sorted(one.id for one in alive if naive.matches(one, where, known))
        assert [one.id for one in all_pages(store, where, "id", 100)] == expected, where
