"""The projector under fire, and its lag: `make bench-feeding`, or parts of it.

    python -m bench.feeding [fire] [lag] [--writes 5000] [--kills 100] [--seed N] [--rate 100] [--seconds 60]

Exits with 1 where a promise is broken or a bar is missed.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from bench.feeding import fire, lag


def main() -> int:
    """Run and print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=["fire", "lag", []], default=["fire", "lag"])
    parser.add_argument("--writes", type=int, default=5_000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--rate", type=float, default=100.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    kept = [_fire(given) if part == "fire" else _lag(given) for part in given.parts]
    return 0 if all(kept) else 1


def _fire(given: argparse.Namespace) -> bool:
    print(f"under fire, seed {given.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-fire-") as folder:
        report = fire.burn(fire.Options(Path(folder), given.seed, given.writes, given.kills))
    print("\n".join(report.lines()), flush=True)
    return report.is_kept


def _lag(given: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory(prefix="bench-lag-") as folder:
        found = lag.measure(Path(folder), given.rate, given.seconds)
    # A machine that cannot write at that rate shows nothing about the lag at it.
    is_reached = found["writes a second"] >= lag.REACHED * given.rate
    is_kept = is_reached and not found["never seen"] and found["p99"] <= lag.BAR_S
    for name, value in found.items():
        print(f"| {name} | {value} |")
    verdict = "kept" if is_kept else "MISSED" if is_reached else "NOT MEASURED: the rate was not reached"
    print(f"| p99 at most {lag.BAR_S} s | {verdict} |", flush=True)
    return is_kept


if __name__ == "__main__":
    sys.exit(main())
