"""The addresses inside mail that tell of opens and clicks."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client

from crm.campaigns import actions
from crm.core import errors
from crm.core.utm import Utm
from crm.deliveries import tokens
from crm.deliveries.entities import Delivery
from crm.engagement import doors, repository
from crm.engagement.entities import Engagement
from crm.engagement.views import PIXEL
from crm.search.filters import EVERYONE
from tests.engagement.test_classification import BROWSER, NOON
from tests.engagement.test_recording import rows, sent
from tests.factories import ACTOR

pytestmark = [pytest.mark.usefixtures("tables"), pytest.mark.django_db]


def picture(mail: Delivery) -> str:
    return urlsplit(tokens.open_url(tokens.of(mail))).path


def test_opening_shows_one_pixel_that_nobody_keeps(client: Client) -> None:
    mail = sent()

    response = client.get(picture(mail), headers={"User-Agent": BROWSER})

    assert (response.status_code, response["Content-Type"], response.content) == (200, "image/gif", PIXEL)
    assert response["Cache-Control"] == "no-store"
    assert dict(response.cookies) == {}
    assert [(row.kind, row.verdict) for row in rows(mail)] == [("open", "human")]


def test_head_is_answered_and_kept_as_a_machines(client: Client) -> None:
    mail = sent()

    assert client.head(picture(mail), headers={"User-Agent": BROWSER}).status_code == 200
    assert [row.why for row in rows(mail)] == ["head"]


@pytest.mark.parametrize(
    "header", [{"Sec-Purpose": "prefetch;prerender"}, {"X-Purpose": "preview"}, {"X-Moz": "prefetch"}]
)
def test_loading_in_advance_is_a_machines(client: Client, header: dict[str, str]) -> None:
    mail = sent()

    client.get(picture(mail), headers={"User-Agent": BROWSER, **header})

    assert [row.why for row in rows(mail)] == ["prefetch"]


def test_forged_picture_is_not_found_and_nothing_is_kept(client: Client) -> None:
    mail = sent()

    assert client.get(picture(mail).replace("/o/", "/o/x")).status_code == 404
    assert rows(mail) == []


def test_picture_is_shown_though_nothing_can_be_kept(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(row: Engagement) -> bool:
        raise errors.Busy

    monkeypatch.setattr(repository, "add", away)

    assert client.get(picture(sent())).content == PIXEL


def test_flood_of_one_mail_is_answered_and_counted_in_one_row_a_minute(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors.clock, "now", lambda: NOON + timedelta(seconds=30))
    monkeypatch.setattr(doors, "_KEPT", 3)
    mail, other = sent(), sent(person_id="p2")

    answers = {client.get(picture(mail), headers={"User-Agent": BROWSER}).status_code for _ in range(6)}
    client.get(picture(other), headers={"User-Agent": BROWSER})

    assert answers == {200}
    assert [(row.why, row.times) for row in rows(mail)] == [("flood", 3), ("", 1), ("", 1), ("", 1)]
    assert [row.times for row in rows(other)] == [1]


def test_nothing_else_than_looking_is_allowed(client: Client) -> None:
    assert client.post(picture(sent())).status_code == 405


def link(mail: Delivery, number: object = 1) -> str:
    return f"/c/{tokens.of(mail)}/{number}"


@pytest.fixture
def mail() -> Delivery:
    """A campaign's mail with one link, sent an hour ago."""
    campaign = actions.send(
        where=EVERYONE, subject="Hi", body="[Join](https://tech.example/ü?a=1&b=2#top)", utm=Utm("news"), actor=ACTOR
    ).campaign
    return sent(source=campaign.id)


def test_click_leads_to_the_stored_address_with_its_tracking(client: Client, mail: Delivery) -> None:
    response = client.get(link(mail), headers={"User-Agent": BROWSER})

    assert response.status_code == 302
    assert response["Location"] == "https://tech.example/%C3%BC?a=1&b=2&utm_source=news#top"
    assert response["Cache-Control"] == "no-store"
    assert [(row.kind, row.link, row.verdict) for row in rows(mail)] == [("click", 1, "human")]


def test_head_leads_there_too_and_is_a_machines(client: Client, mail: Delivery) -> None:
    assert client.head(link(mail)).status_code == 302
    assert [row.why for row in rows(mail)] == ["head"]


@pytest.mark.parametrize("number", [2, "x", "-1", "01x", "1" * 5, "%D9%A1"])
def test_unknown_link_is_not_found(client: Client, mail: Delivery, number: object) -> None:
    response = client.get(link(mail, number))

    assert (response.status_code, rows(mail)) == (404, [])


def test_address_asked_for_is_never_where_it_leads(client: Client, mail: Delivery) -> None:
    asked = {"url": "https://evil.example", "u": "//evil.example", "next": "https://evil.example"}

    assert "evil" not in client.get(link(mail), asked)["Location"]


def test_forged_click_leads_nowhere(client: Client, mail: Delivery) -> None:
    assert client.get(f"/c/{tokens.of(mail)[:-2]}xx/1").status_code == 404


def test_hidden_link_gives_a_machine_away(client: Client, mail: Delivery) -> None:
    client.get(link(mail), headers={"User-Agent": BROWSER})
    response = client.get(urlsplit(tokens.honeypot_url(tokens.of(mail))).path, headers={"User-Agent": BROWSER})

    assert (response.status_code, response["Content-Type"]) == (200, "text/plain")
    assert [row.why for row in rows(mail)] == ["beside-honeypot", "honeypot"]


def test_click_leads_on_though_nothing_can_be_kept(
    client: Client, mail: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(row: Engagement) -> bool:
        raise errors.Busy

    monkeypatch.setattr(repository, "add", away)

    assert client.get(link(mail)).status_code == 302


def test_click_is_kept_before_it_leads_on(client: Client, mail: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = []
    monkeypatch.setattr(repository, "add", kept.append)

    client.get(link(mail))

    assert len(kept) == 1
