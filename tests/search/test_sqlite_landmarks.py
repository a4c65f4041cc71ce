"""Landmarks: sets of common beginnings of words and of stretches of an order, which change no answer."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.search import sqlite_landmarks, sqlite_sets, sqlite_walk, sqlite_words
from crm.search.documents import PersonDocument
from crm.search.filters import EVERYONE, And, Condition, Filter
from crm.search.sqlite import SqliteSearchStore
from crm.search.sqlite_landmarks import ORDERS, WORD
from tests.search import naive
from tests.search.conftest import sqlite
from tests.search.population import NAMES, people
from tests.search.test_people_contract import SORTS, TREES, all_pages

CROWD = people(300)
WORDS = st.sampled_from(["a", "ali", "tech", "techcorp eng", "exa", "example com", "x", "élise", "李", "ali nothing"])
ASKED: st.SearchStrategy[Filter] = TREES | st.lists(
    WORDS.map(lambda text: Condition("q", "matches", (text,))), min_size=1, max_size=2
).map(lambda parts: And(tuple(parts)))


@pytest.fixture(scope="module", autouse=True)
def few_are_many() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite_landmarks, "_LEAST", 50)
        patch.setattr(sqlite_landmarks, "_STRETCHES", 9)
        patch.setattr(sqlite_walk, "_STRIDE", 0)
        patch.setattr(sqlite_walk, "_FEW", 0)
        yield


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> SqliteSearchStore:
    """Chosen of the first hundred; the others came, and every third changed, afterwards."""
    store = sqlite(tmp_path_factory.mktemp("crowd"))
    chance = random.Random(3)
    others = [replace(one, last_name=chance.choice(("", "Ali", *NAMES)), company="Nothing") for one in CROWD[::3]]
    store.apply([replace(one, version=1) for one in CROWD[:100]])
    store.tidy()
    store.apply([replace(one, version=2) for one in others])
    store.apply([replace(one, version=3, deleted=number % 7 == 0) for number, one in enumerate(CROWD)])
    return store


ALIVE = [replace(one, version=3) for number, one in enumerate(CROWD) if number % 7]


@given(where=ASKED, sort=st.sampled_from(SORTS), descending=st.booleans(), limit=st.sampled_from([3, 40]))
@settings(max_examples=150)
def test_landmarks_change_no_answer(
    crowd: SqliteSearchStore, where: Filter, sort: str, descending: bool, limit: int
) -> None:
    known = naive.World(())
    sort = f"-{sort}" if descending else sort
    expected = naive.ordered((one for one in ALIVE if naive.matches(one, where, known)), sort)
    assert [one.id for one in all_pages(crowd, where, sort, limit)] == [one.id for one in expected]


def test_sets_of_landmarks_hold_who_has_them_after_every_change(crowd: SqliteSearchStore) -> None:
    with crowd.database.read() as connection:
        beginnings = sqlite_landmarks.beginnings(connection)
        assert {"a", "e", "ex78x"} <= beginnings
        assert [one for one in beginnings if one.count("x") % 2] == []
        for one in beginnings:
            marked = sqlite_sets.read(connection, "field = ? AND value = ?", (WORD, one))
            assert marked == sqlite_words.people(connection, [one]), one
        for column in ORDERS:
            field = sqlite_landmarks.stretches_of(column)
            starts = [one for (one,) in connection.execute("SELECT value FROM landmarks WHERE field = ?", (field,))]
            assert len(starts) > 1
            for start, end in zip(starts, [*starts[1:], "\U0010ffff"], strict=True):
                there = f"people WHERE {column} > '' AND {column} >= ? AND {column} < ?"
                marked = sqlite_sets.read(connection, "field = ? AND value = ?", (field, start))
                assert marked == sqlite_sets.of_rows(connection, "n", there, (start, end))


@pytest.mark.parametrize("sort", ["last_name", "-last_name", "email", "-created_at", "company", "-events_attended"])
def test_few_matches_far_apart_are_found_by_stretches(
    crowd: SqliteSearchStore, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    def walked(*_: object) -> None:
        raise AssertionError

    where = Condition("events_registered", "at_least", (1,))
    matches = naive.ordered((one for one in ALIVE if naive.matches(one, where, naive.World(()))), sort)
    monkeypatch.setattr(sqlite_walk, "_Walk", walked)
    page = crowd.people(where, sort=sort, limit=20)
    page = crowd.people(where, sort=sort, limit=20, cursor=page.next)
    assert [one.id for one in page.items] == [one.id for one in matches[20:40]]


def test_common_words_are_read_from_sets(crowd: SqliteSearchStore, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(sqlite_words, "people", lambda _, words: asked.append(list(words)))
    total = crowd.people(Condition("q", "matches", ("e",)), sort="id", limit=1).total
    assert (total, asked) == (sum("e" in _letters(one) for one in ALIVE), [])


def _letters(person: PersonDocument) -> set[str]:
    texts = (person.first_name, person.last_name, person.email, person.company, person.job_title)
    return {word[0] for text in texts for word in naive.words(text)}


def test_landmarks_are_chosen_anew_when_people_have_doubled(tmp_path: Path) -> None:
    def made(first: int, after: int, company: str) -> list[PersonDocument]:
        return [replace(one, company=company) for one in CROWD[first:after]]

    store = sqlite(tmp_path)
    store.apply(made(0, 49, "Zebra"))
    store.tidy()
    assert _beginnings(store) == frozenset()
    store.apply(made(49, 60, "Zebra"))
    store.tidy()
    assert "zebra" in _beginnings(store)
    store.apply(made(60, 119, "Quagga"))
    store.tidy()
    assert "quagga" not in _beginnings(store)
    store.apply([*made(119, 240, "Quagga"), *(replace(one, version=2, company="") for one in CROWD[:60])])
    store.tidy()
    assert {"zebra", "quagga"} & _beginnings(store) == {"quagga"}
    assert store.people(Condition("q", "matches", ("zebra",)), sort="id", limit=1).total == 0
    assert store.people(EVERYONE, sort="id", limit=1).total == 240


def _beginnings(store: SqliteSearchStore) -> frozenset[str]:
    with store.database.read() as connection:
        return sqlite_landmarks.beginnings(connection)


def test_files_that_chose_other_landmarks_do_not_differ(tmp_path: Path) -> None:
    store = sqlite(tmp_path)
    store.apply(CROWD[:60])
    store.tidy()
    store.apply(CROWD[60:110])
    built = store.beside()
    built.apply(CROWD[:110])
    built.finish()
    assert store.differences(built) == []


@pytest.mark.parametrize(
    "broken",
    [
        "DELETE FROM sets WHERE field = 'word' AND value = 'e'",
        "DELETE FROM sets WHERE field = 'email/from'",
        "UPDATE sets SET size = size - 1 WHERE rowid = (SELECT min(rowid) FROM sets WHERE field = 'last_name/from')",
    ],
)
def test_a_landmark_that_is_wrong_is_a_difference(tmp_path: Path, broken: str) -> None:
    store = sqlite(tmp_path)
    store.apply(CROWD[:110])
    store.tidy()
    with store.database.write() as connection:
        assert connection.execute(broken).rowcount > 0
    built = store.beside()
    built.apply(CROWD[:110])
    built.finish()
    assert {one.kind for one in store.differences(built)} == {"sets"}


def test_what_is_chosen_already_is_not_laid_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = sqlite(tmp_path)
    store.apply(CROWD[:60])
    store.tidy()
    known, laid, add = _beginnings(store), list[str](), sqlite_landmarks._add
    monkeypatch.setattr(
        sqlite_landmarks, "_add", lambda found, beginning: (laid.append(beginning), add(found, beginning))
    )
    store.apply([*(replace(one, company="Quagga") for one in CROWD[60:120])])
    store.tidy()
    assert "quagga" in laid
    assert known.isdisjoint(laid)
