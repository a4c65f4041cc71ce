"""A web process of a benchmark's own, on a port of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_START_S = 60.0


@contextmanager
def process(variables: dict[str, str]) -> Iterator[int]:
    """Start one with these variables, DATA_DIR among them; give its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--config", "python:crm_site.gunicorn_conf", "crm_site.wsgi"]
    log = Path(variables["DATA_DIR"]) / "web.log"
    with log.open("wb") as output:
        web = subprocess.Popen(
            command, env={**os.environ, **variables, "PORT": str(port)}, stdout=output, stderr=output
        )
        try:
            _wait(port, web, log)
            yield port
        finally:
            web.terminate()
            web.wait()


def _wait(port: int, web: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while web.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"the web process did not start:\n{log.read_text()}")
