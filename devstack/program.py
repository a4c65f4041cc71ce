"""Become one of the stack's programs: `python -m devstack.program DATA_DIR COMMAND …`.

Before the command takes this process over, it takes its share of the folder's lock and asks the kernel to be
told to stop should the supervisor die without stopping it.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

from devstack import lock

_PR_SET_PDEATHSIG = 1


def stop_with_parent() -> None:
    """Have the kernel send SIGTERM when the parent dies. Linux only; elsewhere the lock alone guards."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def main() -> None:
    """Take the share, then exec the command."""
    data_dir, command = Path(sys.argv[1]), sys.argv[2:]
    lock.share(data_dir)
    stop_with_parent()
    os.execvp(command[0], command)  # noqa: S606  # no shell wanted


if __name__ == "__main__":
    main()
