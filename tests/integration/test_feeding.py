"""A short round of what `make bench-feeding` does at length: the read model ends as the tables are."""

from pathlib import Path

import pytest

from bench.feeding import fire
from bench.feeding.fire import Options

pytestmark = pytest.mark.integration


def test_repeats_shuffles_poison_and_kills_leave_the_read_model_as_the_tables_are(tmp_path: Path) -> None:
    report = fire.burn(Options(tmp_path, seed=11, writes=150, kills=3, spoilt=0.02, settle_s=120.0))
    assert report.is_kept, "\n".join(report.lines())
    assert report.done["spoilt records"] > 0
    assert report.found["unreadable"] > 0
