"""What a transaction does with conflicts, throttles, lost answers and conditions that do not hold."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError
from pynamodb.exceptions import CancellationReason, TransactWriteError, VerboseClientError

from crm.core import changes, clock, dynamo, errors, transaction, walks
from crm.core.walks import WalkItem

pytestmark = pytest.mark.usefixtures("tables")

Send = Callable[..., Any]


def walk(id_: str) -> WalkItem:
    return WalkItem("WALK", id_, kind="event", subject_id="1", actor="test", started_at=clock.now())


def cancelled(*codes: str | None) -> TransactWriteError:
    answer = {"Error": {"Code": "TransactionCanceledException", "Message": "cancelled"}}
    reasons = [CancellationReason(code=code) if code else None for code in codes]
    return TransactWriteError(
        "cancelled", VerboseClientError(answer, "TransactWriteItems", cancellation_reasons=reasons)
    )


def lost() -> TransactWriteError:
    return TransactWriteError("lost", ConnectionClosedError(endpoint_url="http://dynamodb"))


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> tuple[list[Callable[[Send], Any]], list[str]]:
    """Faults to answer with, first one first, and the tokens that were sent. Emulators never raise conflicts."""
    planned: list[Callable[[Send], Any]] = []
    tokens: list[str] = []
    applied: dict[str, Any] = {}
    connection = dynamo.connection()
    real = connection.transact_write_items

    def apply(**kwargs: Any) -> Any:
        # moto ignores the token; DynamoDB answers one it has seen within ten minutes with success, and writes nothing.
        token = kwargs["client_request_token"]
        if token not in applied:
            applied[token] = real(**kwargs)
        return applied[token]

    def send(**kwargs: Any) -> Any:
        tokens.append(kwargs["client_request_token"])
        return planned.pop(0)(lambda: apply(**kwargs)) if planned else apply(**kwargs)

    monkeypatch.setattr(connection, "transact_write_items", send)
    return planned, tokens


def fail(error: Exception) -> Callable[[Send], Any]:
    def answer(_: Send) -> Any:
        raise error

    return answer


def test_conflict_is_sent_again_with_the_same_token(faults: Any) -> None:
    planned, tokens = faults
    planned += [fail(cancelled("TransactionConflict")), fail(cancelled("ThrottlingError"))]
    tx = transaction.begin()
    tx.create(walk("a"))

    tx.commit()

    assert [open_.id for open_ in walks.open_walks()] == ["a"]
    assert (len(tokens), len(set(tokens))) == (3, 1)


def test_answer_lost_after_applying_is_not_taken_for_a_refusal(faults: Any) -> None:
    planned, tokens = faults

    def apply_and_lose(send: Send) -> Any:
        send()
        raise lost()

    planned.append(apply_and_lose)
    tx = transaction.begin()
    tx.create(walk("a"))

    tx.commit()

    assert [open_.id for open_ in walks.open_walks()] == ["a"]
    assert len(set(tokens)) == 1


def test_new_decision_takes_a_new_token(faults: Any) -> None:
    _, tokens = faults
    for id_ in ("a", "b"):
        tx = transaction.begin()
        tx.create(walk(id_))
        tx.commit()
    assert len(set(tokens)) == 2


def test_refusal_beside_a_conflict_is_a_business_answer(faults: Any) -> None:
    faults[0].append(fail(cancelled("ConditionalCheckFailed", "TransactionConflict")))
    tx = transaction.begin()
    tx.create(walk("a"), label="first")
    tx.create(walk("b"), label="second")

    with pytest.raises(transaction.Refused) as caught:
        tx.commit()
    assert caught.value.labels == {"first"}


def test_labels_follow_the_order_in_which_pynamodb_sends() -> None:
    walk("there").save()
    tx = transaction.begin()
    tx.update(walk("absent"), [WalkItem.cursor.set("x")], WalkItem.pk.exists(), label="update")
    tx.create(walk("new"), label="put")
    tx.delete(walk("there"), WalkItem.kind == "event", label="delete")
    tx.check(walk("there-not"), WalkItem.pk.does_not_exist(), label="check")

    with pytest.raises(transaction.Refused) as caught:
        tx.commit()

    assert caught.value.labels == {"update"}
    assert [open_.id for open_ in walks.open_walks()] == ["there"]


def test_endless_conflicts_end_as_busy_with_nothing_written(faults: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "PATIENCE_S", 0.05)
    faults[0].extend([fail(cancelled("TransactionConflict"))] * 100)
    tx = transaction.begin()
    tx.create(walk("a"))

    with pytest.raises(errors.Busy):
        tx.commit()
    assert list(walks.open_walks()) == []


def test_unknown_failure_is_not_hidden(faults: Any) -> None:
    faults[0].append(fail(cancelled("ValidationError")))
    tx = transaction.begin()
    tx.create(walk("a"))
    with pytest.raises(TransactWriteError):
        tx.commit()


def test_empty_transaction_sends_nothing(faults: Any) -> None:
    transaction.begin().commit()
    assert faults[1] == []


def test_update_never_makes_a_ghost_item() -> None:
    tx = transaction.begin()
    tx.update(walk("ghost"), [WalkItem.cursor.set("x")], WalkItem.cursor.does_not_exist(), label="update")
    with pytest.raises(transaction.Refused):
        tx.commit()
    assert list(walks.open_walks()) == []


def test_every_update_raises_the_version() -> None:
    walk("a").save()
    tx = transaction.begin()
    tx.update(walk("a"), [WalkItem.cursor.set("x")], WalkItem.pk.exists(), label="update")
    tx.commit()
    item = dynamo.get(WalkItem, "WALK", "a")
    assert item is not None
    assert item.version == 2


@pytest.fixture
def failing_read_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(changes, "_sink", fails)
    monkeypatch.setattr(changes, "_projections", {WalkItem: lambda change: change})


@pytest.mark.usefixtures("failing_read_model")
def test_read_model_that_fails_never_fails_a_committed_request() -> None:
    tx = transaction.begin()
    tx.create(walk("a"))
    tx.commit()
    assert [open_.id for open_ in walks.open_walks()] == ["a"]


def test_applied_transaction_whose_answers_were_all_lost_is_not_called_busy(
    faults: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction, "PATIENCE_S", 0.05)

    def apply_and_lose(send: Send) -> Any:
        send()
        raise lost()

    faults[0].extend([apply_and_lose] * 100)
    tx = transaction.begin()
    tx.create_mark(walk("a"), label="walk")

    tx.commit()

    assert [open_.id for open_ in walks.open_walks()] == ["a"]


def test_marked_transaction_that_was_never_applied_is_called_busy(faults: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "PATIENCE_S", 0.05)
    faults[0].extend([fail(lost())] * 100)
    tx = transaction.begin()
    tx.create_mark(walk("a"), label="walk")

    with pytest.raises(errors.Busy):
        tx.commit()
    assert list(walks.open_walks()) == []
