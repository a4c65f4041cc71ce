"""What GNU make, our parent under `make run`, does with signals.

SIGTERM it passes on. A SIGINT sent to make alone (not by Ctrl-C, which reaches the whole group) it keeps to itself and
waits for us, with SIGINT blocked for as long as its handler runs: that is how we can tell.
"""

import os
import signal
from pathlib import Path


def was_interrupted() -> bool:
    """Tell whether our parent is a make that was sent SIGINT. Always False where there is no /proc."""
    parent = Path("/proc") / str(os.getppid())
    try:
        if (parent / "comm").read_text().strip() not in {"make", "gmake"}:
            return False
        status = dict(line.split(":\t", 1) for line in (parent / "status").read_text().splitlines() if ":\t" in line)
    except OSError:
        return False
    return bool(int(status["SigBlk"], 16) & 1 << (signal.SIGINT - 1))
