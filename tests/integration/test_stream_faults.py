"""The endpoint that stands in for bad streams keeps quiet about pollers that are killed while they ask."""

import socket
import struct
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from tests.integration.stream_faults import ShuffledStreams

_ASKED = b"POST / HTTP/1.1\r\nX-Amz-Target: Streams.GetRecords\r\nContent-Length: 2\r\n\r\n{}"


class _Slow(ShuffledStreams):
    """Answers once it is told to, more than a connection takes at once."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1", seed=1)
        self.is_asked, self.may_answer, self.is_over = threading.Event(), threading.Event(), threading.Event()
        self._server.shutdown_request = lambda _: self.is_over.set()  # type: ignore[method-assign]

    def _answer(self, operation: str, asked: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        self.is_asked.set()
        assert self.may_answer.wait(10)
        return 200, {operation: [asked, "x" * 10_000_000]}


def test_a_client_that_is_killed_while_it_waits_is_no_error(capfd: pytest.CaptureFixture[str]) -> None:
    with _Slow() as streams:
        with socket.create_connection(("127.0.0.1", int(streams.url.rpartition(":")[2]))) as client:
            client.sendall(_ASKED)
            assert streams.is_asked.wait(10)
            # Its end is told as that of a killed process with data still to read.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        streams.may_answer.set()
        assert streams.is_over.wait(10)
    assert capfd.readouterr().err == ""


def test_a_client_that_is_killed_before_it_has_asked_is_no_error(capfd: pytest.CaptureFixture[str]) -> None:
    with _Slow() as streams:
        with socket.create_connection(("127.0.0.1", int(streams.url.rpartition(":")[2]))) as client:
            client.sendall(_ASKED[:-2])
        assert streams.is_over.wait(10)
    assert capfd.readouterr().err == ""
    assert not streams.is_asked.is_set()
