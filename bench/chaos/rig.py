"""The stack under test, the people in it and the campaigns sent to them, and the ways to the truth behind it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.chaos.simulator import Call, Simulator
from tests.integration import faulty
from tests.integration.faults import NONE, FaultProxy, Faults
from tests.integration.processes import Process
from tests.integration.stack import ROOT, WORKER, Answer, Stack, ask, eventually

_DYNAMODB, _SES = "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_SESV2"
# Without the demo, whose people take longer to load than those that a small run needs.
_EMPTY = {"DEMO": "0", "SECRET_KEY": "of-a-stack-that-is-thrown-away-" * 2, "API_RATE_PER_MINUTE": "600000"}
# The projector stores some thousand people a second; the machine may be busy.
_KNOWN_WITHIN_S = 900.0
_WORKERS_END_WITHIN_S = 30.0
# More than the emulator of `make run` gets for saving what it holds.
_STOPPED_WITHIN_S = 960.0


@dataclass(slots=True)
class Rig:
    """A running stack. `proxy` stands before its DynamoDB, None where the stack runs its own emulator."""

    stack: Stack
    proxy: FaultProxy | None
    simulator: Simulator
    _token: str = ""

    def environment(self) -> Mapping[str, str]:
        """Return the environment of the stack's worker: a restarted stack has other ports."""
        found = eventually(lambda: [read for one in self.stack.processes(WORKER) if (read := _environment(one))])
        assert found, self.stack.logs()
        return found[0]

    def authorise(self) -> None:
        """Get a token that may do everything."""
        scopes = ["--scope", "read", "--scope", "write", "--scope", "send"]
        command = [sys.executable, "manage.py", "create_token", "chaos", *scopes]
        made = subprocess.run(command, cwd=ROOT, env=dict(self.environment()), check=True, stdout=subprocess.PIPE)
        self._token = made.stdout.decode().strip()

    def items(self, table: str, pk: str, prefix: str = "") -> list[dict[str, Any]]:
        """Read a partition consistently, past the faults."""
        address = self.proxy.upstream if self.proxy else self.environment()[_DYNAMODB]
        return faulty.items(faulty.client(address), table, pk, prefix)

    def suffer(self, faults: Faults = NONE) -> None:
        """Let DynamoDB fail from now on, or not any more."""
        if self.proxy is not None:
            self.proxy.faults = faults

    def ask(self, method: str, path: str, body: object = None, within_s: float = 60.0) -> Answer:
        """Send a request until a web process answers it with anything but "not now"."""

        def answered() -> Answer | None:
            answer = ask(self.stack.port, method, path, body, Authorization=f"Bearer {self._token}")
            return None if answer.status in {502, 503} else answer

        answer = eventually(answered, within_s)
        assert answer is not None, f"{method} {path} was answered 503 for {within_s:.0f} s"
        return answer

    def crowd(self, company: str, number: int) -> None:
        """Make people who are told apart by their company, and wait until the lists know them."""
        command = [sys.executable, "-m", "bench.chaos.crowd", company, str(number)]
        subprocess.run(command, cwd=ROOT, env=dict(self.environment()), check=True)
        query = f"/users/filter?company={company}&limit=1"
        known = eventually(lambda: self.ask("GET", query).json["total"] == number, _KNOWN_WITHIN_S)
        assert known, self.ask("GET", query).json["total"]

    def send(self, company: str) -> "Sending":
        """Start a campaign to everybody of a company."""
        body = {"filter": {"company": company}, "subject": f"To {company}", "body": "Come to https://a.example/x."}
        answer = self.ask("POST", "/emails/send", body)
        assert answer.status == 202, (answer.status, answer.body)
        return Sending(self, answer.json["campaignId"])


@dataclass(frozen=True, slots=True)
class Sending:
    """A campaign that was started."""

    rig: Rig
    id: str

    def report(self) -> Mapping[str, Any]:
        """Return what the API tells about it."""
        found: dict[str, Any] = self.rig.ask("GET", f"/campaigns/{self.id}").json
        return found

    def campaign(self) -> Mapping[str, Any]:
        """Return the campaign as DynamoDB holds it."""
        return next(item for item in self.rig.items("crm", f"CAMPAIGN#{self.id}", "CAMPAIGN"))

    def is_open(self) -> bool:
        """Tell whether anything of it is still to be done: a cancelled one, too, has rows to be closed."""
        return bool(self.rig.items("crm", "OPEN", f"CAMPAIGN#{self.id}"))

    def rows(self) -> list[dict[str, Any]]:
        """Return all its mails as DynamoDB holds them."""
        shards = self.campaign().get("shards", 1)
        return [row for shard in range(shards) for row in self.rig.items("crm_outbox", f"MAIL#{self.id}#{shard}")]

    def calls(self) -> list[Call]:
        """Return all calls for it that SES saw."""
        return self.rig.simulator.of_campaign(self.id)

    def order(self, verb: str) -> float:
        """Pause, resume or cancel it; return the moment of the answer in epoch seconds."""
        answer = self.rig.ask("POST", f"/campaigns/{self.id}/{verb}", {})
        assert answer.status in {200, 202, 204}, (verb, answer.status, answer.body)
        return time.time()


@contextmanager
def start(folder: Path, rate: float, seed: int, *, own_emulator: bool = False, **environment: str) -> Iterator[Rig]:
    """Run a stack: before a DynamoDB that can be made to fail, or with the emulator of its own that `make run` starts.

    SES grants `rate` mails a second; `environment` is given to all processes. Nobody reads their mail, so that the
    machine is left to the product.
    """
    given = {**_EMPTY, "SES_SIMULATOR_ENGAGE": "0", "SES_SIMULATOR_RATE": str(rate), **environment}
    with ExitStack() as started:
        proxy: FaultProxy | None = None
        if own_emulator:
            stack = started.enter_context(Stack(folder / "var", **given))
            stack.stopped_within_s = _STOPPED_WITHIN_S
        else:
            faulted = started.enter_context(faulty.start(folder, seed, **given))
            stack, proxy = faulted.stack, faulted.proxy
        rig = Rig(stack, proxy, Simulator(lambda: urlsplit(rig.environment()[_SES]).port or 0))
        rig.authorise()
        yield rig


@contextmanager
def more_workers(rig: Rig, number: int) -> Iterator[Sequence[subprocess.Popen[bytes]]]:
    """Run workers beside the stack's own, each with two processes that send, as on other machines."""
    celery = str(Path(sys.executable).parent / "celery")
    command = [celery, "-A", "worker.app", "worker", "--concurrency", "2", "--loglevel", "INFO", "--without-gossip"]
    command += ["--without-mingle", "--queues", "confirmations,campaigns,upkeep,imports"]
    environment, log = dict(rig.environment()), rig.stack.data_dir / "logs" / "more-workers.log"
    with log.open("ab") as output:
        begun = [
            subprocess.Popen(
                [*command, "--hostname", f"more-{n}@%h"], cwd=ROOT, env=environment, stdout=output, stderr=output
            )
            for n in range(number)
        ]
        try:
            yield begun
        finally:
            for worker in begun:
                worker.terminate()
            for worker in begun:
                _ended(worker)


def _ended(worker: "subprocess.Popen[bytes]") -> None:
    try:
        worker.wait(_WORKERS_END_WITHIN_S)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


def signal_to(process: Process, number: signal.Signals) -> bool:
    """Send a signal; False where the process has ended meanwhile."""
    try:
        os.kill(process.pid, number)
    except ProcessLookupError:
        return False
    return True


def _environment(process: Process) -> dict[str, str]:
    try:
        written = Path(f"/proc/{process.pid}/environ").read_bytes().decode()
    except OSError:
        # It ended while we looked.
        return {}
    return dict(line.split("=", 1) for line in written.split("\0") if line)
