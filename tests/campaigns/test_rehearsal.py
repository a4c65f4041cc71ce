"""Nobody is sent a mail with a hole in it: who would be is named before anything is sent."""

import pytest

from crm.campaigns import actions, rehearsal
from crm.campaigns.entities import Mail
from crm.campaigns.rehearsal import Rehearsal
from crm.core import errors
from crm.core.utm import NO_UTM
from crm.people import actions as people
from crm.search import engine, filters
from crm.suppressions.kinds import NEWSLETTER, NOTICE
from tests import factories
from tests.worker.outbox_fakes import suppress

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


def rehearsed(
    body: str, subject: str = "Hello", where: filters.Filter = filters.EVERYONE, kind: str = NEWSLETTER
) -> Rehearsal:
    return rehearsal.of(where, Mail(name="x", subject=subject, body=body, utm=NO_UTM), kind)


def test_who_lacks_a_value_is_counted_and_named_with_what_is_missing() -> None:
    factories.person(first_name="Ada", company="TechCorp", city="Rome")
    ben = factories.person(first_name="Ben", company="", city="Rome")
    cai = factories.person(first_name="", last_name="", company="", city="Oslo")

    found = rehearsed("Hi {{ firstName }} at {{ company }} in {{ city }}")

    assert found.total == 2
    assert {one.person.id: one.nouns for one in found.people} == {
        ben.id: ("company",),
        cai.id: ("first name", "company"),
    }
    assert [(gap.field.name, gap.people) for gap in found.gaps] == [("firstName", 1), ("company", 2)]
    assert found.problems == {
        "body": "1 person has no first name. Write a default, such as {{ firstName|there }}. "
        "2 people have no company. Write a default, such as {{ company|your team }}."
    }


def test_default_fills_every_hole() -> None:
    factories.person(company="")

    assert rehearsed("{{ company|your team }} {{ company| }}").total == 0


def test_field_of_the_subject_is_told_beside_the_subject() -> None:
    factories.person(company="")

    assert list(rehearsed("Hello", "For {{ company }}").problems) == ["subject"]


def test_name_is_missing_only_where_all_of_it_is() -> None:
    factories.person(first_name="", last_name="Lovelace")
    nobody = factories.person(first_name="", last_name="")

    assert [one.person.id for one in rehearsed("{{ name }}").people] == [nobody.id]


def test_only_those_who_would_get_the_mail_are_asked_for() -> None:
    factories.person(company="", city="Oslo")
    suppress(factories.person(company="", city="Rome").fields.email)
    there = factories.person(company="", city="Rome")

    found = rehearsed("{{ company }}", where=filters.from_query({"city": "Rome"}))

    assert [one.person.id for one in found.people] == [there.id]
    assert found.total == 1


def test_whoever_left_this_kind_of_mail_is_not_asked_for() -> None:
    factories.leave(factories.person(company=""), NEWSLETTER)

    assert rehearsed("{{ company }}", kind=NEWSLETTER).total == 0
    assert rehearsed("{{ company }}", kind=NOTICE).total == 1


def test_twenty_are_named_and_all_counted() -> None:
    for _ in range(22):
        factories.person(company="")

    found = rehearsed("{{ company }}")

    assert (len(found.people), found.total) == (20, 22)
    assert engine.store().split(found.where).matched == 22


def test_send_is_refused_while_somebody_lacks_a_value() -> None:
    person = factories.person(company="")
    asked = {"where": filters.EVERYONE, "subject": "Hello", "utm": NO_UTM, "actor": factories.ACTOR}

    with pytest.raises(errors.Invalid, match="1 person has no company"):
        actions.send(body="{{ company }}", **asked)  # type: ignore[arg-type]

    assert engine.store().campaigns().total == 0

    people.patch(person_id=person.id, values={"company": "TechCorp"}, actor=factories.ACTOR)
    assert actions.send(body="{{ company }}", **asked).matched == 1  # type: ignore[arg-type]
