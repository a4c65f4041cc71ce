"""Pause, resume, cancel: from where each is possible, what it leaves on record, and what pressing twice does."""

from dataclasses import replace

import pytest

from crm.audit import repository as audit
from crm.campaigns import actions, repository
from crm.campaigns.entities import (
    CANCELLED,
    DRAFT,
    EXPANDING,
    FINAL,
    FREEZING,
    PAUSED,
    SCHEDULED,
    SENDING,
    SENT,
    STATES,
    UNDER_WAY,
    Campaign,
)
from crm.core import clock, errors, transaction
from tests import factories
from tests.campaigns.audience_steps import found, frozen, started

pytestmark = pytest.mark.usefixtures("tables", "data_dir")


def _in(state: str, **given: object) -> Campaign:
    """Return a stored campaign in a state, its audience frozen where that comes before it."""
    campaign = started()
    if state in (EXPANDING, SENDING, SENT, PAUSED):
        campaign = frozen(campaign)
    tx = transaction.begin()
    after = replace(
        campaign,
        state=state,
        paused_from=SENDING if state == PAUSED else "",
        finished_at=clock.now() if state in FINAL else None,
        **given,  # type: ignore[arg-type]
    )
    repository.change(tx, campaign, after)
    tx.commit()
    return found(campaign)


def _paused(campaign: Campaign) -> Campaign:
    return actions.pause(campaign_id=campaign.id, actor=factories.ACTOR)


def _resumed(campaign: Campaign) -> Campaign:
    return actions.resume(campaign_id=campaign.id, actor=factories.ACTOR)


def _cancelled(campaign: Campaign) -> Campaign:
    return actions.cancel(campaign_id=campaign.id, actor=factories.ACTOR)


@pytest.mark.parametrize("state", sorted(UNDER_WAY))
def test_resumed_campaign_goes_on_where_it_was_paused(state: str) -> None:
    campaign = _in(state)

    paused = _paused(campaign)
    assert (paused.state, paused.paused_from) == (PAUSED, state)
    assert found(campaign) == paused
    resumed = _resumed(campaign)

    assert (resumed.state, resumed.paused_from) == (state, "")
    assert found(campaign) == resumed


@pytest.mark.parametrize("state", sorted(set(STATES) - UNDER_WAY))
def test_only_what_is_under_way_can_be_paused(state: str) -> None:
    campaign = _in(state)

    with pytest.raises(errors.Conflict):
        _paused(campaign)

    assert found(campaign) == campaign


@pytest.mark.parametrize("state", sorted(set(STATES) - {PAUSED}))
def test_only_a_paused_campaign_can_be_resumed(state: str) -> None:
    campaign = _in(state)

    with pytest.raises(errors.Conflict):
        _resumed(campaign)

    assert found(campaign) == campaign


@pytest.mark.parametrize("state", sorted(set(STATES) - FINAL))
def test_campaign_can_be_cancelled_until_it_is_over(state: str) -> None:
    assert _cancelled(_in(state)).state == CANCELLED


@pytest.mark.parametrize("state", [EXPANDING, SENDING, PAUSED])
def test_cancelled_campaign_stays_open_until_everybody_is_accounted_for(state: str) -> None:
    campaign = _in(state)

    _cancelled(campaign)

    assert found(campaign).finished_at is None
    assert list(repository.open_ids()) == [campaign.id]


@pytest.mark.parametrize("state", [DRAFT, SCHEDULED, FREEZING])
def test_campaign_without_an_audience_is_over_when_it_is_cancelled(state: str) -> None:
    campaign = _in(state)

    _cancelled(campaign)

    assert found(campaign).finished_at is not None
    assert found(campaign).matched is None
    assert list(repository.open_ids()) == []


def test_pause_while_freezing_then_cancel_is_over_at_once() -> None:
    campaign = started()
    _paused(campaign)

    _cancelled(campaign)

    assert (found(campaign).matched, list(repository.open_ids())) == (None, [])


@pytest.mark.parametrize(("act", "says"), [(_paused, "is paused"), (_cancelled, "is cancelled")])
def test_pressing_twice_names_the_state(act: object, says: str) -> None:
    campaign = _in(SENDING)
    act(campaign)  # type: ignore[operator]

    with pytest.raises(errors.Conflict, match=says):
        act(campaign)  # type: ignore[operator]

    assert len(audit.history("campaign", campaign.id)) == 2


@pytest.mark.parametrize(
    ("act", "action", "before", "after"),
    [
        (_paused, "paused", SENDING, PAUSED),
        (_resumed, "resumed", PAUSED, SENDING),
        (_cancelled, "cancelled", SENDING, CANCELLED),
    ],
)
def test_each_control_is_on_record(act: object, action: str, before: str, after: str) -> None:
    campaign = _in(before)

    act(campaign)  # type: ignore[operator]

    entry = audit.history("campaign", campaign.id)[0]
    assert (entry.action, entry.actor) == (action, factories.ACTOR)
    assert (entry.before["state"], entry.after["state"]) == (before, after)


def test_campaign_that_moved_on_meanwhile_is_judged_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = frozen(started())
    find, stale = repository.find, iter([campaign])
    tx = transaction.begin()
    repository.change(tx, campaign, replace(campaign, state=SENDING))
    tx.commit()
    monkeypatch.setattr(repository, "find", lambda campaign_id: next(stale, None) or find(campaign_id))

    assert _paused(campaign).paused_from == SENDING


def test_moving_cursor_does_not_hold_up_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    factories.person()
    campaign = frozen(started())
    assert repository.advance(campaign, 1, 0, clock.now())
    monkeypatch.setattr(repository, "find", lambda _: campaign)

    _paused(campaign)

    monkeypatch.undo()
    assert (found(campaign).state, found(campaign).next_chunk) == (PAUSED, 1)


def test_campaign_stops_itself_with_a_reason_that_staff_lift() -> None:
    campaign = _in(SENDING)

    assert actions.stop(campaign.id, "The daily quota is used up.")

    stopped = found(campaign)
    assert (stopped.state, stopped.stop_reason) == (PAUSED, "The daily quota is used up.")
    assert audit.history("campaign", campaign.id)[0].actor == "system"
    assert not actions.stop(campaign.id, "Again.")
    assert found(campaign).stop_reason == "The daily quota is used up."
    lifted = _resumed(campaign)
    assert (lifted.state, lifted.stop_reason) == (SENDING, "")


@pytest.mark.parametrize("act", [actions.pause, actions.resume, actions.cancel])
def test_unknown_campaign_is_not_found(act: object) -> None:
    with pytest.raises(errors.NotFound):
        act(campaign_id="nope", actor=factories.ACTOR)  # type: ignore[operator]
