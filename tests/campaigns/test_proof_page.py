"""The proof: the sums of a count, what is open and why, who was mailed twice; each number opens its rows."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client

from crm.campaigns import actions, proof, tallies
from crm.campaigns.entities import Campaign
from crm.campaigns.proof_page import Shown
from crm.core import clock
from crm.deliveries.tables import DeliveryItem, delivery_pk
from tests import factories
from tests.campaigns import accounts
from tests.campaigns.accounts import counted, sending, with_mails

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir")]


def shown(client: Client, campaign: Campaign) -> Shown:
    """Load the proof and return what it shows."""
    found = client.get(f"/dashboard/campaigns/{campaign.id}/proof/").context["shown"]
    assert isinstance(found, Shown)
    return found


def test_every_number_of_the_proof_opens_exactly_its_rows(as_viewer: Client) -> None:
    campaign = sending("sent", "sent", "pending", "failed", "held", "skipped", "skipped", attempt=1)
    counted(campaign)
    page = shown(as_viewer, campaign)
    assert (page.proof.matched, page.queued, page.left_out, page.missing) == (7, 5, 2, 0)
    assert {line.state: line.mails for line in page.states} == {
        "sent": 2,
        "failed": 1,
        "held": 1,
        "skipped": 2,
        "pending": 1,
    }
    assert [(line.label, line.mails) for line in page.reasons] == [("Unsubscribed", 2)]
    for line in [*page.states, *page.reasons]:
        assert as_viewer.get(line.url).context["total"] == line.mails
    assert (page.proof.calls, page.unaccepted) == (7, 5)


def test_what_is_open_is_named_with_why_and_since_when(as_viewer: Client) -> None:
    campaign = sending("sent", "pending", "unknown")
    counted(campaign)
    page = shown(as_viewer, campaign)
    assert page.verdict.words.endswith("2 mails are still open.")
    assert page.proof.open_since is not None
    meanings = {line.state: line.meaning for line in page.states}
    assert "held if there is no news" in meanings["unknown"]
    assert meanings["pending"].startswith("Waits for its turn")
    actions.pause(campaign_id=campaign.id, actor=factories.ACTOR)
    paused = {line.state: line.meaning for line in shown(as_viewer, campaign).states}
    assert paused["pending"] == "Waits until the campaign is resumed."


def test_each_open_number_says_why_and_what_next_and_opens_exactly_its_people(as_viewer: Client) -> None:
    now = clock.now()
    soon, past = now + timedelta(minutes=5), now - timedelta(minutes=5)
    campaign = with_mails(
        {"due_at": past, "state_at": past},
        {"due_at": past, "state_at": now},
        {"due_at": soon, "reason": "TooManyRequestsException: slowly"},
        {"due_at": past, "reason": "EndpointConnectionError"},
        {"state": "sending", "due_at": soon},
        {"state": "unknown", "due_at": soon, "reason": "ReadTimeoutError"},
        {"state": "held", "due_at": None, "reason": "ReadTimeoutError"},
        {"state": "sent", "due_at": None},
    )
    counted(campaign)
    lines = shown(as_viewer, campaign).open
    told = [(line.one.state, line.one.mails, line.one.then, line.one.why.partition(";")[0]) for line in lines]
    assert told == [
        ("pending", 2, "", "Waits for its turn, at the pace that SES grants."),
        ("pending", 1, "", "Waits for its turn again, at the pace that SES grants, after: EndpointConnectionError."),
        ("pending", 1, "Tried again by", "Put off after: TooManyRequestsException: slowly."),
        ("sending", 1, "Settled by", "A call to SES is under way"),
        ("unknown", 1, "Held from", "SES gave no answer (ReadTimeoutError). Waits for news"),
        ("held", 1, "", told[5][3]),
    ]
    assert "Staff decide" in told[5][3]
    assert lines[0].one.since == past
    for line in lines:
        listed = as_viewer.get(line.url).context
        assert (listed["total"], {row.row.mail.reason for row in listed["rows"]}) == (line.one.mails, {line.one.reason})
    page = as_viewer.get(f"/dashboard/campaigns/{campaign.id}/proof/").content.decode()
    assert "What is still open, and why" in page


def test_reasons_beyond_those_told_apart_are_counted_together(
    as_viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tallies, "REASONS", 1)
    campaign = with_mails({"reason": "first"}, {"reason": "second"}, {"reason": "third"})
    counted(campaign)
    one, rest = sorted(shown(as_viewer, campaign).open, key=lambda line: line.one.mails)
    assert (one.one.mails, rest.one.mails, rest.url) == (1, 2, "")
    assert "the CSV names each" in rest.one.why


def test_number_whose_list_may_be_longer_says_at_least(as_viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once reasons are counted together, some of theirs may be counted there that another partition knows apart."""
    monkeypatch.setattr(tallies, "REASONS", 1)
    campaign = with_mails({"reason": "first"}, {"reason": "second"}, {"reason": ""}, {"state": "unknown"})
    counted(campaign)
    lines = shown(as_viewer, campaign).open
    exact = {(line.one.state, line.url != "", line.one.reason == ""): line.one.is_exact for line in lines}
    assert exact == {
        ("pending", True, False): False,
        ("pending", False, False): True,
        ("pending", True, True): True,
        ("unknown", True, True): True,
    }
    page = as_viewer.get(f"/dashboard/campaigns/{campaign.id}/proof/").content.decode()
    assert page.count("<small>at least</small> 1</a>") == 1


def test_of_a_paused_campaign_the_pause_is_why(as_viewer: Client) -> None:
    campaign = with_mails({"due_at": clock.now() + timedelta(hours=1), "reason": "busy"}, {"state": "unknown"})
    counted(campaign)
    actions.stop(campaign.id, "SES has paused sending for this account")
    pending, unknown = shown(as_viewer, campaign).open
    assert pending.one.why.startswith("The campaign is paused (SES has paused sending for this account)")
    assert (pending.one.until, unknown.one.until) == (None, None)
    assert "once the campaign is resumed" in unknown.one.why


def test_all_final_and_nobody_twice_is_said_in_one_sentence(as_viewer: Client) -> None:
    campaign = sending("sent", "skipped")
    counted(campaign)
    page = as_viewer.get(f"/dashboard/campaigns/{campaign.id}/proof/").content.decode()
    assert "Everybody is in exactly one state. Nobody was mailed twice. Nothing is open." in page


def test_held_mails_are_not_passed_over(as_viewer: Client) -> None:
    campaign = sending("sent", "held")
    counted(campaign)
    assert shown(as_viewer, campaign).verdict.words.endswith("1 mail is held, for staff to decide.")


def test_whoever_was_mailed_twice_is_listed(as_viewer: Client) -> None:
    campaign = sending("sent", "sent", "failed", attempt=1)
    row = next(one for one in DeliveryItem.query(delivery_pk(campaign.id, 0)) if one.state == "sent")
    row.update(actions=[DeliveryItem.other_message_ids.set(["second"]), DeliveryItem.attempt.set(2)])
    counted(campaign)
    page = shown(as_viewer, campaign)
    assert (page.proof.calls, page.proof.states["sent"], page.proof.duplicated, page.unaccepted) == (4, 2, 1, 1)
    assert (page.verdict.tone, page.verdict.words) == ("bad", "1 person was mailed more than once.")
    assert [line.url for line in page.twice] == [f"/dashboard/people/{row.sk.partition('#')[0]}/"]


def test_mails_sent_again_make_the_count_old(as_viewer: Client) -> None:
    campaign = sending("sent", "failed")
    counted(campaign)
    actions.retry_failed(campaign_id=campaign.id, actor=factories.ACTOR)
    assert shown(as_viewer, campaign).verdict.words.startswith("Mails were sent again since this count.")


def test_counting_again_is_asked_for_once_and_followed(as_owner: Client) -> None:
    campaign = sending("sent", "sent")
    url = f"/dashboard/campaigns/{campaign.id}/proof/"
    before = as_owner.get(url).content.decode()
    assert "Not counted yet" in before
    assert "Count now" in before
    assert 'hx-trigger="every 2s"' not in before
    assert as_owner.post(f"{url}count/").status_code == HTTPStatus.SEE_OTHER
    after = as_owner.get(url).content.decode()
    assert "of 2 counted" in after
    assert 'hx-trigger="every 2s"' in after
    assert "Count now" not in after
    part = as_owner.get(url, headers={"HX-Request": "true", "HX-Target": "campaign-count"}).content
    assert part.lstrip().startswith(b'<div class="stack-v loose" id="campaign-count"')


def test_end_of_a_count_is_said_from_a_region_that_stays(as_viewer: Client) -> None:
    campaign = sending("sent")
    counted(campaign)
    url = f"/dashboard/campaigns/{campaign.id}/proof/"
    page = as_viewer.get(url).content.decode()
    part = as_viewer.get(url, headers={"HX-Request": "true", "HX-Target": "campaign-count"}).content.decode()

    assert '<p class="vh" id="proof-said" role="status" aria-live="polite"></p>' in page
    assert 'id="proof-said"' not in part
    assert f'<span hx-swap-oob="innerHTML:#proof-said">{shown(as_viewer, campaign).verdict.words}</span>' in part


def test_viewer_sees_the_proof_but_asks_for_nothing(as_viewer: Client) -> None:
    campaign = sending("sent")
    counted(campaign)
    page = as_viewer.get(f"/dashboard/campaigns/{campaign.id}/proof/").content.decode()
    assert "Every row as CSV" not in page
    assert "Count again" not in page
    assert as_viewer.post(f"/dashboard/campaigns/{campaign.id}/proof/count/").status_code == HTTPStatus.FORBIDDEN
    assert not proof.is_asked(campaign.id)


def test_before_anybody_is_chosen_there_is_nothing_to_count(as_owner: Client) -> None:
    campaign = accounts.audience_steps.started()
    page = as_owner.get(f"/dashboard/campaigns/{campaign.id}/proof/").content.decode()
    assert "There is nothing to count before its people are chosen." in page
    assert as_owner.post(f"/dashboard/campaigns/{campaign.id}/proof/count/").status_code == HTTPStatus.CONFLICT
