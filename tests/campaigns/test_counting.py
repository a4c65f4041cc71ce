"""A count goes on where it was cut off, counts nobody twice, and ends a campaign only while it is still true."""

from concurrent.futures import Executor
from dataclasses import replace

import pytest

from crm.campaigns import actions, counting, expansion, proof, repository
from crm.campaigns.entities import PAUSED, SENDING, SENT, Campaign
from crm.core import errors, transaction
from crm.deliveries import repository as deliveries
from crm.deliveries.entities import PENDING, Delivery
from tests import factories
from tests.campaigns.audience_steps import always, finished, found, frozen, never, started
from tests.campaigns.counting_steps import campaign, count, end_all, pool, total

__all__ = ["campaign", "pool"]

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


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
            count(campaign, only_final=False)
    count(campaign, only_final=False)

    assert sorted(filter(None, read)) == sorted(mail.person_id for mail in _mails_of(campaign, page))
    assert total(campaign).states == {PENDING: 5}


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
    count(campaign)
    assert total(campaign).total == 5


def test_partition_with_an_open_mail_is_counted_anew(campaign: Campaign) -> None:
    count(campaign)
    assert not actions.finish(found(campaign))
    end_all(campaign)
    assert not actions.finish(found(campaign))

    count(campaign)

    assert actions.finish(found(campaign))
    assert found(campaign).state == SENT


def test_partition_whose_mails_were_all_final_is_not_counted_again(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_all(campaign)
    count(campaign)
    monkeypatch.setattr(deliveries, "page", None)

    count(campaign)

    assert actions.finish(found(campaign))


def test_mails_made_due_again_make_older_counts_worthless(campaign: Campaign) -> None:
    end_all(campaign)
    count(campaign)
    tx = transaction.begin()
    repository.change(tx, campaign, replace(campaign, round=1))
    tx.commit()

    assert not actions.finish(found(campaign))
    assert finished(campaign)


@pytest.mark.parametrize("change", [{"round": 1}, {"retrying": "failed"}, {"state": PAUSED, "paused_from": SENDING}])
def test_campaign_that_moved_on_while_it_was_counted_is_not_ended(
    campaign: Campaign, change: dict[str, object]
) -> None:
    end_all(campaign)
    count(campaign)
    stale = found(campaign)
    tx = transaction.begin()
    repository.change(tx, campaign, replace(campaign, **change))  # type: ignore[arg-type]
    tx.commit()

    assert not actions.finish(stale)
    assert list(repository.open_ids()) == [campaign.id]


def test_what_was_counted_while_mails_were_added_ends_nothing(pool: Executor) -> None:
    person = factories.person()
    begun = frozen(started())
    count(begun, only_final=False)
    expansion.create_all(begun, [person.id], pool)
    assert expansion.expand(found(begun), pool, never)
    end_all(begun)

    assert not actions.finish(found(begun))
    assert finished(begun)


def test_nothing_is_counted_before_anybody_is_chosen() -> None:
    with pytest.raises(errors.Conflict):
        proof.ask(started().id)
