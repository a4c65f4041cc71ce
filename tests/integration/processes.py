"""The processes of a running stack, as /proc shows them."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """One process and how it was started."""

    pid: int
    parent: int
    command: str


def below(root: int) -> list[Process]:
    """List the process `root` and everything it started, parents first."""
    known = {process.pid: process for process in running()}
    found = [known[root]] if root in known else []
    for process in found:
        found += [other for other in known.values() if other.parent == process.pid]
    return found


def pss_mb(root: int) -> float:
    """Add up the proportional set sizes of `root` and everything it started, in megabytes."""
    return sum(pss_kb(process.pid) for process in below(root)) / 1024


def kill(process: Process) -> None:
    """End a process without a chance to do anything about it."""
    os.kill(process.pid, signal.SIGKILL)


def running() -> list[Process]:
    """List every process of the machine."""
    return [process for path in Path("/proc").glob("[0-9]*") if (process := _read(path)) is not None]


def _read(path: Path) -> Process | None:
    try:
        # The second field is the name in brackets, which may hold anything; the parent is the second after it.
        status = (path / "stat").read_text().rpartition(")")[2].split()
        command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return None
    return None if status[0] == "Z" else Process(int(path.name), int(status[1]), command)


def pss_kb(pid: int) -> int:
    """Return one process's share of memory in kilobytes, 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1])
