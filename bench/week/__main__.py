"""A scripted week, and an independent count of every figure that pages, API and files show of it.

    make bench-week                            10,000 mails
    python -m bench.week --mails 300 --seed 7  smaller, from this seed

See bench/week/README.md. Exits with 1 where a figure differs from the count.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.week import comparing, stage, week
from bench.week.check import Check
from bench.week.count import Count
from bench.week.report import told

# With fewer, a campaign that is to be stopped half way is over before that.
MAILS, LEAST = 10_000, 300


def main(given: Sequence[str] | None = None) -> int:
    """Play, count, compare and print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=MAILS)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or random.randrange(1_000_000)))
    chosen = parser.parse_args(given)
    if chosen.mails < LEAST:
        parser.error(f"--mails must be at least {LEAST}")
    print(f"a week of about {chosen.mails} mails, seed {chosen.seed} …", flush=True)
    with tempfile.TemporaryDirectory(prefix="crm-week-", ignore_cleanup_errors=True) as folder:
        return 0 if _is_right(Path(folder), chosen.mails, chosen.seed) else 1


def _is_right(folder: Path, mails: int, seed: int) -> bool:
    with stage.start(folder, seed) as played_at:
        began = time.monotonic()
        played = week.play(played_at, mails, seed, lambda what: _say(began, what))
        count = Count(played_at.rows())
        _say(began, "played and counted; comparing")
        check = Check(played_at.staff)
        comparing.everything(check, count, played, lambda path: played_at.api("GET", path), played_at.now())
        _say(began, "compared")
        print(told(check, count, played, played_at.facts()), flush=True)
    return not check.differences


def _say(began: float, what: str) -> None:
    print(f"  … {time.monotonic() - began:5.0f} s: {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
