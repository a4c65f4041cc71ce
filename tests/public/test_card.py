"""The picture that other sites show beside a link to an event, and what they are told of it."""

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.core.cache import caches
from django.test import Client
from pytest_django.fixtures import Settings

from crm.analytics import draw_process
from crm.core import clock
from crm.events import actions as events
from crm.events import public_urls
from crm.public import card
from tests import factories
from tests.factories import ACTOR

pytestmark = pytest.mark.usefixtures("tables", "data_dir")
# From the left edge of the words to the right edge of the picture.
_ROOM = 600 - 130
# The widest W and Щ there are among the usual faces, in parts of the size of the type.
_WIDEST = {"bold": (1.11, 1.33), "normal": (0.99, 1.22)}
_SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>{}</text></svg>'


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> list[str]:
    """The drawings of which pictures were made; the browser's tests make real ones."""
    settings.CACHES = {**settings.CACHES, "charts": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    caches["charts"].clear()
    made: list[str] = []

    def png(svg: str) -> bytes:
        made.append(svg)
        return b"\x89PNG" + str(len(made)).encode()

    monkeypatch.setattr(card.drawing.artist, "png", png)
    return made


@pytest.fixture
def drawn(client: Client, pictures: list[str]) -> Callable[[], list[ElementTree.Element]]:
    """Fetch the picture of the event at /e/night; return what is written on it, below the leaf of the calendar."""

    def written() -> list[ElementTree.Element]:
        assert client.get("/e/night.png").status_code == 200
        elements = ElementTree.fromstring(pictures[-1]).iter("{http://www.w3.org/2000/svg}text")  # noqa: S314 - our own
        return list(elements)[2:]

    return written


type Drawn = Callable[[], list[ElementTree.Element]]


def said(client: Client) -> dict[str, str]:
    page = client.get("/e/night").content.decode()
    return dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', page))


def words(elements: list[ElementTree.Element]) -> list[str]:
    return [element.text or "" for element in elements]


def test_other_sites_are_given_a_picture_with_what_the_page_says(client: Client, drawn: Drawn) -> None:
    event = factories.event(title="Night <of> many & few", slug="night", venue="Pier 17")
    told = said(client)
    assert told["og:image"] == f"{public_urls.page(event)}.png?v={event.revision}"
    assert told["twitter:card"] == "summary_large_image"
    answer = client.get("/e/night.png?v=1")
    assert (answer["Content-Type"], answer.content) == ("image/png", b"\x89PNG1")
    assert "".join(words(drawn())).startswith("Night <of>")
    assert words(drawn())[-3:] == ["Wednesday 1 May 2030, 09:00 to 17:00", "Pier 17", "Event CRM"]


def test_a_picture_is_drawn_once_and_anew_when_the_event_changes(client: Client, pictures: list[str]) -> None:
    event = factories.event(slug="night")
    answers = [client.get(f"/e/night.png?v={number}").content for number in range(3)]
    assert (len(pictures), len(set(answers))) == (1, 1)
    before = said(client)["og:image"]
    events.cancel(event_id=event.id, actor=ACTOR)
    assert said(client)["og:image"] != before
    assert client.get("/e/night.png").content not in answers
    assert "Cancelled" in pictures[1]


def test_what_other_sites_keep_names_the_day_itself(client: Client, drawn: Drawn) -> None:
    start = clock.now() + timedelta(days=1)
    factories.event(slug="night", start_at=start, end_at=start + timedelta(minutes=1))
    told = said(client)
    kept = [told["og:image:alt"], told["og:description"], told["description"], *words(drawn())]
    assert not [text for text in kept if re.search("Today|Tomorrow|Yesterday", text)]
    assert all(f" {start:%Y}, " in text for text in kept[:3])


def test_the_end_of_an_event_of_many_days_is_not_cut(drawn: Drawn) -> None:
    start = datetime(2030, 9, 25, 9, tzinfo=UTC)
    factories.event(slug="night", title="Night", venue="", start_at=start, end_at=start + timedelta(days=98))
    assert " ".join(words(drawn())[1:-1]) == "Wednesday 25 September 2030, 09:00 to Wednesday 1 January 2031, 09:00"


@pytest.mark.parametrize(
    "text", ["W" * 19, "W" * 200, "\u0429" * 200, "Donaudampfschifffahrt" * 9, "A night of many words " * 9]
)
def test_no_text_is_lost_or_runs_off_where_it_is_long(text: str, drawn: Drawn) -> None:
    factories.event(slug="night", title=text, venue=text)
    written = drawn()[:-1]
    (day,) = (place for place, line in enumerate(words(written)) if "2030" in line)
    for lines in (written[:day], written[day + 1 :]):
        whole = "".join(line.removesuffix("\u2026") for line in words(lines)).replace(" ", "")
        assert 1 <= len(lines) <= 2
        assert len(whole) >= 19
        assert text.replace(" ", "").startswith(whole)
        assert words(lines)[-1].endswith("\u2026") == (whole != text.replace(" ", ""))
    for element in written:
        line, (latin, cyrillic) = element.text or "", _WIDEST[element.get("font-weight", "")]
        width = line.count("W") * latin + line.count("\u0429") * cyrillic
        assert width * int(element.get("font-size", "")) <= _ROOM


def test_a_line_below_another_is_above_the_bottom(drawn: Drawn, client: Client) -> None:
    start = datetime(2030, 9, 25, 9, tzinfo=UTC)
    long = "many words " * 18
    event = factories.event(slug="night", title=long, venue=long, start_at=start, end_at=start + timedelta(days=98))
    events.cancel(event_id=event.id, actor=ACTOR)
    lines = [int(element.get("y", "")) for element in drawn()]
    assert len(lines) == 8
    assert lines == sorted(set(lines))
    assert lines[-1] - lines[-2] >= 20


@pytest.mark.parametrize(
    "title",
    ["Party 🎉", "夜", "밤", "よる、", "คืน", "ليل", "\uff11\uff12", "\U0001d401\U0001d428", "5 \u2192 6", "\u0661"],
)
@pytest.mark.parametrize("field", ["title", "venue"])
def test_no_picture_is_offered_where_it_could_be_empty_boxes(
    client: Client, pictures: list[str], title: str, field: str
) -> None:
    factories.event(**{"slug": "night", "title": "Night", "venue": "Pier", field: title})
    told = said(client)
    assert not [name for name in told if name.startswith("og:image")]
    assert told["twitter:card"] == "summary"
    assert client.get("/e/night.png").status_code == 404
    assert pictures == []


@pytest.mark.parametrize(
    "title", ["Füße \u2013 “5 €” + ½", "Ночь №\u00a05", "\u0397 Νύχτα…", "Đêm hội", "e\u0301te\u0301", "nº 5"]
)
def test_a_picture_is_offered_in_latin_greek_and_cyrillic(client: Client, pictures: list[str], title: str) -> None:
    factories.event(slug="night", title=title, venue=title)
    assert said(client)["twitter:card"] == "summary_large_image"
    assert client.get("/e/night.png").status_code == 200


def test_what_xml_cannot_hold_is_left_out(drawn: Drawn) -> None:
    factories.event(slug="night", title="Ni\ufffeght\uffff", venue="Pi\uffffer")
    assert words(drawn())[0] == "Night"
    assert "Pier" in words(drawn())


@pytest.mark.parametrize("error", [ValueError, RuntimeError])
def test_a_picture_that_cannot_be_made_is_refused_for_now(
    client: Client, pictures: list[str], monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail(svg: str) -> bytes:
        raise error(svg)

    monkeypatch.setattr(card.drawing.artist, "png", fail)
    factories.event(slug="night")
    answer = client.get("/e/night.png")
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert pictures == []


def test_a_drawing_that_cannot_be_made_does_not_end_the_process() -> None:
    answers = io.StringIO()
    lines = [json.dumps({"svg": _SVG.format(text)}) for text in ("\uffff", "\ud800", "fine")]
    draw_process.serve(lines, answers)
    assert [list(json.loads(line)) for line in answers.getvalue().splitlines()] == [["error"], ["error"], ["png"]]


def test_an_old_slug_still_gives_the_picture(client: Client, pictures: list[str]) -> None:
    event = factories.event(slug="first")
    events.change(event_id=event.id, fields=replace(event.fields, slug="second"), actor=ACTOR)
    assert client.get("/e/first.png").status_code == 200
    assert len(pictures) == 1
