"""The lag of the read model behind the tables while people are added at an even rate, on the embedded parts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.feeding import rig as rigs
from tests.integration import faulty
from tests.integration.stack import eventually

BAR_S = 2.0
# The share of the rate that has to be written.
REACHED = 0.95
_KNOWN_WITHIN_S = 120.0


def measure(folder: Path, rate: float, seconds: float) -> Mapping[str, Any]:
    """Run emulator and projector, write, and return what `bench.feeding.lagging` found."""
    with faulty.emulator(folder) as address:
        rig = rigs.prepared(folder, address)
        with rig.projector():
            assert eventually((folder / "read.sqlite3").exists, _KNOWN_WITHIN_S)
            # The first rebuild and everybody's first steps are not what is measured.
            rig.told("-m", "bench.feeding.lagging", "20", "5")
            return rig.told("-m", "bench.feeding.lagging", str(rate), str(seconds))
