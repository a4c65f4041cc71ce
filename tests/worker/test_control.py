"""What staff ask of a campaign is done by the worker, to the end, from wherever it was cut off."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unittest.mock import patch

import pytest

from crm.campaigns import actions, audiences, expansion, proof, repository
from crm.campaigns.entities import CANCELLED, EXPANDING, FREEZING, PAUSED, SCHEDULED, SENDING, SENT, Campaign
from crm.core import clock, errors, leases
from crm.core.changes import Change, documents
from crm.core.utm import NO_UTM
from crm.deliveries import repository as deliveries
from crm.deliveries import transitions
from crm.deliveries.entities import FAILED, HELD, PENDING
from crm.deliveries.repository import DeliveryItem
from crm.search import engine, filters
from tests import factories
from tests.campaigns.audience_steps import found
from tests.deliveries import ses_endpoint
from tests.deliveries.counting import count_states
from tests.deliveries.ses_endpoint import Endpoint
from tests.worker.outbox_fakes import Clock, never, suppress
from worker import campaigns

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


def _start(people: int = 1, **given: object) -> Campaign:
    for _ in range(people):
        factories.person()
    values = {"where": filters.EVERYONE, "subject": "Hi", "body": "Hello", "utm": NO_UTM, "actor": factories.ACTOR}
    campaign = actions.send(**{**values, **given}).campaign  # type: ignore[arg-type]
    engine.store().note_freshness(clock.now())
    return campaign


def _move_on(campaign: Campaign, pool: ThreadPoolExecutor, stop: Callable[[], bool] = never) -> str:
    campaigns.move_on(campaign.id, pool, stop, lambda: None)
    return found(campaign).state


def _counts(campaign: Campaign) -> dict[str, int]:
    return dict(count_states(campaign.id, found(campaign).shards))


def _show(campaign: Campaign) -> None:
    """Bring the campaign's mails into the read model, as the stream does."""
    for shard in range(found(campaign).shards):
        rows = DeliveryItem.query(f"MAIL#{campaign.id}#{shard}", consistent_read=True)
        engine.show(documents(Change(item, int(item.version)) for item in rows))


def _cancel(campaign: Campaign) -> None:
    actions.cancel(campaign_id=campaign.id, actor=factories.ACTOR)


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


def _pause(campaign: Campaign) -> None:
    actions.pause(campaign_id=campaign.id, actor=factories.ACTOR)


def _resume(campaign: Campaign) -> None:
    actions.resume(campaign_id=campaign.id, actor=factories.ACTOR)
    engine.store().note_freshness(clock.now())


def test_scheduled_campaign_begins_when_its_time_has_come(
    endpoint: Endpoint, pool: ThreadPoolExecutor, time: Clock
) -> None:
    campaign = _start(at=clock.now() + timedelta(hours=1), zone="Europe/Berlin")

    assert (_move_on(campaign, pool), endpoint.calls) == (SCHEDULED, 0)
    time.forward(hours=1)
    engine.store().note_freshness(clock.now())
    factories.person()
    engine.store().note_freshness(clock.now())

    assert _move_on(campaign, pool) in (FREEZING, SENT)
    engine.store().note_freshness(clock.now())
    assert (_move_on(campaign, pool), endpoint.calls) == (SENT, 2)


def test_campaign_put_off_at_the_last_moment_does_not_begin(time: Clock, pool: ThreadPoolExecutor) -> None:
    campaign = _start(at=clock.now() + timedelta(hours=1))
    stale = found(campaign)
    actions.reschedule(campaign_id=campaign.id, at=clock.now() + timedelta(hours=2), actor=factories.ACTOR)
    time.forward(hours=1)

    assert stale.is_due(clock.now())
    with pytest.raises(errors.Conflict):
        actions.begin(campaign.id)
    assert _move_on(campaign, pool) == SCHEDULED


def test_pause_while_freezing_chooses_nobody_until_resumed(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    campaign = _start()
    _pause(campaign)

    assert (_move_on(campaign, pool), found(campaign).matched) == (PAUSED, None)
    factories.person()
    _resume(campaign)

    assert (_move_on(campaign, pool), endpoint.calls) == (SENT, 2)


def test_pause_while_expanding_goes_on_where_it_was(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = _start(people=7)
    _stop_at(monkeypatch, campaign, _pause)

    assert _move_on(campaign, pool) == PAUSED
    assert (found(campaign).paused_from, _counts(campaign), endpoint.calls) == (EXPANDING, {PENDING: 5}, 0)
    _resume(campaign)

    assert (_move_on(campaign, pool), _counts(campaign)) == (SENT, {"sent": 7})
    assert len(set(endpoint.addresses)) == endpoint.calls == 7


def test_campaign_cancelled_while_expanding_accounts_for_everybody(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    suppress(factories.person().fields.email)
    campaign = _start(people=6)
    _stop_at(monkeypatch, campaign, _cancel)

    for _ in range(2):
        assert _move_on(campaign, pool) == CANCELLED

    assert (_counts(campaign), endpoint.calls) == ({"cancelled": 6, "skipped": 1}, 0)
    assert found(campaign).finished_at is not None
    assert list(repository.open_ids()) == []


def test_cancelled_while_paused_accounts_for_everybody(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = _start(people=7)
    _stop_at(monkeypatch, campaign, _pause)
    _move_on(campaign, pool)
    _cancel(campaign)

    _move_on(campaign, pool)

    assert (_counts(campaign), found(campaign).is_open) == ({"cancelled": 7}, False)


def _sending(pool: ThreadPoolExecutor, people: int = 3) -> Campaign:
    """Return a campaign whose mails all wait."""
    campaign = _start(people=people)
    with patch.object(campaigns, "_send"):
        assert _move_on(campaign, pool) == SENDING
    return found(campaign)


def test_cancelled_campaign_is_open_until_what_is_under_way_has_ended(
    endpoint: Endpoint, pool: ThreadPoolExecutor, time: Clock
) -> None:
    campaign = _sending(pool)
    mail = deliveries.due(campaign.id, 0, clock.now())[0]
    claimed = transitions.claim(mail, claim_id="c", email=mail.email, now=clock.now())
    assert claimed is not None
    _cancel(campaign)

    assert (_move_on(campaign, pool), _counts(campaign)) == (CANCELLED, {"sending": 1, "cancelled": 2})
    assert list(repository.open_ids()) == [campaign.id]
    assert transitions.put_off(claimed, "throttled", clock.now(), clock.now() + timedelta(minutes=5))
    _move_on(campaign, pool)

    assert (_counts(campaign), list(repository.open_ids()), endpoint.calls) == ({"cancelled": 3}, [], 0)


def test_worker_told_to_stop_takes_no_more_turns(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign, taken = _sending(pool), list[str]()
    _cancel(campaign)
    acquire = leases.acquire
    monkeypatch.setattr(leases, "acquire", lambda name, *more: taken.append(name) or acquire(name, *more))

    campaigns._close(found(campaign), pool, lambda: True)
    assert not campaigns._counted(found(campaign), lambda: True, only_final=True)

    assert [name for name in taken if name.startswith(("send#", "count#"))] == []


def test_mail_in_doubt_of_a_cancelled_campaign_is_held_in_the_end(
    endpoint: Endpoint, pool: ThreadPoolExecutor, time: Clock
) -> None:
    campaign = _sending(pool, people=1)
    (mail,) = deliveries.due(campaign.id, 0, clock.now())
    assert transitions.claim(mail, claim_id="killed", email=mail.email, now=clock.now()) is not None
    _cancel(campaign)

    for _ in range(2):
        time.forward(minutes=16)
        _move_on(campaign, pool)

    assert (_counts(campaign), list(repository.open_ids())) == ({HELD: 1}, [])


def test_closing_goes_on_where_it_was_cut_off(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = _sending(pool, people=5)
    _cancel(campaign)
    cancel, cancelled = transitions.cancel, iter(range(5))

    def killed(mail: object, now: object) -> bool:
        if next(cancelled) == 2:
            raise KeyboardInterrupt
        return cancel(mail, now)  # type: ignore[arg-type]

    monkeypatch.setattr(transitions, "cancel", killed)
    with pytest.raises(KeyboardInterrupt):
        _move_on(campaign, pool)
    monkeypatch.setattr(transitions, "cancel", cancel)
    assert found(campaign).is_open

    _move_on(campaign, pool)

    assert (_counts(campaign), found(campaign).is_open) == ({"cancelled": 5}, False)


def test_failed_mails_are_tried_again_when_staff_say_so(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    endpoint.script.extend([ses_endpoint.REJECT, ses_endpoint.REJECT])
    campaign = _start(people=3)
    assert (_move_on(campaign, pool), _counts(campaign)) == (SENT, {FAILED: 2, "sent": 1})
    _show(campaign)

    asked = actions.retry_failed(campaign_id=campaign.id, actor=factories.ACTOR)

    assert (asked.state, asked.retrying, asked.finished_at) == (SENDING, "failed", None)
    assert list(repository.open_ids()) == [campaign.id]
    with pytest.raises(errors.Conflict, match="already"):
        actions.retry_failed(campaign_id=campaign.id, actor=factories.ACTOR)
    assert (_move_on(campaign, pool), _counts(campaign)) == (SENT, {"sent": 3})
    assert (found(campaign).retrying, list(repository.open_ids()), endpoint.calls) == ("", [], 5)


def test_mail_that_fails_again_is_not_tried_a_third_time(
    endpoint: Endpoint, pool: ThreadPoolExecutor, time: Clock
) -> None:
    endpoint.script.extend([ses_endpoint.REJECT] * 9)
    campaign = _start(people=2)
    _move_on(campaign, pool)
    _show(campaign)
    actions.retry_failed(campaign_id=campaign.id, actor=factories.ACTOR)

    assert (_move_on(campaign, pool), endpoint.calls) == (SENT, 4)


def test_retrying_goes_on_where_it_was_cut_off(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.script.extend([ses_endpoint.REJECT] * 5)
    campaign = _start(people=5)
    _move_on(campaign, pool)
    _show(campaign)
    actions.retry_failed(campaign_id=campaign.id, actor=factories.ACTOR)
    retry, tried = transitions.retry, iter(range(9))

    def killed(mail: object, now: object) -> bool:
        if next(tried) == 2:
            raise KeyboardInterrupt
        return retry(mail, now)  # type: ignore[arg-type]

    monkeypatch.setattr(transitions, "retry", killed)
    with pytest.raises(KeyboardInterrupt):
        _move_on(campaign, pool)
    monkeypatch.setattr(transitions, "retry", retry)

    assert (_move_on(campaign, pool), _counts(campaign)) == (SENT, {"sent": 5})


def _held(endpoint: Endpoint, pool: ThreadPoolExecutor, time: Clock, people: int) -> Campaign:
    endpoint.script.extend([ses_endpoint.RESET] * people)
    campaign = _start(people=people)
    _move_on(campaign, pool)
    time.forward(minutes=16)
    assert (_move_on(campaign, pool), _counts(campaign)) == (SENT, {HELD: people})
    _show(campaign)
    return found(campaign)


@pytest.mark.parametrize("act", [actions.pause, actions.cancel])
def test_no_mail_is_queued_again_once_the_campaign_is_not_being_sent(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, act: Callable[..., object]
) -> None:
    endpoint.script.extend([ses_endpoint.REJECT] * 5)
    campaign = _start(people=5)
    _move_on(campaign, pool)
    _show(campaign)
    actions.retry_failed(campaign_id=campaign.id, actor=factories.ACTOR)
    asked, retry, tried = found(campaign), transitions.retry, list[object]()
    monkeypatch.setattr(campaigns.CampaignLane, "is_open", lambda lane: lane._is_being_sent())

    def interrupted(mail: object, now: object) -> bool:
        tried.append(mail)
        if len(tried) == 1:
            act(campaign_id=campaign.id, actor=factories.ACTOR)
        return retry(mail, now)  # type: ignore[arg-type]

    monkeypatch.setattr(transitions, "retry", interrupted)
    with ThreadPoolExecutor(1) as one_by_one:
        campaigns._queue_again(asked, one_by_one, lambda: False)

    assert len(tried) == 1


def test_held_mails_are_sent_again_when_staff_say_so(endpoint: Endpoint, pool: ThreadPoolExecutor, time: Clock) -> None:
    campaign = _held(endpoint, pool, time, people=2)

    actions.resend_held(campaign_id=campaign.id, actor=factories.ACTOR)

    assert (_move_on(campaign, pool), _counts(campaign), endpoint.calls) == (SENT, {"sent": 2}, 4)
    (first, _), _ = deliveries.page(campaign.id, 0)
    assert first.duplicate_risk


def test_only_the_chosen_held_mails_are_sent_again(endpoint: Endpoint, pool: ThreadPoolExecutor, time: Clock) -> None:
    campaign = _held(endpoint, pool, time, people=3)
    mails, _ = deliveries.page(campaign.id, 0)
    chosen = mails[1].person_id

    actions.resend_held(campaign_id=campaign.id, person_ids=[chosen], actor=factories.ACTOR)

    assert (_move_on(campaign, pool), _counts(campaign)) == (SENT, {HELD: 2, "sent": 1})
    with pytest.raises(errors.Conflict, match="held any more"):
        actions.resend_held(campaign_id=campaign.id, person_ids=[chosen], actor=factories.ACTOR)
    assert found(campaign).state == SENT


@pytest.mark.parametrize("again", [actions.retry_failed, actions.resend_held])
def test_there_must_be_something_to_send_again(endpoint: Endpoint, pool: ThreadPoolExecutor, again: object) -> None:
    campaign = _start()
    _move_on(campaign, pool)
    _show(campaign)

    with pytest.raises(errors.Conflict, match="none of its mails"):
        again(campaign_id=campaign.id, actor=factories.ACTOR)  # type: ignore[operator]
    assert found(campaign).state == SENT


def test_retry_asked_of_a_paused_campaign_waits_for_it(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    endpoint.script.append(ses_endpoint.REJECT)
    campaign = _start()
    _move_on(campaign, pool)
    _show(campaign)
    actions.retry_failed(campaign_id=campaign.id, actor=factories.ACTOR)
    _pause(campaign)

    assert (_move_on(campaign, pool), _counts(campaign)) == (PAUSED, {FAILED: 1})
    _resume(campaign)

    assert (_move_on(campaign, pool), _counts(campaign)) == (SENT, {"sent": 1})


def test_finished_campaign_is_proven(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    suppress(factories.person().fields.email)
    campaign = _start(people=2)
    assert _move_on(campaign, pool) == SENT

    shown = proof.of(campaign.id)

    assert shown is not None
    assert (shown.matched, shown.states, shown.reasons) == (3, {"sent": 2, "skipped": 1}, {"suppressed": 1})
    assert (shown.calls, shown.duplicates, shown.is_complete, shown.progress) == (2, [], True, 1.0)


def test_mails_of_a_campaign_that_goes_on_are_counted_when_asked(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    campaign = _sending(pool, people=2)
    proof.ask(campaign.id)
    proof.ask(campaign.id)

    assert list(proof.asked_ids()) == [campaign.id]
    campaigns.count(campaign.id, never)

    shown = proof.of(campaign.id)
    assert shown is not None
    assert (shown.states, shown.is_complete, shown.progress) == ({PENDING: 2}, False, 1.0)
    assert shown.open_since is not None
    assert list(proof.asked_ids()) == []
