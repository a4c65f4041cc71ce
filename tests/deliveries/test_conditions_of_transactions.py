"""Every condition of what others do to mails in their own transactions is needed, and so is that of creating a mail.

As in `test_conditions`: without one piece of one condition, a mail is changed that must not be.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from crm.core.dynamo import Item
from crm.core.transaction import Refused, Transaction, begin
from crm.deliveries import outcomes, repository, transitions
from crm.deliveries.entities import PENDING, SENDING, Delivery
from crm.deliveries.tables import DeliveryItem
from tests.deliveries.test_conditions import SETTLED_BY, meanwhile, told_of, weaker
from tests.deliveries.test_transitions import NOW, STATES, WAITED

pytestmark = pytest.mark.usefixtures("tables")
Add = Callable[[Transaction], None]


@contextmanager
def _without(attribute: str) -> Iterator[list[str]]:
    """Take what conditions of changes in transactions say of one attribute away. Yields the attributes found."""
    update, found = Transaction.update, list[str]()

    def weakened(tx: Transaction, item: Item, actions: Sequence[Action], condition: Condition, label: str) -> None:
        update(tx, item, actions, weaker(item, condition, attribute, found), label)

    with patch.object(Transaction, "update", weakened):
        yield found


def _commit(add: Add) -> None:
    tx = begin()
    add(tx)
    tx.commit()


def _read(mail: Delivery) -> Delivery:
    found = repository.find(mail.source, mail.shard, mail.person_id, mail.step)
    assert found is not None
    return found


def _is_needed(attribute: str, mail: Delivery, label: str, add: Add) -> set[str]:
    """Show that one piece alone has a stale change refused, under its label; return what the condition names."""
    before = _read(mail)
    with _without("nothing") as found, pytest.raises(Refused) as refused:
        _commit(add)
    assert (refused.value.labels, _read(mail)) == ({label}, before)
    with _without(attribute):
        _commit(add)
    assert _read(mail) != before, "nothing else stands in the way"
    return set(found)


def _left_out_meanwhile() -> Delivery:
    """Return a mail as it was read, which is stored with another state by now and the same attempt."""
    read = STATES[PENDING]()
    assert transitions.skip(read, "suppressed", NOW)
    return read


def _given_back_meanwhile() -> Delivery:
    """Return a mail as it was read, which is pending again by now, after another attempt."""
    claimed = STATES[SENDING]()
    assert transitions.give_back(claimed, NOW)
    return replace(_read(claimed), attempt=0)


WITHDRAWN_BY = {"state": _left_out_meanwhile, "attempt": _given_back_meanwhile}


@pytest.mark.parametrize("attribute", WITHDRAWN_BY)
def test_mail_that_was_moved_meanwhile_is_not_withdrawn(attribute: str) -> None:
    read = WITHDRAWN_BY[attribute]()

    named = _is_needed(attribute, read, "confirmation", lambda tx: repository.withdraw(tx, read, WAITED))

    assert named == set(WITHDRAWN_BY)


@pytest.mark.parametrize("attribute", SETTLED_BY)
def test_event_is_judged_anew_where_the_mail_was_moved_before_its_transaction(attribute: str) -> None:
    read = meanwhile(attribute)
    told = told_of(read, "m9", outcomes.COMPLAINED, 9)

    assert _is_needed(attribute, read, "mail", lambda tx: transitions.settle_in(tx, read, told)) == set(SETTLED_BY)


def _created(mail: Delivery) -> None:
    repository.create(mail)


def _added(mail: Delivery) -> None:
    with pytest.raises(Refused, match="confirmation"):
        _commit(lambda tx: repository.add(tx, mail))


@pytest.mark.parametrize("again", [_created, _added])
def test_mail_that_exists_is_not_created_again(again: Callable[[Delivery], None]) -> None:
    sent = STATES["sent"]()

    again(replace(sent, state=PENDING))

    assert _read(sent) == sent


def test_without_its_condition_creating_starts_a_mail_anew() -> None:
    sent, save, conditions = STATES["sent"](), DeliveryItem.save, list[str]()

    def unconditional(item: DeliveryItem, condition: Condition) -> Any:
        conditions.append(str(condition))
        return save(item)

    with patch.object(DeliveryItem, "save", unconditional):
        assert repository.create(replace(sent, state=PENDING))

    assert _read(sent).state == PENDING
    assert conditions == ["attribute_not_exists (pk)"]
