"""Rules of writing a campaign: whom it goes to is shown first, nothing is sent unasked, and nothing is sent twice."""

import re
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from crm.audit import repository as audit
from crm.campaigns import queries
from crm.campaigns.compose_forms import suggested
from crm.core import clock, transaction
from crm.search import engine
from crm.suppressions import repository as suppressions
from crm.suppressions.entities import Suppression
from tests import factories

pytestmark = [pytest.mark.usefixtures("tables", "data_dir"), pytest.mark.django_db]

MAIL = {
    "name": "Product Summit 2027",
    "subject": "Early seats",
    "body": "Hello,\r\n\r\ncome to https://example.com/seats",
    "utm_source": "newsletter",
    "utm_medium": "email",
    "utm_campaign": "",
}


@pytest.fixture
def url(tables: None, data_dir: Path) -> str:
    """The form for the three people at TechCorp."""
    for name in ("Ada", "Ben", "Cai"):
        factories.person(first_name=name, company="TechCorp")
    factories.person(company="Acme")
    return f"{reverse('campaign-new')}?company=TechCorp"


def hidden(page: str) -> dict[str, str]:
    """Return the hidden inputs of the confirmation, as a browser posts them back."""
    inputs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    area = re.findall(r'<input type="hidden" name="body" value="([^"]*)"', page)
    return {**dict(inputs), **({"body": area[0]} if area else {})}


def started() -> list[str]:
    """Return the ids of all campaigns there are."""
    return [campaign.id for campaign in engine.store().campaigns().items]


def test_form_counts_the_people_of_the_filter_as_an_equation(as_owner: Client, url: str) -> None:
    page = as_owner.get(url).content.decode()
    assert "E-mail these 3 people" in page
    assert "People at TechCorp" in page
    numbers = re.findall(r"<b>(?:<a[^>]*>)?(\d+)(?:</a>)?</b>(matched|queued|left out)", page)
    assert numbers == [("3", "matched"), ("3", "queued"), ("0", "left out")]
    queued = unescape(re.findall(r'<a href="([^"]+)">3</a></b>queued', page)[0])
    assert as_owner.get(queued).context["list"].split.matched == 3


def test_audience_has_to_be_named_and_everybody_asked_for(as_owner: Client, url: str) -> None:
    unnamed = as_owner.get(reverse("campaign-new")).content.decode()
    assert "Choose people first" in unnamed
    assert "?all=true" in unnamed
    assert as_owner.post(reverse("campaign-new"), {**MAIL, "do": "send", "key": "k"}).status_code == 200
    assert started() == []
    assert "E-mail all 4 people" in as_owner.get(f"{reverse('campaign-new')}?all=true").content.decode()


def test_chosen_rows_are_an_audience(as_owner: Client, url: str) -> None:
    chosen = [factories.person(first_name=name).id for name in ("Dov", "Eli")]
    page = as_owner.get(reverse("campaign-new"), {"id": chosen}).content.decode()
    assert "E-mail these 2 people" in page


def test_review_asks_and_sends_nothing(as_owner: Client, url: str) -> None:
    page = as_owner.post(url, {**MAIL, "do": "review"}).content.decode()
    assert "Send “Product Summit 2027” to 3 people?" in page
    assert "product_summit_2027" in page
    assert started() == []


def test_confirmed_mail_is_sent_as_it_was_reviewed_once(as_owner: Client, url: str) -> None:
    confirmed = hidden(as_owner.post(url, {**MAIL, "do": "review"}).content.decode()) | {"do": "send"}
    first, again = (as_owner.post(url, confirmed) for _ in range(2))
    assert len(started()) == 1
    assert first["Location"] == again["Location"] == reverse("campaign", args=started())
    report = queries.get(started()[0])
    assert (report.campaign.subject, report.campaign.utm.campaign) == ("Early seats", "product_summit_2027")
    assert report.body == "Hello,\n\ncome to https://example.com/seats"


def test_two_reviews_are_two_campaigns(as_owner: Client, url: str) -> None:
    for _ in range(2):
        as_owner.post(url, hidden(as_owner.post(url, {**MAIL, "do": "review"}).content.decode()) | {"do": "send"})
    assert len(started()) == 2


def test_back_to_the_mail_keeps_every_word(as_owner: Client, url: str) -> None:
    reviewed = hidden(as_owner.post(url, {**MAIL, "do": "review"}).content.decode())
    page = as_owner.post(url, {**reviewed, "do": "edit"}).content.decode()
    assert 'value="Early seats"' in page
    assert "come to https://example.com/seats</textarea>" in page


@pytest.mark.parametrize(
    ("change", "field"),
    [({"subject": " "}, "subject"), ({"body": "\r\n"}, "body"), ({"subject": "a\x07b"}, "subject")],
)
def test_what_is_wrong_with_the_mail_is_told_beside_its_field(
    as_owner: Client, url: str, change: dict[str, str], field: str
) -> None:
    for step in ("review", "send"):
        response = as_owner.post(url, {**MAIL, **change, "do": step, "key": "k"})
        page = response.content.decode()
        assert response.status_code == 422
        assert re.search(rf'id="id_{field}_error">\s*\S', page)
        assert 'value="Product Summit 2027"' in page
    assert started() == []


def test_own_utm_campaign_is_kept_and_the_suggestion_follows_the_name(as_owner: Client, url: str) -> None:
    asks = {"HX-Request": "true", "HX-Target": "utm-campaign"}
    typed = {"name": "Spring Letter", "utm_campaign": "product_summit", "suggestion": "product_summit", "do": "suggest"}
    part = as_owner.post(url, typed, headers=asks).content.decode()
    assert part.strip().startswith('<div id="utm-campaign"')
    assert 'value="spring_letter"' in part
    own = as_owner.post(url, {**typed, "utm_campaign": "mine"}, headers=asks).content.decode()
    assert 'value="mine"' in own


def test_suggestion_is_of_plain_words() -> None:
    assert suggested("Łódź: Früh & spät 2027!") == "odz_fruh_spat_2027"
    assert suggested("東京") == ""


def test_nobody_to_mail_means_nothing_to_send(as_owner: Client) -> None:
    person = factories.person(company="Globex")
    tx = transaction.begin()
    suppressions.add(tx, Suppression(person.fields.email, "bounced", clock.now()))
    tx.commit()
    url = f"{reverse('campaign-new')}?company=Globex"
    page = as_owner.get(url).content.decode()
    assert "Nobody in it can be mailed" in page
    assert 'value="review"' not in page
    assert 'value="send"' not in as_owner.post(url, {**MAIL, "do": "review"}).content.decode()
    assert started() == []


def test_preview_is_the_mail_itself_in_a_frame_that_may_do_nothing(as_owner: Client, url: str) -> None:
    body = "<script>alert(1)</script> https://example.com/x"
    response = as_owner.post(reverse("campaign-preview"), {**MAIL, "body": body, "utm_campaign": "summit"})
    page = response.content.decode()
    assert "<script>" not in page
    assert "utm_source=newsletter&amp;utm_medium=email&amp;utm_campaign=summit" in page
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert 'sandbox=""' in as_owner.get(url).content.decode()


def test_viewer_may_not_write_to_anybody(as_viewer: Client, url: str) -> None:
    assert as_viewer.get(url).status_code == 403
    assert as_viewer.post(url, {**MAIL, "do": "send", "key": "k"}).status_code == 403
    assert as_viewer.post(reverse("campaign-preview"), MAIL).status_code == 403
    assert started() == []


def test_filter_that_cannot_be_read_is_a_page_that_says_so(as_owner: Client) -> None:
    response = as_owner.get(f"{reverse('campaign-new')}?events_attended_min=many")
    assert response.status_code == 422
    assert "Give a whole number" in response.content.decode()


def test_who_sent_it_is_written_down(as_owner: Client, url: str) -> None:
    as_owner.post(url, hidden(as_owner.post(url, {**MAIL, "do": "review"}).content.decode()) | {"do": "send"})
    assert audit.history("campaign", started()[0])[0].actor.startswith("staff:")


def test_mail_without_a_name_is_reviewed_under_its_subject(as_owner: Client, url: str) -> None:
    page = as_owner.post(url, {**MAIL, "name": "", "subject": " Early seats ", "do": "review"}).content.decode()
    assert "Send “Early seats” to 3 people?" in page


def test_utm_campaign_cleared_on_purpose_stays_empty(as_owner: Client, url: str) -> None:
    page = as_owner.post(url, {**MAIL, "suggestion": "product_summit_2027", "do": "review"}).content.decode()
    assert not hidden(page).get("utm_campaign")
    assert "<dt>Campaign</dt><dd>none</dd>" in page
