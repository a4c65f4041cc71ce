"""Run scenarios of chaos and print what became of every promise; exit status 1 where one was broken.

    python -m bench.chaos kills                                 20,000 mails, 200 kills
    python -m bench.chaos kills terms --mails 2000 --kills 20   smaller
    python -m bench.chaos all --seed 7                          every scenario, from one seed

See bench/chaos/README.md.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench.chaos import losses, promises
from bench.chaos.options import SETTLED_WITHIN_S, Options
from bench.chaos.report import Report

SCENARIOS: Mapping[str, Callable[[Options], Report]] = {
    "kills": losses.kills,
    "terms": losses.terms,
    "plain": losses.plain,
    "dropped": losses.dropped,
    "redis": losses.redis,
    "expansion": promises.expansion,
    "control": promises.control,
    "suppress": promises.suppress,
    "rate": promises.rate,
    "confirmation": promises.confirmation,
}


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="+", choices=[*SCENARIOS, "all"])
    parser.add_argument("--mails", type=int, help="instead of the scenario's own number")
    parser.add_argument("--kills", type=int, help="instead of the scenario's own number")
    seed = int(os.environ.get("SEED") or random.randrange(1_000_000))
    parser.add_argument("--seed", type=int, default=seed, help="SEED in the environment does the same")
    parser.add_argument("--rate", type=float, default=200.0, help="mails a second that SES grants (200)")
    parser.add_argument("--settle", type=float, default=SETTLED_WITHIN_S, help="seconds to wait for the end (1020)")
    parser.add_argument("--away", type=float, default=300.0, help="seconds that Redis is away (300)")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Run what was asked for, one after the other."""
    chosen = _arguments(given)
    names = list(SCENARIOS) if "all" in chosen.scenario else chosen.scenario
    kept = [_run(name, chosen) for name in names]
    return 0 if all(kept) else 1


def _run(name: str, chosen: argparse.Namespace) -> bool:
    print(f"{name}, seed {chosen.seed} …", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="crm-chaos-", ignore_cleanup_errors=True) as folder:
        report = SCENARIOS[name](
            Options(
                folder=Path(folder),
                seed=chosen.seed,
                mails=chosen.mails,
                kills=chosen.kills,
                rate=chosen.rate,
                settle_s=chosen.settle,
                away_s=chosen.away,
            )
        )
    print(f"{report.text()}\n- {time.monotonic() - began:.0f} s in all", flush=True)
    return report.is_kept


if __name__ == "__main__":
    sys.exit(main())
