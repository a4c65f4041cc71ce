"""A campaign that does harm pauses itself and says why; staff may let it go on, which lifts what was known then."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from crm.campaigns import actions, harms
from crm.campaigns.entities import PAUSED, SENDING, SENT, Campaign, Harm
from crm.core import clock
from crm.core.utm import NO_UTM
from crm.search import engine, filters
from tests import factories
from tests.campaigns.audience_steps import found
from tests.deliveries.ses_endpoint import Endpoint
from tests.worker.outbox_fakes import never
from worker import campaigns

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


@pytest.fixture
def campaign(monkeypatch: pytest.MonkeyPatch) -> Campaign:
    """A campaign whose mails bounced too often as soon as it began."""
    for _ in range(3):
        factories.person()
    begun = actions.send(where=filters.EVERYONE, subject="Hi", body="Hello", utm=NO_UTM, actor=factories.ACTOR)
    engine.store().note_freshness(clock.now())
    _known(monkeypatch, Harm(bounced=26, complained=0, sent=400))
    return begun.campaign


def _known(monkeypatch: pytest.MonkeyPatch, harm: Harm) -> None:
    monkeypatch.setattr(harms, "of", lambda _: harm)


def _move_on(campaign: Campaign, pool: ThreadPoolExecutor) -> str:
    campaigns.move_on(campaign.id, pool, never, lambda: None)
    return found(campaign).state


def test_campaign_that_bounces_too_often_pauses_itself(
    campaign: Campaign, endpoint: Endpoint, pool: ThreadPoolExecutor
) -> None:
    assert _move_on(campaign, pool) == PAUSED

    assert (found(campaign).paused_from, found(campaign).stop_reason) == (
        SENDING,
        "26 of 400 mails bounced: more than 5 %",
    )


def test_resumed_campaign_is_not_stopped_for_what_staff_knew(
    campaign: Campaign, endpoint: Endpoint, pool: ThreadPoolExecutor
) -> None:
    _move_on(campaign, pool)
    resumed = actions.resume(campaign_id=campaign.id, actor=factories.ACTOR)

    assert resumed.lifted == found(campaign).lifted == Harm(26, 0, 400)
    assert _move_on(campaign, pool) == SENT


def test_harm_on_top_stops_it_again(
    campaign: Campaign, endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    _move_on(campaign, pool)
    actions.resume(campaign_id=campaign.id, actor=factories.ACTOR)
    _known(monkeypatch, Harm(bounced=28, complained=2, sent=450))

    assert _move_on(campaign, pool) == PAUSED
    assert found(campaign).stop_reason == "2 of 50 mails were complained about: more than 0.1 %"


def test_resuming_what_staff_paused_lifts_no_harm(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    actions.pause(campaign_id=campaign.id, actor=factories.ACTOR)

    assert actions.resume(campaign_id=campaign.id, actor=factories.ACTOR).lifted == Harm()
