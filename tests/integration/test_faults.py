"""The fault proxy keeps to DynamoDB's contract: what it refuses was not written, what it drops was."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from tests.integration import faulty
from tests.integration.faults import NONE, FaultProxy, Faults

KEY = {"pk": {"S": "a"}}


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A DynamoDB with one table."""
    with faulty.emulator(tmp_path_factory.mktemp("dynamodb")) as url:
        _client(url).create_table(
            TableName="trial",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield url


@pytest.fixture
def proxy(upstream: str) -> Iterator[FaultProxy]:
    """The proxy, with an empty table behind it."""
    _client(upstream).delete_item(TableName="trial", Key=KEY)
    with FaultProxy(upstream, seed=1) as running:
        yield running


def _client(url: str) -> Any:
    config = Config(retries={"total_max_attempts": 1})
    return boto3.client("dynamodb", endpoint_url=url, region_name="us-east-1", config=config)


def _write(client: Any) -> None:
    client.transact_write_items(TransactItems=[{"Put": {"TableName": "trial", "Item": KEY}}])


def _is_stored(upstream: str) -> bool:
    return "Item" in _client(upstream).get_item(TableName="trial", Key=KEY)


def test_without_faults_everything_passes(proxy: FaultProxy, upstream: str) -> None:
    client = _client(proxy.url)
    for _ in range(20):
        _write(client)
    assert _is_stored(upstream)
    assert proxy.counts["transactions"] == 20


def test_a_conflict_names_its_reasons_and_writes_nothing(proxy: FaultProxy, upstream: str) -> None:
    proxy.faults = Faults(conflicts=1.0)
    with pytest.raises(ClientError) as refusal:
        _write(_client(proxy.url))
    assert refusal.value.response["Error"]["Code"] == "TransactionCanceledException"
    assert [reason["Code"] for reason in refusal.value.response["CancellationReasons"]] == ["TransactionConflict"]
    assert not _is_stored(upstream)


def test_a_dropped_answer_was_applied(proxy: FaultProxy, upstream: str) -> None:
    proxy.faults = Faults(drops=1.0)
    with pytest.raises(ConnectionClosedError):
        _write(_client(proxy.url))
    assert _is_stored(upstream)


def test_only_transactions_meet_conflicts(proxy: FaultProxy) -> None:
    proxy.faults = Faults(conflicts=1.0)
    _client(proxy.url).put_item(TableName="trial", Item=KEY)
    assert proxy.counts["conflicts"] == 0


def test_a_throttled_request_says_so_and_writes_nothing(proxy: FaultProxy, upstream: str) -> None:
    proxy.faults = Faults(throttles=1.0)
    client = _client(proxy.url)
    with pytest.raises(ClientError) as refusal:
        client.put_item(TableName="trial", Item=KEY)
    assert refusal.value.response["Error"]["Code"] == "ProvisionedThroughputExceededException"
    with pytest.raises(ClientError) as refusal:
        _write(client)
    assert [reason["Code"] for reason in refusal.value.response["CancellationReasons"]] == ["ThrottlingError"]
    assert not _is_stored(upstream)


def test_the_same_seed_hits_the_same_requests(upstream: str) -> None:
    runs = [_hit(upstream, seed=7) for _ in range(2)]
    assert runs[0] == runs[1]
    assert 0 < sum(runs[0]) < len(runs[0])


def _hit(upstream: str, seed: int) -> list[bool]:
    with FaultProxy(upstream, seed) as running:
        running.faults = Faults(conflicts=0.3)
        client = _client(running.url)
        hit = []
        for _ in range(20):
            before = running.counts["conflicts"]
            try:
                _write(client)
            except ClientError:
                assert running.counts["conflicts"] == before + 1
            hit.append(running.counts["conflicts"] > before)
        running.faults = NONE
        return hit
