"""Starting an engine on a free port of loopback, its data in a folder that goes with it, and stopping it."""

import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.engines.java import Tools

_HERE = Path(__file__).parent
_DYNAMODB = "software.amazon.dynamodb.services.local.main.ServerRunner"
_OPENSEARCH = "org.codelibs.opensearch.runner.OpenSearchRunner"
# The runner looks for a port from the one above its base to 9299, whatever it is told.
_OPENSEARCH_PORTS = range(9210, 9300)
_START_S, _STOP_S, _ASK_AGAIN_S = 120.0, 20.0, 0.2


class NotStarted(Exception):
    """The engine ended, or did not answer in time; with the end of what it said."""


@contextmanager
def dynamodb_local(tools: Tools, folder: Path) -> Iterator[str]:
    """Have DynamoDB Local running, in memory, tables apart by access key; give its address. Raises NotStarted."""
    port = _free_port()
    told = [_DYNAMODB, "-inMemory", "-port", str(port)]
    classpath = tools.classpath(_HERE / "dynamodb.xml", folder)
    with _running([tools.java, "-Xmx384m", "-cp", classpath, *told], folder / "dynamodb.log", port) as url:
        yield url


@contextmanager
def opensearch(tools: Tools, folder: Path, heap: str = "512m") -> Iterator[str]:
    """Have a cluster of one node running; give its address. Raises NotStarted."""
    port = next((port for port in _OPENSEARCH_PORTS if _is_free(port)), None)
    if port is None:
        raise NotStarted("every port that the runner would take is in use")
    # Nodes of one cluster's name find each other on a machine: each run has a name of its own.
    name = f"tests-{uuid.uuid4().hex}"
    told = [_OPENSEARCH, "-numOfNode", "1", "-baseHttpPort", str(port - 1), "-clusterName", name]
    classpath = tools.classpath(_HERE / "opensearch.xml", folder)
    command = [tools.java, "-Xms256m", f"-Xmx{heap}", "-XX:TieredStopAtLevel=1", "-cp", classpath, *told]
    with _running([*command, "-basePath", str(folder / "node")], folder / "opensearch.log", port) as url:
        yield url


@contextmanager
def _running(command: Sequence[str | Path], log: Path, port: int) -> Iterator[str]:
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, cwd=log.parent) as java:
        try:
            _await(java, url, log)
            yield url
        finally:
            java.terminate()
            try:
                java.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                java.kill()


def _await(java: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while not _answers(url):
        if java.poll() is not None or time.monotonic() > deadline:
            raise NotStarted(f"{url}: {log.read_text(errors='replace')[-3_000:]}")
        time.sleep(_ASK_AGAIN_S)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - ours
    except urllib.error.HTTPError:
        # DynamoDB refuses what is not signed, which is an answer.
        return True
    except OSError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as listening:
        try:
            listening.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
