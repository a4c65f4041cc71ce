"""`python -m devstack`: start one stack, say when it is ready, keep it running until told to stop."""

import os
import signal
import sys
import threading

from devstack import lock, plan, program
from devstack.plan import Refused
from devstack.runner import Failed, Runner


def main() -> int:
    """Run a stack; return the exit status: 0 after a stop that was asked for, 1 after a failure."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    program.stop_with_parent()
    # People's data lies there.
    os.umask(0o077)
    try:
        chosen = plan.current()
        chosen.data_dir.mkdir(parents=True, exist_ok=True)
        lock.take(chosen.data_dir)
        Runner(chosen, stop).run()
    except (Refused, Failed) as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
