"""How well the shared token bucket keeps a rate: turns taken by several processes through one Redis.

Counted at the moment when a process may make its call, after waiting for its turn, not when the turn was granted.

python -m bench.pacing                     8 processes at 500/s for 12 s
python -m bench.pacing --rate 40 --processes 4 --seconds 30
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path

import django

from bench import environment  # noqa: F401 - sets the environment before the product is imported
from bench.valkey import serving

LEAST = 0.95
_WINDOWS_S = (1.0, 10.0)


def _worker(rate: float, seconds: float, begin: Connection, told: Connection) -> None:
    from crm.deliveries import pacing  # noqa: PLC0415 - reads the settings

    pacing.rate = lambda: rate
    moments: list[float] = []
    begin.recv()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if pacing.wait_turn(lambda: False):
            # The same clock in all processes of a machine; nobody sets it.
            moments.append(time.monotonic())
    told.send(moments)
    told.close()
    # Without what the parent registered to be done at its own end.
    os._exit(0)


def most_in(moments: Sequence[float], window_s: float) -> float:
    """Return the most turns a second in any window of that length that begins with a turn."""
    return max(bisect_left(moments, moment + window_s) - index for index, moment in enumerate(moments)) / window_s


def main(given: Sequence[str] | None = None) -> int:
    """Print the rows; exit status 1 when the rate was passed, or not nearly reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=500.0)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=12.0)
    chosen = parser.parse_args(given)
    moments = _taken(chosen.rate, chosen.processes, chosen.seconds)
    reached = (len(moments) - 1) / (moments[-1] - moments[0])
    windows = {window: most_in(moments, window) for window in _WINDOWS_S if window <= chosen.seconds}
    longest = max(later - earlier for earlier, later in pairwise(moments)) * 1_000
    shown = ", ".join(f"{most:.1f}/s at most in any {window:g} s" for window, most in windows.items())
    print(
        f"{chosen.processes} processes at {chosen.rate:g}/s: {reached:.1f}/s, {shown}; {longest:.0f} ms apart at most"
    )
    return 0 if reached >= LEAST * chosen.rate and max(windows.values()) <= chosen.rate else 1


def _taken(rate: float, processes: int, seconds: float) -> list[float]:
    with tempfile.TemporaryDirectory(prefix="crm-bench-") as folder, serving(Path(folder)) as redis_url:
        os.environ["REDIS_URL"] = redis_url
        django.setup()
        context, running = multiprocessing.get_context("fork"), []
        for _ in range(processes):
            (heard, begin), (told, tell) = context.Pipe(duplex=False), context.Pipe(duplex=False)
            context.Process(target=_worker, args=(rate, seconds, heard, tell)).start()
            running.append((begin, told))
        for begin, _ in running:
            begin.send("now")
        return sorted(moment for _, told in running for moment in told.recv())


if __name__ == "__main__":
    sys.exit(main())
