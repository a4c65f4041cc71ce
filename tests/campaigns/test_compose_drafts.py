"""Rules of drafts: kept unfinished, gone on with by whoever may, and never written over unseen."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from crm.campaigns import queries
from crm.campaigns.entities import DRAFT, FREEZING
from tests.campaigns.compose_steps import url
from tests.campaigns.test_compose import MAIL, hidden, started

__all__ = ["url"]

pytestmark = [pytest.mark.usefixtures("tables", "data_dir"), pytest.mark.django_db]


def test_draft_is_kept_unfinished_and_gone_on_with_and_sent(as_owner: Client, url: str) -> None:
    kept = as_owner.post(url, {**MAIL, "subject": "", "body": "Hi {{ comp", "do": "save"})
    (campaign_id,) = started()
    assert kept["Location"] == reverse("campaign-write", args=[campaign_id])
    assert queries.get(campaign_id).campaign.state == DRAFT

    form_url = as_owner.get(kept["Location"])["Location"]
    page = as_owner.get(form_url).content.decode()
    assert "Hi {{ comp</textarea>" in page
    assert 'name="revision" value="1"' in page
    as_owner.post(form_url, {**MAIL, "revision": "1", "do": "save"})
    assert queries.get(campaign_id).body == "Hello,\n\ncome to https://example.com/seats"

    as_owner.post(form_url, {**MAIL, "do": "send", "key": "k"})
    assert started() == [campaign_id]
    assert queries.get(campaign_id).campaign.state == FREEZING


def test_draft_changed_by_somebody_else_meanwhile_is_not_overwritten(as_owner: Client, url: str) -> None:
    form_url = as_owner.get(as_owner.post(url, {**MAIL, "do": "save"})["Location"])["Location"]
    as_owner.post(form_url, {**MAIL, "subject": "Theirs", "revision": "1", "do": "save"})

    response = as_owner.post(form_url, {**MAIL, "subject": "Mine", "revision": "1", "do": "save"})

    assert response.status_code == 422
    page = response.content.decode()
    assert "was changed meanwhile" in page
    assert "Stored meanwhile" in page
    assert "<li>Subject: Theirs</li>" in page
    assert page.count("<li>Subject") == 1
    assert queries.get(started()[0]).campaign.subject == "Theirs"
    assert 'value="Mine"' in page
    assert 'name="revision" value="2"' in page
    saved = as_owner.post(form_url, {**MAIL, "subject": "Mine", "revision": "2", "do": "save"})
    assert saved.status_code == 303
    assert queries.get(started()[0]).campaign.subject == "Mine"


def test_stale_tab_sends_nothing_over_a_colleagues_draft(as_owner: Client, url: str) -> None:
    form_url = as_owner.get(as_owner.post(url, {**MAIL, "do": "save"})["Location"])["Location"]
    reviewed = hidden(as_owner.post(form_url, {**MAIL, "revision": "1", "do": "review"}).content.decode())
    as_owner.post(form_url, {**MAIL, "subject": "Theirs", "revision": "1", "do": "save"})

    response = as_owner.post(form_url, reviewed | {"do": "send"})

    assert response.status_code == 422
    assert "<li>Subject: Theirs</li>" in response.content.decode()
    campaign = queries.get(started()[0]).campaign
    assert (campaign.state, campaign.subject) == (DRAFT, "Theirs")


@pytest.mark.parametrize("zone", ["America/New_York", "US/Eastern"])
def test_draft_keeps_when_it_is_to_go_out(as_owner: Client, url: str, zone: str) -> None:
    later = {"when": "later", "at": "2020-01-01T09:00", "zone": zone}
    form_url = as_owner.get(as_owner.post(url, {**MAIL, **later, "do": "save"})["Location"])["Location"]

    page = as_owner.get(form_url).content.decode()

    assert re.search(r'value="later" checked', page)
    assert 'value="2020-01-01T09:00"' in page
    assert re.search(rf'<option value="{zone}"[^>]* selected', page)
    as_owner.post(form_url, {**MAIL, "when": "now", "zone": "UTC", "revision": "1", "do": "save"})
    assert re.search(r'value="now" checked', as_owner.get(form_url).content.decode())


def test_saving_pressed_twice_keeps_one_draft(as_owner: Client, url: str) -> None:
    (key,) = re.findall(r'name="key" value="([^"]+)"', as_owner.get(url).content.decode())
    typed = {**MAIL, "do": "save", "key": key}

    first, again = (as_owner.post(url, typed) for _ in range(2))

    assert len(started()) == 1
    assert first["Location"] == again["Location"]
    other = as_owner.post(url, {**typed, "subject": "Other words"})
    assert other.status_code == 422
    assert "press again" in other.content.decode()
    assert len(started()) == 1


def test_form_opens_no_draft_that_is_sent(as_owner: Client, url: str) -> None:
    form_url = as_owner.get(as_owner.post(url, {**MAIL, "do": "save"})["Location"])["Location"]
    as_owner.post(form_url, {**MAIL, "do": "send", "key": "k"})

    response = as_owner.get(form_url)

    assert response.status_code == 409
    assert "only a draft can be changed" in response.content.decode()
    late = as_owner.post(form_url, {**MAIL, "revision": "1", "do": "save"})
    assert late.status_code == 422
    assert "only a draft can be changed" in late.content.decode()


def test_draft_that_cannot_be_laid_out_says_why_within_its_frame(as_owner: Client, url: str) -> None:
    as_owner.post(url, {**MAIL, "body": "Hi {{ shoe }}", "do": "save"})

    response = as_owner.get(reverse("campaign-mail", args=started()))

    assert response.status_code == 200
    assert "There is no field “shoe”" in response.content.decode()
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "sandbox" in response["Content-Security-Policy"]


def test_viewer_may_neither_keep_nor_go_on_with_a_draft(as_owner: Client, as_viewer: Client, url: str) -> None:
    as_owner.post(url, {**MAIL, "do": "save"})

    assert as_viewer.post(url, {**MAIL, "do": "save"}).status_code == 403
    assert as_viewer.get(reverse("campaign-write", args=started())).status_code == 403
