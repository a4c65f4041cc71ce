"""One stack per data folder.

The runner holds one lock, and every program it starts holds a share of a second one until it ends, by an inherited
descriptor. So a folder whose supervisor was killed stays refused for as long as anything from it still writes there.
"""

import fcntl
import os
from pathlib import Path

from devstack.plan import Refused

_RUNNER, _PROGRAMS = ".lock", ".programs.lock"


def take(data_dir: Path) -> int:
    """Lock the folder for this process; return the descriptor, which must stay open.

    Raises:
        Refused: another stack runs on the folder, or programs of one are left.
    """
    runner = _open(data_dir / _RUNNER)
    if not _lock(runner, fcntl.LOCK_EX):
        raise Refused(f"{data_dir} is in use by a running stack. Stop that first, or choose another DATA_DIR.")
    left = programs_left(data_dir)
    if left:
        listed = "\n".join(f"  {pid}  {command}" for pid, command in left)
        raise Refused(
            f"{data_dir} is still written to by programs of an earlier run, whose supervisor was killed.\n"
            f"They end by themselves within seconds; if not, end them:\n{listed}"
        )
    return runner


def programs_left(data_dir: Path) -> list[tuple[int, str]]:
    """Return process id and command of every program that still holds its share, empty when nobody does."""
    path = data_dir / _PROGRAMS
    programs = _open(path)
    try:
        if _lock(programs, fcntl.LOCK_EX):
            return []
    finally:
        os.close(programs)
    return _holders(path) or [(0, "unknown: belongs to another user")]


def share(data_dir: Path) -> None:
    """Hold a share until this process, and whatever it becomes or forks, has ended."""
    programs = _open(data_dir / _PROGRAMS)
    fcntl.flock(programs, fcntl.LOCK_SH)
    os.set_inheritable(programs, True)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holders(path: Path) -> list[tuple[int, str]]:
    """Find who has the file open, by /proc; empty where there is none (macOS)."""
    wanted = os.stat(path)
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            opened = [os.stat(entry) for entry in (process / "fd").iterdir()]
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            # It ended while we looked, or is not ours to look into.
            continue
        if int(process.name) != os.getpid() and any(os.path.samestat(wanted, one) for one in opened):
            found.append((int(process.name), command.strip()))
    return sorted(found)
