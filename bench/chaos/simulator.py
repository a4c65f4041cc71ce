"""The SES simulator's own side: the ledger that no line of the product writes, and the faults it is to show."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.integration.stack import ask, eventually

_PAGE = 5_000
# A simulator that keeps up asks for nothing; one under a full machine may answer late.
_ANSWERS_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Call:
    """One SendEmail as SES saw it. `began` and `at` (when it was decided) are epoch seconds."""

    number: int
    began: float
    at: float
    to: str
    accepted: bool
    answered: bool
    message_id: str
    tags: Mapping[str, str]


class Simulator:
    """Control of the simulator of a running stack; `port` is asked each time, as a restarted stack has another."""

    def __init__(self, port: Callable[[], int]) -> None:
        self._port = port

    def faults(self, **settings: object) -> None:
        """Replace all settings; what is left out is as at the start."""
        self._ask("PUT", "/_simulator/faults", settings)

    def summary(self) -> Mapping[str, int]:
        """Return how many calls came, were accepted, and how many events went out and wait."""
        found: dict[str, int] = self._ask("GET", "/_simulator/summary")
        return found

    def calls(self, after: int = 0) -> Iterator[Call]:
        """Yield all calls behind the nth, in the order in which they came."""
        while True:
            page = self._ask("GET", f"/_simulator/ledger?after={after}&limit={_PAGE}")
            yield from map(_call, page["calls"])
            if not page["calls"] or page["next"] in (None, after):
                return
            after = page["next"]

    def of_campaign(self, campaign_id: str) -> list[Call]:
        """Return the calls for one campaign's mails."""
        return [call for call in self.calls() if call.tags.get("campaign") == campaign_id]

    def _ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        answer = eventually(lambda: ask(self._port(), method, path, body), _ANSWERS_WITHIN_S)
        assert answer.status in {200, 204}, (method, path, answer.status, answer.body)
        return json.loads(answer.body) if answer.body else None


def _call(given: Mapping[str, Any]) -> Call:
    return Call(
        number=given["n"],
        began=given["began"],
        at=given["at"],
        to=given["to"],
        accepted=given["accepted"],
        answered=given["answered"],
        message_id=given["message_id"] or "",
        tags=given["tags"],
    )


def first_after(simulator: Simulator, campaign_id: str, moment: float, within_s: float) -> Call | None:
    """Wait for a campaign's first call that began after a moment (epoch seconds); None where none came in time."""
    seen = simulator.summary()["calls"]
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        for call in simulator.calls(max(0, seen - 200)):
            if call.tags.get("campaign") == campaign_id and call.began >= moment:
                return call
        time.sleep(0.2)
    return None
