"""An HTTP proxy in front of DynamoDB that does what emulators never do: refuse a conflict, throttle, lose an answer.

All keep to AWS's contract. A conflict is a TransactionCanceledException whose reasons say TransactionConflict for some
of the items and None for the others; a throttled transaction says ThrottlingError instead, any other throttled request
is a ProvisionedThroughputExceededException; nothing is written. A lost answer is a connection closed after the request
was applied. Which requests are hit follows from the seed and the order in which they arrive.
"""

import asyncio
import json
import random
import threading
import zlib
from collections import Counter
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit
from uuid import uuid4

_TRANSACT_WRITE = "DynamoDB_20120810.TransactWriteItems"
_HEADER_LIMIT = 64 * 1024
_STARTED_WITHIN_S = 10


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares between 0 and 1: of transactions answered with a conflict, of answers dropped after being applied, and of
    requests of any kind that are throttled."""

    conflicts: float = 0.0
    drops: float = 0.0
    throttles: float = 0.0


NONE = Faults()


@dataclass(frozen=True, slots=True)
class _Message:
    """A request or response: its head, as it came, with what of it matters here, and its body."""

    head: bytes
    body: bytes
    target: str
    keeps_alive: bool


class FaultProxy:
    """Listens on 127.0.0.1 in a thread of its own. `faults` may be set at any time; `counts` says what was done."""

    def __init__(self, upstream: str, seed: int) -> None:
        self.faults = NONE
        self.counts: Counter[str] = Counter()
        self.upstream = upstream
        self._address = urlsplit(upstream)
        self._dice = random.Random(seed)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._listen()), name="fault-proxy", daemon=True)
        self._listening, self._over = threading.Event(), asyncio.Event()
        self._port = 0

    @property
    def url(self) -> str:
        """Where to send requests instead of upstream."""
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listening.wait(_STARTED_WITHIN_S)
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def _listen(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024, limit=_HEADER_LIMIT)
        self._port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._over.wait()
        # What is still connected is cancelled when this returns.
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one client's requests, one upstream connection for each client connection."""
        upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        try:
            while (request := await _read(reader)) is not None:
                refusal = self._refusal(request)
                if refusal is not None:
                    writer.write(refusal)
                    await writer.drain()
                    continue
                if upstream is None:
                    upstream = await asyncio.open_connection(self._address.hostname, self._address.port)
                answer = await _forward(request, *upstream)
                if answer is None or self._drops():
                    return
                writer.write(answer.head + answer.body)
                await writer.drain()
                if not answer.keeps_alive:
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            self.counts["broken connections"] += 1
        finally:
            writer.close()
            if upstream is not None:
                upstream[1].close()

    def _refusal(self, request: _Message) -> bytes | None:
        self.counts["requests"] += 1
        is_transaction = request.target == _TRANSACT_WRITE
        self.counts["transactions"] += is_transaction
        if is_transaction and self._dice.random() < self.faults.conflicts:
            self.counts["conflicts"] += 1
            return self._cancelled(request, "TransactionConflict")
        if self.faults.throttles and self._dice.random() < self.faults.throttles:
            self.counts["throttles"] += 1
            return self._cancelled(request, "ThrottlingError") if is_transaction else _throttled()
        return None

    def _cancelled(self, request: _Message, code: str) -> bytes:
        """Cancel a transaction with `code` as the reason for some of its items."""
        items = len(json.loads(request.body)["TransactItems"])
        hit = set(self._dice.sample(range(items), self._dice.randint(1, items)))
        return _cancelled([code if index in hit else "None" for index in range(items)])

    def _drops(self) -> bool:
        dropped = self._dice.random() < self.faults.drops
        self.counts["dropped answers"] += dropped
        return dropped


async def _read(reader: asyncio.StreamReader) -> _Message | None:
    """Read one message; None where the other side closed the connection between two."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as ended:
        if ended.partial:
            raise
        return None
    lines = head.decode("latin-1").split("\r\n")[1:-2]
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return _Message(head, body, headers.get("x-amz-target", ""), headers.get("connection", "").lower() != "close")


async def _forward(request: _Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> _Message | None:
    writer.write(request.head + request.body)
    await writer.drain()
    return await _read(reader)


def _cancelled(codes: list[str]) -> bytes:
    said = {"TransactionConflict": "Transaction is ongoing for the item", "ThrottlingError": "Throughput exceeds"}
    listed = ", ".join(codes)
    return _refused(
        "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{listed}]",
        CancellationReasons=[
            {"Code": code, "Message": said[code]} if code in said else {"Code": code} for code in codes
        ],
    )


def _throttled() -> bytes:
    return _refused(
        "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
        "The level of configured provisioned throughput for the table was exceeded",
    )


def _refused(kind: str, message: str, **more: object) -> bytes:
    body = json.dumps({"__type": kind, "Message": message, **more}).encode()
    head = (
        "HTTP/1.1 400 Bad Request\r\n"
        "Content-Type: application/x-amz-json-1.0\r\n"
        f"x-amzn-RequestId: {uuid4()}\r\n"
        f"x-amz-crc32: {zlib.crc32(body)}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
