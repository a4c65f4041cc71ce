"""The two tables on moto, sooner and one write at a time.

They are made once and copied for each test, and put back cheaply after a failed transaction: moto copies a whole
table, with all that its stream holds, for every item of every transaction, to have it back where the transaction is
cancelled; most of a write's time went there. Here items are replaced and never changed in place, so that a copy may
hold the items themselves. What moto decides is left as it is.

moto looks at a condition and writes in two steps, between which another thread may write. DynamoDB's writes are atomic.
"""

import copy
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, wraps
from typing import Any
from unittest.mock import patch

from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from crm.core import dynamo

_REGION, _ACCOUNT = "us-east-1", "123456789012"
_update_item = DynamoDBBackend.update_item
_ALONE = ("put_item", "update_item", "delete_item", "transact_write_items", "query", "scan")
_turn = threading.RLock()


def _kept(table: Table, memo: dict[int, Any]) -> Table:
    """Stand in for `Table.__deepcopy__`: what a table and its stream hold now, whatever is written later."""
    if id(table) in memo:
        return memo[id(table)]
    kept = copy.copy(table)
    kept.items = defaultdict(dict, {pk: dict(partition) for pk, partition in table.items.items()})
    if table.stream_shard is not None:
        kept.stream_shard = copy.copy(table.stream_shard)
        kept.stream_shard.table, kept.stream_shard.items = kept, list(table.stream_shard.items)
    return kept


def _update(backend: DynamoDBBackend, table_name: str, key: dict[str, Any], *args: Any, **kwargs: Any) -> Item:
    """Let moto change a copy of the item, in the item's place."""
    pk, sk = (DynamoType(key[name]) for name in ("pk", "sk"))
    partition = backend.get_table(table_name).items[pk]
    if sk in partition:
        partition[sk] = copy.deepcopy(partition[sk])
    return _update_item(backend, table_name, key, *args, **kwargs)


def _in_turn(operation: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(operation)
    def done(*args: Any, **kwargs: Any) -> Any:
        with _turn:
            return operation(*args, **kwargs)

    return done


@cache
def _empty() -> dict[str, Table]:
    dynamo.create_tables()
    return copy.deepcopy(dict(backend().tables))


def backend() -> DynamoDBBackend:
    """Return moto's DynamoDB."""
    return dynamodb_backends[_ACCOUNT][_REGION]


@contextmanager
def made() -> Iterator[None]:
    """Have both tables, empty, for as long as the block lasts. Within `mock_aws` only."""
    backend().tables |= copy.deepcopy(_empty())
    with (
        patch.object(Table, "__deepcopy__", _kept, create=True),
        patch.object(DynamoDBBackend, "update_item", _update),
        ExitStack() as alone,
    ):
        for name in _ALONE:
            alone.enter_context(patch.object(DynamoDBBackend, name, _in_turn(getattr(DynamoDBBackend, name))))
        yield
