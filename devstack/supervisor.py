"""The supervisor process (supervisor 4.3) as its owner sees it: start it, give it orders, stop it, wait for the end."""

import shutil
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from supervisor.xmlrpc import SupervisorTransport

from devstack import lock, programs
from devstack.plan import ROOT, Plan

_UP_WITHIN_S = 15.0
# Programs whose supervisor was killed are told so by the kernel; the emulator then saves its state.
_GONE_WITHIN_S = 60.0
_STEP_S = 0.05


class Supervisor:
    """A context in which supervisord runs; leaving it stops every program, in order, and waits for that."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        # Unix sockets allow 107 characters; a data folder may lie deeper than that.
        self._folder = Path(tempfile.mkdtemp(prefix="crm-"))
        self._socket = self._folder / "supervisor.sock"

    def __enter__(self) -> Self:
        configuration = self._plan.data_dir / "run" / "supervisord.conf"
        configuration.write_text(programs.configuration(self._plan, self._socket))
        command = [sys.executable, "-m", "devstack.supervised", str(configuration)]
        # A session of its own: Ctrl-C in the terminal reaches the runner only, which then stops things in order.
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=dict(self._plan.environment), stdin=subprocess.DEVNULL, start_new_session=True
        )
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self.runs():
            self._process.terminate()
        self._process.wait()
        deadline = time.monotonic() + _GONE_WITHIN_S
        while lock.programs_left(self._plan.data_dir) and time.monotonic() < deadline:
            time.sleep(_STEP_S)
        shutil.rmtree(self._folder, ignore_errors=True)

    def runs(self) -> bool:
        """Tell whether supervisord is alive."""
        return self._process.poll() is None

    def takes_orders(self) -> bool:
        """Wait until it does; False when it died or took too long."""
        deadline = time.monotonic() + _UP_WITHIN_S
        while self.runs() and time.monotonic() < deadline:
            # Its socket exists a moment before somebody listens there.
            with suppress(OSError), self._orders() as orders:
                orders.getState()
                return True
            time.sleep(_STEP_S)
        return False

    def start(self, wanted: Sequence[programs.Program]) -> None:
        """Start these programs; from then on they are kept running."""
        with self._orders() as orders:
            for program in wanted:
                orders.startProcess(program.name, False)

    def started_at(self, name: str) -> int | None:
        """Return when a program was last started, in whole seconds since 1970; None where there is no such program."""
        try:
            with self._orders() as orders:
                return int(orders.getProcessInfo(name)["start"])
        except xmlrpc.client.Fault:
            return None

    @contextmanager
    def _orders(self) -> Iterator[Any]:
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        with xmlrpc.client.ServerProxy("http://localhost", transport=transport) as server:
            yield server.supervisor
