"""How long a stack takes to start, to come back and to stop, and what memory it needs.

python -m bench.start            from this checkout, whose environment exists already
python -m bench.start --clone    from a fresh clone, with empty caches: installs everything first
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.integration import processes, stack
from tests.integration.stack import BEAT, PROJECTOR, WEB, WORKER, Stack, eventually

_SETTLED_AFTER_S = 20.0


def _clone(folder: Path) -> None:
    """Make the stack's checkout a fresh clone and its caches empty."""
    subprocess.run(["git", "clone", "--quiet", str(stack.ROOT), str(folder / "clone")], check=True)
    stack.ROOT = folder / "clone"
    os.environ.update(UV_CACHE_DIR=str(folder / "cache"), PIP_NO_CACHE_DIR="1")


def _restart(running: Stack, name: str, victims: list[processes.Process]) -> None:
    parts, killed = len(running.processes(name)), {victim.pid for victim in victims}
    began = time.monotonic()
    for victim in victims:
        processes.kill(victim)
    back = eventually(lambda: len([one for one in running.processes(name) if one.pid not in killed]) >= parts)
    taken = time.monotonic() - began
    well = eventually(running.is_well, 60)
    print(f"| kill -9 {name} | {'' if back else 'not '}restarted after {taken:.1f} s, stack well: {well} |")


def main() -> int:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clone", action="store_true", help="start from a fresh clone with empty caches")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="crm-start-"))
    if chosen.clone:
        _clone(folder)
    running = Stack(folder / "var")
    try:
        print(f"| make run, first time{', installing' if chosen.clone else ''} | ready after {running.start():.1f} s |")
        time.sleep(_SETTLED_AFTER_S)
        print(f"| memory, idle, with demo data | {running.pss_mb():.0f} MB PSS |")
        for process in running.processes():
            print(f"    {processes.pss_kb(process.pid) / 1024:6.0f} MB  {process.command[:100]}")
        _restart(running, WORKER, running.processes(WORKER))
        _restart(running, PROJECTOR, running.processes(PROJECTOR))
        _restart(running, BEAT, running.processes(BEAT))
        _restart(running, WEB, running.processes(WEB)[1:2])
        print(f"| stop | {running.stop():.1f} s |")
        print(f"| make run, second time | ready after {running.start():.1f} s |")
    finally:
        running.stop()
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
