"""A stack as people start it, with `make run`, on a port and a data folder of its own; driven over HTTP."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from tests.integration import processes
from tests.integration.processes import Process

ROOT = Path(__file__).resolve().parent.parent.parent
READY_WITHIN_S = 120.0
_STEP_S = 0.05
# Part of a command line by which each process can be told from the others.
WORKER, BEAT, WEB, PROJECTOR = "worker.app worker", "celery --quiet beat", "gunicorn", "manage.py run_projector"
# What the tests of one process set for themselves must not reach a stack, nor an outer make's own variables.
_NOT_PASSED_ON = ("AWS_", "CRM_", "DJANGO_", "MAKE", "MFLAGS", "PYTEST_")
_NOT_PASSED_ON_NAMES = {"DATABASE_URL", "DEMO", "OUTBOX_SHARDS", "READ_MODEL_URL", "REDIS_URL", "SECRET_KEY"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; `json` is None where the body is not JSON."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.body) if "json" in self.headers.get("content-type", "") else None


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually[Value](question: Callable[[], Value], within_s: float = 30.0) -> Value:
    """Ask until the answer is true or the time is up; return the last answer. A failing connection is no answer."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            answer = question()
        except (OSError, http.client.HTTPException):
            if time.monotonic() > deadline:
                raise
        else:
            if answer or time.monotonic() > deadline:
                return answer
        time.sleep(_STEP_S)


def ask(port: int, method: str, path: str, body: object = None, **headers: str) -> Answer:
    """Send one request on a connection of its own; `body` goes as JSON."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    given = {"Content-Type": "application/json"} if body is not None else {}
    try:
        connection.request(method, path, None if body is None else json.dumps(body), {**given, **headers})
        response = connection.getresponse()
        lower = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, lower, response.read())
    finally:
        connection.close()


class Stack:
    """Starts with `start`, or as a context; several may run side by side."""

    def __init__(self, data_dir: Path, **environment: str) -> None:
        self.port = free_port()
        self.data_dir = data_dir
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        # The more its own emulator holds, the longer it saves.
        self.stopped_within_s = 60.0
        self.output = data_dir.parent / f"{data_dir.name}.output"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Process id of make."""
        assert self._process is not None
        return self._process.pid

    def launch(self) -> "subprocess.Popen[bytes]":
        """Start without waiting."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(_NOT_PASSED_ON) and name not in _NOT_PASSED_ON_NAMES
        }
        # Tests count what they caused themselves: nobody opens, bounces or complains unless a test wants that.
        own = {"PORT": str(self.port), "DATA_DIR": str(self.data_dir), "SES_SIMULATOR_ENGAGE": "0", **self._environment}
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            # As in the background of a script, build servers' among them; make would go on ignoring it.
            signal.signal(signal.SIGINT, signal.default_int_handler)
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                ["make", "--no-print-directory", "run"],
                cwd=ROOT,
                env={**kept, **own},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self._process

    def start(self) -> float:
        """Start and wait until it says that it is ready; return the seconds that took.

        While it says how far it is, it is waited for.
        """
        began = last = time.monotonic()
        process, heard = self.launch(), ""
        while "The CRM is ready." not in (said := self.said()):
            if said != heard:
                last, heard = time.monotonic(), said
            if process.poll() is not None or time.monotonic() - last > READY_WITHIN_S:
                self.stop()
                raise AssertionError(f"the stack did not become ready:\n{self.said()}\n{self.logs()}")
            time.sleep(_STEP_S)
        return time.monotonic() - began

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Send the signal to make and wait for the end; return the seconds that took. Harmless when not running."""
        began = time.monotonic()
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(number)
            self._process.wait(self.stopped_within_s)
            self._process = None
        return time.monotonic() - began

    def runs(self) -> bool:
        """Tell whether make is alive."""
        return self._process is not None and self._process.poll() is None

    def said(self) -> str:
        """Return what it wrote to the terminal."""
        return self.output.read_text() if self.output.exists() else ""

    def logs(self) -> str:
        """Return the end of every log, for messages of failed tests."""
        files = sorted((self.data_dir / "logs").glob("*.log"))
        return "\n".join(f"--- {file.name}\n{file.read_text(errors='replace')[-8000:]}" for file in files)

    def processes(self, part: str = "") -> list[Process]:
        """List its processes, parents first; with `part`, those whose command line holds it."""
        return [process for process in processes.below(self.pid) if part in process.command]

    def pss_mb(self) -> float:
        """Return the memory of all its processes, shared pages divided among those who share them."""
        return processes.pss_mb(self.pid)

    def ask(self, method: str, path: str, body: object = None, query: Mapping[str, object] | None = None) -> Answer:
        """Send one request."""
        return ask(self.port, method, f"{path}?{urlencode(query)}" if query else path, body)

    def get(self, path: str, **query: object) -> Any:
        """Return the decoded answer of a GET, which must be 200."""
        answer = self.ask("GET", path, query=query)
        assert answer.status == 200, (answer.status, answer.body)
        return answer.json

    def create(self, path: str, body: object) -> Any:
        """Return what was created; the answer must be 201."""
        answer = self.ask("POST", path, body)
        assert answer.status == 201, (answer.status, answer.body)
        return answer.json

    def recipients(self) -> list[str]:
        """List the addresses of all mails that the SES simulator has accepted, in order."""
        return [call["to"] for call in self.ses_calls() if call["accepted"]]

    def ses_calls(self) -> list[dict[str, Any]]:
        """Return the SES simulator's ledger: every SendEmail call it has received."""
        port, calls = self.ses_port(), []
        while page := ask(port, "GET", f"/_simulator/ledger?after={calls[-1]['n'] if calls else 0}").json["calls"]:
            calls += page
        return calls

    def ses_port(self) -> int:
        """Return where the SES simulator listens."""
        return self._port_of("devstack.ses_simulator")

    def redis_port(self) -> int:
        """Return where Valkey listens."""
        return self._port_of("devstack.valkey")

    def _port_of(self, module: str) -> int:
        written = (self.data_dir / "run" / "supervisord.conf").read_text()
        port = re.search(rf"{re.escape(module)}\b.* --port (\d+)", written)
        assert port is not None
        return int(port[1])

    def is_well(self) -> bool:
        """Tell whether every part is."""
        return self.ask("GET", "/health/stack").status == 200
