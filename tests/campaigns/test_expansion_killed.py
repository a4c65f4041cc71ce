"""However often an expansion is killed, everybody has exactly one row."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from crm.campaigns import audiences, expansion, repository
from crm.campaigns.entities import SENDING
from crm.deliveries import repository as deliveries
from crm.deliveries.entities import PENDING
from tests import factories
from tests.campaigns.audience_steps import found, frozen, never, started

pytestmark = pytest.mark.usefixtures("tables", "data_dir")

PEOPLE, KILLS = 120, 50


class _Killed(BaseException):
    """What nothing in the product catches."""


def test_fifty_kills_leave_one_row_for_each_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audiences, "CHUNK", 30)
    monkeypatch.setattr(expansion, "STEP", 7)
    people = {factories.person().id for _ in range(PEOPLE)}
    campaign = frozen(started(), shards=3)
    kills = _kill_at_random(monkeypatch)

    while found(campaign).state != SENDING:
        with ThreadPoolExecutor(4) as pool:
            try:
                expansion.expand(found(campaign), pool, never)
            except _Killed:
                kills.append(1)

    rows = [mail for shard in range(3) for mail in deliveries.page(campaign.id, shard)[0]]
    assert len(kills) == KILLS
    assert len(rows) == PEOPLE
    assert {mail.person_id for mail in rows} == people
    assert {mail.state for mail in rows} == {PENDING}


def _kill_at_random(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Kill before or after a row is written or the cursor moved, until that was done often enough."""
    chance, kills = random.Random(7), list[int]()

    for owner, name, share in ((deliveries, "create", 0.15), (repository, "advance", 0.4)):
        real = getattr(owner, name)

        def dangerous(*args: object, real: object = real, share: float = share) -> bool:
            if len(kills) < KILLS and chance.random() < share / 2:
                raise _Killed
            done: bool = real(*args)  # type: ignore[operator]
            if len(kills) < KILLS and chance.random() < share / 2:
                raise _Killed
            return done

        monkeypatch.setattr(owner, name, dangerous)
    return kills


def test_no_more_than_one_chunk_is_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audiences, "CHUNK", 4)
    monkeypatch.setattr(expansion, "STEP", 2)
    for _ in range(10):
        factories.person()
    campaign = frozen(started())
    chunk, read = audiences.chunk, list[int]()

    def counted(campaign_id: str, freeze_id: str, number: int) -> list[str]:
        read.append(number)
        return chunk(campaign_id, freeze_id, number)

    monkeypatch.setattr(audiences, "chunk", counted)
    with ThreadPoolExecutor(2) as pool:
        assert expansion.expand(campaign, pool, never)

    assert read == [0, 1, 2]
