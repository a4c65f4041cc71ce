"""The SES simulator as a process of a test's own, driven by a real SES client."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

from tests.integration.stack import eventually, free_port

SENDER = "Event CRM <events@crm.example>"
RAW = (
    b"From: Event CRM <events@crm.example>\r\nTo: =?utf-8?q?Zo=C3=AB?= <zoe@example.com>\r\n"
    b"Subject: =?utf-8?q?Caf=C3=A9?=\r\n at noon\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHi Zo\xc3\xab\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hi <b>Zo\xc3\xab</b></p>\r\n--b--\r\n"
)
_READ_TIMEOUT_S = 1.0


class Simulator:
    """A context in which it runs; `start` after a `kill` finds the same ledger on the same port."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.port = free_port()
        self.data = data
        self._environment = {"SES_SIMULATOR_ENGAGE": "0", "SES_SIMULATOR_RATE": "10000", **environment}
        self.client: Any = boto3.client(
            "sesv2",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=_READ_TIMEOUT_S),
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.end(signal.SIGTERM)

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "devstack.ses_simulator", "--port", str(self.port), "--data", str(self.data)]
        self.process = subprocess.Popen(command, env={**os.environ, **self._environment})
        assert eventually(lambda: self.ask("summary"))

    def end(self, number: signal.Signals) -> int:
        """Send a signal and wait for the end; return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(15)

    def ask(self, path: str, method: str = "GET", body: object = None, **headers: str) -> Any:
        """Return the decoded answer of one of the simulator's own addresses."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_simulator/{path}", data, headers, method=method)  # noqa: S310 - our own
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.loads(answer.read())

    def set(self, **faults: object) -> None:
        """Replace all faults."""
        self.ask("faults", "PUT", faults)

    def calls(self, after: int = 0) -> list[dict[str, Any]]:
        """Return the ledger."""
        found: list[dict[str, Any]] = self.ask(f"ledger?after={after}")["calls"]
        return found

    def last(self) -> dict[str, Any]:
        """Return the last call of the ledger."""
        return self.calls()[-1]

    def send(self, to: str = "zoe@example.com", raw: bytes = RAW, tags: Mapping[str, str] | None = None) -> str:
        """Send one mail as the product does; return its message id."""
        answer = self.client.send_email(
            FromEmailAddress=SENDER,
            Destination={"ToAddresses": [to]},
            Content={"Raw": {"Data": raw}},
            EmailTags=[{"Name": name, "Value": value} for name, value in (tags or {}).items()],
        )
        return str(answer["MessageId"])
