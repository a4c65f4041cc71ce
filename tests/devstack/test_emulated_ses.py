"""The emulator takes mails of a verified sender only, and other endpoints are left alone."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pytest_django.fixtures import Settings

from devstack import emulated_ses


@pytest.fixture
def asked(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[list[str], set[str]]]:
    """The requests an endpoint got, and the paths it knows."""
    requests: list[str] = []
    known: set[str] = set()

    class Endpoint(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(f"GET {self.path}")
            self.answer(200 if self.path in known else 404)

        def do_POST(self) -> None:
            requests.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.answer(200)

        def answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.SES_ENDPOINT = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", settings.SES_ENDPOINT)
        settings.MAIL_FROM = "Events <events@mail.crm.example>"
        yield requests, known
        server.shutdown()


def test_emulator_learns_the_senders_domain(asked: tuple[list[str], set[str]]) -> None:
    requests, known = asked
    known.add("/_ministack/ready")

    emulated_ses.verify_sender()

    assert requests == ["GET /_ministack/ready", '{"EmailIdentity": "mail.crm.example"}']


def test_endpoint_that_is_no_emulator_is_asked_for_nothing_more(asked: tuple[list[str], set[str]]) -> None:
    requests, _ = asked
    emulated_ses.verify_sender()
    assert requests == ["GET /_ministack/ready"]


def test_aws_itself_is_asked_nothing(asked: tuple[list[str], set[str]], settings: Settings) -> None:
    settings.SES_ENDPOINT = ""
    emulated_ses.verify_sender()
    assert asked[0] == []
