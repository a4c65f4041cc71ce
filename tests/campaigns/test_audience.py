"""An audience is frozen once, and everybody in it gets exactly one row."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from crm.campaigns import actions, audiences, expansion, freezing, queries, repository
from crm.campaigns.entities import EXPANDING, FREEZING, SENDING, SENT, Campaign
from crm.core import clock, transaction
from crm.core.utm import Utm
from crm.deliveries import repository as deliveries
from crm.deliveries import suppressions, transitions
from crm.deliveries.entities import PENDING, SKIPPED, Suppression, shard_of
from crm.people import actions as people
from crm.search import engine, filters
from tests import factories

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


@pytest.fixture
def pool() -> Iterator[Executor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


def never() -> bool:
    return False


def always() -> bool:
    return True


def _started(where: filters.Filter = filters.EVERYONE) -> Campaign:
    started = actions.send(where=where, subject="Hi", body="Hello", utm=Utm("news"), actor=factories.ACTOR)
    engine.store().note_freshness(clock.now())
    return started.campaign


def _found(campaign: Campaign) -> Campaign:
    found = repository.find(campaign.id)
    assert found is not None
    return found


def _frozen(campaign: Campaign, shards: int = 1) -> Campaign:
    assert freezing.freeze(campaign, shards=shards, stop=never)
    return _found(campaign)


def test_frozen_audience_is_whom_the_filter_matches() -> None:
    wanted = {factories.person(company="TechCorp").id for _ in range(3)}
    factories.person(company="Other")

    campaign = _frozen(_started(filters.from_query({"company": "TechCorp"})), shards=4)

    assert (campaign.state, campaign.matched, campaign.chunks, campaign.shards) == (EXPANDING, 3, 1, 4)
    assert set(audiences.chunk(campaign.id, campaign.freeze_id, 0)) == wanted


def test_audience_larger_than_a_chunk_is_cut(monkeypatch: pytest.MonkeyPatch, pool: Executor) -> None:
    monkeypatch.setattr(audiences, "CHUNK", 2)
    ids = {factories.person().id for _ in range(5)}

    campaign = _frozen(_started())

    cut = [audiences.chunk(campaign.id, campaign.freeze_id, number) for number in range(campaign.chunks)]
    assert [len(chunk) for chunk in cut] == [2, 2, 1]
    assert {person_id for chunk in cut for person_id in chunk} == ids
    assert expansion.expand(campaign, pool, never)
    assert deliveries.count_states(campaign.id, 1) == {PENDING: 5}


def test_person_added_after_the_freeze_gets_no_mail(pool: Executor) -> None:
    factories.person()
    campaign = _frozen(_started())
    factories.person()

    assert expansion.expand(campaign, pool, never)

    assert deliveries.count_states(campaign.id, 1) == {PENDING: 1}


def test_second_freeze_changes_nothing_and_leaves_nothing() -> None:
    factories.person()
    begun = _started()
    first = _frozen(begun)
    factories.person()

    assert not freezing.freeze(begun, shards=9, stop=never)

    assert _found(begun) == first
    assert len(list(audiences.ChunkItem.scan())) == 1


def test_freeze_whose_answer_was_lost_keeps_its_audience(monkeypatch: pytest.MonkeyPatch) -> None:
    factories.person()
    freeze = repository.freeze
    monkeypatch.setattr(repository, "freeze", lambda *args, **given: freeze(*args, **given) and False)

    campaign = _frozen(_started())

    assert len(audiences.chunk(campaign.id, campaign.freeze_id, 0)) == 1


@pytest.mark.parametrize("behind", [None, timedelta(seconds=1)])
def test_read_model_older_than_the_campaign_freezes_nobody(behind: timedelta | None) -> None:
    factories.person()
    campaign = _started()
    engine.store().note_freshness(None if behind is None else campaign.created_at - behind)

    assert not freezing.freeze(campaign, shards=1, stop=never)
    assert _found(campaign).state == FREEZING

    engine.store().note_freshness(campaign.created_at)
    assert _frozen(campaign).matched == 1


def test_read_model_replaced_before_the_freeze_freezes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign, names = _started(), iter(["one", "another"])
    monkeypatch.setattr(engine.store(), "generation", lambda: next(names))

    assert not freezing.freeze(campaign, shards=1, stop=never)
    assert _found(campaign).state == FREEZING


def test_stopped_freeze_starts_over() -> None:
    factories.person()
    campaign = _started()

    assert not freezing.freeze(campaign, shards=1, stop=always)

    assert _found(campaign).state == FREEZING
    assert list(audiences.ChunkItem.scan()) == []
    assert freezing.freeze(campaign, shards=1, stop=never)


def test_everybody_left_out_has_a_reason(pool: Executor) -> None:
    mailed, suppressed, deleted = factories.person(), factories.person(email="NO@example.com"), factories.person()
    campaign = _frozen(_started())
    people.delete(person_id=deleted.id, actor=factories.ACTOR)
    tx = transaction.begin()
    suppressions.add(tx, Suppression("no@Example.com", "bounced", clock.now()))
    tx.commit()

    assert expansion.expand(campaign, pool, never)

    rows = {m: deliveries.find(campaign.id, 0, m.id, "mail") for m in (mailed, suppressed, deleted)}
    assert {m.id: (row.state, row.reason) for m, row in rows.items() if row} == {
        mailed.id: (PENDING, ""),
        suppressed.id: (SKIPPED, "suppressed"),
        deleted.id: (SKIPPED, "deleted"),
    }


def test_mails_are_spread_over_the_campaigns_shards(pool: Executor) -> None:
    ids = [factories.person().id for _ in range(8)]
    campaign = _frozen(_started(), shards=3)

    assert expansion.expand(campaign, pool, never)

    assert all(deliveries.find(campaign.id, shard_of(i, 3), i, "mail") for i in ids)
    assert deliveries.count_states(campaign.id, 3) == {PENDING: 8}


def test_expansion_goes_on_where_it_was_stopped(monkeypatch: pytest.MonkeyPatch, pool: Executor) -> None:
    monkeypatch.setattr(expansion, "STEP", 2)
    monkeypatch.setattr(audiences, "CHUNK", 3)
    for _ in range(7):
        factories.person()
    campaign = _frozen(_started())
    stops = iter([False, False, True])

    assert not expansion.expand(campaign, pool, lambda: next(stops))

    halfway = _found(campaign)
    assert (halfway.state, halfway.next_chunk, halfway.next_row) == (EXPANDING, 1, 0)
    assert deliveries.count_states(campaign.id, 1) == {PENDING: 3}
    assert expansion.expand(halfway, pool, never)
    assert deliveries.count_states(campaign.id, 1) == {PENDING: 7}
    assert _found(campaign).state == SENDING


def test_expanding_again_leaves_what_was_done_since(pool: Executor) -> None:
    person = factories.person()
    campaign = _frozen(_started())
    expansion.create_all(campaign, [person.id], pool)
    row = deliveries.find(campaign.id, 0, person.id, "mail")
    assert row is not None
    assert transitions.cancel(row, clock.now())

    assert expansion.expand(campaign, pool, never)

    assert deliveries.count_states(campaign.id, 1) == {"cancelled": 1}


def test_worker_that_lost_the_cursor_gives_way(pool: Executor) -> None:
    factories.person()
    campaign = _frozen(_started())
    assert expansion.expand(campaign, pool, never)

    assert not expansion.expand(campaign, pool, never)
    assert _found(campaign).state == SENDING


def test_numbers_add_up_before_the_read_model_has_seen_anything() -> None:
    for _ in range(3):
        factories.person()
    campaign = _frozen(_started())

    report = queries.get(campaign.id)

    assert (report.matched, report.queued, report.excluded) == (3, 3, {})
    assert sum(report.deliveries.values()) == 3
    assert report.deliveries[PENDING] == 3


def test_campaign_is_finished_when_every_row_is_final_and_not_before(pool: Executor) -> None:
    person = factories.person()
    campaign = _frozen(_started())
    assert not actions.finish(_found(campaign))
    assert expansion.expand(campaign, pool, never)
    assert not actions.finish(_found(campaign))
    row = deliveries.find(campaign.id, 0, person.id, "mail")
    assert row is not None
    assert transitions.skip(row, "suppressed", clock.now())

    assert actions.finish(_found(campaign))

    assert _found(campaign).state == SENT
    assert _found(campaign).finished_at is not None
    assert list(repository.open_ids()) == []
    assert not actions.finish(_found(campaign))


def test_campaign_that_matches_nobody_is_finished_at_once(pool: Executor) -> None:
    campaign = _frozen(_started())

    assert expansion.expand(campaign, pool, never)
    assert actions.finish(_found(campaign))


@pytest.mark.parametrize("stale", [{"next_row": 1}, {"next_chunk": 1}, {"freeze_id": "another"}])
def test_cursor_moves_only_from_where_it_is(stale: dict[str, object]) -> None:
    factories.person()
    campaign = _frozen(_started())

    assert not repository.advance(replace(campaign, **stale), 1, 0, clock.now())  # type: ignore[arg-type]
    assert repository.advance(campaign, 1, 0, clock.now())


def test_cursor_of_a_campaign_being_sent_stands_still(pool: Executor) -> None:
    campaign = _frozen(_started())
    assert expansion.expand(campaign, pool, never)

    assert not repository.advance(_found(campaign), 1, 0, clock.now())


def test_only_a_campaign_being_sent_ends() -> None:
    campaign = _frozen(_started())
    tx = transaction.begin()
    repository.finish(tx, campaign, clock.now())

    with pytest.raises(transaction.Refused) as refused:
        tx.commit()

    assert refused.value.labels == {"campaign"}


def test_campaign_that_misses_somebody_is_not_finished(pool: Executor) -> None:
    campaign = _frozen(_started())
    assert expansion.expand(campaign, pool, never)

    assert not actions.finish(replace(_found(campaign), matched=1))
