"""Open campaigns are moved on from wherever they were left, to the end."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings

from crm.campaigns import actions, layouts, queries, repository
from crm.campaigns.entities import EXPANDING, FREEZING, PAUSED, SENDING, SENT, Campaign
from crm.campaigns.repository import CampaignItem
from crm.campaigns.tables import CAMPAIGN_SK, campaign_pk
from crm.core import clock, dynamo, leases
from crm.core.changes import Change, documents
from crm.core.utm import Utm
from crm.deliveries.repository import DeliveryItem
from crm.search import engine, filters
from tests import factories
from tests.deliveries import ses_endpoint
from tests.deliveries.counting import count_states
from tests.deliveries.ses_endpoint import Endpoint
from tests.worker.outbox_fakes import never, suppress
from worker import campaigns

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


def _start(where: filters.Filter = filters.EVERYONE) -> Campaign:
    body = "Come to https://a.example/x."
    started = actions.send(
        where=where, subject="Join us", body=body, utm=Utm("news", "email", "conf"), actor=factories.ACTOR
    )
    engine.store().note_freshness(clock.now())
    return started.campaign


def _now(campaign: Campaign) -> Campaign:
    found = repository.find(campaign.id)
    assert found is not None
    return found


def _move_on(campaign: Campaign, pool: ThreadPoolExecutor, stop: Callable[[], bool] = never) -> str:
    campaigns.move_on(campaign.id, pool, stop, lambda: None)
    return _now(campaign).state


def test_campaign_is_frozen_expanded_sent_and_finished(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    wanted = [factories.person(company="TechCorp").fields.email for _ in range(3)]
    factories.person(company="Other")
    campaign = _start(filters.from_query({"company": "TechCorp"}))

    assert _move_on(campaign, pool) == SENT

    assert sorted(endpoint.addresses) == sorted(wanted)
    assert count_states(campaign.id, 1) == {"sent": 3}
    assert list(repository.open_ids()) == []
    text = endpoint.messages[0].get_body(("plain",))
    assert text is not None
    assert f"Come to https://a.example/x ({settings.PUBLIC_URL}/c/" in text.get_content()
    found = layouts.destination(campaign.id, 1)
    assert found == "https://a.example/x?utm_source=news&utm_medium=email&utm_campaign=conf"


def test_those_left_out_are_counted_with_the_reason(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    factories.person()
    suppress(factories.person().fields.email)
    campaign = _start()

    assert _move_on(campaign, pool) == SENT

    _show(campaign)
    report = queries.get(campaign.id)
    assert (report.matched, report.queued, report.excluded) == (2, 1, {"suppressed": 1})
    assert report.deliveries["sent"] + report.deliveries["skipped"] == sum(report.deliveries.values()) == 2


def _show(campaign: Campaign) -> None:
    """Bring the campaign's mails into the read model, as the stream does."""
    rows = DeliveryItem.query(f"MAIL#{campaign.id}#0", consistent_read=True)
    engine.show(documents(Change(item, int(item.version)) for item in rows))


def test_refused_mails_end_with_the_campaign(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    endpoint.script.append(ses_endpoint.REJECT)
    factories.person()
    factories.person()
    campaign = _start()

    assert _move_on(campaign, pool) == SENT
    assert count_states(campaign.id, 1) == {"sent": 1, "failed": 1}


def test_campaign_is_open_as_long_as_a_mail_is_in_doubt(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    endpoint.script.append(ses_endpoint.RESET)
    factories.person()
    campaign = _start()

    assert _move_on(campaign, pool) == SENDING
    assert list(repository.open_ids()) == [campaign.id]


def test_stopped_at_once_it_is_taken_up_again(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    factories.person()
    campaign = _start()

    assert _move_on(campaign, pool, stop=lambda: True) in (FREEZING, EXPANDING)
    assert _move_on(campaign, pool) == SENT
    assert endpoint.calls == 1


def test_paused_campaign_sends_nothing(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    factories.person()
    campaign = _start()
    _set_state(campaign, PAUSED)

    assert _move_on(campaign, pool) == PAUSED
    assert endpoint.calls == 0


def _set_state(campaign: Campaign, state: str) -> None:
    item = CampaignItem(campaign_pk(campaign.id), CAMPAIGN_SK)
    dynamo.update(item, [CampaignItem.state.set(state)], CampaignItem.pk.exists())


def test_campaign_that_another_worker_expands_is_left_to_it(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    factories.person()
    campaign = _start()
    assert leases.acquire(f"audience#{campaign.id}", "another", 60)

    assert _move_on(campaign, pool) == FREEZING


def test_partition_that_another_worker_sends_is_left_to_it(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    factories.person()
    campaign = _start()
    assert leases.acquire(f"send#{campaign.id}#0", "another", 60)

    assert _move_on(campaign, pool) == SENDING
    leases.release(f"send#{campaign.id}#0", "another")
    assert _move_on(campaign, pool) == SENT


def test_campaign_that_another_worker_counts_is_left_to_it(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    campaign = _start()
    assert leases.acquire(f"count#{campaign.id}#0", "another", 60)

    assert _move_on(campaign, pool) == SENDING


def test_campaign_waits_for_a_read_model_as_new_as_itself(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaigns, "CATCH_UP_S", 0.0)
    factories.person()
    campaign = _start()
    engine.store().note_freshness(None)

    assert _move_on(campaign, pool) == FREEZING
    engine.store().note_freshness(clock.now())
    assert _move_on(campaign, pool) == SENT
    assert endpoint.calls == 1


@pytest.mark.parametrize(
    ("rate", "matched", "shards"),
    [(14, 1_000, 1), (70, 1_000, 2), (1_000, 1_000, 16), (14, 20_000, 20), (14, 1_000_000, 64)],
)
def test_mails_are_spread_so_that_no_partition_is_slow_or_long(
    endpoint: Endpoint, rate: float, matched: int, shards: int
) -> None:
    endpoint.rate = rate

    assert campaigns.shards(matched) == shards


def test_every_partition_of_a_campaign_is_sent(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaigns, "shards", lambda _: 4)
    for _ in range(8):
        factories.person()
    campaign = _start()

    assert _move_on(campaign, pool) == SENT
    assert count_states(campaign.id, 4) == {"sent": 8}


def test_unknown_campaign_is_nobodys_work(pool: ThreadPoolExecutor) -> None:
    campaigns.move_on("nope", pool, never, lambda: None)
