"""The addresses inside mail that tell of opens and clicks."""

from urllib.parse import urlsplit

import pytest
from django.test import Client

from crm.core import errors
from crm.deliveries import tokens
from crm.deliveries.entities import Delivery
from crm.engagement import doors, repository
from crm.engagement.entities import Engagement
from crm.engagement.views import PIXEL
from tests.engagement.test_classification import BROWSER
from tests.engagement.test_recording import rows, sent

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


def test_flood_of_one_mail_is_answered_but_not_kept(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "_KEPT", 3)
    mail, other = sent(), sent(person_id="p2")

    answers = {client.get(picture(mail), headers={"User-Agent": BROWSER}).status_code for _ in range(6)}
    client.get(picture(other), headers={"User-Agent": BROWSER})

    assert answers == {200}
    assert (len(rows(mail)), len(rows(other))) == (3, 1)


def test_nothing_else_than_looking_is_allowed(client: Client) -> None:
    assert client.post(picture(sent())).status_code == 405
