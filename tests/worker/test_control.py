"""What staff ask of a campaign is done by the worker, to the end, from wherever it was cut off."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from crm.campaigns import actions, audiences, expansion, proof, repository
from crm.campaigns.entities import CANCELLED, EXPANDING, FREEZING, PAUSED, SCHEDULED, SENT, Campaign
from crm.core import clock, errors, leases
from crm.deliveries import repository as deliveries
from crm.deliveries import transitions
from crm.deliveries.entities import HELD, PENDING
from crm.search import engine
from tests import factories
from tests.campaigns.audience_steps import found
from tests.deliveries.ses_endpoint import Endpoint
from tests.worker.campaign_steps import cancel, counts, move_on, pause, resume, sending, start
from tests.worker.outbox_fakes import Clock, never, suppress
from worker import campaigns

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


def _stop_at(monkeypatch: pytest.MonkeyPatch, campaign: Campaign, act: Callable[[Campaign], object]) -> None:
    """Let `act` happen right after the second step of the campaign's expansion."""
    advance, steps = repository.advance, iter(range(100))

    def advanced(*args: object) -> bool:
        moved = advance(*args)  # type: ignore[arg-type]
        if next(steps) == 1:
            act(campaign)
        return moved

    monkeypatch.setattr(repository, "advance", advanced)
    monkeypatch.setattr(expansion, "STEP", 2)
    monkeypatch.setattr(audiences, "CHUNK", 3)


def test_scheduled_campaign_begins_when_its_time_has_come(
    endpoint: Endpoint, pool: ThreadPoolExecutor, time: Clock
) -> None:
    campaign = start(at=clock.now() + timedelta(hours=1), zone="Europe/Berlin")

    assert (move_on(campaign, pool), endpoint.calls) == (SCHEDULED, 0)
    time.forward(hours=1)
    engine.store().note_freshness(clock.now())
    factories.person()
    engine.store().note_freshness(clock.now())

    assert move_on(campaign, pool) in (FREEZING, SENT)
    engine.store().note_freshness(clock.now())
    assert (move_on(campaign, pool), endpoint.calls) == (SENT, 2)


def test_campaign_put_off_at_the_last_moment_does_not_begin(time: Clock, pool: ThreadPoolExecutor) -> None:
    campaign = start(at=clock.now() + timedelta(hours=1))
    stale = found(campaign)
    actions.reschedule(campaign_id=campaign.id, at=clock.now() + timedelta(hours=2), actor=factories.ACTOR)
    time.forward(hours=1)

    assert stale.is_due(clock.now())
    with pytest.raises(errors.Conflict):
        actions.begin(campaign.id)
    assert move_on(campaign, pool) == SCHEDULED


def test_pause_while_freezing_chooses_nobody_until_resumed(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    campaign = start()
    pause(campaign)

    assert (move_on(campaign, pool), found(campaign).matched) == (PAUSED, None)
    factories.person()
    resume(campaign)

    assert (move_on(campaign, pool), endpoint.calls) == (SENT, 2)


def test_pause_while_expanding_goes_on_where_it_was(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = start(people=7)
    _stop_at(monkeypatch, campaign, pause)

    assert move_on(campaign, pool) == PAUSED
    assert (found(campaign).paused_from, counts(campaign), endpoint.calls) == (EXPANDING, {PENDING: 5}, 0)
    resume(campaign)

    assert (move_on(campaign, pool), counts(campaign)) == (SENT, {"sent": 7})
    assert len(set(endpoint.addresses)) == endpoint.calls == 7


def test_campaign_cancelled_while_expanding_accounts_for_everybody(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    suppress(factories.person().fields.email)
    campaign = start(people=6)
    _stop_at(monkeypatch, campaign, cancel)

    for _ in range(2):
        assert move_on(campaign, pool) == CANCELLED

    assert (counts(campaign), endpoint.calls) == ({"cancelled": 6, "skipped": 1}, 0)
    assert found(campaign).finished_at is not None
    assert list(repository.open_ids()) == []


def test_cancelled_while_paused_accounts_for_everybody(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = start(people=7)
    _stop_at(monkeypatch, campaign, pause)
    move_on(campaign, pool)
    cancel(campaign)

    move_on(campaign, pool)

    assert (counts(campaign), found(campaign).is_open) == ({"cancelled": 7}, False)


def test_cancelled_campaign_is_open_until_what_is_under_way_has_ended(
    endpoint: Endpoint, pool: ThreadPoolExecutor, time: Clock
) -> None:
    campaign = sending(pool)
    mail = deliveries.due(campaign.id, 0, clock.now())[0]
    claimed = transitions.claim(mail, claim_id="c", email=mail.email, now=clock.now())
    assert claimed is not None
    cancel(campaign)

    assert (move_on(campaign, pool), counts(campaign)) == (CANCELLED, {"sending": 1, "cancelled": 2})
    assert list(repository.open_ids()) == [campaign.id]
    assert transitions.put_off(claimed, "throttled", clock.now(), clock.now() + timedelta(minutes=5))
    move_on(campaign, pool)

    assert (counts(campaign), list(repository.open_ids()), endpoint.calls) == ({"cancelled": 3}, [], 0)


def test_worker_told_to_stop_takes_no_more_turns(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign, taken = sending(pool), list[str]()
    cancel(campaign)
    acquire = leases.acquire
    monkeypatch.setattr(leases, "acquire", lambda name, *more: taken.append(name) or acquire(name, *more))

    campaigns._close(found(campaign), pool, lambda: True)
    assert not campaigns._counted(found(campaign), lambda: True, only_final=True)

    assert [name for name in taken if name.startswith(("send#", "count#"))] == []


def test_mail_in_doubt_of_a_cancelled_campaign_is_held_in_the_end(
    endpoint: Endpoint, pool: ThreadPoolExecutor, time: Clock
) -> None:
    campaign = sending(pool, people=1)
    (mail,) = deliveries.due(campaign.id, 0, clock.now())
    assert transitions.claim(mail, claim_id="killed", email=mail.email, now=clock.now()) is not None
    cancel(campaign)

    for _ in range(2):
        time.forward(minutes=16)
        move_on(campaign, pool)

    assert (counts(campaign), list(repository.open_ids())) == ({HELD: 1}, [])


def test_closing_goes_on_where_it_was_cut_off(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = sending(pool, people=5)
    cancel(campaign)
    take_back, cancelled = transitions.cancel, iter(range(5))

    def killed(mail: object, now: object) -> bool:
        if next(cancelled) == 2:
            raise KeyboardInterrupt
        return take_back(mail, now)  # type: ignore[arg-type]

    monkeypatch.setattr(transitions, "cancel", killed)
    with pytest.raises(KeyboardInterrupt):
        move_on(campaign, pool)
    monkeypatch.setattr(transitions, "cancel", take_back)
    assert found(campaign).is_open

    move_on(campaign, pool)

    assert (counts(campaign), found(campaign).is_open) == ({"cancelled": 5}, False)


def test_finished_campaign_is_proven(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    suppress(factories.person().fields.email)
    campaign = start(people=2)
    assert move_on(campaign, pool) == SENT

    shown = proof.of(campaign.id)

    assert shown is not None
    assert (shown.matched, shown.states, shown.reasons) == (3, {"sent": 2, "skipped": 1}, {"suppressed": 1})
    assert (shown.calls, shown.duplicates, shown.is_complete, shown.progress) == (2, [], True, 1.0)


def test_mails_of_a_campaign_that_goes_on_are_counted_when_asked(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    campaign = sending(pool, people=2)
    proof.ask(campaign.id)
    proof.ask(campaign.id)

    assert list(proof.asked_ids()) == [campaign.id]
    campaigns.count(campaign.id, never)

    shown = proof.of(campaign.id)
    assert shown is not None
    assert (shown.states, shown.is_complete, shown.progress) == ({PENDING: 2}, False, 1.0)
    assert shown.open_since is not None
    assert list(proof.asked_ids()) == []
