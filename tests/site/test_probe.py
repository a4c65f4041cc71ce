"""A container's health check fails when its part is not well, and says why."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from crm_site import health, probe
from tests.integration.stack import free_port


class _Unready(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(503)
        self.end_headers()
        self.wfile.write(b"dynamodb is away")

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture
def unready(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A web process that cannot serve."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Unready) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("BIND", f"0.0.0.0:{server.server_port}")
        yield
        server.shutdown()


def test_a_web_process_that_cannot_serve_fails_its_check(unready: None) -> None:
    assert probe.main("web") == "dynamodb is away"


def test_a_web_process_that_does_not_answer_fails_its_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIND", f"0.0.0.0:{free_port()}")
    assert "refused" in str(probe.main("web"))


def test_a_part_is_judged_as_the_stack_judges_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent() -> health.Details:
        raise health.Unwell("no heartbeat")

    monkeypatch.setitem(health.STACK, "worker", silent)
    monkeypatch.setitem(health.STACK, "beat", dict)
    assert probe.main("worker") == "worker: no heartbeat"
    assert probe.main("beat") is None
