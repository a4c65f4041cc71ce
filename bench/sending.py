"""What a mail costs in CPU, from claim to settled, beside a bare boto3 loop that makes the same calls.

python -m bench.sending            1, 2 and 4 worker processes side by side; a minute on two busy cores
python -m bench.sending --profile  where the time goes, one process, by cProfile

DynamoDB and SES answer inside the process and cost next to nothing (`bench.canned`), the same in both loops. Redis is a
real one, and both loops take their turns there. The loops take turns too, a few hundred mails each, and each round's
two figures are compared with each other, so that whatever else the machine does weighs on both. Figures are user +
system time of all threads of the worker processes a mail; the median over all rounds counts.
"""

import argparse
import gc
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from bench import environment  # noqa: F401 - sets the environment before the product is imported
from bench.valkey import serving

if TYPE_CHECKING:
    from bench.sending_loops import Bare, Product

MAILS, ROUNDS, THREADS = 200, 6, 16
MOST_OVERHEAD, MOST_SPREAD = 1.4, 0.2


def _loops() -> "tuple[Product, Bare]":
    import django  # noqa: PLC0415 - only once Redis serves

    django.setup()
    from bench.sending_loops import Bare, Here, Product  # noqa: PLC0415

    product = Product(MAILS)
    # The first mails load what is loaded lazily, and show what a mail looks like.
    product.run(Here())
    return product, Bare(MAILS, product.wire)


def _profile() -> None:
    import cProfile  # noqa: PLC0415
    import pstats  # noqa: PLC0415

    product, _ = _loops()
    from bench.sending_loops import Here  # noqa: PLC0415

    with cProfile.Profile() as profile:
        for _ in range(6):
            product.run(Here())
    pstats.Stats(profile).sort_stats("tottime").print_stats(45).sort_stats("cumtime").print_stats(60)


def _worker(product: "Product", bare: "Bare", begin: Connection, told: Connection) -> None:
    """Take `ROUNDS` rounds in a process of its own; what it was forked from it shares."""
    gc.freeze()
    product.after_fork()
    with ThreadPoolExecutor(THREADS) as pool:
        product.run(pool)
        bare.run()
        told.send("ready")
        begin.recv()
        figures = []
        for number in range(ROUNDS):
            loops = (lambda: product.run(pool), bare.run)
            # Neither always goes first.
            took = [loops[one]() / MAILS * 1_000 for one in ((0, 1) if number % 2 else (1, 0))]
            figures.append(tuple(took if number % 2 else reversed(took)))
    told.send(json.dumps(figures))
    told.close()
    # Without what the parent registered to be done at its own end.
    os._exit(0)


def _side_by_side(processes: int, product: "Product", bare: "Bare") -> list[tuple[float, float]]:
    """Return the milliseconds of CPU a mail of each round in all processes: the product's, and the bare loop's."""
    context = multiprocessing.get_context("fork")
    running = []
    for _ in range(processes):
        (heard, begin), (told, tell) = context.Pipe(duplex=False), context.Pipe(duplex=False)
        one = context.Process(target=_worker, args=(product, bare, heard, tell))
        one.start()
        running.append((one, begin, told))
    for _, _, told in running:
        assert told.recv() == "ready"
    for _, begin, _ in running:
        begin.send("now")
    found = [(ours, theirs) for _, _, told in running for ours, theirs in json.loads(told.recv())]
    for one, _, _ in running:
        one.join()
    return found


def main(given: Sequence[str] | None = None) -> int:
    """Print the rows; exit status 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    chosen = parser.parse_args(given)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="crm-bench-") as folder, serving(Path(folder)) as redis_url:
        os.environ["REDIS_URL"] = redis_url
        if chosen.profile:
            _profile()
            return 0
        product, bare = _loops()
        rows = {processes: _side_by_side(processes, product, bare) for processes in (1, 2, 4)}
    is_met = _shown(rows)
    print(f"took {time.monotonic() - began:.0f} s")
    return 0 if is_met else 1


def _shown(rows: dict[int, list[tuple[float, float]]]) -> bool:
    """Print what was found; return whether the bars are met."""
    print("| worker processes | CPU a mail | bare boto3 loop | ratio |\n|---|---|---|---|")
    costs, ratios = [], []
    for processes, figures in rows.items():
        costs.append(statistics.median(ours for ours, _ in figures))
        ratios.append(statistics.median(ours / theirs for ours, theirs in figures))
        theirs = statistics.median(theirs for _, theirs in figures)
        print(f"| {processes} | {costs[-1]:.2f} ms | {theirs:.2f} ms | {ratios[-1]:.2f} |")
    spread, drift = max(costs) / min(costs) - 1, max(ratios) / min(ratios) - 1
    print(f"over numbers of processes the cost varies by {spread:.0%}, its ratio to the bare loop by {drift:.0%}")
    return max(ratios) <= MOST_OVERHEAD and spread <= MOST_SPREAD


if __name__ == "__main__":
    sys.exit(main())
