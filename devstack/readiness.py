"""Waiting for /health/stack: ready is what it says, nothing else."""

import http
import http.client
import json
import time

from devstack.plan import LOOPBACK

PATIENCE_S = 90.0
_ANSWER_WITHIN_S = 8.0


class Wait:
    """Asks until every part is well, or no more comes of it; `unwell` then says what was not, empty when all is.

    `PATIENCE_S` begin anew whenever a rebuild of the read model has got further: with much data it takes minutes.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._deadline = time.monotonic() + PATIENCE_S
        self.unwell = "the web process does not answer"
        self.rebuilt_rows = 0

    def is_over(self) -> bool:
        """Ask once."""
        self.unwell, rows = self._asked()
        if rows > self.rebuilt_rows:
            self.rebuilt_rows, self._deadline = rows, time.monotonic() + PATIENCE_S
        return not self.unwell or time.monotonic() > self._deadline

    def _asked(self) -> tuple[str, int]:
        connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=_ANSWER_WITHIN_S)
        try:
            connection.request("GET", "/health/stack")
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            return f"the web process does not answer ({error})", 0
        finally:
            connection.close()
        return ("", 0) if answer.status == http.HTTPStatus.OK else _told(answer.status, body)


def _told(status: int, body: bytes) -> tuple[str, int]:
    """Return what is not well, and how many rows a rebuild of the read model has read."""
    try:
        told = json.loads(body)
        return "not well: " + ", ".join(told["unwell"]), int(told["parts"]["projector"].get("rebuiltRows", 0))
    except (ValueError, KeyError, TypeError):
        return f"/health/stack answered {status}", 0
