"""The analytics pages over HTTP at a few mails and at many, in turn.

    python -m bench.analytics [--mails 1000 1000000] [--requests 200]

Loads synthetic mails of 20 campaigns of the last four weeks, what was done with them and who registered by them, into
read models, by the product's own `apply()`, and starts a web process on each. Exits with 1 where the 95th percentile of
a page is above the bar, or further apart than the sizes may make it.
"""

import argparse
import http.client
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter

from bench import environment, web
from bench.filter_http import percentile, show

BAR_MS, BAR_APART = 60.0, 1.3
PAGES = {
    "UTM": "/dashboard/analytics/",
    "UTM, any time": "/dashboard/analytics/?period=all",
    "funnel": "/dashboard/analytics/funnel/",
    "time": "/dashboard/analytics/time/?measure=clicked",
    "API": "/analytics?group_by=utm_source&interval=day",
}
_WARM_UP = 10


def main() -> int:
    """Measure and print; return the exit code."""
    given = _arguments()
    with ExitStack() as stack:
        asks = [_served(stack, mails) for mails in given.mails]
        return max([_measured(name, path, asks, given) for name, path in PAGES.items()])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--mails", type=int, nargs="+", default=[1_000, 1_000_000])
    parser.add_argument("--requests", type=int, default=200)
    return parser.parse_args()


def _measured(name: str, path: str, asks: list[Callable[[str], None]], given: argparse.Namespace) -> int:
    """Ask each size in turn, so that whatever else the machine does is shared by all."""
    taken: list[list[float]] = [[] for _ in asks]
    for round_ in range(_WARM_UP + given.requests):
        for ask, times in zip(asks, taken, strict=True):
            started = perf_counter()
            ask(path)
            if round_ >= _WARM_UP:
                times.append((perf_counter() - started) * 1_000)
    for mails, times in zip(given.mails, taken, strict=True):
        show(f"{name}, {mails:,}", times)
    slowest = [percentile(times, 95) for times in taken]
    apart = max(slowest) / min(slowest)
    missed = max(slowest) > BAR_MS or apart > BAR_APART
    print(f"  p95 at most {BAR_MS:.0f} ms, {BAR_APART} times apart: {'MISSED' if missed else 'kept'} ({apart:.2f})")
    return int(missed)


def _served(stack: ExitStack, mails: int) -> Callable[[str], None]:
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-analytics-"))
    variables = {"DATA_DIR": folder, "READ_MODEL_URL": f"sqlite:///{Path(folder) / 'read.sqlite3'}"}
    # In a process of its own: settings are read once.
    command = [sys.executable, "-m", "bench.analytics_rows", str(mails)]
    loaded = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, **variables})
    cookie = loaded.stdout.strip()
    port = stack.enter_context(web.process({**environment.VARIABLES, **variables}))

    def ask(path: str) -> None:
        # A kept connection is closed by the server while the other size is asked.
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", path, headers={"Cookie": cookie})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        if response.status != http.client.OK or b"sent" not in body.lower():
            raise SystemExit(f"unexpected answer {response.status}: {body[:300]!r}")

    return ask


if __name__ == "__main__":
    sys.exit(main())
