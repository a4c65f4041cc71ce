"""Building the read model anew from DynamoDB while it is read and written: `make bench-rebuild`.

    python -m bench.feeding.rebuilding [--people 200000] [--registrations 400000] [--endpoint http://127.0.0.1:8001]

Fills the tables of DynamoDB Local (Java and Maven are needed; `--endpoint` names another DynamoDB, empty), builds the
read model, then builds it anew while people are added, edited and deleted, and lists are asked for without pause.
Before that a bare scan of the same tables under the same load. Exits with 1 where a bar is missed.
"""

import argparse
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.feeding import rig as rigs
from bench.feeding.rig import Rig
from tests.engines import running
from tests.engines.java import Tools

BAR_SHARE, BAR_MB = 0.5, 300.0
_LOOK_S = 0.1
_WRITES = 1_000_000
# Who edits and deletes needs some people of their own; lists must never know fewer than were there before.
_ENDED_WITHIN_S = 60.0


def main() -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--registrations", type=int, default=400_000)
    parser.add_argument("--endpoint", default="")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-rebuild-") as name, _dynamodb(given.endpoint, Path(name)) as address:
        found = _measured(rigs.prepared(Path(name), address), given.people, given.registrations)
    for what, value in found.items():
        print(f"| {what} | {value} |")
    is_kept = found["share of the bare rate"] >= BAR_SHARE and found["peak, MB"] < BAR_MB
    is_kept = is_kept and found["readers' errors"] == 0 and found["differences"] == 0
    print(f"| bars | {'kept' if is_kept else 'MISSED'} |")
    return 0 if is_kept else 1


@contextmanager
def _dynamodb(endpoint: str, folder: Path) -> Iterator[str]:
    if endpoint:
        yield endpoint
        return
    with running.dynamodb_local(Tools.found(), folder) as address:
        yield address


def _measured(rig: Rig, people: int, registrations: int) -> Mapping[str, Any]:
    loaded = _timed(lambda: rig.told("-m", "bench.feeding.crowding", str(people), str(registrations)), "items filled")
    alone = _rebuilt(rig)
    with rig.projector(), _background(rig, "bench.feeding.writing", str(_WRITES), "1", "peaceful"):
        with _background(rig, "bench.feeding.reading", str(people)) as reader:
            bare = rig.told("-m", "bench.feeding.bare")
            rebuilt = _rebuilt(rig)
        read = json.loads(reader.stdout.read()) if reader.stdout else {}
    with rig.projector():
        differing = _differences(rig)
    rate, bare_rate = bare["items"] / rebuilt["seconds"], bare["items"] / bare["seconds"]
    return {
        **loaded,
        "rebuilt alone, s": alone["seconds"],
        "rebuilt under writes and reads, s": rebuilt["seconds"],
        "in it until all is read, s": rebuilt["read"],
        "items a second": round(rate),
        "a bare scan's items a second": round(bare_rate),
        "share of the bare rate": round(rate / bare_rate, 2),
        "peak, MB": max(alone["peak"], rebuilt["peak"]),
        "readers' questions": read["questions"],
        "readers' errors": read["errors"],
        "readers' slowest, s": read["slowest_s"],
        "differences": differing,
    }


def _timed(work: Any, name: str) -> Mapping[str, Any]:  # noqa: ANN401 - any function
    began = time.monotonic()
    done = work()
    return {name: done["items"], "filled in, s": round(time.monotonic() - began)}


def _rebuilt(rig: Rig) -> Mapping[str, float]:
    """Rebuild; return the seconds from start to swap, those until all was read, and the most memory held, in MB."""
    said = rig.folder / "rebuilt"
    with said.open("wb") as output, (rig.folder / "output").open("ab") as messages:
        command = [sys.executable, "manage.py", "rebuild_read_model"]
        process = subprocess.Popen(command, cwd=rigs.ROOT, env=dict(rig.environment), stdout=output, stderr=messages)
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, _peak_mb(process.pid))
            time.sleep(_LOOK_S)
    assert process.returncode == 0, (rig.folder / "output").read_text()[-3_000:]
    times = re.search(r"read in ([\d.]+) s, in place after ([\d.]+) s", said.read_text())
    assert times is not None, said.read_text()
    return {"seconds": float(times[2]), "read": float(times[1]), "peak": round(peak)}


def _peak_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


@contextmanager
def _background(rig: Rig, module: str, *arguments: str) -> "Iterator[subprocess.Popen[bytes]]":
    with (rig.folder / "output").open("ab") as messages:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=rigs.ROOT,
            env=dict(rig.environment),
            stdout=subprocess.PIPE,
            stderr=messages,
        )
    try:
        yield process
    finally:
        assert process.poll() is None, (rig.folder / "output").read_text()[-3_000:]
        process.send_signal(signal.SIGTERM)
        process.wait(_ENDED_WITHIN_S)


def _differences(rig: Rig) -> int:
    """Return how many rows `verify_read_model` names; it may say no more than twenty, then how many there are."""
    try:
        rig.run("manage.py", "verify_read_model")
    except subprocess.CalledProcessError:
        found = re.findall(r"(\d+) rows differ from DynamoDB", (rig.folder / "output").read_text())
        return int(found[-1])
    return 0


if __name__ == "__main__":
    sys.exit(main())
