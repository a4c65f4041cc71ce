"""What a mail costs in CPU, from page to settled, beside a bare boto3 loop that makes the same calls.

python -m bench.sending            1, 2 and 4 worker processes side by side
python -m bench.sending --profile  where the time goes, one process, by cProfile

DynamoDB and SES answer inside the process and cost next to nothing (`bench.canned`), the same in both loops, which
take turns in the same process. Redis is a real one. Figures are user + system time of all threads a mail.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import environment  # noqa: F401 - sets the environment before the product is imported
from bench.valkey import serving

MAILS, ROUNDS = 300, 4
MOST_OVERHEAD, MOST_SPREAD = 1.4, 0.2


def _worker(rounds: int) -> None:
    import django  # noqa: PLC0415 - only the children load the product

    django.setup()
    from bench.sending_loops import Bare, Product  # noqa: PLC0415

    product = Product(MAILS)
    with ThreadPoolExecutor(16) as pool:
        product.run(pool)
        bare = Bare(MAILS, product.wire)
        bare.run()
        figures = [(product.run(pool) / MAILS, bare.run() / MAILS) for _ in range(rounds)]
    print(json.dumps(figures))


def _profile() -> None:
    import cProfile  # noqa: PLC0415
    import pstats  # noqa: PLC0415

    import django  # noqa: PLC0415

    django.setup()
    from bench.sending_loops import Here, Product  # noqa: PLC0415

    product = Product(MAILS)
    product.run(Here())
    with cProfile.Profile() as profile:
        for _ in range(4):
            product.run(Here())
    pstats.Stats(profile).sort_stats("tottime").print_stats(45).sort_stats("cumtime").print_stats(60)


def _side_by_side(processes: int, redis_url: str) -> tuple[float, float]:
    """Return milliseconds of CPU a mail: the product's, and the bare loop's."""
    command = [sys.executable, "-m", "bench.sending", "--worker"]
    given = {**os.environ, "REDIS_URL": redis_url}
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=given) for _ in range(processes)]
    figures = [tuple(figure) for one in running for figure in json.loads(one.communicate()[0])]
    ours, bare = zip(*figures, strict=True)
    return statistics.median(ours) * 1_000, statistics.median(bare) * 1_000


def main(given: Sequence[str] | None = None) -> int:
    """Print the rows; exit status 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    chosen = parser.parse_args(given)
    if chosen.worker:
        _worker(ROUNDS)
        return 0
    with tempfile.TemporaryDirectory(prefix="crm-bench-") as folder, serving(Path(folder)) as redis_url:
        os.environ["REDIS_URL"] = redis_url
        if chosen.profile:
            _profile()
            return 0
        began = time.monotonic()
        rows = {processes: _side_by_side(processes, redis_url) for processes in (1, 2, 4)}
    print("| worker processes | CPU a mail | bare boto3 loop | ratio |\n|---|---|---|---|")
    for processes, (ours, bare) in rows.items():
        print(f"| {processes} | {ours:.2f} ms | {bare:.2f} ms | {ours / bare:.2f} |")
    ratios = [ours / bare for ours, bare in rows.values()]
    spread = max(ours for ours, _ in rows.values()) / min(ours for ours, _ in rows.values()) - 1
    print(f"spread over processes {spread:.0%}; took {time.monotonic() - began:.0f} s")
    return 0 if max(ratios) <= MOST_OVERHEAD and spread <= MOST_SPREAD else 1


if __name__ == "__main__":
    sys.exit(main())
