"""What was laid aside comes back by itself as soon as it can be read, and is off the list then."""

from dataclasses import replace
from typing import Any

import pytest

from crm.core import dead_letters, dynamo, errors
from crm.core.dead_letters import DeadLetter
from crm.people import actions as people
from crm.people.tables import PersonItem, person_pk
from crm.search import engine
from crm.upkeep import mending
from tests import factories
from tests.upkeep.spoilt import bury, spoil

pytestmark = pytest.mark.usefixtures("tables")


def test_an_item_fails_many_times_but_has_one_letter() -> None:
    person = factories.person()
    bury(person.id, sequence="1")
    bury(person.id, sequence="2")
    bury(person.id, sequence="2")
    (letter,) = dead_letters.newest()
    assert (letter.attempts, letter.sequence) == (10, "2")
    assert letter.again_at is not None
    assert dead_letters.count() == 1


def test_an_item_that_can_be_read_is_brought_and_its_letter_settled() -> None:
    person = factories.person()
    with engine.sqlite_store().database.write() as connection:
        connection.execute("DELETE FROM people")
    bury(person.id)
    mending.sweep(engine.store())
    assert person.id in engine.store().people_by_id([person.id])
    assert dead_letters.newest() == []


def test_an_item_that_cannot_be_read_stays_on_the_list_until_its_next_image() -> None:
    person, other = factories.person(), factories.person()
    spoil(person.id)
    bury(person.id)
    bury(other.id)
    mending.sweep(engine.store())
    (letter,) = dead_letters.newest()
    assert letter.keys["pk"] == person_pk(person.id)
    mend(person.id)
    mending.sweep(engine.store())
    assert dead_letters.newest() == []


def mend(person_id: str) -> None:
    client: Any = dynamo.connection().client
    client.update_item(
        TableName=PersonItem.Meta.table_name,
        Key={"pk": {"S": person_pk(person_id)}, "sk": {"S": "PERSON"}},
        UpdateExpression="SET created_at = :at ADD version :one",
        ExpressionAttributeValues={":at": {"S": "2026-01-01T00:00:00.000000+0000"}, ":one": {"N": "1"}},
    )


def test_mending_never_brings_a_deleted_person_back() -> None:
    person = factories.person()
    bury(person.id)
    people.delete(person_id=person.id, actor=factories.ACTOR)
    mending.sweep(engine.store())
    assert engine.store().people_by_id([person.id]) == {}
    assert dead_letters.newest() == []


def test_the_letter_of_an_item_that_was_removed_since_is_settled_its_removal_speaks_for_itself() -> None:
    bury("nobody")
    mending.sweep(engine.store())
    assert dead_letters.count() == 0


def test_the_letter_of_a_removal_that_nobody_could_read_stays_until_the_read_model_is_built_anew() -> None:
    bury("nobody", sequence="1")
    bury("nobody", sequence="2", is_removal=True)
    mending.sweep(engine.store())
    assert dead_letters.count() == 1
    mending.sweep_all(engine.store())
    assert dead_letters.count() == 0


def test_letters_that_stay_keep_no_other_from_being_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending, "AT_ONCE", 2)
    bury(factories.person().id)
    for number in range(5):
        bury(f"nobody-{number}", is_removal=True)
    place = mending.sweep(engine.store())
    while place:
        place = mending.sweep(engine.store(), place)
    assert {letter.is_removal for letter in dead_letters.newest()} == {True}
    assert dead_letters.count() == 5


def test_a_rebuild_settles_however_many_letters_it_made_moot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending, "AT_ONCE", 2)
    for number in range(5):
        bury(f"nobody-{number}", is_removal=True)
    mending.sweep_all(engine.store())
    assert dead_letters.count() == 0


def test_an_item_has_one_letter_in_whatever_order_a_record_names_its_keys() -> None:
    letter = bury("nobody")
    dead_letters.bury(replace(letter, keys=dict(reversed(letter.keys.items())), sequence="2"))
    assert dead_letters.count() == 1


def test_a_letter_that_failed_anew_while_its_item_was_read_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    person = factories.person()
    bury(person.id, sequence="1")
    real = mending.bring

    def and_fails_again(letter: DeadLetter, store: Any) -> None:
        real(letter, store)
        bury(person.id, sequence="2")

    monkeypatch.setattr(mending, "bring", and_fails_again)
    mending.sweep(engine.store())
    assert dead_letters.count() == 1


def test_a_busy_database_ends_the_sweep_without_touching_the_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> None:
        raise errors.Busy

    bury(factories.person().id)
    monkeypatch.setattr(dynamo, "image", busy)
    with pytest.raises(errors.Busy):
        mending.sweep(engine.store())
    assert dead_letters.count() == 1
