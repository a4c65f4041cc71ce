"""Merge fields stand for what is known about a person, or for their default; nobody gets a mail with a hole in it."""

import pytest

from crm.core import errors
from crm.deliveries import merge
from crm.deliveries.merge import FIELDS, Missing, Use
from crm.people.entities import PersonFields

ADA = PersonFields(email="ada@example.com", first_name="Ada", last_name="Lovelace", company="TechCorp")
NOBODY = PersonFields(email="nobody@example.com")


@pytest.mark.parametrize(
    ("written", "use"),
    [
        ("{{ firstName }}", Use("firstName", None)),
        ("{{firstName|there}}", Use("firstName", "there")),
        ("{{  company |  your team }}", Use("company", "your team")),
        ("{{ company| }}", Use("company", "")),
        ("{{ company|a|b }}", Use("company", "a|b")),
    ],
)
def test_field_is_read_with_its_default(written: str, use: Use) -> None:
    assert list(merge.pieces(f"Hi {written}!", "body")) == ["Hi ", use, "!"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{{ firstname }}", "There is no field “firstname”. Did you mean firstName?"),
        ("{{ compny }}", "Did you mean company?"),
        ("{{ shoeSize }}", "There is no field “shoeSize”. There are firstName,"),
        ("{{ person.__class__ }}", "There is no field “person.__class__”."),
        ("{{ }}", "There is no field “”."),
        ("{{ firstName }", "“{{ firstName }” is no field: write it like {{ firstName|there }}."),
        ("Hi }} you", "“}} you” is no field"),
        ("{{ first\nName }}", "“{{ first” is no field"),
        ("{{ firstName|{{ company }} }}", "is no field"),
    ],
)
def test_what_is_no_field_is_refused_by_name(written: str, said: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        list(merge.pieces(written, "subject"))

    assert list(refused.value.fields) == ["subject"]
    assert said in refused.value.fields["subject"]


def test_known_value_is_used_before_the_default() -> None:
    assert Use("firstName", "there").of(ADA) == "Ada"
    assert Use("firstName", "there").of(NOBODY) == "there"
    assert Use("firstName", "").of(NOBODY) == ""


def test_missing_value_without_a_default_is_refused_by_name() -> None:
    with pytest.raises(Missing) as missing:
        Use("jobTitle", None).of(ADA)

    assert missing.value.reason == "no job title to fill in, and the mail has no default for it"


def test_name_is_made_of_what_is_known() -> None:
    assert FIELDS["name"].of(ADA) == "Ada Lovelace"
    assert FIELDS["name"].of(PersonFields(email="a@example.com", last_name="Lovelace")) == "Lovelace"
    assert FIELDS["name"].of(NOBODY) == ""


@pytest.mark.parametrize("use", [Use("firstName", None), Use("company", "your team"), Use("city", "")])
def test_field_can_be_written_again_as_it_was(use: Use) -> None:
    assert list(merge.pieces(use.written, "body"))[1] == use
