"""Rules of people."""

import pytest

from crm.audit import repository as audit
from crm.core import errors
from crm.people import actions, queries, repository
from crm.people.entities import PersonFields
from tests import factories
from tests.factories import ACTOR

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


def test_address_is_taken_whatever_its_case() -> None:
    factories.person(email="Alice@Example.com")

    with pytest.raises(errors.Conflict) as caught:
        factories.person(email="alice@example.COM")

    assert caught.value.field == "email"


def test_refused_person_leaves_nothing_behind() -> None:
    factories.person(email="alice@example.com")
    with pytest.raises(errors.Conflict):
        actions.create(fields=PersonFields(email="alice@example.com"), actor=ACTOR, person_id="second")

    assert repository.find("second") is None
    assert audit.history("person", "second") == []


@pytest.mark.parametrize("email", ["", "alice", "alice@", "a b@example.com", "x" * 250 + "@example.com"])
def test_email_must_be_an_address(email: str) -> None:
    with pytest.raises(errors.Invalid) as caught:
        factories.person(email=email)
    assert list(caught.value.fields) == ["email"]


def test_every_bad_field_is_named_as_the_api_spells_it() -> None:
    with pytest.raises(errors.Invalid) as caught:
        factories.person(first_name="x" * 201, job_title="bad\x07bell")
    assert set(caught.value.fields) == {"firstName", "jobTitle"}


def test_names_of_any_script_are_kept_as_given() -> None:
    person = factories.person(first_name="Yūki", last_name="山田")
    assert queries.get(person.id).name == "Yūki 山田"


def test_phone_is_kept_as_given_and_normalised_beside() -> None:
    person = factories.person(phone_number="(212) 555-0123")
    assert (person.fields.phone_number, person.phone_e164) == ("(212) 555-0123", "+12125550123")


def test_new_address_frees_the_old_one() -> None:
    person = factories.person(email="old@example.com")

    actions.patch(person_id=person.id, values={"email": "new@example.com"}, actor=ACTOR)

    assert factories.person(email="old@example.com").id != person.id
    assert repository.id_by_email("new@example.com") == person.id


def test_changing_only_the_case_of_an_address_is_no_conflict() -> None:
    person = factories.person(email="alice@example.com")

    changed = actions.patch(person_id=person.id, values={"email": "Alice@Example.com"}, actor=ACTOR)

    assert changed.fields.email == "Alice@Example.com"
    assert repository.id_by_email("alice@example.com") == person.id


def test_edit_of_an_older_version_is_a_conflict() -> None:
    person = factories.person()
    actions.patch(person_id=person.id, values={"city": "Rome"}, revision=1, actor=ACTOR)

    with pytest.raises(errors.Conflict, match="changed meanwhile"):
        actions.patch(person_id=person.id, values={"city": "Oslo"}, revision=1, actor=ACTOR)
    assert queries.get(person.id).fields.city == "Rome"


def test_patch_leaves_what_it_does_not_name_and_change_clears_it() -> None:
    person = factories.person(city="Rome", company="TechCorp")

    assert actions.patch(person_id=person.id, values={"city": "Oslo"}, actor=ACTOR).fields.company == "TechCorp"
    fields = PersonFields(email=person.fields.email)
    assert actions.change(person_id=person.id, fields=fields, actor=ACTOR).fields.company == ""


def test_deleted_person_is_gone_and_the_address_free() -> None:
    person = factories.person(email="alice@example.com")

    actions.delete(person_id=person.id, actor=ACTOR)

    with pytest.raises(errors.NotFound):
        queries.get(person.id)
    with pytest.raises(errors.NotFound):
        actions.delete(person_id=person.id, actor=ACTOR)
    factories.person(email="alice@example.com")


def test_history_tells_who_changed_what() -> None:
    person = factories.person(city="Rome")
    actions.patch(person_id=person.id, values={"city": "Oslo"}, actor="staff:7")

    newest, oldest = queries.history(person.id)

    assert (newest.action, newest.actor, newest.before, newest.after) == (
        "edited",
        "staff:7",
        {"city": "Rome"},
        {"city": "Oslo"},
    )
    assert oldest.action == "created"
