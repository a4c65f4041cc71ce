"""`python -m devstack`: start one stack, say when it is ready, keep it running until told to stop."""

import contextlib
import os
import signal
import subprocess
import sys
import threading

from devstack import lock, make, plan, program, programs, readiness
from devstack.plan import ROOT, Plan, Refused
from devstack.supervisor import Supervisor

_FOLDERS = ("aws", "logs", "run", "tmp", "valkey")
_LOOK_EVERY_S = 0.25


class Stopped(Exception):
    """Somebody asked the stack to stop while it was starting."""


class Failed(Exception):
    """The stack could not be started or went away by itself; the message says where to look."""


def main() -> int:
    """Run a stack; return the exit status: 0 after a stop that was asked for, 1 after a failure."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    program.stop_with_parent()
    # People's data lies there.
    os.umask(0o077)
    try:
        chosen = plan.current()
        chosen.data_dir.mkdir(parents=True, exist_ok=True)
        lock.take(chosen.data_dir)
        _run(chosen, stop)
    except (Refused, Failed) as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    return 0


def _run(chosen: Plan, stop: threading.Event) -> None:
    for name in _FOLDERS:
        (chosen.data_dir / name).mkdir(exist_ok=True)
    with Supervisor(chosen) as supervisor:
        with contextlib.suppress(Stopped):
            _start(chosen, supervisor, stop)
            while not _asked_to_stop(stop):
                _must_run(chosen, supervisor)
        print("\nStopping: beat, web, worker, projector, Valkey, emulator …", flush=True)
    print("Stopped.", flush=True)


def _start(chosen: Plan, supervisor: Supervisor, stop: threading.Event) -> None:
    print(f"Starting the CRM with its data in {chosen.data_dir} …", flush=True)
    supervisor.start(programs.servers(chosen))
    sign_in = _prepared(chosen, stop)
    supervisor.start(programs.product(chosen))
    wait = readiness.Wait(chosen.port)
    while not wait.is_over():
        if _asked_to_stop(stop):
            raise Stopped
        _must_run(chosen, supervisor)
    if wait.unwell:
        raise Failed(f"Not ready: {wait.unwell}. The logs are in {chosen.data_dir / 'logs'}.")
    print(f"\nThe CRM is ready.\n\n  Dashboard  {chosen.address}/dashboard/\n  API        {chosen.address}/docs")
    print(f"{sign_in}\nCtrl-C stops it.", flush=True)


def _prepared(chosen: Plan, stop: threading.Event) -> str:
    """Make tables, staff accounts and demo data; return what to tell people about signing in."""
    command = [sys.executable, "-m", "devstack.prepare"]
    with subprocess.Popen(command, cwd=ROOT, env=dict(chosen.environment), stdout=subprocess.PIPE, text=True) as work:
        while work.poll() is None:
            if _asked_to_stop(stop):
                work.terminate()
                raise Stopped
        told = work.stdout.read() if work.stdout else ""
    if work.returncode:
        raise Failed("The stack could not be prepared; see the message above.")
    return told


def _asked_to_stop(stop: threading.Event) -> bool:
    return stop.wait(_LOOK_EVERY_S) or make.was_interrupted()


def _must_run(chosen: Plan, supervisor: Supervisor) -> None:
    if not supervisor.runs():
        raise Failed(f"The supervisor died; its log is {chosen.data_dir / 'logs' / 'supervisord.log'}.")


if __name__ == "__main__":
    sys.exit(main())
