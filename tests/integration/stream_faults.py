"""DynamoDB Streams as they are at their worst: an endpoint in front of the real ones that repeats and shuffles records.

Each record is delivered one to five times. First deliveries keep the order in which their item was changed, as streams
do; repeats come any time later, so that an item's older image may follow a newer one. A share of people's records is
spoilt so that nobody can read them, the same way each time. What was delivered once has its place and number for good:
a poller that begins again at a number gets what it got before.
"""

import json
import random
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

MOST_REPEATS = 4
# Small, so that kills fall between and within many of them.
_PAGE = 200
_PERSON = "person"
_CONFIG = Config(parameter_validation=False, retries={"total_max_attempts": 3})

Record = dict[str, Any]


class ShuffledStreams(AbstractContextManager["ShuffledStreams"]):
    """Listens on 127.0.0.1 in threads of its own. `counts` says what was done."""

    def __init__(self, upstream: str, seed: int, spoilt: float = 0.0) -> None:
        """`spoilt` is the share of people's records that nobody can read."""
        self.counts: Counter[str] = Counter()
        self._client: Any = boto3.client(
            "dynamodbstreams",
            endpoint_url=upstream,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=_CONFIG,
        )
        self._dice, self._spoilt = random.Random(seed), spoilt
        self._logs: dict[str, _Log] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._answer))
        self._thread = threading.Thread(target=self._server.serve_forever, name="shuffled-streams", daemon=True)

    @property
    def url(self) -> str:
        """Where to ask for streams instead of upstream."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def ends(self) -> Mapping[str, str] | None:
        """Return each stream's last number; None while something is still to be delivered."""
        with self._lock:
            if any(log.put_off or not log.is_quiet for log in self._logs.values()):
                return None
            return {log.arn: _number(log.delivered[-1]) for log in self._logs.values() if log.delivered}

    def _answer(self, operation: str, asked: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        with self._lock:
            if operation == "DescribeStream":
                return 200, {"StreamDescription": self._description(asked["StreamArn"])}
            if operation == "GetShardIterator":
                return self._iterator(asked)
            arn, position = json.loads(asked["ShardIterator"])
            return 200, self._page(arn, position)

    def _log(self, arn: str) -> "_Log":
        if arn not in self._logs:
            (shard,) = self._client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
            self._logs[arn] = _Log(arn, shard["ShardId"])
        return self._logs[arn]

    def _description(self, arn: str) -> Mapping[str, Any]:
        log = self._log(arn)
        known = {"StartingSequenceNumber": _number(log.delivered[0])} if log.delivered else {}
        shard = {"ShardId": log.shard, "SequenceNumberRange": known}
        return {"StreamArn": arn, "StreamStatus": "ENABLED", "Shards": [shard]}

    def _iterator(self, asked: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        log, after = self._log(asked["StreamArn"]), asked.get("SequenceNumber")
        if asked["ShardIteratorType"] == "TRIM_HORIZON":
            return 200, {"ShardIterator": json.dumps([log.arn, 0])}
        place = int(after or 0)
        if not 0 < place <= len(log.delivered):
            return 400, {"__type": "TrimmedDataAccessException", "message": f"{after} is not known"}
        return 200, {"ShardIterator": json.dumps([log.arn, place])}

    def _page(self, arn: str, position: int) -> Mapping[str, Any]:
        log = self._log(arn)
        self.counts["pages"] += 1
        if position >= len(log.delivered):
            self._deliver(log)
        page = log.delivered[position : position + _PAGE]
        return {"Records": page, "NextShardIterator": json.dumps([arn, position + len(page)])}

    def _deliver(self, log: "_Log") -> None:
        """Fetch what is new upstream, and append it with its repeats and with what was put off before."""
        iterator = log.upstream or self._client.get_shard_iterator(
            StreamArn=log.arn, ShardId=log.shard, ShardIteratorType="TRIM_HORIZON"
        )
        answer = self._client.get_records(ShardIterator=iterator["ShardIterator"], Limit=_PAGE)
        log.upstream, log.is_quiet = {"ShardIterator": answer["NextShardIterator"]}, not answer["Records"]
        placed = [(self._dice.random(), record) for record in log.put_off]
        log.put_off, latest = [], {}
        for record in map(self._taken, answer["Records"]):
            key = json.dumps(record["dynamodb"]["Keys"], sort_keys=True)
            first = self._dice.uniform(latest.get(key, 0.0), 1.0)
            latest[key] = first
            placed.append((first, record))
            for _ in range(self._dice.randint(0, MOST_REPEATS)):
                again = self._dice.uniform(first, 1.5)
                placed.append((again, record)) if again < 1.0 else log.put_off.append(record)
        for _, record in sorted(placed, key=lambda one: one[0]):
            log.append(record)
        self.counts["deliveries"] += len(placed)

    def _taken(self, record: Record) -> Record:
        """Make a record of AWS's JSON from boto3's, spoilt or not."""
        self.counts["records"] += 1
        told = record["dynamodb"]
        moment = told["ApproximateCreationDateTime"]
        told["ApproximateCreationDateTime"] = moment.timestamp() if isinstance(moment, datetime) else moment
        image = told.get("NewImage", {})
        if image.get("type", {}).get("S") == _PERSON and self._is_to_be_spoilt():
            self.counts["spoilt records"] += 1
            told["NewImage"] = {**image, "created_at": {"S": "spoilt on the way"}}
        return record

    def _is_to_be_spoilt(self) -> bool:
        """Spread evenly, not thrown: how many are spoilt must not depend on which records come when."""
        self.counts["people's records"] += 1
        return int(self.counts["people's records"] * self._spoilt) > self.counts["spoilt records"]


class _Log:
    """What was delivered of one stream's only shard, in order, and the repeats that are still to come."""

    def __init__(self, arn: str, shard: str) -> None:
        self.arn, self.shard = arn, shard
        self.delivered: list[Record] = []
        self.put_off: list[Record] = []
        self.upstream: dict[str, str] | None = None
        self.is_quiet = False

    def append(self, record: Record) -> None:
        number = f"{len(self.delivered) + 1:021d}"
        self.delivered.append({**record, "dynamodb": {**record["dynamodb"], "SequenceNumber": number}})


def _number(record: Record) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def _handler(answer: Any) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                # Whoever asked was killed meanwhile: there is nobody to answer.
                self.close_connection = True

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            asked = self.rfile.read(length)
            if len(asked) < length:
                raise ConnectionError("killed before it had asked")
            status, said = answer(self.headers["X-Amz-Target"].partition(".")[2], json.loads(asked))
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
