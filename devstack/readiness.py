"""Waiting for /health/stack: ready is what it says, nothing else."""

import http
import http.client
import json
import time

from devstack.plan import LOOPBACK

PATIENCE_S = 90.0
_ANSWER_WITHIN_S = 8.0


class Wait:
    """Asks until every part is well or `PATIENCE_S` are over; `unwell` then says what was not, empty when all is."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._deadline = time.monotonic() + PATIENCE_S
        self.unwell = "the web process does not answer"

    def is_over(self) -> bool:
        """Ask once."""
        self.unwell = self._asked()
        return not self.unwell or time.monotonic() > self._deadline

    def _asked(self) -> str:
        connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=_ANSWER_WITHIN_S)
        try:
            connection.request("GET", "/health/stack")
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            return f"the web process does not answer ({error})"
        finally:
            connection.close()
        return "" if answer.status == http.HTTPStatus.OK else _names(answer.status, body)


def _names(status: int, body: bytes) -> str:
    try:
        return "not well: " + ", ".join(json.loads(body)["unwell"])
    except (ValueError, KeyError, TypeError):
        return f"/health/stack answered {status}"
