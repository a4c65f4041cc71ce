"""What SES says of the whole account pauses the campaigns that are being sent, and nothing is lost by it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from crm.campaigns import actions, repository
from crm.campaigns.entities import PAUSED, SENDING, SENT, Campaign
from crm.core import clock
from crm.core.utm import NO_UTM
from crm.deliveries import health, ses
from crm.deliveries.entities import PENDING
from crm.search import engine, filters
from tests import factories
from tests.deliveries import ses_endpoint
from tests.deliveries.counting import count_states
from tests.deliveries.ses_endpoint import Endpoint
from tests.worker.outbox_fakes import never
from worker import campaigns

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


@pytest.fixture
def campaign() -> Campaign:
    """A campaign to three people."""
    for _ in range(3):
        factories.person()
    given = actions.send(where=filters.EVERYONE, subject="Hi", body="Come.", utm=NO_UTM, actor=factories.ACTOR)
    engine.store().note_freshness(clock.now())
    return given.campaign


def _moved_on(campaign: Campaign, pool: ThreadPoolExecutor) -> Campaign:
    campaigns.move_on(campaign.id, pool, never, lambda: None)
    found = repository.find(campaign.id)
    assert found is not None
    return found


def test_campaign_is_paused_with_the_reason(
    endpoint: Endpoint, pool: ThreadPoolExecutor, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.script.extend([ses_endpoint.SUSPENDED] * 8)

    paused = _moved_on(campaign, pool)

    assert (paused.state, paused.stop_reason) == (PAUSED, ses.SUSPENDED)
    assert count_states(campaign.id, 1) == {PENDING: 3}

    calls = endpoint.calls
    endpoint.script.clear()
    actions.resume(campaign_id=campaign.id, actor=factories.ACTOR)
    assert _moved_on(campaign, pool).state == SENDING, "what staff know stops nothing again"
    assert endpoint.calls == calls
    monkeypatch.setattr(health._health(), "_probe_at", 0.0)
    assert _moved_on(campaign, pool).state == SENT


def test_refusal_older_than_the_campaign_does_not_pause_it(
    endpoint: Endpoint, pool: ThreadPoolExecutor, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as hours_ago:
        hours_ago.setattr(clock, "now", lambda: campaign.created_at - timedelta(hours=3))
        health.refused(ses.SUSPENDED)

    assert _moved_on(campaign, pool).state == SENDING, "it waits to try one"
    monkeypatch.setattr(health._health(), "_probe_at", 0.0)
    assert _moved_on(campaign, pool).state == SENT
    assert endpoint.calls == 3


def test_campaign_is_paused_when_the_quota_is_used_up(
    endpoint: Endpoint, pool: ThreadPoolExecutor, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.quota = {"Max24HourSend": 200.0, "SentLast24Hours": 200.0}
    assert _moved_on(campaign, pool).state == SENDING, "it waits; what was known before it began pauses nothing"
    monkeypatch.setattr(health._health(), "_ask_at", 0.0)

    paused = _moved_on(campaign, pool)

    assert (paused.state, paused.stop_reason, endpoint.calls) == (PAUSED, "The daily quota of 200 mails is used up", 0)
