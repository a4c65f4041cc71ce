"""Adding to and removing from the do-not-mail list."""

import pytest

from crm.audit import repository as audit
from crm.core import errors
from crm.deliveries.standing import Standing
from crm.search import engine
from crm.search.filters import EVERYONE
from crm.suppressions import actions, queries, repository
from tests import factories
from tests.factories import ACTOR

pytestmark = pytest.mark.usefixtures("tables")


def add(email: str = "ada@example.com", reason: str = "asked") -> str:
    entry, _ = actions.add(email=email, reason=reason, actor=ACTOR)
    return entry.id


def test_added_address_is_mailed_no_more_however_it_is_spelled() -> None:
    person = factories.person(email="Ada@Example.com")
    add(" ADA@example.com ")

    assert Standing([person.id]).of(person.id)[1] == "suppressed"
    assert engine.store().split(EVERYONE).suppressed == 1


def test_removed_address_is_mailed_again() -> None:
    person = factories.person(email="ada@example.com")
    actions.remove(suppression_id=add(), actor=ACTOR)

    assert Standing([person.id]).of(person.id)[1] == ""
    assert queries.page().items == []


def test_address_without_a_reason_gets_one() -> None:
    add(reason=" ")

    assert queries.page().items[0].reason == "added by hand"


def test_address_that_stands_keeps_its_reason() -> None:
    add(reason="bounced")

    entry, is_new = actions.add(email="ADA@example.com", reason="other", actor=ACTOR)

    assert (entry.reason, is_new) == ("bounced", False)


@pytest.mark.parametrize(
    ("email", "reason", "field"),
    [
        ("", "x", "email"),
        ("nobody", "x", "email"),
        (f"{'a' * 250}@b.example", "x", "email"),
        ("a@b.example", "x" * 201, "reason"),
        ("a@b.example", "a\x07b", "reason"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_name(email: str, reason: str, field: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        add(email, reason)

    assert list(refused.value.fields) == [field]


def test_history_tells_who_added_and_removed_it() -> None:
    key = add()
    actions.remove(suppression_id=key, actor="token:1")

    assert [(entry.action, entry.actor) for entry in audit.history("suppression", key)] == [
        ("removed", "token:1"),
        ("added", ACTOR),
    ]


def test_address_that_is_not_listed_cannot_be_removed() -> None:
    key = add()
    actions.remove(suppression_id=key, actor=ACTOR)

    for unknown in (key, "nothing"):
        with pytest.raises(errors.NotFound):
            actions.remove(suppression_id=unknown, actor=ACTOR)


def test_two_who_add_an_address_at_once_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    find, others = repository.find, []

    def find_before_another(email: str) -> object:
        found = find(email)
        if not others:
            others.append(True)
            add(reason="first")
        return found

    monkeypatch.setattr(repository, "find", find_before_another)
    entry, is_new = actions.add(email="ada@example.com", reason="second", actor=ACTOR)

    assert (entry.reason, is_new) == ("first", False)


def test_two_who_remove_an_address_at_once_remove_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    key, get, others = add(), repository.get, []

    def get_before_another(suppression_id: str) -> object:
        found = get(suppression_id)
        if not others:
            others.append(True)
            actions.remove(suppression_id=key, actor="staff:first")
        return found

    monkeypatch.setattr(repository, "get", get_before_another)
    with pytest.raises(errors.NotFound):
        actions.remove(suppression_id=key, actor="staff:second")

    assert [entry.actor for entry in audit.history("suppression", key)] == ["staff:first", ACTOR]
