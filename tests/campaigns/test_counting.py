"""A count goes on where it was cut off, counts nobody twice, and ends a campaign only while it is still true."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace

import pytest

from crm.campaigns import actions, counting, expansion, finishing, proof, repository
from crm.campaigns.entities import PAUSED, SENDING, SENT, Campaign
from crm.campaigns.tallies import Tally
from crm.core import clock, errors, transaction
from crm.deliveries import repository as deliveries
from crm.deliveries import transitions
from crm.deliveries.entities import PENDING, Delivery
from tests import factories
from tests.campaigns.audience_steps import always, finished, found, frozen, never, started

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


@pytest.fixture
def pool() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


@pytest.fixture
def campaign(pool: Executor) -> Campaign:
    """A campaign whose five mails are cancelled one by one, over two partitions."""
    for _ in range(5):
        factories.person()
    begun = frozen(started(), shards=2)
    assert expansion.expand(begun, pool, never)
    return found(begun)


def _mails(campaign: Campaign) -> list[Delivery]:
    return [mail for shard in range(campaign.shards) for mail in deliveries.page(campaign.id, shard)[0]]


def _end_all(campaign: Campaign) -> None:
    for mail in _mails(campaign):
        transitions.cancel(mail, clock.now())


def _count(campaign: Campaign, *, only_final: bool = True) -> None:
    for shard in range(campaign.shards):
        assert counting.run(campaign, shard, proof.mark(campaign), never, only_final=only_final)


def _total(campaign: Campaign) -> Tally:
    tally = proof.summed(campaign, proof.mark(campaign))
    assert tally is not None
    return tally


def test_count_goes_on_where_it_was_cut_off(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "STEP", 1)
    read: list[str] = []
    page = deliveries.page

    def killed(source: str, shard: int, after: str = "", limit: int = 1) -> tuple[list[Delivery], str]:
        if len(read) in (2, 4):
            read.append("")
            raise KeyboardInterrupt
        mails, then = page(source, shard, after, limit)
        read.extend(mail.person_id for mail in mails)
        return mails, then

    monkeypatch.setattr(deliveries, "page", killed)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            _count(campaign, only_final=False)
    _count(campaign, only_final=False)

    assert sorted(filter(None, read)) == sorted(mail.person_id for mail in _mails_of(campaign, page))
    assert _total(campaign).states == {PENDING: 5}


def _mails_of(campaign: Campaign, page: object) -> list[Delivery]:
    return [mail for shard in range(campaign.shards) for mail in page(campaign.id, shard)[0]]  # type: ignore[operator]


def test_stopped_count_says_so(campaign: Campaign) -> None:
    assert not counting.run(campaign, 0, "m", always, only_final=True)
    assert proof.summed(campaign, "m") is None


def test_two_who_count_the_same_partition_count_nobody_twice(campaign: Campaign) -> None:
    mark = proof.mark(campaign)
    begun = counting._begun(campaign, 0, mark, only_final=True)
    assert begun is not None

    first, second = counting._step(campaign, begun), counting._step(campaign, begun)

    assert first is not None
    assert (first.is_done, second) == (True, None)
    _count(campaign)
    assert _total(campaign).total == 5


def test_partition_with_an_open_mail_is_counted_anew(campaign: Campaign) -> None:
    _count(campaign)
    assert not actions.finish(found(campaign))
    _end_all(campaign)
    assert not actions.finish(found(campaign))

    _count(campaign)

    assert actions.finish(found(campaign))
    assert found(campaign).state == SENT


def test_partition_whose_mails_were_all_final_is_not_counted_again(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    _end_all(campaign)
    _count(campaign)
    monkeypatch.setattr(deliveries, "page", None)

    _count(campaign)

    assert actions.finish(found(campaign))


def test_mails_made_due_again_make_older_counts_worthless(campaign: Campaign) -> None:
    _end_all(campaign)
    _count(campaign)
    tx = transaction.begin()
    repository.change(tx, campaign, replace(campaign, round=1))
    tx.commit()

    assert not actions.finish(found(campaign))
    assert finished(campaign)


@pytest.mark.parametrize("change", [{"round": 1}, {"retrying": "failed"}, {"state": PAUSED, "paused_from": SENDING}])
def test_campaign_that_moved_on_while_it_was_counted_is_not_ended(
    campaign: Campaign, change: dict[str, object]
) -> None:
    _end_all(campaign)
    _count(campaign)
    stale = found(campaign)
    tx = transaction.begin()
    repository.change(tx, campaign, replace(campaign, **change))  # type: ignore[arg-type]
    tx.commit()

    assert not actions.finish(stale)
    assert list(repository.open_ids()) == [campaign.id]


def test_what_was_counted_while_mails_were_added_ends_nothing(pool: Executor) -> None:
    person = factories.person()
    begun = frozen(started())
    _count(begun, only_final=False)
    expansion.create_all(begun, [person.id], pool)
    assert expansion.expand(found(begun), pool, never)
    _end_all(begun)

    assert not actions.finish(found(begun))
    assert finished(begun)


def test_ended_campaign_keeps_its_proof(campaign: Campaign) -> None:
    _end_all(campaign)
    assert finished(campaign)

    shown = proof.of(campaign.id)

    assert shown is not None
    assert (shown.matched, shown.total, shown.states, shown.is_complete) == (5, 5, {"cancelled": 5}, True)
    assert shown.counted_at is not None


def test_proof_is_not_current_once_mails_are_due_again(campaign: Campaign) -> None:
    _end_all(campaign)
    assert finished(campaign)
    ended = found(campaign)
    tx = transaction.begin()
    repository.change(tx, ended, replace(ended, state=SENDING, round=1, finished_at=None))
    tx.commit()

    shown = proof.of(campaign.id)

    assert shown is not None
    assert (shown.is_current, shown.is_complete) == (False, False)


def test_asking_shows_how_far_the_count_is(campaign: Campaign) -> None:
    proof.ask(campaign.id)
    current = found(campaign)
    assert _progress(campaign) == 0.0
    assert counting.run(current, 0, proof.mark(current), never, only_final=False)
    assert 0.0 < _progress(campaign) < 1.0
    assert not actions.prove(current)
    assert counting.run(current, 1, proof.mark(current), never, only_final=False)

    assert actions.prove(current)

    assert _progress(campaign) == 1.0
    assert list(proof.asked_ids()) == []


def _progress(campaign: Campaign) -> float:
    shown = proof.of(campaign.id)
    assert shown is not None
    return shown.progress


def test_asking_again_counts_anew(campaign: Campaign) -> None:
    proof.ask(campaign.id)
    _count(found(campaign), only_final=False)
    assert finishing.prove(found(campaign))
    _end_all(campaign)

    proof.ask(campaign.id)
    _count(found(campaign), only_final=False)
    assert finishing.prove(found(campaign))

    shown = proof.of(campaign.id)
    assert shown is not None
    assert shown.states == {"cancelled": 5}


def test_final_proof_counts_anew_what_was_counted_because_somebody_asked(campaign: Campaign) -> None:
    _end_all(campaign)
    proof.ask(campaign.id)
    _count(campaign)
    assert finishing.prove(found(campaign))

    assert not actions.finish(found(campaign)), "what came to be known since would be hidden"

    assert finished(campaign)


def test_sum_is_not_kept_where_another_was_asked_for_meanwhile(campaign: Campaign) -> None:
    _end_all(campaign)
    _count(campaign)
    tally = _total(campaign)
    proof.ask(campaign.id)
    tx = transaction.begin()
    proof.keep(tx, campaign, tally, 0)

    with pytest.raises(transaction.Refused):
        tx.commit()

    assert list(proof.asked_ids()) == [campaign.id]


def test_nothing_is_counted_before_anybody_is_chosen() -> None:
    with pytest.raises(errors.Conflict):
        proof.ask(started().id)


def test_campaign_never_counted_has_no_proof(campaign: Campaign) -> None:
    assert proof.of(campaign.id) is None
    with pytest.raises(errors.NotFound):
        proof.of("nope")
