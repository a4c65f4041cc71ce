"""The pages of campaigns: every number opens exactly its rows, and the page asks again until all is final."""

import re
from datetime import timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from crm.campaigns import actions, repository
from crm.campaigns.progress import Progress
from crm.core import clock
from crm.core.utm import Utm
from crm.search import filters
from tests import factories
from tests.mail_documents import mails

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir")]


def started(**values: object) -> str:
    """Start a campaign to everybody at TechCorp; return its id."""
    given = {"name": "Early seats", "subject": "Join us", "body": "Hi,\n\ncome!", **values}
    where = filters.from_query({"company": "TechCorp"})
    utm = Utm("newsletter", "email", "tech_conf_2025")
    return actions.send(where=where, utm=utm, actor=factories.ACTOR, **given).campaign.id  # type: ignore[arg-type]


def test_a_campaign_whose_audience_is_being_frozen_says_so_and_asks_again(as_owner: Client) -> None:
    page = as_owner.get(f"/dashboard/campaigns/{started()}/").content.decode()
    assert "Writing down whom it goes to" in page
    assert 'hx-trigger="every 2s"' in page
    assert "<dt>Campaign</dt><dd>tech_conf_2025</dd>" in page
    assert "People at TechCorp" in page


def test_htmx_asking_again_gets_the_live_part_alone(as_owner: Client) -> None:
    url = f"/dashboard/campaigns/{started()}/"
    part = as_owner.get(url, headers={"HX-Request": "true", "HX-Target": "campaign-live"}).content
    assert part.lstrip().startswith(b'<div class="stack-v loose" id="campaign-live"')
    assert b'id="campaign-state" hx-swap-oob="true"' in part
    assert b"<html" not in part


def test_a_tenth_of_the_way_is_read_aloud_once(as_owner: Client) -> None:
    url = f"/dashboard/campaigns/{started()}/"
    asked = {"HX-Request": "true", "HX-Target": "campaign-live"}
    assert b"Choosing people, 0 % done" in as_owner.get(url, {"said": ""}, headers=asked).content
    assert b"0 % done" not in as_owner.get(url, {"said": "freezing-0"}, headers=asked).content


def test_a_final_campaign_is_not_asked_for_again(as_owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = started()
    found = repository.find

    def finished(campaign_id: str) -> object:
        from dataclasses import replace  # noqa: PLC0415 - beside its one use

        stored = found(campaign_id)
        assert stored is not None
        return replace(stored, state="sent", matched=0)

    monkeypatch.setattr(repository, "find", finished)
    assert "every 2s" not in as_owner.get(f"/dashboard/campaigns/{campaign}/").content.decode()


def test_every_number_opens_exactly_its_rows(as_owner: Client) -> None:
    campaign = started()
    mails(3, "sent", campaign_id=campaign)
    mails(2, "pending", campaign_id=campaign)
    mails(2, "skipped", campaign_id=campaign, reason="unsubscribed")
    mails(1, "skipped", campaign_id=campaign, reason="suppressed")
    mails(4, "sent", campaign_id="another")
    shown = as_owner.get(f"/dashboard/campaigns/{campaign}/").context["progress"]
    assert (shown.queued, shown.left_out, shown.sent) == (5, 3, 3)
    for number in [*shown.counts, *shown.exclusions]:
        page = as_owner.get(number.url)
        assert page.context["total"] == len(page.context["rows"]) == number.mails
    assert {one.label: one.mails for one in shown.exclusions} == {"Unsubscribed": 2, "On the do-not-mail list": 1}


def test_an_unknown_state_is_named(as_owner: Client) -> None:
    answer = as_owner.get(f"/dashboard/campaigns/{started()}/mails/", {"state": "lost"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def test_campaigns_are_listed_with_their_progress_and_searched(as_owner: Client) -> None:
    campaign = started(name="Early seats")
    started(name="Monthly news")
    mails(2, "sent", campaign_id=campaign)
    page = as_owner.get("/dashboard/campaigns/", {"q": "early"})
    (row,) = page.context["rows"]
    assert (row["campaign"].name, row["progress"].sent) == ("Early seats", 2)
    counts = {one["label"]: one["count"] for one in as_owner.get("/dashboard/campaigns/").context["states"]}
    assert counts["All"] == 2


def test_list_says_when_a_scheduled_campaign_goes_out_and_of_which_kind_it_is(as_owner: Client) -> None:
    at = (clock.now() + timedelta(days=40)).replace(hour=17, minute=30)
    started(name="Winter", kind="invitation", at=at, zone="Asia/Tokyo")
    started(name="News")
    page = " ".join(as_owner.get("/dashboard/campaigns/").content.decode().split())
    there = at.astimezone(ZoneInfo("Asia/Tokyo"))
    assert re.search(rf'goes out <time datetime="{there:%Y-%m-%d}T02:30\+09:00">[^<]* 02:30</time> in Tokyo', page)
    assert page.count("goes out") == 1
    assert page.count('<td class="soft">Event invitations</td>') == 1
    assert page.count('<td class="soft">Newsletters</td>') == 1


def test_before_the_first_campaign_the_page_says_how_to_begin(as_owner: Client, as_viewer: Client) -> None:
    assert b"New campaign" in as_owner.get("/dashboard/campaigns/").content
    assert b"New campaign" not in as_viewer.get("/dashboard/campaigns/").content


def test_an_unknown_campaign_is_not_found(as_owner: Client) -> None:
    assert as_owner.get("/dashboard/campaigns/none/").status_code == HTTPStatus.NOT_FOUND


def progress(matched: int | None, state: str = "sending", **states: int) -> Progress:
    return Progress("c", state, matched, states, {})


def test_matched_is_queued_and_left_out_and_what_is_still_to_queue() -> None:
    shown = progress(100, sent=20, pending=30, skipped=10)
    assert (shown.queued, shown.left_out, shown.unqueued) == (50, 10, 40)


def test_hundred_percent_only_when_all_is_done() -> None:
    assert progress(1000, sent=999, pending=1).percent == 99
    assert progress(1000, sent=900, failed=99, held=1).percent == 100


def test_of_a_cancelled_campaign_the_part_that_was_sent_is_shown() -> None:
    assert progress(100, state="cancelled", sent=24, cancelled=76).percent == 24


def test_a_campaign_that_reached_nobody_is_done() -> None:
    assert progress(0, state="sent").percent == 100
    assert progress(None, state="freezing").percent == 0
