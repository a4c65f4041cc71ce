"""DynamoDB Streams as the poller needs it: the streams of our tables, their shards, and pages of records.

AWS's documented contract, with two allowances for emulators: shard ids may be shorter than AWS's (so parameters are not
validated here), and a restart may empty a stream without giving it another name.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from crm.core import dynamo
from crm.core.dynamo import CrmItem, OutboxItem

PAGE = 1_000
_BEGIN_ANEW = frozenset({"TrimmedDataAccessException", "ResourceNotFoundException"})

Record = Mapping[str, Any]
Table = type[CrmItem] | type[OutboxItem]


class StreamAway(Exception):
    """No answer, or not now: every iterator in hand is worthless, since the stream may be another when it is back."""


class IteratorExpired(Exception):
    """The iterator is too old: ask for another one at the checkpoint."""


class Trimmed(Exception):
    """The stream no longer holds what follows the checkpoint: records were missed."""


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard of a table's stream. `stream` is `<table>/<label>`; `first` its first record's number, '' if unknown."""

    table: Table
    stream: str
    arn: str
    id: str
    parent: str
    first: str


@dataclass(frozen=True, slots=True)
class Page:
    """Records in order and the iterator of what follows; None once a closed shard has been read to its end."""

    records: Sequence[Record]
    next: str | None


class StreamApi:
    """A client that never retries by itself: a repeated call after a restart would hide the restart from us."""

    def __init__(self) -> None:
        config = Config(
            retries={"total_max_attempts": 1},
            connect_timeout=3,
            read_timeout=10,
            parameter_validation=False,
            max_pool_connections=2,
        )
        # The tables' session has already read botocore's large descriptions of endpoints.
        self._client: Any = dynamo.connection().session.create_client("dynamodbstreams", config=config)

    def shards(self) -> list[Shard]:
        """Return every shard of the present streams of both tables.

        Raises:
            StreamAway: DynamoDB did not answer, or a table has no stream.
        """
        return [shard for table in dynamo.TABLES for shard in self._shards_of(table)]

    def iterator(self, shard: Shard, after: str) -> str:
        """Return an iterator behind the record numbered `after`, or at the oldest one for ''.

        Raises:
            Trimmed: that record is no longer known.
            StreamAway: DynamoDB did not answer.
        """
        asked = {"StreamArn": shard.arn, "ShardId": shard.id}
        if after:
            asked |= {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
        else:
            asked |= {"ShardIteratorType": "TRIM_HORIZON"}
        with _translated():
            return str(self._client.get_shard_iterator(**asked)["ShardIterator"])

    def page(self, iterator: str) -> Page:
        """Return the next records; none does not mean that the shard has ended.

        Raises:
            Trimmed, IteratorExpired, StreamAway: as their names say.
        """
        with _translated():
            answer = self._client.get_records(ShardIterator=iterator, Limit=PAGE)
        return Page(answer["Records"], answer.get("NextShardIterator"))

    def _shards_of(self, table: Table) -> Iterator[Shard]:
        name = table.Meta.table_name
        tables: Any = dynamo.connection().client
        with _answered():
            described = tables.describe_table(TableName=name)["Table"]
        arn = described.get("LatestStreamArn")
        if not arn:
            raise StreamAway(f"{name} has no stream")
        stream = f"{name}/{described['LatestStreamLabel']}"
        asked = {"StreamArn": arn}
        while True:
            with _answered():
                answer = self._client.describe_stream(**asked)["StreamDescription"]
            for shard in answer["Shards"]:
                first = shard.get("SequenceNumberRange", {}).get("StartingSequenceNumber", "")
                yield Shard(table, stream, arn, shard["ShardId"], shard.get("ParentShardId", ""), str(first))
            if "LastEvaluatedShardId" not in answer:
                return
            asked["ExclusiveStartShardId"] = answer["LastEvaluatedShardId"]


@contextmanager
def _answered() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise StreamAway(str(error)) from error


@contextmanager
def _translated() -> Iterator[None]:
    with _answered():
        try:
            yield
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _BEGIN_ANEW:
                raise Trimmed(str(error)) from error
            if code == "ExpiredIteratorException":
                raise IteratorExpired(str(error)) from error
            raise
