"""Mails sent again because staff said so: failed ones, and held ones whatever the risk."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from crm.audit import repository as audit
from crm.campaigns import actions, repository
from crm.campaigns.entities import PAUSED, SENDING, SENT, Campaign
from crm.core import errors
from crm.deliveries import repository as deliveries
from crm.deliveries import transitions
from crm.deliveries.entities import FAILED, HELD
from tests import factories
from tests.campaigns.audience_steps import found
from tests.deliveries import ses_endpoint
from tests.deliveries.ses_endpoint import Endpoint
from tests.worker.campaign_steps import counts, move_on, pause, resume, show, start
from tests.worker.outbox_fakes import Clock
from worker import campaigns

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


def _failed(endpoint: Endpoint, pool: ThreadPoolExecutor, people: int) -> Campaign:
    """A campaign that SES refused every mail of."""
    endpoint.script.extend([ses_endpoint.REJECT] * people)
    campaign = start(people=people)
    assert (move_on(campaign, pool), counts(campaign)) == (SENT, {FAILED: people})
    show(campaign)
    return found(campaign)


def _held(endpoint: Endpoint, pool: ThreadPoolExecutor, time: Clock, people: int) -> Campaign:
    endpoint.script.extend([ses_endpoint.RESET] * people)
    campaign = start(people=people)
    move_on(campaign, pool)
    time.forward(minutes=16)
    assert (move_on(campaign, pool), counts(campaign)) == (SENT, {HELD: people})
    show(campaign)
    return found(campaign)


def test_failed_mails_are_tried_again_when_staff_say_so(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    endpoint.script.extend([ses_endpoint.REJECT, ses_endpoint.REJECT])
    campaign = start(people=3)
    assert (move_on(campaign, pool), counts(campaign)) == (SENT, {FAILED: 2, "sent": 1})
    show(campaign)

    asked = actions.retry_failed(campaign_id=campaign.id, actor=factories.ACTOR)

    assert (asked.state, asked.retrying, asked.finished_at) == (SENDING, "failed", None)
    assert list(repository.open_ids()) == [campaign.id]
    with pytest.raises(errors.Conflict, match="already"):
        actions.retry_failed(campaign_id=campaign.id, actor=factories.ACTOR)
    assert (move_on(campaign, pool), counts(campaign)) == (SENT, {"sent": 3})
    assert (found(campaign).retrying, list(repository.open_ids()), endpoint.calls) == ("", [], 5)


def test_only_the_chosen_failed_mails_are_tried_again(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    campaign = _failed(endpoint, pool, people=3)
    mails, _ = deliveries.page(campaign.id, 0)
    chosen = mails[1].person_id

    actions.retry_failed(campaign_id=campaign.id, person_ids=[chosen], actor=factories.ACTOR)

    entry = audit.history("campaign", campaign.id, 1)[0]
    assert (entry.action, entry.actor) == ("retried failed mails", factories.ACTOR)
    assert entry.after["person_ids"] == [chosen]
    assert (move_on(campaign, pool), counts(campaign), endpoint.calls) == (SENT, {FAILED: 2, "sent": 1}, 4)
    with pytest.raises(errors.Conflict, match="failed any more"):
        actions.retry_failed(campaign_id=campaign.id, person_ids=[chosen], actor=factories.ACTOR)
    assert found(campaign).state == SENT


def test_mail_that_fails_again_is_not_tried_a_third_time(
    endpoint: Endpoint, pool: ThreadPoolExecutor, time: Clock
) -> None:
    endpoint.script.extend([ses_endpoint.REJECT] * 9)
    campaign = start(people=2)
    move_on(campaign, pool)
    show(campaign)
    actions.retry_failed(campaign_id=campaign.id, actor=factories.ACTOR)

    assert (move_on(campaign, pool), endpoint.calls) == (SENT, 4)


def test_retrying_goes_on_where_it_was_cut_off(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = _failed(endpoint, pool, people=5)
    actions.retry_failed(campaign_id=campaign.id, actor=factories.ACTOR)
    retry, tried = transitions.retry, iter(range(9))

    def killed(mail: object, now: object) -> bool:
        if next(tried) == 2:
            raise KeyboardInterrupt
        return retry(mail, now)  # type: ignore[arg-type]

    monkeypatch.setattr(transitions, "retry", killed)
    with pytest.raises(KeyboardInterrupt):
        move_on(campaign, pool)
    monkeypatch.setattr(transitions, "retry", retry)

    assert (move_on(campaign, pool), counts(campaign)) == (SENT, {"sent": 5})


@pytest.mark.parametrize("act", [actions.pause, actions.cancel])
def test_no_mail_is_queued_again_once_the_campaign_is_not_being_sent(
    endpoint: Endpoint, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, act: Callable[..., object]
) -> None:
    campaign = _failed(endpoint, pool, people=5)
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

    assert (move_on(campaign, pool), counts(campaign), endpoint.calls) == (SENT, {"sent": 2}, 4)
    (first, _), _ = deliveries.page(campaign.id, 0)
    assert first.duplicate_risk


def test_only_the_chosen_held_mails_are_sent_again(endpoint: Endpoint, pool: ThreadPoolExecutor, time: Clock) -> None:
    campaign = _held(endpoint, pool, time, people=3)
    mails, _ = deliveries.page(campaign.id, 0)
    chosen = mails[1].person_id

    actions.resend_held(campaign_id=campaign.id, person_ids=[chosen], actor=factories.ACTOR)

    assert (move_on(campaign, pool), counts(campaign)) == (SENT, {HELD: 2, "sent": 1})
    with pytest.raises(errors.Conflict, match="held any more"):
        actions.resend_held(campaign_id=campaign.id, person_ids=[chosen], actor=factories.ACTOR)
    assert found(campaign).state == SENT


@pytest.mark.parametrize("again", [actions.retry_failed, actions.resend_held])
def test_there_must_be_something_to_send_again(endpoint: Endpoint, pool: ThreadPoolExecutor, again: object) -> None:
    campaign = start()
    move_on(campaign, pool)
    show(campaign)

    with pytest.raises(errors.Conflict, match="none of its mails"):
        again(campaign_id=campaign.id, actor=factories.ACTOR)  # type: ignore[operator]
    assert found(campaign).state == SENT


def test_retry_asked_of_a_paused_campaign_waits_for_it(endpoint: Endpoint, pool: ThreadPoolExecutor) -> None:
    campaign = _failed(endpoint, pool, people=1)
    actions.retry_failed(campaign_id=campaign.id, actor=factories.ACTOR)
    pause(campaign)

    assert (move_on(campaign, pool), counts(campaign)) == (PAUSED, {FAILED: 1})
    resume(campaign)

    assert (move_on(campaign, pool), counts(campaign)) == (SENT, {"sent": 1})
