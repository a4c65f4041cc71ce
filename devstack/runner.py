"""One stack from its start to its stop: what `make run` does in the foreground."""

import contextlib
import subprocess
import sys
import threading
import time

from devstack import make, programs, readiness
from devstack.plan import ROOT, Plan
from devstack.supervisor import Supervisor

FOLDERS = ("aws", "logs", "run", "ses", "tmp", "valkey")
_LOOK_EVERY_S = 0.25
_TELL_EVERY_S = 10.0


class Stopped(Exception):
    """Somebody asked the stack to stop while it was starting."""


class Failed(Exception):
    """The stack could not be started or went away by itself; the message says where to look."""


class Runner:
    """Starts everything in order, says when it is ready, and watches over it until `stop` is set."""

    def __init__(self, chosen: Plan, stop: threading.Event) -> None:
        self._plan = chosen
        self._stop = stop
        self._logs = chosen.data_dir / "logs"

    def run(self) -> None:
        """Return after a stop that was asked for.

        Raises:
            Failed: it did not become ready, or the supervisor died.
        """
        for name in FOLDERS:
            (self._plan.data_dir / name).mkdir(exist_ok=True)
        with Supervisor(self._plan) as supervisor:
            self._supervisor = supervisor
            with contextlib.suppress(Stopped):
                self._start()
                self._watch()
            print("\nStopping: beat, web, worker, projector, Valkey, SES simulator, emulator …", flush=True)
        print("Stopped.", flush=True)

    def _start(self) -> None:
        print(f"Starting the CRM with its data in {self._plan.data_dir} …", flush=True)
        if not self._supervisor.takes_orders():
            raise Failed(f"The supervisor did not start; its log is {self._logs / 'supervisord.log'}.")
        self._supervisor.start(programs.servers(self._plan))
        sign_in = self._prepare()
        self._supervisor.start(programs.product(self._plan))
        self._wait_until_ready()
        address = self._plan.address
        print(f"\nThe CRM is ready.\n\n  Dashboard  {address}/dashboard/\n  API        {address}/docs")
        print(f"{sign_in}\nCtrl-C stops it.", flush=True)

    def _wait_until_ready(self) -> None:
        wait, told_at = readiness.Wait(self._plan.port), time.monotonic()
        while not wait.is_over():
            if wait.rebuilt_rows and time.monotonic() > told_at + _TELL_EVERY_S:
                print(f"Bringing the lists up to date: {wait.rebuilt_rows:,} rows read …", flush=True)
                told_at = time.monotonic()
            self._go_on()
        if wait.unwell:
            raise Failed(f"Not ready: {wait.unwell}. The logs are in {self._logs}.")

    def _prepare(self) -> str:
        """Make tables, staff accounts and demo data; return what to tell people about signing in."""
        command, environment = [sys.executable, "-m", "devstack.prepare"], dict(self._plan.environment)
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as work:
            try:
                while work.poll() is None:
                    self._go_on()
            except (Stopped, Failed):
                work.terminate()
                raise
            told = work.stdout.read() if work.stdout else ""
        if work.returncode:
            raise Failed("The stack could not be prepared; see the message above.")
        return told

    def _watch(self) -> None:
        born = self._supervisor.started_at(programs.EMULATOR)
        while True:
            self._go_on()
            # Orders fail when the supervisor is dying, which the next look will find.
            with contextlib.suppress(OSError):
                if born != (now := self._supervisor.started_at(programs.EMULATOR)):
                    # It comes back with what it saved at its last clean stop, which may be nothing at all.
                    print("\nThe emulator died: what was written since its last clean stop is lost.", flush=True)
                    self._prepare()
                    born = now

    def _go_on(self) -> None:
        """Wait a moment. Raises Stopped when asked to stop, Failed when the supervisor died."""
        if self._stop.wait(_LOOK_EVERY_S) or make.was_interrupted():
            raise Stopped
        if not self._supervisor.runs():
            raise Failed(f"The supervisor died; its log is {self._logs / 'supervisord.log'}.")
