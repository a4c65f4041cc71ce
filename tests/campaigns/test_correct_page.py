"""A correction goes to those who got the mail, after a question, once."""

from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

import pytest
from django.test import Client

from crm.campaigns import actions, closing, queries, repository
from crm.campaigns.entities import Campaign
from tests import factories
from tests.campaigns import audience_steps
from tests.campaigns.accounts import sending

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir")]

WRITTEN = {"subject": "Correction: Hi", "body": "It is on Friday.", "utm_source": "news", "key": "once"}


def over(*states: str) -> Campaign:
    """A campaign that was cancelled halfway."""
    campaign = sending(*states)
    actions.cancel(campaign_id=campaign.id, actor=factories.ACTOR)
    with ThreadPoolExecutor(1) as pool:
        closing.close(audience_steps.found(campaign), 0, pool, audience_steps.never)
    return audience_steps.found(campaign)


def corrections(campaign: Campaign) -> list[Campaign]:
    """Return the campaigns that correct it."""
    found = [repository.find(row.id) for row in queries.page().items]
    return [one for one in found if one is not None and one.correction_of == campaign.id]


def test_correction_is_written_reviewed_and_sent(as_owner: Client) -> None:
    campaign = over("sent", "sent", "skipped", "pending")
    url = f"/dashboard/campaigns/{campaign.id}/correct/"
    assert f'href="{url}"' in as_owner.get(f"/dashboard/campaigns/{campaign.id}/").content.decode()
    form = as_owner.get(url).content.decode()
    assert 'value="Correction: Hi"' in form
    assert "2 people" in form
    review = as_owner.post(url, {**WRITTEN, "do": "review"}).content.decode()
    assert "Send the correction to 2 people?" in review
    assert corrections(campaign) == []
    sent = as_owner.post(url, {**WRITTEN, "do": "send"})
    assert sent.status_code == HTTPStatus.SEE_OTHER
    (correction,) = corrections(campaign)
    assert (correction.subject, correction.utm.source) == ("Correction: Hi", "news")
    page = as_owner.get(sent["Location"]).content.decode()
    assert f'a correction of <a href="/dashboard/campaigns/{campaign.id}/">Hi</a>' in page


def test_button_pressed_twice_sends_one_correction(as_owner: Client) -> None:
    campaign = over("sent")
    url = f"/dashboard/campaigns/{campaign.id}/correct/"
    first, second = (as_owner.post(url, {**WRITTEN, "do": "send"}) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert len(corrections(campaign)) == 1


def test_mail_without_a_body_is_not_reviewed(as_owner: Client) -> None:
    url = f"/dashboard/campaigns/{over('sent').id}/correct/"
    answer = as_owner.post(url, {**WRITTEN, "body": " ", "do": "send"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "This is required." in answer.content.decode()


def test_campaign_still_on_its_way_is_not_corrected(as_owner: Client) -> None:
    campaign = sending("sent", "pending")
    assert "/correct/" not in as_owner.get(f"/dashboard/campaigns/{campaign.id}/").content.decode()
    answer = as_owner.post(f"/dashboard/campaigns/{campaign.id}/correct/", {**WRITTEN, "do": "send"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "wait until it is sent, then correct it" in answer.content.decode()


def test_viewer_corrects_nothing(as_viewer: Client) -> None:
    campaign = over("sent")
    assert "/correct/" not in as_viewer.get(f"/dashboard/campaigns/{campaign.id}/").content.decode()
    url = f"/dashboard/campaigns/{campaign.id}/correct/"
    assert as_viewer.get(url).status_code == HTTPStatus.FORBIDDEN
    assert as_viewer.post(url, {**WRITTEN, "do": "send"}).status_code == HTTPStatus.FORBIDDEN
    assert corrections(campaign) == []


def test_review_warns_that_whoever_lacks_a_field_gets_no_correction(as_owner: Client) -> None:
    url = f"/dashboard/campaigns/{over('sent').id}/correct/"

    asked = as_owner.post(url, {**WRITTEN, "body": "Hi {{ firstName|there }} at {{ company }}", "do": "review"})

    page = asked.content.decode()
    assert page.count("gets nothing: their mail fails") == 1
    assert "Whoever has no company gets nothing" in page
    assert "such as {{ company|your team }}." in page
    assert "gets nothing" not in as_owner.post(url, {**WRITTEN, "do": "review"}).content.decode()


def test_correction_that_cannot_be_laid_out_says_why_beside_its_body(as_owner: Client) -> None:
    url = f"/dashboard/campaigns/{over('sent').id}/correct/"

    for step in ("review", "send"):
        response = as_owner.post(url, {**WRITTEN, "body": "Hi {{ shoe }}", "do": step})
        assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert "There is no field “shoe”" in response.content.decode()
