"""A correction goes to everybody whose mail was accepted, and to nobody else."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from crm.campaigns import actions, audiences, expansion, freezing, reached, repository
from crm.campaigns.entities import EXPANDING, FREEZING, Campaign
from crm.core import clock, errors
from crm.core.changes import Change, documents
from crm.core.utm import NO_UTM
from crm.deliveries import repository as deliveries
from crm.deliveries import transitions
from crm.deliveries.entities import Delivery
from crm.deliveries.repository import DeliveryItem
from crm.search import engine, filters
from tests import factories
from tests.campaigns.audience_steps import always, finished, found, frozen, never, started

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


def _mailed(number: int, shards: int = 1) -> tuple[Campaign, list[Delivery]]:
    """Return a campaign with mails that all wait."""
    people = [factories.person(company="TechCorp").id for _ in range(number)]
    campaign = frozen(started(filters.from_query({"company": "TechCorp"})), shards)
    with ThreadPoolExecutor(2) as pool:
        assert expansion.expand(campaign, pool, never)
    mails = [mail for shard in range(shards) for mail in deliveries.page(campaign.id, shard)[0]]
    assert {mail.person_id for mail in mails} == set(people)
    return found(campaign), mails


def _accept(mail: Delivery) -> None:
    claimed = transitions.claim(mail, claim_id="c", email=mail.email, now=clock.now())
    assert claimed is not None
    assert transitions.sent(claimed, "m", clock.now())


def _over(campaign: Campaign) -> None:
    for shard in range(campaign.shards):
        rows = DeliveryItem.query(f"MAIL#{campaign.id}#{shard}", consistent_read=True)
        engine.show(documents(Change(item, int(item.version)) for item in rows))
    assert finished(campaign)


def _correct(campaign: Campaign) -> actions.Started:
    return actions.correct(
        campaign_id=campaign.id, subject="Sorry", body="The right room is 7.", utm=NO_UTM, actor=factories.ACTOR
    )


def _freeze(correction: Campaign) -> bool:
    return freezing.freeze(correction, shards=lambda _: 1, stop=never)


@pytest.mark.parametrize("shards", [1, 3])
def test_correction_is_for_those_whose_mail_was_accepted(shards: int) -> None:
    campaign, mails = _mailed(5, shards)
    for mail in mails[:3]:
        _accept(mail)
    assert transitions.skip(mails[3], "suppressed", clock.now())
    assert transitions.cancel(mails[4], clock.now())
    _over(campaign)

    correction = _correct(campaign)
    factories.person(company="TechCorp")
    assert _freeze(correction.campaign)

    frozen_ = found(correction.campaign)
    assert (correction.matched, frozen_.matched, frozen_.state) == (3, 3, EXPANDING)
    assert set(audiences.chunk(frozen_.id, frozen_.freeze_id, 0)) == {mail.person_id for mail in mails[:3]}


def test_correction_is_a_campaign_of_the_same_kind_that_names_the_first() -> None:
    campaign, mails = _mailed(1)
    _accept(mails[0])
    _over(campaign)

    correction = _correct(campaign).campaign

    assert found(correction) == correction
    assert (correction.correction_of, correction.kind, correction.state) == (campaign.id, campaign.kind, FREEZING)
    assert (correction.name, repository.body(correction)) == ("Correction: Hi", "The right room is 7.")


def test_correction_waits_until_it_is_known_who_was_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign, mails = _mailed(2)
    _accept(mails[0])
    rows = DeliveryItem.query(f"MAIL#{campaign.id}#0", consistent_read=True)
    engine.show(documents(Change(item, int(item.version)) for item in rows))
    actions.cancel(campaign_id=campaign.id, actor=factories.ACTOR)
    correction = _correct(campaign).campaign

    assert not _freeze(correction)
    assert found(correction).state == FREEZING
    assert transitions.cancel(mails[1], clock.now())
    assert _freeze(correction)
    assert found(correction).matched == 1


def test_correction_waits_while_a_mail_is_in_doubt() -> None:
    campaign, mails = _mailed(2)
    _accept(mails[0])
    claimed = transitions.claim(mails[1], claim_id="mine", email=mails[1].email, now=clock.now())
    assert claimed is not None
    assert transitions.doubt(claimed, "timeout", clock.now())

    with pytest.raises(reached.Unsettled):
        list(reached.chunks(found(campaign)))


def test_stopped_freeze_of_a_correction_starts_over(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign, mails = _mailed(1)
    _accept(mails[0])
    _over(campaign)
    correction = _correct(campaign).campaign

    assert not freezing.freeze(correction, shards=lambda _: 1, stop=always)

    assert _freeze(correction)
    assert found(correction).matched == 1


def test_campaign_that_may_still_reach_others_is_not_corrected() -> None:
    campaign, _ = _mailed(1)

    with pytest.raises(errors.Conflict, match="is being sent"):
        _correct(campaign)


def test_campaign_that_reached_nobody_is_not_corrected() -> None:
    campaign, mails = _mailed(1)
    assert transitions.cancel(mails[0], clock.now())
    _over(campaign)

    with pytest.raises(errors.Conflict, match="reached nobody"):
        _correct(campaign)
