"""Every adapter stores the newest version of each document, whatever order and however often they come."""

import random
from dataclasses import replace

import pytest

from crm.search.documents import AnyDocument, PersonDocument
from crm.search.filters import EVERYONE, Condition
from crm.search.sqlite import SqliteSearchStore
from crm.search.store import CLOSED, Checkpoint, RebuildableStore
from tests.search import documents
from tests.search.population import people, person, suppression

TAGGED = Condition("tags", "is", ("vip",))
SUPPRESSED = Condition("suppressed", "is", (True,))


def ids(store: RebuildableStore, where: Condition) -> list[str]:
    return [p.id for p in store.people(where, sort="id", limit=100).items]


def everyone(store: RebuildableStore) -> list[PersonDocument]:
    return list(store.people(EVERYONE, sort="id", limit=100).items)


def history(chance: random.Random) -> tuple[dict[str, PersonDocument], list[AnyDocument]]:
    """Return people as they end up, and records of all their versions, some several times."""
    latest: dict[str, PersonDocument] = {}
    records: list[AnyDocument] = []
    for number in range(12):
        for version in range(1, chance.randrange(2, 6)):
            made = replace(person(number, chance, version), deleted=chance.random() < 0.3)
            latest[made.id] = made
            records += [made] * chance.randrange(1, 4)
    return latest, records


@pytest.mark.parametrize("seed", range(20))
def test_repeated_and_shuffled_records_end_in_the_same_rows(store: RebuildableStore, seed: int) -> None:
    chance = random.Random(seed)
    latest, records = history(chance)
    mails = [
        documents.delivery(f"c/{n}/mail", version=v, state=chance.choice(["sent", "failed", "pending"]))
        for n in range(6)
        for v in range(1, 4)
    ]
    records += mails * 2
    chance.shuffle(records)
    while records:
        size = chance.randrange(1, 8)
        store.apply(records[:size])
        records = records[size:]
    alive = sorted((p for p in latest.values() if not p.deleted), key=lambda p: p.id)
    assert everyone(store) == alive
    assert ids(store, TAGGED) == [p.id for p in alive if {"vip", "VIP"} & set(p.tags)]
    found = store.people(Condition("q", "matches", ("alice",)), sort="id", limit=100)
    assert [p.id for p in found.items] == [p.id for p in alive if p.first_name.lower() == "alice"]
    assert set(store.deliveries(limit=100).items) == set(mails[2::3])


def test_applying_says_how_many_rows_changed(store: RebuildableStore) -> None:
    assert store.apply(people(5)) == 5
    assert store.apply(people(5)) == 0


def test_a_deleted_row_stays_deleted_until_a_higher_version_comes(store: RebuildableStore) -> None:
    someone = people(1)[0]
    store.apply([replace(someone, version=5, deleted=True)])
    store.apply([replace(someone, version=4)])
    assert everyone(store) == []
    back = replace(someone, version=6)
    store.apply([back])
    assert everyone(store) == [back]


@pytest.mark.parametrize("is_person_first", [True, False])
def test_suppression_is_found_whichever_of_the_two_comes_last(store: RebuildableStore, is_person_first: bool) -> None:
    someone, entry = people(1)[0], suppression(people(1)[0].email.upper())
    for document in (someone, entry) if is_person_first else (entry, someone):
        store.apply([document])
    assert ids(store, SUPPRESSED) == [someone.id]


def test_a_lifted_suppression_or_another_address_makes_mailable_again(store: RebuildableStore) -> None:
    someone = replace(people(1)[0], unsubscribed=False)
    store.apply([someone, suppression(someone.email)])
    store.apply([replace(someone, version=2, email="other@example.com")])
    assert store.split(EVERYONE).mailable == 1
    store.apply([replace(someone, version=3)])
    assert store.split(EVERYONE).suppressed == 1
    store.apply([suppression(someone.email, 2, deleted=True)])
    assert store.split(EVERYONE).mailable == 1


def test_checkpoints_are_stored_with_the_rows(store: RebuildableStore) -> None:
    store.apply(people(1), [Checkpoint("crm/1", "a", "17"), Checkpoint("crm/1", "b", "")])
    store.apply([], [Checkpoint("crm/1", "b", CLOSED)])
    assert store.checkpoints() == [Checkpoint("crm/1", "a", "17"), Checkpoint("crm/1", "b", CLOSED)]
    store.forget_checkpoints([Checkpoint("crm/1", "b", CLOSED)])
    assert store.checkpoints() == [Checkpoint("crm/1", "a", "17")]


def test_a_record_that_cannot_be_stored_takes_neither_rows_nor_checkpoint_with_it(store: RebuildableStore) -> None:
    good, bad = people(2)
    poisoned = replace(bad, events_attended=2**70)
    with pytest.raises((OverflowError, TypeError)):
        store.apply([good, poisoned], [Checkpoint("crm/1", "a", "17")])
    assert everyone(store) == []
    assert store.checkpoints() == []


def test_freshness_is_unknown_until_noted(store: RebuildableStore) -> None:
    assert store.freshness().as_of is None
    store.note_freshness(documents.NOON)
    freshness = store.freshness()
    assert freshness.as_of == documents.NOON
    assert freshness.lag_s is not None
    assert freshness.lag_s > 0
    store.note_freshness(None)
    assert store.freshness().lag_s is None


def test_a_store_built_beside_takes_over_and_the_other_one_is_gone(store: RebuildableStore) -> None:
    store.apply(people(3))
    generation = store.generation()
    built = store.beside()
    built.apply(people(5), [Checkpoint("crm/1", "a", "17")])
    built.finish()
    assert len(everyone(store)) == 3
    assert built.digests() == built.digests_of(people(5))
    assert {one.id for one in store.differences(built)} == {p.id for p in people(5)[3:]}
    store.adopt(built)
    assert everyone(store) == people(5)
    assert store.checkpoints() == [Checkpoint("crm/1", "a", "17")]
    assert store.generation() != generation


def test_differences_are_seen_both_ways_and_in_what_is_derived(store: RebuildableStore) -> None:
    alike, other, extra = people(3)
    mail = documents.delivery("c/p/mail")
    store.apply([alike, other, extra, mail, suppression(alike.email)])
    built = store.beside()
    built.apply([alike, replace(other, version=2), replace(mail, version=2, state="failed", outcome="bounced")])
    built.finish()
    found = {(one.kind, one.id) for one in store.differences(built)}
    assert {("people", alike.id), ("people", other.id), ("people", extra.id), ("deliveries", mail.id)} <= found
    if isinstance(store, SqliteSearchStore):
        assert {"tallies", "outcomes"} <= {kind for kind, _ in found}
    built.discard()
