"""Where visitors come from: from the link to the registration."""

from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client

from crm.core import clock
from crm.core.touches import Touch
from crm.deliveries import tokens
from crm.events.entities import Event
from crm.public import touches_cookie
from crm.registrations import repository
from tests import factories
from tests.public.visitors import person_id, register

pytestmark = pytest.mark.usefixtures("tables", "data_dir", "fresh_counts")
OLD = {"source": "a", "medium": "b", "campaign": "c", "campaign_id": "", "at": "2030-01-01T00:00:00+00:00"}
JUNE = {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "june"}


def via(campaign: str = "campaign7") -> str:
    return tokens.via(campaign)


def credited(event: Event) -> list[tuple[str, str, str, str] | None]:
    """Return the first and the last touch of Ada's registration, without their time."""
    found = repository.find(event.id, person_id())
    assert found is not None
    return [_plain(touch) for touch in (found.first_touch, found.last_touch)]


def _plain(touch: Touch | None) -> tuple[str, str, str, str] | None:
    return touch and (touch.source, touch.medium, touch.campaign, touch.campaign_id)


def test_a_tagged_visit_is_the_touch_of_a_later_registration(client: Client) -> None:
    event = factories.event(slug="night")
    client.get("/e/night", JUNE)
    client.get("/e/night")
    register(client, event)
    assert credited(event) == [("newsletter", "email", "june", "")] * 2


def test_a_link_out_of_a_mail_names_its_campaign_and_the_first_touch_stays_first(client: Client) -> None:
    event = factories.event(slug="night")
    client.get("/e/night", {**JUNE, "via": via()})
    client.get("/e/night", {"utm_source": "search", "utm_medium": "cpc"})
    register(client, event)
    assert credited(event) == [("newsletter", "email", "june", "campaign7"), ("search", "cpc", "", "")]


def test_a_forwarded_link_credits_the_campaign_and_never_shows_or_registers_the_first_reader(client: Client) -> None:
    reader = factories.person(email="reader@example.com", first_name="Rita")
    event = factories.event(slug="night")
    page = client.get("/e/night", {**JUNE, "via": via()}).content.decode()
    assert not [word for word in ("reader@", "Rita", reader.id) if word in page]
    register(client, event)
    assert credited(event)[1] == ("newsletter", "email", "june", "campaign7")
    assert repository.find(event.id, reader.id) is None


def test_the_cookie_holds_nobody_and_goes_to_public_pages_only(client: Client) -> None:
    factories.event(slug="night")
    client.get("/e/night", {**JUNE, "via": via()})
    cookie = client.cookies[touches_cookie.NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/e/")
    assert cookie["max-age"] == timedelta(days=90).total_seconds()
    first, last = signing.loads(cookie.value, salt="crm.public.touches")
    assert first == last
    assert first.keys() == {"source", "medium", "campaign", "campaign_id", "at"}
    assert first["campaign_id"] == "campaign7"


def test_without_tags_nothing_is_kept_and_the_registration_came_directly(client: Client) -> None:
    event = factories.event(slug="night")
    client.get("/e/night", {"utm_term": "x", "via": "made-up"})
    assert touches_cookie.NAME not in client.cookies
    register(client, event)
    assert credited(event) == [None, None]


@pytest.mark.parametrize(
    "kept",
    [7, [], ["", ""], [None], [None, {"source": "a"}], [None, {**OLD, "at": "then"}], [{**OLD, "more": 1}, None]],
)
def test_a_cookie_that_another_release_wrote_counts_for_nothing_and_is_written_anew(
    client: Client, kept: object
) -> None:
    event = factories.event(slug="night")
    client.cookies[touches_cookie.NAME] = signing.dumps(kept, salt="crm.public.touches", compress=True)
    assert client.get("/e/night").status_code == 200
    assert client.get("/e/night", JUNE).status_code == 200
    register(client, event)
    assert credited(event) == [("newsletter", "email", "june", "")] * 2


@pytest.mark.parametrize("spoil", ["forged", "too old"])
def test_a_cookie_that_is_not_ours_or_too_old_counts_for_nothing(
    client: Client, monkeypatch: pytest.MonkeyPatch, spoil: str
) -> None:
    event = factories.event(slug="night")
    client.get("/e/night", JUNE)
    cookie = client.cookies[touches_cookie.NAME]
    if spoil == "forged":
        client.cookies[touches_cookie.NAME] = f"x{cookie.value}"
    else:
        monkeypatch.setattr(touches_cookie, "_LIFETIME", timedelta(seconds=-1))
    register(client, event)
    assert credited(event) == [None, None]


def test_what_a_form_says_of_where_it_comes_from_is_not_believed(client: Client) -> None:
    event = factories.event(slug="night")
    client.get("/e/night")
    register(client, event, **JUNE, via=via())
    assert credited(event) == [None, None]


def test_the_longest_tags_still_fit_a_cookie(client: Client) -> None:
    event = factories.event(slug="night")
    for letter in "ab":
        client.get("/e/night", dict.fromkeys(JUNE, letter + "☃" * 99) | {"via": via("c" * 128)})
    assert len(client.cookies[touches_cookie.NAME].OutputString()) < 4096
    before = clock.now()
    register(client, event)
    found = repository.find(event.id, person_id())
    assert found is not None
    assert found.first_touch is not None
    assert found.first_touch.campaign == "a" + "\N{SNOWMAN}" * 99
    assert found.first_touch.at < before
