"""The analytics pages, a campaign's page and Home over HTTP, at a few mails and at many, in turn.

    python -m bench.analytics [--mails 1000 1000000] [--requests 200] [--folder FOLDER] [--only NAME]

Loads synthetic mails of 20 campaigns of the last four weeks, what was done with them and who registered by them, into
read models, by the product's own `apply()`, and starts a web process on each. Behind them stands the DynamoDB emulator
of `make run`. Exits with 1 where the 95th percentile of a page is above its bar or, but for Home's, further apart than
the sizes may make it. With `--folder` the read models are kept, and used again on the same day.
"""

import argparse
import http.client
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter

from bench import environment, web
from bench.analytics.rows import LOOKED_AT
from bench.filter_http import percentile, show
from tests.integration import faulty

BAR_MS, HOME_BAR_MS, BAR_APART = 60.0, 100.0, 1.3
_HOME, _LIST = "Home", "people, their list"
_EVENT = f"event-{LOOKED_AT}"
# Name -> path, and what is only on a page with numbers.
PAGES = {
    "UTM": ("/dashboard/analytics/", "newsletter"),
    "UTM, any time": ("/dashboard/analytics/?period=all", "newsletter"),
    "funnel": ("/dashboard/analytics/funnel/", "of sent"),
    "funnel, one event": (f"/dashboard/analytics/funnel/?event={_EVENT}", "of sent"),
    "time": ("/dashboard/analytics/time/?measure=clicked", "did=clicked"),
    "links": ("/dashboard/analytics/links/", "example.com/programme"),
    "links, any time": ("/dashboard/analytics/links/?period=all", "example.com/programme"),
    "events": ("/dashboard/analytics/events/", f"event={_EVENT}"),
    "events, any time": ("/dashboard/analytics/events/?period=all", f"event={_EVENT}"),
    "events, one": (f"/dashboard/analytics/events/?event={_EVENT}", f"event={_EVENT}"),
    "people": ("/dashboard/analytics/people/", "most-engaged"),
    # Comes after its page, as charts do: everybody's score is counted for it.
    _LIST: ("/dashboard/analytics/people/most-engaged/", "person-engagement"),
    "API": ("/analytics?group_by=utm_source&interval=day", "newsletter"),
    "campaign, sent": ("/dashboard/campaigns/campaign-3/", "did=clicked"),
    "campaign, sending": ("/dashboard/campaigns/campaign-19/", "did=clicked"),
    _HOME: ("/dashboard/", "Campaign 17 stopped"),
}
_WARM_UP = 10


def main() -> int:
    """Measure and print; return the exit code."""
    given = _arguments()
    with ExitStack() as stack:
        folder = Path(given.folder or stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-analytics-")))
        folder.mkdir(parents=True, exist_ok=True)
        dynamodb = stack.enter_context(faulty.emulator(folder))
        asks = [_served(stack, folder / str(mails), mails, dynamodb) for mails in given.mails]
        return max(_measured(name, *page, asks, given) for name, page in PAGES.items() if given.only in name)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--mails", type=int, nargs="+", default=[1_000, 1_000_000])
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--folder", default="")
    parser.add_argument("--only", default="", help="pages whose names hold this")
    return parser.parse_args()


def _measured(
    name: str, path: str, word: str, asks: list[Callable[[str, str], None]], given: argparse.Namespace
) -> int:
    """Ask each size in turn, so that whatever else the machine does is shared by all."""
    taken: list[list[float]] = [[] for _ in asks]
    for round_ in range(_WARM_UP + given.requests):
        for ask, times in zip(asks, taken, strict=True):
            started = perf_counter()
            ask(path, word)
            if round_ >= _WARM_UP:
                times.append((perf_counter() - started) * 1_000)
    for mails, times in zip(given.mails, taken, strict=True):
        show(f"{name}, {mails:,}", times)
    return _judged(name, [percentile(times, 95) for times in taken])


def _judged(name: str, slowest: list[float]) -> int:
    """Print whether the bar is kept, where there is one."""
    if name == _LIST:
        print("  comes after its page")
        return 0
    bar_ms, most_apart = (HOME_BAR_MS, math.inf) if name == _HOME else (BAR_MS, BAR_APART)
    apart = max(slowest) / min(slowest)
    missed = max(slowest) > bar_ms or apart > most_apart
    told = "" if name == _HOME else f", {BAR_APART} times apart"
    print(f"  p95 at most {bar_ms:.0f} ms{told}: {'MISSED' if missed else 'kept'} ({apart:.2f})")
    return int(missed)


def _served(stack: ExitStack, folder: Path, mails: int, dynamodb: str) -> Callable[[str, str], None]:
    folder.mkdir(exist_ok=True)
    variables = {
        "DATA_DIR": str(folder),
        "READ_MODEL_URL": f"sqlite:///{folder / 'read.sqlite3'}",
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb,
        "CRM_TABLE": f"crm-{mails}",
        "CRM_OUTBOX_TABLE": f"crm-outbox-{mails}",
    }
    # In a process of its own: settings are read once.
    command = [sys.executable, "-m", "bench.analytics.filling", str(mails)]
    filled = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, **variables})
    cookie = filled.stdout.strip()
    port = stack.enter_context(web.process({**environment.VARIABLES, **variables}))

    def ask(path: str, word: str) -> None:
        # A kept connection is closed by the server while the other size is asked.
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", path, headers={"Cookie": cookie})
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        if response.status != http.client.OK or word not in body:
            raise SystemExit(f"unexpected answer {response.status} to {path}: {body[:300]!r}")

    return ask


if __name__ == "__main__":
    sys.exit(main())
