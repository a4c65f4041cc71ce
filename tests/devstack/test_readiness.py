"""`make run` waits as long as a rebuild of the read model gets further, and no longer."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from devstack import readiness


class _Stack(HTTPServer):
    """Answers /health/stack with what a test says."""

    said: tuple[int, object] = (200, {})


class _Answer(BaseHTTPRequestHandler):
    server: _Stack

    def do_GET(self) -> None:
        status, said = self.server.said
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def stack() -> Iterator[_Stack]:
    with _Stack(("127.0.0.1", 0), _Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, to be moved."""
    moved = [1_000.0]
    monkeypatch.setattr(readiness.time, "monotonic", lambda: moved[0])
    return moved


def _unwell(rows: int | None) -> tuple[int, Any]:
    figures = {} if rows is None else {"rebuiltRows": rows}
    return 503, {"unwell": ["projector"], "parts": {"projector": {"well": False, **figures}}}


def test_a_well_stack_is_ready_at_once(stack: _Stack) -> None:
    wait = readiness.Wait(stack.server_port)
    assert wait.is_over()
    assert not wait.unwell


def test_patience_with_a_part_that_stays_unwell_ends_and_names_it(stack: _Stack, now: list[float]) -> None:
    stack.said = _unwell(None)
    wait = readiness.Wait(stack.server_port)
    assert not wait.is_over()
    now[0] += readiness.PATIENCE_S + 1
    assert wait.is_over()
    assert wait.unwell == "not well: projector"


def test_patience_begins_anew_while_a_rebuild_gets_further(stack: _Stack, now: list[float]) -> None:
    wait = readiness.Wait(stack.server_port)
    for rows in (500, 1_000, 1_500):
        stack.said = _unwell(rows)
        now[0] += readiness.PATIENCE_S - 1
        assert not wait.is_over()
        assert wait.rebuilt_rows == rows


def test_a_rebuild_that_stands_still_is_not_waited_for(stack: _Stack, now: list[float]) -> None:
    stack.said = _unwell(500)
    wait = readiness.Wait(stack.server_port)
    assert not wait.is_over()
    now[0] += readiness.PATIENCE_S + 1
    assert wait.is_over()
    assert wait.unwell
