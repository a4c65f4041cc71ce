"""No call begins later than two seconds after a pause or a cancellation was confirmed."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from crm.campaigns import actions, repository
from crm.campaigns.entities import SENDING, Campaign
from crm.core import clock, errors, transaction
from crm.core.utm import NO_UTM
from crm.deliveries import repository as deliveries
from crm.deliveries import transitions
from crm.deliveries.entities import Delivery
from crm.search import engine, filters
from tests import factories
from tests.campaigns.audience_steps import found
from tests.deliveries.ses_endpoint import Endpoint
from tests.worker.outbox_fakes import never
from worker import campaigns, lanes

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


class _Monotonic:
    """The worker's stopwatch, which a test can push."""

    ahead = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead


@pytest.fixture
def stopwatch(monkeypatch: pytest.MonkeyPatch) -> _Monotonic:
    """The stopwatch that lanes look at."""
    ours = _Monotonic()
    monkeypatch.setattr(lanes, "time", ours)
    return ours


def _start() -> Campaign:
    started = actions.send(where=filters.EVERYONE, subject="Hi", body="Hello", utm=NO_UTM, actor=factories.ACTOR)
    engine.store().note_freshness(clock.now())
    return started.campaign


def _lane(campaign: Campaign) -> lanes.CampaignLane:
    tx = transaction.begin()
    repository.change(tx, campaign, replace(campaign, state=SENDING))
    tx.commit()
    return lanes.CampaignLane(found(campaign))


def test_pause_is_seen_within_a_second(stopwatch: _Monotonic) -> None:
    campaign = _start()
    lane = _lane(campaign)
    assert lane.is_open()
    actions.pause(campaign_id=campaign.id, actor=factories.ACTOR)

    stopwatch.ahead += 1

    assert not lane.is_open()


def test_campaign_whose_state_took_long_to_read_is_not_known_to_be_open(
    stopwatch: _Monotonic, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane = _lane(_start())
    find = repository.find

    def late(campaign_id: str) -> Campaign | None:
        found = find(campaign_id)
        stopwatch.ahead += 1.1
        return found

    monkeypatch.setattr(repository, "find", late)

    assert not lane.is_open()
    monkeypatch.setattr(repository, "find", find)
    assert lane.is_open()


def test_campaign_whose_state_cannot_be_read_is_not_known_to_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    lane = _lane(_start())

    def away(_: str) -> None:
        raise errors.Busy

    monkeypatch.setattr(repository, "find", away)

    assert not lane.is_open()


@pytest.mark.parametrize("end", [actions.pause, actions.cancel])
def test_mail_whose_campaign_was_stopped_while_it_was_claimed_is_given_back(
    endpoint: Endpoint,
    pool: ThreadPoolExecutor,
    stopwatch: _Monotonic,
    monkeypatch: pytest.MonkeyPatch,
    end: object,
) -> None:
    factories.person()
    campaign = _start()
    claim = transitions.claim

    def slow(mail: Delivery, **given: object) -> Delivery | None:
        claimed = claim(mail, **given)  # type: ignore[arg-type]
        end(campaign_id=campaign.id, actor=factories.ACTOR)  # type: ignore[operator]
        stopwatch.ahead += 1.1
        return claimed

    monkeypatch.setattr(transitions, "claim", slow)
    campaigns.move_on(campaign.id, pool, never, lambda: None)

    assert endpoint.calls == 0
    (mail,), _ = deliveries.page(campaign.id, 0)
    assert (mail.state, mail.attempt - mail.returned) == ("pending", 0)


def test_mail_claimed_slowly_is_sent_where_its_campaign_goes_on(
    endpoint: Endpoint, pool: ThreadPoolExecutor, stopwatch: _Monotonic, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.person()
    campaign = _start()
    claim = transitions.claim

    def slow(mail: Delivery, **given: object) -> Delivery | None:
        stopwatch.ahead += 1.1
        return claim(mail, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(transitions, "claim", slow)
    campaigns.move_on(campaign.id, pool, never, lambda: None)

    assert endpoint.calls == 1
