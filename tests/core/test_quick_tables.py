"""The tests' tables keep DynamoDB's word about transactions: all of it is written, or nothing."""

import copy
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from crm.core import dynamo
from tests import quick_tables
from tests.engines import environment as engines

pytestmark = [
    pytest.mark.usefixtures("tables"),
    pytest.mark.skipif(engines.dynamodb() is not None, reason="about moto itself"),
]

TABLE = "crm"
OLD, GONE, NEW = ({"pk": {"S": "a"}, "sk": {"S": name}} for name in ("old", "gone", "new"))


def _client() -> Any:
    return cast("Any", dynamo.connection().client)


def _stored() -> list[dict[str, Any]]:
    return sorted(_client().scan(TableName=TABLE)["Items"], key=lambda item: item["sk"]["S"])


def _streamed() -> list[Any]:
    shard = quick_tables.backend().tables[TABLE].stream_shard
    assert shard is not None
    return [copy.deepcopy(record.to_json()["dynamodb"]) for record in shard.items]


def _change(key: dict[str, Any]) -> dict[str, Any]:
    values = {":n": {"N": "2"}, ":x": {"S": "x"}, ":one": {"L": [{"S": "more"}]}}
    expression = "SET n = :n, nested.deep = :x, listed = list_append(listed, :one)"
    return {
        "Update": {
            "TableName": TABLE,
            "Key": key,
            "UpdateExpression": expression,
            "ExpressionAttributeValues": values,
        }
    }


def _write(*more: dict[str, Any]) -> None:
    _client().transact_write_items(
        TransactItems=[
            _change(OLD),
            {"Delete": {"TableName": TABLE, "Key": GONE}},
            {"Put": {"TableName": TABLE, "Item": NEW}},
            *more,
        ]
    )


@pytest.fixture(autouse=True)
def _filled(tables: None) -> None:
    nested = {"nested": {"M": {"deep": {"S": "as it was"}}}, "listed": {"L": []}, "n": {"N": "1"}}
    for key in (OLD, GONE):
        _client().put_item(TableName=TABLE, Item={**key, **nested})


def test_a_cancelled_transaction_leaves_items_and_stream_as_they_were() -> None:
    stored, streamed = _stored(), _streamed()
    key = {"pk": {"S": "a"}, "sk": {"S": "nobody"}}
    never = {"TableName": TABLE, "Key": key, "ConditionExpression": "attribute_exists(pk)"}
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        _write({"ConditionCheck": never})
    assert _stored() == stored
    assert _streamed() == streamed


def test_a_transaction_is_written_whole_and_its_stream_tells_old_from_new() -> None:
    _write()
    gone, new, old = ([item for item in _stored() if item["sk"] == key["sk"]] for key in (GONE, NEW, OLD))
    assert (gone, new) == ([], [NEW])
    assert (old[0]["n"], old[0]["nested"], old[0]["listed"]) == (
        {"N": "2"},
        {"M": {"deep": {"S": "x"}}},
        {"L": [{"S": "more"}]},
    )
    _client().update_item(**_change(OLD)["Update"])
    told = [(one.get("OldImage", {}).get("n"), one.get("NewImage", {}).get("n")) for one in _streamed()]
    assert told[2] == ({"N": "1"}, {"N": "2"})
    assert len(_streamed()[2]["NewImage"]["listed"]["L"]) == 1


def test_every_test_begins_with_empty_tables_that_drop_what_expired() -> None:
    with quick_tables.made():
        assert _stored() == []
        told = _client().describe_time_to_live(TableName=TABLE)["TimeToLiveDescription"]
        assert told == {"TimeToLiveStatus": "ENABLED", "AttributeName": dynamo.EXPIRES_AT}
