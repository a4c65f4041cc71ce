"""Waiting for a campaign's end, which takes a quarter of an hour where a mail stays in doubt."""

import time
from collections.abc import Callable

from bench.chaos.reckoning import FINAL
from bench.chaos.rig import Sending

_LOOK_EVERY_S, _SAY_EVERY_S = 1.0, 10.0


def settled(sending: Sending, since: float, within_s: float, may_be_open: frozenset[str] = frozenset()) -> float | None:
    """Wait until a campaign is over; return the seconds from `since` (time.monotonic), None where it took too long.

    `may_be_open`: states whose end is not waited for.
    """
    say = _progress(sending, since)
    while not _is_over(sending, may_be_open):
        if time.monotonic() - since > within_s:
            return None
        say()
        time.sleep(_LOOK_EVERY_S)
    return time.monotonic() - since


def _is_over(sending: Sending, may_be_open: frozenset[str]) -> bool:
    if not sending.is_open():
        return True
    campaign = sending.campaign()
    if not may_be_open or campaign["state"] != "sending":
        return False
    rows = sending.rows()
    return len(rows) == campaign["matched"] and {row["state"] for row in rows} <= FINAL | may_be_open


def _progress(sending: Sending, since: float) -> Callable[[], None]:
    """Return what prints how it stands, at most every ten seconds."""
    said_at = time.monotonic()

    def say() -> None:
        nonlocal said_at
        if time.monotonic() - said_at >= _SAY_EVERY_S:
            said_at = time.monotonic()
            report = sending.report()
            states = ", ".join(f"{number} {state}" for state, number in report["deliveries"].items() if number)
            print(f"  … {time.monotonic() - since:5.0f} s: {report['state']}; {states}", flush=True)

    return say
