"""Every condition of every move is needed: without it a mail is moved that must not be, and a test says so.

One piece of one condition is taken away at a time, and what it stands for is tried: each trial passes as long as all
conditions are there, and fails without the one it is named after.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import reduce
from operator import and_
from unittest.mock import patch

import pytest
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from crm.core import dynamo
from crm.core.dynamo import Item
from crm.deliveries import outcomes, repository, transitions
from crm.deliveries.entities import FAILED, HELD, PENDING, SENDING, UNKNOWN, Delivery
from crm.deliveries.outcomes import News
from tests.deliveries import test_transitions as moves
from tests.deliveries.test_transitions import LEASE_OVER, MOVES, NOW, STATES, WAITED

pytestmark = pytest.mark.usefixtures("tables")
_SECOND = timedelta(seconds=1)


def _pieces(condition: Condition) -> list[Condition]:
    if condition.operator != "AND":
        return [condition]
    return [piece for value in condition.values for piece in _pieces(value)]


def weaker(item: Item, condition: Condition, attribute: str, found: list[str]) -> Condition:
    """Return a condition on an existing item without what it says of one attribute; add all it names to `found`."""
    pieces = [(str(piece.values[0]), piece) for piece in _pieces(condition)]
    found.extend(name for name, _ in pieces)
    return reduce(and_, [piece for name, piece in pieces if name != attribute], type(item).pk.exists())


@contextmanager
def without(attribute: str) -> Iterator[list[str]]:
    """Take what conditions say of one attribute away. Yields the attributes found, to see that it was there."""
    update, found = dynamo.update, list[str]()

    def weakened(item: Item, actions: Sequence[Action], condition: Condition) -> None:
        update(item, actions, weaker(item, condition, attribute, found))

    with patch.object(dynamo, "update", weakened):
        yield found


def _is_refused(move: Callable[[Delivery], object], mail: Delivery) -> None:
    before = repository.find(mail.source, mail.shard, mail.person_id, mail.step)
    assert not move(mail)
    assert repository.find(mail.source, mail.shard, mail.person_id, mail.step) == before


def _from_elsewhere(name: str) -> Callable[[], None]:
    """Try a move from every state it must not start from."""
    move, sources, _ = MOVES[name]

    def tried() -> None:
        for index, state in enumerate(sorted(STATES.keys() - sources)):
            with patch.object(moves.examples, "mail", _mail_of(f"p{index}")):
                mail = STATES[state]()
            _is_refused(move, mail)

    return tried


def _mail_of(person_id: str) -> Callable[[], Delivery]:
    make = moves.examples.mail
    return lambda: make(person_id)


def _again(name: str) -> Callable[[], None]:
    """Try a move with a mail as it was one attempt earlier, in the same state."""
    move, sources, _ = MOVES[name]

    def tried() -> None:
        early = STATES[sorted(sources)[0]]()
        now = _once_more(early)
        assert (now.state, now.attempt) == (early.state, early.attempt + 1)
        _is_refused(move, early)

    return tried


def _once_more(mail: Delivery) -> Delivery:
    """Bring a mail through another attempt to the state it is in."""
    state, way = mail.state, {SENDING: _back, UNKNOWN: _risked, FAILED: _retried, HELD: _resent}
    if state != PENDING:
        assert way[state](mail)
    claimed = moves._claim(moves._read(mail), "another", WAITED if state == UNKNOWN else NOW)
    assert claimed is not None
    if state == PENDING:
        assert transitions.give_back(claimed, NOW)
    elif state == FAILED:
        assert transitions.fail(claimed, "no such domain", WAITED)
    elif state != SENDING:
        assert transitions.doubt(claimed, "timeout", NOW - timedelta(hours=1))
        assert state == UNKNOWN or transitions.hold(moves._read(mail), WAITED)
    return moves._read(mail)


def _back(mail: Delivery) -> bool:
    return transitions.give_back(mail, NOW)


def _risked(mail: Delivery) -> bool:
    return transitions.risk_again(mail, WAITED)


def _retried(mail: Delivery) -> bool:
    return transitions.retry(mail, NOW)


def _resent(mail: Delivery) -> bool:
    return transitions.resend(mail, NOW)


def _claimed_early() -> None:
    mail = moves._sending()
    assert transitions.put_off(mail, "throttled", NOW, NOW + timedelta(minutes=5))
    _is_refused(lambda m: moves._claim(m, now=NOW + _SECOND), moves._read(mail))


def _expired_early() -> None:
    _is_refused(lambda m: transitions.expire(m, "lease_over", NOW + _SECOND), moves._sending())


def _held_early() -> None:
    _is_refused(lambda m: transitions.hold(m, LEASE_OVER + _SECOND), moves._unknown())


def _risked_early() -> None:
    _is_refused(lambda m: transitions.risk_again(m, LEASE_OVER + _SECOND), moves._unknown())


TRIALS: dict[tuple[str, str], Callable[[], None]] = {
    **{(name, "state"): _from_elsewhere(name) for name in MOVES},
    **{(name, "attempt"): _again(name) for name in MOVES},
    ("claim", "due_at"): _claimed_early,
    ("expire", "due_at"): _expired_early,
    ("hold", "due_at"): _held_early,
    ("risk again", "due_at"): _risked_early,
}


@pytest.mark.parametrize(("name", "attribute"), TRIALS)
def test_move_is_refused_where_its_condition_says_so_and_nowhere_else_would(name: str, attribute: str) -> None:
    TRIALS[name, attribute]()


@pytest.mark.parametrize(("name", "attribute"), TRIALS)
def test_without_one_condition_a_test_fails(name: str, attribute: str) -> None:
    with without(attribute) as found, pytest.raises(AssertionError):
        TRIALS[name, attribute]()
    assert attribute in found


@pytest.mark.parametrize("name", MOVES)
def test_no_move_has_a_condition_that_is_not_tried(name: str) -> None:
    move, sources, _ = MOVES[name]
    mail = STATES[sorted(sources)[0]]()
    with without("nothing") as found:
        move(mail)

    assert set(found) == {attribute for tried, attribute in TRIALS if tried == name}


def told_of(read: Delivery, message_id: str, outcome: str, minutes: int, reason: str = "") -> Delivery:
    at = NOW + timedelta(minutes=minutes)
    return outcomes.after(read, News(read.attempt, message_id, NOW, outcome, at, reason), WAITED)


def _settled(
    message_id: str = "m5", outcome: str = outcomes.DELIVERED, minutes: int = 5, reason: str = "b"
) -> Delivery:
    read = moves._read(moves._sending())
    assert transitions.settle(read, told_of(read, message_id, outcome, minutes, reason))
    return moves._read(read)


def meanwhile(attribute: str) -> Delivery:
    """Return a mail as it was read, which is stored with one attribute other by now that the condition compares."""
    if attribute == "state":
        read = moves._sending()
        assert transitions.expire(read, "lease_over", LEASE_OVER)
        return read
    if attribute == "attempt":
        mail = moves._unknown()
        assert transitions.risk_again(mail, WAITED)
        read = moves._read(mail)
        claimed = moves._claim(read, "another", WAITED)
        assert claimed is not None
        assert transitions.give_back(claimed, WAITED)
        return read
    read = _settled()
    stored = {
        "message_id": told_of(read, "m1", outcomes.DELIVERED, 5, "b"),
        "outcome": told_of(read, "m5", outcomes.BOUNCED, 5, "b"),
        "outcome_at": told_of(read, "m5", outcomes.DELIVERED, 4, "b"),
        "outcome_reason": told_of(read, "m5", outcomes.DELIVERED, 5, "a"),
    }[attribute]
    assert transitions.settle(read, stored)
    return read


SETTLED_BY = ("state", "attempt", "message_id", "outcome", "outcome_at", "outcome_reason")


@pytest.mark.parametrize("attribute", SETTLED_BY)
def test_event_is_judged_anew_where_the_mail_was_moved_meanwhile(attribute: str) -> None:
    read = meanwhile(attribute)
    told = told_of(read, "m9", outcomes.COMPLAINED, 9)

    with without("nothing") as found:
        _is_refused(lambda mail: transitions.settle(mail, told), read)
    assert set(found) == set(SETTLED_BY)
    with without(attribute):
        assert transitions.settle(read, told), "nothing else stands in the way"
