"""Rules of writing a mail: it is seen as people get it, nothing with holes goes out, and it may wait."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from crm.campaigns import queries
from crm.campaigns.entities import FREEZING, SCHEDULED
from crm.core import clock
from crm.search import engine
from crm.search.filters import EVERYONE
from tests.campaigns.compose_steps import url
from tests.campaigns.test_compose import MAIL, hidden, started

__all__ = ["url"]

pytestmark = [pytest.mark.usefixtures("tables", "data_dir"), pytest.mark.django_db]
CHECK = {"do": "check"}
ASKS = {"HX-Request": "true", "HX-Target": "mail-check"}


def person_id(first_name: str) -> str:
    everybody = engine.store().people(EVERYONE, sort="email", limit=100).items
    (found,) = [one for one in everybody if one.first_name == first_name]
    return found.id


def test_mail_with_a_hole_is_not_reviewed_and_names_who_would_get_it(as_owner: Client, url: str) -> None:
    response = as_owner.post(url, {**MAIL, "body": "Hi {{ company }}", "do": "review"})
    page = response.content.decode()

    assert response.status_code == 422
    assert "1 person has no company. Write a default, such as {{ company|your team }}." in page
    assert re.search(rf'href="{reverse("person", args=[person_id("Ben")])}">Ben', page)
    assert person_id("Ada") not in re.findall(r'/dashboard/people/([^/"]+)/"', page)
    assert 'value="send"' not in page


def test_people_who_lack_something_can_all_be_listed(as_owner: Client, url: str) -> None:
    page = as_owner.post(url, {**MAIL, "body": "Hi {{ company }}", "do": "review"}).content.decode()
    (listed,) = re.findall(r'<a href="([^"]+)">Show all 1 of them', page)

    people = as_owner.get(listed.replace("&amp;", "&")).content.decode()

    assert "Ben" in people
    assert "Ada" not in people


def test_send_is_refused_when_a_value_went_missing_after_the_review(as_owner: Client, url: str) -> None:
    confirmed = {**MAIL, "body": "Hi {{ company }}", "do": "send", "key": "k"}

    response = as_owner.post(url, confirmed)

    assert response.status_code == 422
    assert "1 person has no company" in response.content.decode()
    assert started() == []


def test_unknown_field_is_told_beside_the_body(as_owner: Client, url: str) -> None:
    page = as_owner.post(url, {**MAIL, "body": "Hi {{ nickname }}", "do": "review"}).content.decode()

    assert re.search(r'id="id_body_error">There is no field “nickname”', page)


def test_check_says_while_writing_how_the_subject_reads_and_who_lacks_what(as_owner: Client, url: str) -> None:
    typed = {**MAIL, **CHECK, "subject": "{{ firstName }}!", "body": "{{ company }}", "as": person_id("Ben")}
    part = as_owner.post(url, typed, headers=ASKS).content.decode()

    assert part.strip().startswith('<div id="mail-check"')
    assert "1 person has no company" in part
    # Said from a region that stays, as one that is swapped itself stays silent.
    assert 'role="status"' not in part
    assert re.search(r'<span hx-swap-oob="innerHTML:#mail-said">1 person has no company', part)
    for page in (as_owner.get(url), as_owner.post(url, {**MAIL, "do": "review"})):
        assert '<p class="vh" id="mail-said" role="status" aria-live="polite"></p>' in page.content.decode()
    assert re.search(r'<b id="preview-subject" hx-swap-oob="true">Ben!</b>', part)
    broken = as_owner.post(url, {**typed, "body": "{{ shoe }}"}, headers=ASKS).content.decode()
    assert '<span hx-swap-oob="innerHTML:#mail-said">There is no field “shoe”' in broken


def test_preview_is_what_the_chosen_person_gets_in_both_parts(as_owner: Client, url: str) -> None:
    typed = {**MAIL, "body": "Hi **{{ firstName }}** [go](https://a.example)"}
    html = as_owner.post(reverse("campaign-preview"), {**typed, "as": person_id("Ben")}).content.decode()
    text = as_owner.post(reverse("campaign-preview"), {**typed, "as": person_id("Ada"), "part": "text"})

    assert re.search(r"Hi <strong>Ben</strong>", html)
    assert "Hi Ada go (https://a.example/?utm_source=newsletter" in text.content.decode()
    assert "sandbox" in text["Content-Security-Policy"]


def test_preview_of_what_cannot_be_laid_out_says_why(as_owner: Client, url: str) -> None:
    page = as_owner.post(reverse("campaign-preview"), {**MAIL, "body": "{{ shoe }}"}).content.decode()

    assert "There is no field “shoe”" in page


def test_kind_is_chosen_and_kept(as_owner: Client, url: str) -> None:
    reviewed = as_owner.post(url, {**MAIL, "kind": "invitation", "do": "review"}).content.decode()
    assert "<dd>Event invitations</dd>" in reviewed
    as_owner.post(url, hidden(reviewed) | {"do": "send"})

    campaign = queries.get(started()[0]).campaign
    assert (campaign.kind, campaign.state) == ("invitation", FREEZING)


def test_unknown_kind_is_refused(as_owner: Client, url: str) -> None:
    response = as_owner.post(url, {**MAIL, "kind": "spam", "do": "review"})

    assert response.status_code == 422
    assert "id_kind_error" in response.content.decode()


def test_mail_may_go_out_later_on_the_clock_of_a_place(as_owner: Client, url: str) -> None:
    day = (clock.now() + timedelta(days=30)).date()
    typed = {**MAIL, "when": "later", "at": f"{day}T09:00", "zone": "America/New_York"}
    reviewed = as_owner.post(url, {**typed, "do": "review"}).content.decode()
    assert "(America/New_York)" in reviewed
    assert "Schedule for 2" in reviewed
    as_owner.post(url, hidden(reviewed) | {"do": "send"})

    campaign = queries.get(started()[0]).campaign
    assert (campaign.state, campaign.zone) == (SCHEDULED, "America/New_York")
    assert campaign.scheduled_at is not None
    assert campaign.scheduled_at.hour in (13, 14)


@pytest.mark.parametrize(("at", "said"), [("", "Say when it goes out."), ("2020-01-01T09:00", "This time is over.")])
def test_time_that_cannot_be_is_told_beside_it(as_owner: Client, url: str, at: str, said: str) -> None:
    response = as_owner.post(url, {**MAIL, "when": "later", "at": at, "zone": "UTC", "do": "review"})

    assert response.status_code == 422
    assert re.search(rf'id="id_at_error">{said}', response.content.decode())


def test_enter_in_a_field_goes_to_the_review(as_owner: Client, url: str) -> None:
    page = as_owner.get(url).content.decode()
    form = page[page.index('id="campaign-form"') :]

    # The form's first submit button is what a browser presses then.
    assert re.findall(r'<button class="[^"]*"(?: name="do" value="(\w+)")?', form)[0] == "review"


def test_sent_mail_is_shown_as_it_was_laid_out(as_owner: Client, as_viewer: Client, url: str) -> None:
    as_owner.post(url, {**MAIL, "body": "Hi **{{ firstName|there }}**", "do": "send", "key": "k"})
    (campaign_id,) = started()

    response = as_viewer.get(reverse("campaign-mail", args=[campaign_id]), {"as": person_id("Ada")})

    assert "Hi <strong>Ada</strong>" in response.content.decode()
    assert "sandbox" in response["Content-Security-Policy"]
    assert (
        reverse("campaign-mail", args=[campaign_id])
        in as_viewer.get(reverse("campaign", args=[campaign_id])).content.decode()
    )
