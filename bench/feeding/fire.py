"""The projector under fire: records repeated, shuffled and spoilt, its process killed; then all rows are compared."""

import random
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.feeding import rig as rigs
from bench.feeding.rig import Rig
from tests.integration import faulty
from tests.integration.stack import eventually
from tests.integration.stream_faults import ShuffledStreams

# One in five is killed whenever it happens to be; the others once they have asked for records, or none would ever read.
_BLIND = 0.2
_BLIND_WITHIN_S, _AT_WORK_WITHIN_S = 2.0, 1.0
_AT_WORK_AFTER_S, _BUILT_WITHIN_S = 120.0, 120.0
_LOOK_S = 0.5
SPOILT = 0.005
# Letters that the projector takes off the list by itself.
_SETTLED = ("listed, readable", "listed, gone")


@dataclass(frozen=True, slots=True)
class Options:
    """How much is written, how often is killed, and how long the end is waited for, in seconds."""

    folder: Path
    seed: int
    writes: int
    kills: int
    spoilt: float = SPOILT
    settle_s: float = 600.0


@dataclass(frozen=True, slots=True)
class Report:
    """What was done to the projector, and how the read model compares with the tables in the end."""

    done: Mapping[str, Any]
    found: Mapping[str, Any]

    @property
    def is_kept(self) -> bool:
        """Whether everything that can be read is shown as it is, nothing deleted is, and the list names the rest."""
        wrong = ("differing", "resurrected", "unreadable, not listed", *_SETTLED)
        same = self.found["hash of the tables"] == self.found["hash of the read model"]
        return same and not any(self.found[name] for name in wrong)

    def lines(self) -> list[str]:
        """Return it as rows of a table."""
        rows = [f"| {name} | {value} |" for name, value in {**self.done, **self.found}.items()]
        return [*rows, f"| promise | {'kept' if self.is_kept else 'BROKEN'} |"]


def burn(options: Options) -> Report:
    """Write, kill, wait until every repeat is delivered, and compare."""
    with (
        faulty.emulator(options.folder) as address,
        ShuffledStreams(address, options.seed, options.spoilt) as streams,
    ):
        rig = rigs.prepared(options.folder, address, streams.url)
        _build(rig)
        began = time.monotonic()
        writer = rig.start("-m", "bench.feeding.writing", str(options.writes), str(options.seed))
        _kill_many(rig, streams, options)
        with rig.projector():
            assert writer.wait() == 0, (options.folder / "output").read_text()[-4_000:]
            assert eventually(lambda: _is_over(rig, streams), options.settle_s), "the projector did not catch up"
            found = _settled(rig, options.settle_s)
        done = {"seed": options.seed, "writes": options.writes, "kills": options.kills, **streams.counts}
        return Report({**done, "seconds": round(time.monotonic() - began)}, found)


def _build(rig: Rig) -> None:
    """Have the read model built while there is nothing: a rebuild under way would go on reading for a killed parent."""
    with rig.projector():
        assert eventually(lambda: _checkpoints(rig), _BUILT_WITHIN_S), (rig.folder / "output").read_text()[-4_000:]


def _kill_many(rig: Rig, streams: ShuffledStreams, options: Options) -> None:
    dice = random.Random(options.seed)
    for _ in range(options.kills):
        process = rig.start("manage.py", "run_projector")
        asked = streams.counts["pages"]
        if dice.random() < _BLIND:
            time.sleep(dice.uniform(0.0, _BLIND_WITHIN_S))
        else:
            assert eventually(lambda asked=asked: streams.counts["pages"] > asked, _AT_WORK_AFTER_S)
            time.sleep(dice.uniform(0.0, _AT_WORK_WITHIN_S))
        process.kill()
        process.wait()


def _is_over(rig: Rig, streams: ShuffledStreams) -> bool:
    """Tell whether the last of all records is stored."""
    ends = streams.ends()
    stored = _checkpoints(rig)
    # arn:aws:dynamodb:<region>:<account>:table/<table>/stream/<label>, where the read model says <table>/<label>.
    parts = {arn: arn.split("/") for arn in ends or {}}
    is_read = [stored.get(f"{parts[arn][1]}/{parts[arn][3]}") == number for arn, number in (ends or {}).items()]
    return bool(is_read) and all(is_read)


def _checkpoints(rig: Rig) -> Mapping[str, str]:
    """Return how far each stream is stored, by its name as the read model knows it."""
    if not (rig.folder / "read.sqlite3").exists():
        return {}
    with closing(sqlite3.connect(f"file:{rig.folder / 'read.sqlite3'}?mode=ro", uri=True)) as connection:
        return dict(connection.execute("SELECT stream, sequence FROM checkpoints"))


def _settled(rig: Rig, within_s: float) -> Mapping[str, Any]:
    """Compare until the sweep has taken off the list what can be read again or is gone; that takes half a minute."""
    deadline = time.monotonic() + within_s
    found = rig.told("-m", "bench.feeding.comparing")
    while any(found[name] for name in _SETTLED) and time.monotonic() < deadline:
        time.sleep(_LOOK_S)
        found = rig.told("-m", "bench.feeding.comparing")
    return found
