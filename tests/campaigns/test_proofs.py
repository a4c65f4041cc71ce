"""A proof is what a count came to: kept when a campaign ends, made anew when somebody asks, and current or not."""

from dataclasses import replace

import pytest

from crm.campaigns import actions, counting, finishing, proof, repository
from crm.campaigns.entities import SENDING, Campaign
from crm.core import errors, transaction
from tests.campaigns.audience_steps import finished, found, never
from tests.campaigns.counting_steps import campaign, count, end_all, pool, total

__all__ = ["campaign", "pool"]

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


def test_ended_campaign_keeps_its_proof(campaign: Campaign) -> None:
    end_all(campaign)
    assert finished(campaign)

    shown = proof.of(campaign.id)

    assert shown is not None
    assert (shown.matched, shown.total, shown.states, shown.is_complete) == (5, 5, {"cancelled": 5}, True)
    assert shown.counted_at is not None


def test_proof_is_not_current_once_mails_are_due_again(campaign: Campaign) -> None:
    end_all(campaign)
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
    count(found(campaign), only_final=False)
    assert finishing.prove(found(campaign))
    end_all(campaign)

    proof.ask(campaign.id)
    count(found(campaign), only_final=False)
    assert finishing.prove(found(campaign))

    shown = proof.of(campaign.id)
    assert shown is not None
    assert shown.states == {"cancelled": 5}


def test_final_proof_counts_anew_what_was_counted_because_somebody_asked(campaign: Campaign) -> None:
    end_all(campaign)
    proof.ask(campaign.id)
    count(campaign)
    assert finishing.prove(found(campaign))

    assert not actions.finish(found(campaign)), "what came to be known since would be hidden"

    assert finished(campaign)


def test_sum_is_not_kept_where_another_was_asked_for_meanwhile(campaign: Campaign) -> None:
    end_all(campaign)
    count(campaign)
    tally = total(campaign)
    proof.ask(campaign.id)
    tx = transaction.begin()
    proof.keep(tx, campaign, tally, 0)

    with pytest.raises(transaction.Refused):
        tx.commit()

    assert list(proof.asked_ids()) == [campaign.id]


def test_campaign_never_counted_has_no_proof(campaign: Campaign) -> None:
    assert proof.of(campaign.id) is None
    with pytest.raises(errors.NotFound):
        proof.of("nope")
