"""An SES v2 endpoint of a test's own: keeps every mail it accepted, and misbehaves on request."""

import base64
import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HANG_S = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` and `code` of a refusal; `accepts` whether the mail counts as sent all the same."""

    status: int = 200
    code: str = ""
    accepts: bool = True
    breaks: str = ""
    message: str = "No."


ACCEPT = Answer()
THROTTLE = Answer(429, "TooManyRequestsException", accepts=False)
REJECT = Answer(400, "MessageRejected", accepts=False)
SUSPENDED = Answer(400, "AccountSuspendedException", accepts=False)
FORBID = Answer(403, "AccessDeniedException", accepts=False)
FAIL = Answer(500, "InternalFailure")
RESET = Answer(breaks="reset")
CLOSE = Answer(breaks="close")
HANG = Answer(breaks="hang")


@dataclass(slots=True)
class Endpoint:
    """What the endpoint got and how it will answer: `script` first, `ACCEPT` after that."""

    url: str = ""
    rate: float = 60.0
    account: dict[str, Any] = field(default_factory=dict)
    quota: dict[str, float] = field(default_factory=dict)
    calls: int = 0
    asked: int = 0
    accepted: list[dict[str, Any]] = field(default_factory=list)
    script: deque[Answer] = field(default_factory=deque)
    delay_s: float = 0.0
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, body: dict[str, Any]) -> tuple[Answer, int]:
        """Count a call and keep its mail where it is accepted."""
        with self.lock:
            self.calls += 1
            answer = self.script.popleft() if self.script else ACCEPT
            if answer.accepts:
                self.accepted.append(body)
            return answer, self.calls

    @property
    def addresses(self) -> list[str]:
        """To whom mails were accepted, in order."""
        return [body["Destination"]["ToAddresses"][0] for body in self.accepted]

    @property
    def messages(self) -> list[EmailMessage]:
        """The accepted mails, parsed."""
        raw = [base64.b64decode(body["Content"]["Raw"]["Data"]) for body in self.accepted]
        return [message_from_bytes(one, _class=EmailMessage, policy=policy.default) for one in raw]

    def tags(self, number: int) -> dict[str, str]:
        """Return the tags of the nth accepted mail."""
        return {tag["Name"]: tag["Value"] for tag in self.accepted[number]["EmailTags"]}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.endpoint = endpoint


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        endpoint = self.server.endpoint
        quota = {"MaxSendRate": endpoint.rate, "Max24HourSend": 50_000.0, "SentLast24Hours": 0.0, **endpoint.quota}
        endpoint.asked += 1
        self._reply(200, {"SendQuota": quota, **endpoint.account})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer, number = self.server.endpoint.take(body)
        time.sleep(self.server.endpoint.delay_s)
        if answer.breaks:
            self._break(answer.breaks)
        elif answer.status == 200:
            self._reply(200, {"MessageId": f"message-{number}"})
        else:
            self._reply(answer.status, {"message": answer.message}, {"x-amzn-ErrorType": answer.code})

    def _break(self, how: str) -> None:
        if how == "hang":
            self.server.endpoint.released.wait(HANG_S)
        if how == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def _reply(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's signature
        """Say nothing: a test asks the endpoint itself."""


@contextmanager
def serving() -> Iterator[Endpoint]:
    """Serve an endpoint on a free port."""
    endpoint = Endpoint()
    server = _Server(endpoint)
    endpoint.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield endpoint
    finally:
        endpoint.released.set()
        server.shutdown()
        server.server_close()
