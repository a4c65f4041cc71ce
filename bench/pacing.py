"""How well the shared token bucket keeps a rate: turns taken by several processes through one Redis.

python -m bench.pacing                     8 processes at 500/s for 12 s
python -m bench.pacing --rate 40 --processes 4 --seconds 30
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from bench import environment  # noqa: F401 - sets the environment before the product is imported
from bench.valkey import serving

LEAST = 0.95
_WINDOWS_S = (1.0, 10.0)


def _worker(rate: float, seconds: float) -> None:
    import django  # noqa: PLC0415 - only the children load the product

    django.setup()
    from crm.deliveries import pacing  # noqa: PLC0415

    pacing.rate = lambda: rate
    moments: list[float] = []
    # All begin together, once the last of them is loaded.
    print("ready", flush=True)
    end = float(sys.stdin.readline()) + seconds
    while time.time() < end:
        if pacing.wait_turn(lambda: False):
            moments.append(time.time())
    print(json.dumps(moments))


def most_in(moments: Sequence[float], window_s: float) -> float:
    """Return the most turns a second in any window of that length that begins with a turn."""
    return max(bisect_left(moments, moment + window_s) - index for index, moment in enumerate(moments)) / window_s


def main(given: Sequence[str] | None = None) -> int:
    """Print the rows; exit status 1 when the rate was passed, or not nearly reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=500.0)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(given)
    if chosen.worker:
        _worker(chosen.rate, chosen.seconds)
        return 0
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
    command = [sys.executable, "-m", "bench.pacing", "--worker", "--rate", str(rate), "--seconds", str(seconds)]
    with tempfile.TemporaryDirectory(prefix="crm-bench-") as folder, serving(Path(folder)) as redis_url:
        given, pipe = {**os.environ, "REDIS_URL": redis_url}, subprocess.PIPE
        running = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=given) for _ in range(processes)]
        for one in running:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        begin = f"{time.time()}\n"
        for one in running:
            assert one.stdin is not None
            one.stdin.write(begin)
            one.stdin.flush()
        return sorted(moment for one in running for moment in json.loads(one.communicate()[0]))


if __name__ == "__main__":
    sys.exit(main())
