"""Who gets a campaign's mail, and why somebody does not."""

from dataclasses import replace

import pytest

from crm.deliveries import standing
from tests.deliveries import examples


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, ""),
        ({"unsubscribed": True}, "unsubscribed"),
        ({"email": ""}, "no_address"),
        ({"barred": True}, "suppressed"),
    ],
)
def test_reason_to_be_left_out(given: dict[str, object], reason: str) -> None:
    person = examples.person()
    person = replace(
        person,
        unsubscribed=bool(given.get("unsubscribed")),
        fields=replace(person.fields, email=str(given.get("email", person.fields.email))),
    )

    assert standing.reason_to_leave_out(person, {person.fields.email} if "barred" in given else set()) == reason


def test_person_unsubscribed_from_a_kind_gets_the_others() -> None:
    person = replace(examples.person(), unsubscribed_from=("newsletter",))

    assert standing.reason_to_leave_out(person, set(), "newsletter") == "unsubscribed"
    assert standing.reason_to_leave_out(person, set(), "notice") == ""


def test_deleted_person_is_left_out() -> None:
    assert standing.reason_to_leave_out(None, set()) == "deleted"
