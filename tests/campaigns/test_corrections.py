"""A correction goes to everybody whose mail was accepted, and to nobody else."""

import pytest

from crm.campaigns import actions, repository
from crm.campaigns.entities import EXPANDING, FREEZING
from crm.core import clock, errors
from crm.deliveries import transitions
from tests import factories
from tests.campaigns.audience_steps import finished, found
from tests.campaigns.correction_steps import accept, audience, correct, freeze, mailed, over, show

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


@pytest.mark.parametrize("shards", [1, 3])
def test_correction_is_for_those_whose_mail_was_accepted(shards: int) -> None:
    campaign, mails = mailed(5, shards)
    for mail in mails[:3]:
        accept(mail)
    assert transitions.skip(mails[3], "suppressed", clock.now())
    assert transitions.cancel(mails[4], clock.now())
    over(campaign)

    correction = correct(campaign)
    factories.person(company="TechCorp")
    assert freeze(correction.campaign)

    frozen_ = found(correction.campaign)
    assert (correction.matched, frozen_.matched, frozen_.state) == (3, 3, EXPANDING)
    assert set(audience(frozen_)) == {mail.person_id for mail in mails[:3]}


def test_correction_is_a_campaign_of_the_same_kind_that_names_the_first() -> None:
    campaign, mails = mailed(1)
    accept(mails[0])
    over(campaign)

    correction = correct(campaign).campaign

    assert found(correction) == correction
    assert (correction.correction_of, correction.kind, correction.state) == (campaign.id, campaign.kind, FREEZING)
    assert (correction.name, repository.body(correction)) == ("Correction: Hi", "The right room is 7.")


def test_correction_waits_until_it_is_known_who_was_reached() -> None:
    campaign, mails = mailed(2)
    accept(mails[0])
    show(campaign)
    actions.cancel(campaign_id=campaign.id, actor=factories.ACTOR)
    correction = correct(campaign).campaign

    assert not freeze(correction)
    assert found(correction).state == FREEZING
    assert transitions.cancel(mails[1], clock.now())
    assert finished(campaign)
    assert freeze(correction)
    assert found(correction).matched == 1


def test_campaign_that_may_still_reach_others_is_not_corrected() -> None:
    campaign, _ = mailed(1)

    with pytest.raises(errors.Conflict, match="is being sent"):
        correct(campaign)


def test_campaign_that_reached_nobody_is_not_corrected() -> None:
    campaign, mails = mailed(1)
    assert transitions.cancel(mails[0], clock.now())
    over(campaign)

    with pytest.raises(errors.Conflict, match="reached nobody"):
        correct(campaign)
