"""The two tables on moto, sooner: made once and copied for each test, and put back cheaply after a failed transaction.

moto copies a whole table, with all that its stream holds, for every item of every transaction, to have it back where
the transaction is cancelled; most of a write's time went there. Here items are replaced and never changed in place, so
that a copy may hold the items themselves. What moto decides is left as it is.
"""

import copy
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from crm.core import dynamo

_REGION, _ACCOUNT = "us-east-1", "123456789012"
_update_item = DynamoDBBackend.update_item


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
    with patch.object(Table, "__deepcopy__", _kept, create=True), patch.object(DynamoDBBackend, "update_item", _update):
        yield
