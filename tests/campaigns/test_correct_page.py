"""A correction goes to those who got the mail, after a question, once."""

import re
from html import unescape
from http import HTTPStatus

import pytest
from django.test import Client

from crm.campaigns import queries, repository
from crm.campaigns.entities import Campaign
from crm.people import actions as people
from crm.people.queries import get
from crm.search import engine
from crm.suppressions import actions as suppressions
from tests import factories
from tests.campaigns.accounts import cancelled, sending

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir")]

WRITTEN = {"subject": "Correction: Hi", "body": "It is on Friday.", "utm_source": "news", "key": "once"}


def over(*states: str) -> Campaign:
    """A campaign that was cancelled halfway."""
    return cancelled(sending(*states))


def corrections(campaign: Campaign) -> list[Campaign]:
    """Return the campaigns that correct it."""
    found = [repository.find(row.id) for row in queries.page().items]
    return [one for one in found if one is not None and one.correction_of == campaign.id]


def reached(campaign: Campaign) -> list[str]:
    """Return the ids of those whose mail was accepted."""
    return [mail.person_id for mail in engine.store().deliveries(campaign_id=campaign.id, state="sent").items]


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


def test_heading_counts_and_preview_offers_those_who_will_get_it(as_owner: Client) -> None:
    campaign = over("sent", "sent", "sent", "pending")
    left, deleted, stays = reached(campaign)
    suppressions.add(email=get(left).fields.email, reason="asked", actor=factories.ACTOR)
    people.delete(person_id=deleted, actor=factories.ACTOR)
    url = f"/dashboard/campaigns/{campaign.id}/correct/"
    form = as_owner.get(url).content.decode()
    assert ("3 people" in form, "then send to 1 <" in form) == (True, True)
    answer = as_owner.post(url, {**WRITTEN, "do": "review"})
    review = answer.content.decode()
    assert "Send the correction to 1 person?" in review
    assert "3 got the mail." in review
    assert [person.id for person in answer.context["audience"]["samples"]] == [stays], "nor is it previewed by others"


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


def test_correction_with_a_hole_for_somebody_is_neither_reviewed_nor_sent(as_owner: Client) -> None:
    campaign = over("sent", "sent", "failed")
    url = f"/dashboard/campaigns/{campaign.id}/correct/"
    holed = {**WRITTEN, "body": "Hi {{ firstName|there }} at {{ company }}"}

    review = as_owner.post(url, {**holed, "do": "review"})
    sent = as_owner.post(url, {**holed, "do": "send"})

    for answer in (review, sent):
        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        problem = "2 people have no company. Write a default, such as {{ company|your team }}."
        assert problem in answer.context["form"].errors["body"]
    assert corrections(campaign) == []
    page = review.content.decode()
    people_url = unescape(re.findall(r'href="([^"]+)">Show all 2 of them', page)[0])
    listed = [row.person for row in as_owner.get(people_url).context["list"].rows]
    assert all(f'href="/dashboard/people/{person.id}/">{person.name}</a>' in page for person in listed)
    assert {person.id for person in listed} == set(reached(campaign))


def test_whoever_left_this_kind_since_is_not_waited_for(as_owner: Client) -> None:
    campaign = over("sent")
    factories.leave(get(reached(campaign)[0]), campaign.kind)
    url = f"/dashboard/campaigns/{campaign.id}/correct/"

    review = as_owner.post(url, {**WRITTEN, "body": "At {{ company }}", "do": "review"})

    assert review.status_code == HTTPStatus.OK
    assert "Send the correction to" in review.content.decode()


def test_correction_that_cannot_be_laid_out_says_why_beside_its_body(as_owner: Client) -> None:
    url = f"/dashboard/campaigns/{over('sent').id}/correct/"

    for step in ("review", "send"):
        response = as_owner.post(url, {**WRITTEN, "body": "Hi {{ shoe }}", "do": step})
        assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert "There is no field “shoe”" in response.content.decode()
