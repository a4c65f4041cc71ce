"""The page Sending: what SES grants, what of it is used, what is stopped and why, and what lifts that."""

import threading
from http import HTTPStatus

import pytest
from django.test import Client

from crm.campaigns import actions, repository
from crm.campaigns.entities import SENDING
from crm.deliveries import health
from crm.deliveries.ses import Account
from tests import factories
from tests.campaigns import audience_steps
from tests.campaigns.accounts import sending
from tests.deliveries.conftest import endpoint
from tests.deliveries.ses_endpoint import Endpoint
from tests.integration.stack import eventually

__all__ = ["endpoint"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir")]
URL = "/dashboard/sending/"


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the page wait for an answer for as long as it takes on a busy machine, where a test wants one."""
    monkeypatch.setattr(health, "_PAGE_WAITS_S", 60.0)


def text(client: Client) -> str:
    """Load the page as its words."""
    return " ".join(client.get(URL).content.decode().split())


def test_page_shows_what_ses_grants_and_what_is_used(as_viewer: Client, endpoint: Endpoint) -> None:
    endpoint.quota = {"MaxSendRate": 14.0, "Max24HourSend": 50_000.0, "SentLast24Hours": 1_234.0}
    page = text(as_viewer)
    assert "<span>SES grants</span><b>14</b>" in page
    assert "<span>We send at most</span><b>12.6</b><small>a second, 90 % of it" in page
    assert "<span>Quota in 24 hours</span><b>50,000</b>" in page
    assert "<span>Used in 24 hours</span><b>1,234</b><small>48,766 left" in page
    assert "Nothing is stopped." in page


def test_account_without_a_quota_says_so(as_viewer: Client, endpoint: Endpoint) -> None:
    endpoint.quota = {"MaxSendRate": 14.0, "Max24HourSend": -1.0, "SentLast24Hours": 7.0}
    page = text(as_viewer)
    assert "<span>Quota in 24 hours</span><b>none</b>" in page
    assert "<b>7</b><small>mails</small>" in page


def test_account_that_is_stopped_says_why(as_viewer: Client, endpoint: Endpoint) -> None:
    endpoint.account = {"SendingEnabled": False}
    assert "SES takes no mail:</b> SES has paused sending for this account." in text(as_viewer)


def test_page_does_not_go_by_what_ses_said_minutes_ago(
    as_viewer: Client, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "SES takes mail" in text(as_viewer)
    endpoint.account = {"SendingEnabled": False}
    assert "SES takes mail" in text(as_viewer), "whoever reloads it at once does not burden SES"
    monkeypatch.setattr(health._health(), "_asked_at", health._health()._asked_at - 5.1)
    assert "SES takes no mail" in text(as_viewer)


def test_ses_that_does_not_answer_is_not_taken_for_well(
    as_viewer: Client, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health.ses, "account", lambda: None)
    page = text(as_viewer)
    assert "SES did not say what it grants." in page
    assert "SES takes mail" not in page


@pytest.fixture
def hangs(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """An SES that keeps whoever asks it waiting. Returns what ends that, and what tells that it answered."""
    ask, may_answer, answered = health.ses.account, threading.Event(), threading.Event()

    def account() -> Account | None:
        may_answer.wait(10)
        answered.set()
        return ask()

    monkeypatch.setattr(health.ses, "account", account)
    monkeypatch.setattr(health, "_PAGE_WAITS_S", 0.05)
    return may_answer, answered


def test_nobody_waits_for_an_ses_that_hangs_from_the_beginning(
    as_viewer: Client, hangs: tuple[threading.Event, threading.Event]
) -> None:
    may_answer, answered = hangs
    assert "SES did not say what it grants." in text(as_viewer)
    assert not answered.is_set()
    may_answer.set()
    assert eventually(lambda: "SES takes mail" in text(as_viewer))


def test_page_says_whose_word_it_shows_while_ses_hangs(
    as_viewer: Client, hangs: tuple[threading.Event, threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    may_answer, answered = hangs
    may_answer.set()
    assert eventually(lambda: "SES takes mail" in text(as_viewer))
    may_answer.clear()
    answered.clear()
    monkeypatch.setattr(health._health(), "_asked_at", health._health()._asked_at - 5.1)
    assert "SES does not answer at present.</b> What it said" in text(as_viewer)
    assert "SES does not answer" in text(as_viewer), "nor is one waited for that somebody asks already"
    assert not answered.is_set()
    may_answer.set()
    assert eventually(lambda: "SES takes mail" in text(as_viewer))


def test_every_campaign_that_stopped_itself_is_listed_however_many_were_paused_by_hand_since(
    as_viewer: Client, endpoint: Endpoint
) -> None:
    stopped = sending("pending")
    actions.stop(stopped.id, "quota")
    for _ in range(51):
        actions.pause(campaign_id=audience_steps.started().id, actor=factories.ACTOR)
    assert [one.id for one in as_viewer.get(URL).context["stopped"]] == [stopped.id]


def test_campaign_that_stopped_itself_is_listed_and_lifted_there(as_owner: Client, endpoint: Endpoint) -> None:
    stopped, by_hand = sending("pending"), sending("pending")
    actions.stop(stopped.id, "26 of 400 mails bounced: more than 5 %")
    actions.pause(campaign_id=by_hand.id, actor=factories.ACTOR)
    page = as_owner.get(URL)
    assert [one.id for one in page.context["stopped"]] == [stopped.id]
    assert "26 of 400 mails bounced" in page.content.decode()
    lift = f"/dashboard/campaigns/{stopped.id}/resume/"
    assert lift in page.content.decode()
    assert as_owner.post(lift).status_code == HTTPStatus.SEE_OTHER
    lifted = repository.get(stopped.id)
    assert (lifted.state, lifted.stop_reason) == (SENDING, "")
    assert not as_owner.get(URL).context["stopped"]


def test_viewer_sees_the_reason_but_lifts_nothing(as_viewer: Client, endpoint: Endpoint) -> None:
    stopped = sending("pending")
    actions.stop(stopped.id, "quota")
    page = as_viewer.get(URL).content.decode()
    assert "quota" in page
    assert "Lift and go on" not in page
    assert as_viewer.post(f"/dashboard/campaigns/{stopped.id}/resume/").status_code == HTTPStatus.FORBIDDEN
