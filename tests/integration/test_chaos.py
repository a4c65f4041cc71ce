"""A short round of what `make chaos` does at length: nobody is lost and nobody is mailed twice, whatever is killed."""

from pathlib import Path

import pytest

from bench.chaos import hurting, losses
from bench.chaos.options import Options

pytestmark = pytest.mark.integration

# Those in doubt are not waited for: their quarter of an hour is for `make chaos`.
SETTLED_WITHIN_S = 60.0
# With this seed the few kills meet every part once.
SEED, KILLS = 2632, 7


def test_campaign_loses_nobody_and_mails_nobody_twice_while_parts_are_killed(tmp_path: Path) -> None:
    assert {hit.role for hit in hurting.plan(KILLS, SEED)} == set(hurting.ROLES)

    options = Options(folder=tmp_path, seed=SEED, mails=300, kills=KILLS, rate=100.0, settle_s=SETTLED_WITHIN_S)
    report = losses.kills(options)

    assert report.is_kept, report.text()
