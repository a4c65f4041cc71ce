"""The web application as it ships, on an emulator and a read model of its own: `python -m tests.e2e.server PORT`.

One process serves pages, static files and the API; ministack answers for DynamoDB, the SES simulator for SES. moto
would do, but it copies its whole database for every transaction, and takes a minute to be filled.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from tempfile import mkdtemp
from urllib.request import urlopen
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

MINISTACK = {
    "BIND_HOST": "127.0.0.1",
    "SERVICES": "dynamodb,dynamodbstreams",
    "SFTP_ENABLED": "0",
    "IOT_MTLS_ENABLED": "0",
    "DOCKER_HOST": "unix:///nonexistent",
    "LOG_LEVEL": "ERROR",
}
START_S = 60


class Server(ThreadingMixIn, WSGIServer):
    """Answers in threads, as gunicorn does; a browser asks for several files at once."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Keeps the test's output to what failed."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's word
        """Say nothing."""


def prepare() -> None:
    """Set the environment that Django's settings read; everything is kept in a folder of this run."""
    folder = Path(os.environ.get("DATA_DIR") or mkdtemp(prefix="crm-e2e-"))
    os.environ.update(
        DATA_DIR=str(folder),
        DJANGO_SETTINGS_MODULE="crm_site.settings",
        DEMO="1",
        LOG_LEVEL="ERROR",
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_DEFAULT_REGION="us-east-1",
        OUTBOX_SHARDS="1",
        READ_MODEL_URL=f"sqlite:///{folder / 'read.sqlite3'}",
        # Nobody listens there: hints to the worker are lost, which they may always be.
        REDIS_URL="redis://127.0.0.1:1/0",
    )


def fill() -> None:
    """Make staff and all that they look at."""
    from django.core.management import call_command  # noqa: PLC0415 - needs the settings above

    from crm.core import dynamo  # noqa: PLC0415
    from tests.e2e import contents  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("create_demo_staff", stdout=sys.stderr)
    dynamo.create_tables()
    contents.fill()


@contextmanager
def servers() -> Iterator[None]:
    """Run DynamoDB and SES for as long as the block lasts, and tell the AWS clients where they are."""
    dynamodb, ses = (f"http://127.0.0.1:{_free_port()}" for _ in range(2))
    with _server(["ministack"], f"{dynamodb}/_ministack/health", GATEWAY_PORT=dynamodb.rpartition(":")[2], **MINISTACK):
        folder = str(Path(os.environ["DATA_DIR"]) / "ses")
        simulator = ["devstack.ses_simulator", "--port", ses.rpartition(":")[2], "--data", folder]
        with _server(simulator, f"{ses}/_simulator/summary", SES_SIMULATOR_ENGAGE="0"):
            os.environ |= {"AWS_ENDPOINT_URL_DYNAMODB": dynamodb, "AWS_ENDPOINT_URL_SESV2": ses}
            yield


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def _server(module: list[str], url: str, **told: str) -> Iterator[None]:
    command = [sys.executable, "-m", *module]
    with subprocess.Popen(command, env={**os.environ, **told}, stdout=subprocess.DEVNULL) as process:
        try:
            _wait_until_it_answers(url)
            yield
        finally:
            process.terminate()


def _wait_until_it_answers(url: str) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            with urlopen(url):  # noqa: S310 - our own emulator
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def main(port: int) -> None:
    """Fill, then serve until told to stop; "ready" on standard output says that requests are answered."""
    prepare()
    import django  # noqa: PLC0415 - after the settings' environment

    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with servers():
        django.setup()
        fill()
        # Only now: it looks for the static files that were just collected.
        from crm_site.wsgi import application  # noqa: PLC0415

        with make_server("127.0.0.1", port, application, server_class=Server, handler_class=Quiet) as server:
            sys.stdout.write(f"ready http://127.0.0.1:{server.server_port}\n")
            sys.stdout.flush()
            server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
