"""Everybody in a frozen audience gets exactly one row, and the campaign ends when every row is final."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace

import pytest

from crm.campaigns import actions, audiences, counting, expansion, proof, queries, repository
from crm.campaigns.entities import EXPANDING, SENDING, SENT
from crm.core import clock, transaction
from crm.deliveries import repository as deliveries
from crm.deliveries import transitions
from crm.deliveries.entities import PENDING, SKIPPED, shard_of
from crm.people import actions as people
from crm.people import repository as people_repository
from crm.suppressions import repository as suppressions
from crm.suppressions.entities import Suppression
from tests import factories
from tests.campaigns.audience_steps import finished, found, frozen, never, started
from tests.deliveries.counting import count_states

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


@pytest.fixture
def pool() -> Iterator[Executor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


def test_audience_larger_than_a_chunk_is_cut(monkeypatch: pytest.MonkeyPatch, pool: Executor) -> None:
    monkeypatch.setattr(audiences, "CHUNK", 2)
    ids = {factories.person().id for _ in range(5)}

    campaign = frozen(started())

    cut = [audiences.chunk(campaign.id, campaign.freeze_id, number) for number in range(campaign.chunks)]
    assert [len(chunk) for chunk in cut] == [2, 2, 1]
    assert {person_id for chunk in cut for person_id in chunk} == ids
    assert expansion.expand(campaign, pool, never)
    assert count_states(campaign.id, 1) == {PENDING: 5}


def test_person_added_after_the_freeze_gets_no_mail(pool: Executor) -> None:
    factories.person()
    campaign = frozen(started())
    factories.person()

    assert expansion.expand(campaign, pool, never)

    assert count_states(campaign.id, 1) == {PENDING: 1}


def test_everybody_left_out_has_a_reason(pool: Executor) -> None:
    mailed, suppressed, deleted = factories.person(), factories.person(email="NO@example.com"), factories.person()
    campaign = frozen(started())
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


def test_person_unsubscribed_from_the_campaigns_kind_is_left_out(pool: Executor) -> None:
    ids = {kind: factories.person() for kind in ("newsletter", "notice")}
    for kind, person in ids.items():
        tx = transaction.begin()
        people_repository.subscribe(tx, person, unsubscribed=False, unsubscribed_from=[kind])
        tx.commit()
    campaign = frozen(started())

    assert expansion.expand(campaign, pool, never)

    row = deliveries.find(campaign.id, 0, ids["newsletter"].id, "mail")
    assert row is not None
    assert (row.state, row.reason) == (SKIPPED, "unsubscribed")
    assert count_states(campaign.id, 1) == {PENDING: 1, SKIPPED: 1}


def test_mails_are_spread_over_the_campaigns_shards(pool: Executor) -> None:
    ids = [factories.person().id for _ in range(8)]
    campaign = frozen(started(), shards=3)

    assert expansion.expand(campaign, pool, never)

    assert all(deliveries.find(campaign.id, shard_of(i, 3), i, "mail") for i in ids)
    assert count_states(campaign.id, 3) == {PENDING: 8}


def test_expansion_goes_on_where_it_was_stopped(monkeypatch: pytest.MonkeyPatch, pool: Executor) -> None:
    monkeypatch.setattr(expansion, "STEP", 2)
    monkeypatch.setattr(audiences, "CHUNK", 3)
    for _ in range(7):
        factories.person()
    campaign = frozen(started())
    stops = iter([False, False, True])

    assert not expansion.expand(campaign, pool, lambda: next(stops))

    halfway = found(campaign)
    assert (halfway.state, halfway.next_chunk, halfway.next_row) == (EXPANDING, 1, 0)
    assert count_states(campaign.id, 1) == {PENDING: 3}
    assert expansion.expand(halfway, pool, never)
    assert count_states(campaign.id, 1) == {PENDING: 7}
    assert found(campaign).state == SENDING


def test_expanding_again_leaves_what_was_done_since(pool: Executor) -> None:
    person = factories.person()
    campaign = frozen(started())
    expansion.create_all(campaign, [person.id], pool)
    row = deliveries.find(campaign.id, 0, person.id, "mail")
    assert row is not None
    assert transitions.cancel(row, clock.now())

    assert expansion.expand(campaign, pool, never)

    assert count_states(campaign.id, 1) == {"cancelled": 1}


def test_worker_that_lost_the_cursor_gives_way(pool: Executor) -> None:
    factories.person()
    campaign = frozen(started())
    assert expansion.expand(campaign, pool, never)

    assert not expansion.expand(campaign, pool, never)
    assert found(campaign).state == SENDING


def test_numbers_add_up_before_the_read_model_has_seen_anything() -> None:
    for _ in range(3):
        factories.person()
    campaign = frozen(started())

    report = queries.get(campaign.id)

    assert (report.matched, report.queued, report.excluded) == (3, 3, {})
    assert sum(report.deliveries.values()) == 3
    assert report.deliveries[PENDING] == 3


def test_campaign_is_finished_when_every_row_is_final_and_not_before(pool: Executor) -> None:
    person = factories.person()
    campaign = frozen(started())
    assert not finished(campaign)
    assert expansion.expand(campaign, pool, never)
    assert not finished(campaign)
    row = deliveries.find(campaign.id, 0, person.id, "mail")
    assert row is not None
    assert transitions.skip(row, "suppressed", clock.now())

    assert finished(campaign)

    assert found(campaign).state == SENT
    assert found(campaign).finished_at is not None
    assert list(repository.open_ids()) == []
    assert not finished(campaign)


def test_campaign_that_matches_nobody_is_finished_at_once(pool: Executor) -> None:
    campaign = frozen(started())

    assert expansion.expand(campaign, pool, never)
    assert finished(campaign)


@pytest.mark.parametrize("stale", [{"next_row": 1}, {"next_chunk": 1}, {"freeze_id": "another"}])
def test_cursor_moves_only_from_where_it_is(stale: dict[str, object]) -> None:
    factories.person()
    campaign = frozen(started())

    assert not repository.advance(replace(campaign, **stale), 1, 0, clock.now())  # type: ignore[arg-type]
    assert repository.advance(campaign, 1, 0, clock.now())


def test_cursor_of_a_campaign_being_sent_stands_still(pool: Executor) -> None:
    campaign = frozen(started())
    assert expansion.expand(campaign, pool, never)

    assert not repository.advance(found(campaign), 1, 0, clock.now())


def test_only_a_campaign_being_sent_ends() -> None:
    campaign = frozen(started())

    assert not finished(campaign)
    assert found(campaign).state == EXPANDING


def test_campaign_that_misses_somebody_is_not_finished(pool: Executor) -> None:
    campaign = frozen(started())
    assert expansion.expand(campaign, pool, never)
    assert not actions.finish(found(campaign))

    for shard in range(campaign.shards):
        assert counting.run(found(campaign), shard, proof.mark(found(campaign)), never, only_final=True)

    assert not actions.finish(replace(found(campaign), matched=1))
    assert actions.finish(found(campaign))
