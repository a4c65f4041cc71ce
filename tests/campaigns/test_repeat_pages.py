"""Sending again: failed mails without a risk, held ones only after the risk was said; nobody but senders may."""

from http import HTTPStatus

import pytest
from django.http import HttpResponse
from django.test import Client

from crm.campaigns.entities import Campaign
from crm.campaigns.tables import RETRY_SK, RetryItem, campaign_pk
from tests.campaigns.accounts import sending
from tests.campaigns.audience_steps import found

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir")]


def held_people(client: Client, campaign: Campaign) -> list[str]:
    """Return the people whose rows can be ticked."""
    page = client.get(f"/dashboard/campaigns/{campaign.id}/mails/", {"state": "held"})
    return [one.row.mail.person_id for one in page.context["rows"]]


def led(client: Client, answer: HttpResponse) -> HttpResponse:
    """Load the page to which an answer leads."""
    assert answer.status_code == HTTPStatus.SEE_OTHER
    return client.get(answer["Location"])


def test_retrying_failed_mails_asks_first(as_owner: Client) -> None:
    campaign = sending("sent", "failed", "failed")
    overview = as_owner.get(f"/dashboard/campaigns/{campaign.id}/").content.decode()
    url = f"/dashboard/campaigns/{campaign.id}/retry/"
    assert f'href="{url}"' in overview
    asked = as_owner.get(url).content.decode()
    assert "Retry 2 mails" in asked
    assert "this mails nobody twice" in asked
    assert found(campaign).retrying == ""
    assert as_owner.post(url).status_code == HTTPStatus.SEE_OTHER
    assert found(campaign).retrying == "failed"
    assert "queued again" in as_owner.get(f"/dashboard/campaigns/{campaign.id}/").content.decode()


def test_one_failed_mail_is_retried_from_its_row(as_owner: Client) -> None:
    campaign = sending("sent", "failed", "failed")
    listed = as_owner.get(f"/dashboard/campaigns/{campaign.id}/mails/")
    failed = [one.row.mail.person_id for one in listed.context["rows"] if one.state == "failed"]
    urls = [f"/dashboard/campaigns/{campaign.id}/retry/?id={person}" for person in failed]
    assert [listed.content.decode().count(f'href="{url}"') for url in urls] == [1, 1]
    assert listed.content.decode().count("/retry/?id=") == len(failed)
    asked = as_owner.get(urls[0]).content.decode()
    assert "Try 1 mail again?" in asked
    assert f'<input type="hidden" name="id" value="{failed[0]}">' in asked
    assert found(campaign).retrying == ""
    answer = as_owner.post(f"/dashboard/campaigns/{campaign.id}/retry/", {"id": failed[0]})
    assert b"tries 1 mail again" in led(as_owner, answer).content
    asked_for = RetryItem.get(campaign_pk(campaign.id), RETRY_SK)
    assert asked_for.person_ids == failed[0]


def test_resending_ticked_mails_says_the_risk_and_takes_those_alone(as_owner: Client) -> None:
    campaign = sending("held", "held", "held")
    chosen = held_people(as_owner, campaign)[:2]
    url = f"/dashboard/campaigns/{campaign.id}/resend/"
    asked = as_owner.get(url, {"id": chosen}).content.decode()
    assert "Send 2 mails again that may have arrived?" in asked
    assert "then has it twice" in asked
    for person in chosen:
        assert f'<input type="hidden" name="id" value="{person}">' in asked
    assert found(campaign).retrying == ""
    assert as_owner.post(url, {"id": chosen}).status_code == HTTPStatus.SEE_OTHER
    assert found(campaign).retrying == "held"


def test_resending_without_a_choice_means_all_held(as_owner: Client) -> None:
    campaign = sending("held", "held", "sent")
    assert b"Send 2 mails again" in as_owner.get(f"/dashboard/campaigns/{campaign.id}/resend/").content


def test_nobody_ticked_is_not_everybody(as_owner: Client) -> None:
    campaign = sending("held", "held", "sent")
    listed = as_owner.get(f"/dashboard/campaigns/{campaign.id}/mails/", {"state": "held"}).content.decode()
    form = listed.partition('class="picking"')[2].partition("</form>")[0]
    assert '<input type="hidden" name="picked" value="1">' in form
    url = f"/dashboard/campaigns/{campaign.id}/resend/"
    for ask in (as_owner.get, as_owner.post):
        shown = led(as_owner, ask(url, {"picked": "1"})).content.decode()
        assert "Nobody was ticked." in shown
        assert 'class="picking"' in shown
    assert found(campaign).retrying == ""


def test_resending_whoever_is_not_held_is_refused(as_owner: Client) -> None:
    campaign = sending("held", "sent")
    answer = as_owner.post(f"/dashboard/campaigns/{campaign.id}/resend/", {"id": ["somebody"]})
    assert b"Not all of these mails are held any more." in led(as_owner, answer).content
    assert found(campaign).retrying == ""


def test_where_nothing_failed_or_is_held_nothing_is_offered(as_owner: Client) -> None:
    campaign = sending("sent")
    overview = as_owner.get(f"/dashboard/campaigns/{campaign.id}/").content.decode()
    assert "/retry/" not in overview
    assert "Choose what to resend" not in overview
    for control in ("retry", "resend"):
        url = f"/dashboard/campaigns/{campaign.id}/{control}/"
        assert b'<button class="button primary"' not in as_owner.get(url).content
        assert b"none of its mails is" in led(as_owner, as_owner.post(url)).content


def test_viewer_sees_failed_and_held_ones_but_no_way_to_send_them(as_viewer: Client) -> None:
    campaign = sending("failed", "held")
    overview = as_viewer.get(f"/dashboard/campaigns/{campaign.id}/").content.decode()
    assert "1 held" in overview
    assert "/retry/" not in overview
    listed = as_viewer.get(f"/dashboard/campaigns/{campaign.id}/mails/", {"state": "held"}).content.decode()
    assert 'name="id"' not in listed
    assert "/retry/" not in as_viewer.get(f"/dashboard/campaigns/{campaign.id}/mails/").content.decode()
    for control in ("retry", "resend"):
        url = f"/dashboard/campaigns/{campaign.id}/{control}/"
        assert as_viewer.get(url).status_code == HTTPStatus.FORBIDDEN
        assert as_viewer.post(url).status_code == HTTPStatus.FORBIDDEN
    assert found(campaign).version == campaign.version
