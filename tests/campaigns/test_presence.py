"""Whether there is anything to send again or to correct is decided by DynamoDB, whatever the lists know by then."""

import pytest

from crm.analytics import engine as analytics
from crm.campaigns import actions, presence
from crm.campaigns.entities import Campaign
from crm.core import errors
from crm.deliveries import repository as deliveries
from crm.deliveries import transitions
from crm.deliveries.entities import FAILED, HELD
from tests import factories
from tests.campaigns.accounts import sending
from tests.campaigns.audience_steps import finished, found, started
from tests.campaigns.correction_steps import correct

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


def _sent(*states: str) -> Campaign:
    campaign = sending(*states)
    assert finished(campaign)
    return found(campaign)


def _forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the lists know of no mail."""
    monkeypatch.setattr(analytics.store(), "campaign_states", lambda _: ({}, {}))


def test_mails_that_the_lists_do_not_know_yet_are_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    got, failed, held = _sent("sent"), sending("failed"), sending("held")
    _forgotten(monkeypatch)

    assert actions.retry_failed(campaign_id=failed.id, actor=factories.ACTOR).retrying == FAILED
    assert actions.resend_held(campaign_id=held.id, actor=factories.ACTOR).retrying == HELD
    assert correct(got).campaign.correction_of == got.id


def test_mails_that_the_lists_still_take_for_failed_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = sending("sent")
    monkeypatch.setattr(analytics.store(), "campaign_states", lambda _: ({"failed": 1}, {}))

    with pytest.raises(errors.Conflict, match="none of its mails is failed"):
        actions.retry_failed(campaign_id=campaign.id, actor=factories.ACTOR)


def test_proof_of_a_campaign_that_is_over_tells_without_reading_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = _sent("sent", "failed")
    monkeypatch.setattr(deliveries, "states_page", None)

    assert presence.may_be(campaign, FAILED)
    assert not presence.may_be(campaign, HELD)
    assert presence.may_have_reached(campaign)


def test_proof_from_before_mails_were_tried_again_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = _sent("failed")
    actions.retry_failed(campaign_id=campaign.id, actor=factories.ACTOR)
    mail = deliveries.page(campaign.id, 0)[0][0]
    assert transitions.retry(mail, mail.state_at)

    assert not presence.may_be(found(campaign), FAILED)


def test_of_many_mails_under_way_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = sending("sent", "sent", "sent")
    assert not presence.may_be(campaign, FAILED)

    monkeypatch.setattr(presence, "LOOKED_AT", 2)

    assert presence.may_be(campaign, FAILED)


def test_campaign_without_an_audience_has_no_mails() -> None:
    assert not presence.may_be(started(), FAILED)
