"""One use case, one DynamoDB transaction.

    tx = transaction.begin()
    repository.create(tx, person)
    audit.record(tx, ...)
    tx.commit(person)

PynamoDB sends checks, deletes, puts and updates in that order, whatever the order of the calls, so the reasons of a
cancelled transaction are mapped back here, by label. Nobody else looks at them.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from pynamodb.exceptions import PynamoDBException, TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from crm.core import changes, dynamo, errors, idempotency
from crm.core.dynamo import Item

_CONDITION_FAILED = "ConditionalCheckFailed"
_MAY_PASS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
_SEND_AGAIN = frozenset({"TransactionInProgressException", "InternalServerError", "ServiceUnavailable"})
# How long one action may fight for its items before it answers Busy.
PATIENCE_S = 10.0


class Refused(Exception):
    """Conditions did not hold; nothing was written. `labels` name which, as the repository gave them."""

    def __init__(self, labels: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(labels)))
        self.labels = labels


class Patience:
    """The bound on deciding again: full jitter, `PATIENCE_S` in all, then Busy."""

    def __init__(self) -> None:
        self._deadline = time.monotonic() + PATIENCE_S
        self._tries = 0

    def wait(self) -> None:
        """Sleep a jittered moment before the next try.

        Raises:
            errors.Busy: the time is used up.
        """
        self._tries += 1
        pause = random.uniform(0, min(1.0, 0.01 * 2**self._tries))
        if time.monotonic() + pause > self._deadline:
            raise errors.Busy
        time.sleep(pause)


@dataclass(slots=True)
class _Operation:
    item: Item
    condition: Condition | None
    label: str
    actions: Sequence[Action] = ()


@dataclass(slots=True)
class Transaction:
    """Collects writes over both tables; at most 100 of them, each item at most once."""

    patience: Patience = field(default_factory=Patience)
    shows_author: bool = True
    _mark: Item | None = None
    _checks: list[_Operation] = field(default_factory=list)
    _deletes: list[_Operation] = field(default_factory=list)
    _puts: list[_Operation] = field(default_factory=list)
    _updates: list[_Operation] = field(default_factory=list)

    def create(self, item: Item, label: str = "exists", or_if: Condition | None = None) -> None:
        """Put an item that must not exist, unless `or_if` holds for the one that does."""
        absent = type(item).pk.does_not_exist()
        self._puts.append(_Operation(item, absent if or_if is None else absent | or_if, label))

    def create_mark(self, item: Item, label: str) -> None:
        """Put an item whose key no other transaction has: that it is there tells that this one was applied."""
        self._mark = item
        self.create(item, label)

    def update(self, item: Item, actions: Sequence[Action], condition: Condition, label: str) -> None:
        """Change an existing item (named by its keys) under a condition, adding 1 to its version."""
        stepped = [*actions, type(item).version.add(1)]
        exists = type(item).pk.exists()
        self._updates.append(_Operation(item, exists & condition, label, stepped))

    def delete(self, item: Item, condition: Condition, label: str) -> None:
        """Delete an item that has no read model document."""
        self._deletes.append(_Operation(item, condition, label))

    def check(self, item: Item, condition: Condition, label: str) -> None:
        """Refuse the whole transaction unless the condition holds."""
        self._checks.append(_Operation(item, condition, label))

    def commit(self, result: object = None) -> None:
        """Write everything or nothing; then show it to its author. `result` is what a repeated request is answered.

        Raises:
            Refused: conditions did not hold: decide again or say so.
            idempotency.AlreadyAnswered: another request with the same Idempotency-Key won.
            errors.Busy: conflicts and throttles outlasted `patience`; nothing was written.
        """
        if not (self._checks or self._deletes or self._puts or self._updates):
            return
        remembered = idempotency.item_for(result)
        if remembered is not None:
            self.create(remembered, idempotency.LABEL, or_if=idempotency.expired())
        token = uuid4().hex
        while not self._sent(token):
            try:
                self.patience.wait()
            except errors.Busy:
                # The last answers may have been lost after applying: whoever is told "busy" will try anew.
                if not self._was_applied():
                    raise
                break
        if self.shows_author:
            self._show_to_author()

    def _sent(self, token: str) -> bool:
        """Send once. True when applied; False when the same request, with the same token, may be sent again."""
        try:
            with TransactWrite(connection=dynamo.connection(), client_request_token=token) as write:
                for check in self._checks:
                    kind = type(check.item)
                    write.condition_check(kind, check.item.pk, check.item.sk, condition=check.condition)
                for delete in self._deletes:
                    write.delete(delete.item, condition=delete.condition)
                for put in self._puts:
                    write.save(put.item, condition=put.condition)
                for change in self._updates:
                    write.update(change.item, list(change.actions), condition=change.condition)
        except TransactWriteError as error:
            return self._judge(error)
        return True

    def _was_applied(self) -> bool:
        return self._mark is not None and dynamo.get(type(self._mark), self._mark.pk, self._mark.sk) is not None

    def _judge(self, error: TransactWriteError) -> bool:
        code = dynamo.error_code(error)
        if code is None or code in dynamo.THROTTLED or code in _SEND_AGAIN:
            # No code: the answer was lost on the way. The token makes sending again harmless (for 10 minutes).
            return False
        ordered = [*self._checks, *self._deletes, *self._puts, *self._updates]
        reasons = [reason.code if reason else None for reason in error.cancellation_reasons]
        refused = frozenset(
            operation.label for operation, reason in zip(ordered, reasons, strict=False) if reason == _CONDITION_FAILED
        )
        if idempotency.LABEL in refused:
            raise idempotency.AlreadyAnswered from error
        if refused:
            raise Refused(refused) from error
        if reasons and all(reason is None or reason in _MAY_PASS for reason in reasons):
            return False
        raise error

    def _show_to_author(self) -> None:
        written = [operation.item for operation in (*self._puts, *self._updates)]
        fresh: list[Item] = []
        try:
            for table in dynamo.TABLES:
                keys = [(i.pk, i.sk) for i in written if isinstance(i, table) and changes.is_projected(type(i))]
                fresh += dynamo.get_many(table, keys).values() if keys else []
        except PynamoDBException:
            changes.log.exception("could not re-read what was written; the stream will bring it")
        changes.show_to_author(fresh)


def begin(patience: Patience | None = None, *, shows_author: bool = True) -> Transaction:
    """Open a transaction; nothing is sent before `commit`. Pass `patience` on when deciding again.

    With `shows_author` False only the stream brings what is written to the lists: nobody waits to see it.
    """
    return Transaction(patience or Patience(), shows_author)


def until_it_holds[Result](attempt: Callable[[Patience], Result]) -> Result:
    """Decide, and decide again on what is stored by then for as long as it was refused. Raises as `Patience.wait`."""
    patience = Patience()
    while True:
        try:
            return attempt(patience)
        except Refused:
            patience.wait()
