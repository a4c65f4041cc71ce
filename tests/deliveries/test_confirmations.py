"""A registration's confirmation is written and withdrawn in the registration's own transaction."""

import pytest

from crm.core import clock, transaction
from crm.deliveries import actions, repository
from crm.deliveries.entities import CANCELLED, PENDING, TRANSACTIONAL
from tests.deliveries import examples

pytestmark = pytest.mark.usefixtures("tables")


def _confirm(generation: int = 1) -> None:
    tx = transaction.begin()
    actions.confirm(tx, person=examples.person(), event=examples.event(), generation=generation)
    tx.commit()


def _withdraw(generation: int = 1) -> None:
    tx = transaction.begin()
    actions.withdraw_confirmation(tx, event_id="e1", person_id="p1", generation=generation)
    tx.commit()


def test_confirmation_is_due_at_once() -> None:
    _confirm()

    (due,) = repository.due(TRANSACTIONAL, 0, clock.now())

    assert (due.id, due.state, due.email) == ("e1/p1/confirmation#1", PENDING, "ada@example.com")


def test_each_registration_is_confirmed_once() -> None:
    _confirm()

    with pytest.raises(transaction.Refused) as refused:
        _confirm()

    assert refused.value.labels == {"confirmation"}


def test_registering_again_after_cancelling_is_confirmed_again() -> None:
    _confirm()
    _confirm(generation=2)

    assert len(repository.due(TRANSACTIONAL, 0, clock.now())) == 2


def test_withdrawn_confirmation_is_never_due() -> None:
    _confirm()
    _withdraw()

    found = repository.find("e1", 0, "p1", "confirmation#1")
    assert found is not None
    assert (found.state, found.due_at, found.version) == (CANCELLED, None, 2)
    assert repository.due(TRANSACTIONAL, 0, clock.now()) == []


def test_withdrawing_what_was_never_confirmed_writes_nothing() -> None:
    _withdraw()

    assert repository.find("e1", 0, "p1", "confirmation#1") is None
