"""The analytics page: every number opens exactly its mails, and the charts are drawn from the same numbers."""

import csv
import io
import re
from html import unescape
from http import HTTPStatus
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from crm.analytics import charts, drawing
from tests.mail_documents import mails

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir")]
SEATS = "/dashboard/analytics/charts/seats/"


def numbers(page: Any, *, line: str) -> dict[str, int]:
    """Return column -> number of the first row with this text."""
    lines = {line.text: line for line in reversed(page.context["table"].lines)}
    cells = page.context["table"].total if line == "All" else lines[line].cells
    return {cell.column.name: cell.number for cell in cells}


@pytest.mark.usefixtures("some_mails")
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"period": "all", "traffic": "all", "model": "first"},
        {"utm_source": "partner"},
        {"period": "7", "utm_medium": "email"},
    ],
)
def test_every_number_opens_exactly_its_mails(as_owner: Client, query: dict[str, str]) -> None:
    shown = as_owner.get("/dashboard/analytics/", query).context
    opened = {cell.url: cell.number for line in shown["table"].lines for cell in line.cells}
    opened |= {cell.url: cell.number for cell in shown["table"].total}
    opened |= {cell.url: cell.mails for cell in shown["sums"]}
    assert any(opened.values())
    for url, number in opened.items():
        if number:
            assert as_owner.get(url).context["total"] == number
        else:
            assert not url


@pytest.mark.usefixtures("some_mails")
def test_what_became_of_mails_is_told_by_humans_first(as_owner: Client) -> None:
    page = as_owner.get("/dashboard/analytics/")
    assert numbers(page, line="tech_conf_2025") == {
        "sent": 11,
        "delivered": 2,
        "opened": 1,
        "clicked": 1,
        "unsubscribed": 1,
        "bounced": 1,
        "complained": 1,
        "failed": 2,
        "pending": 0,
        "held": 0,
        "registered": 2,
        "attended": 1,
    }
    everything = as_owner.get("/dashboard/analytics/", {"traffic": "all"})
    found = numbers(everything, line="tech_conf_2025")
    assert (found["opened"], found["clicked"]) == (2, 2)


@pytest.mark.usefixtures("some_mails")
@pytest.mark.parametrize(
    ("model", "tops"),
    [("last", {"linkedin": None, "newsletter": (2, 1)}), ("first", {"linkedin": (1, 1), "newsletter": (1, 0)})],
)
def test_each_registration_is_credited_to_one_touch(
    as_owner: Client, model: str, tops: dict[str, tuple[int, int] | None]
) -> None:
    page = as_owner.get("/dashboard/analytics/", {"model": model})
    for source, wanted in {**tops, "No tracking": (1, 0), "All": (3, 1)}.items():
        if wanted is not None:
            found = numbers(page, line=source)
            assert (found["registered"], found["attended"]) == wanted
        else:
            assert source not in {line.text for line in page.context["table"].lines}


@pytest.mark.usefixtures("some_mails")
def test_rows_form_a_tree_whose_sums_add_up(as_owner: Client) -> None:
    page = as_owner.get("/dashboard/analytics/")
    table = page.context["table"]
    assert [(line.level, line.text) for line in table.lines] == [
        (1, "newsletter"),
        (2, "email"),
        (3, "tech_conf_2025"),
        (2, "social"),
        (3, "tech_conf_2025"),
        (1, "No tracking"),
        (1, "partner"),
        (2, "social"),
        (3, "design_night"),
    ]
    for level in (1, 3):
        for place, total in enumerate(table.total):
            parts = [
                line.cells[place].number for line in table.lines if line.level == level or line.text == "No tracking"
            ]
            assert sum(parts) == total.number
    assert numbers(page, line="All")["sent"] == 18


@pytest.mark.usefixtures("some_mails")
@pytest.mark.parametrize(
    ("sort", "tops"),
    [
        ("-held", ["partner", "newsletter", "No tracking"]),
        ("sent", ["partner", "No tracking", "newsletter"]),
        ("name", ["No tracking", "newsletter", "partner"]),
        ("-name", ["partner", "newsletter", "No tracking"]),
    ],
)
def test_any_column_sorts_each_level(as_owner: Client, sort: str, tops: list[str]) -> None:
    page = as_owner.get("/dashboard/analytics/", {"sort_by": sort})
    assert [line.text for line in page.context["table"].lines if line.level == 1] == tops
    assert page.content.decode().count("aria-sort=") == 1


@pytest.mark.usefixtures("some_mails")
def test_csv_holds_the_numbers_that_are_shown(as_owner: Client) -> None:
    page = as_owner.get("/dashboard/analytics/", {"traffic": "all", "period": "all", "sort_by": "-failed"})
    file = as_owner.get(page.context["csv_url"])
    rows = list(csv.DictReader(io.StringIO(b"".join(file.streaming_content).decode())))
    assert rows[0]["utm_source"] == "newsletter"
    for name, number in numbers(page, line="All").items():
        assert sum(int(row[name]) for row in rows) == number
    assert len(rows) == 4


@pytest.mark.usefixtures("some_mails")
def test_a_row_narrows_the_page_to_itself_and_keeps_the_rest(as_owner: Client) -> None:
    line = as_owner.get("/dashboard/analytics/", {"traffic": "all"}).context["table"].lines[1]
    narrowed = as_owner.get(line.url)
    assert [cell.number for cell in narrowed.context["table"].total if cell.column.always] == [
        cell.number for cell in line.cells if cell.column.always
    ]
    assert narrowed.context["choices"][0]["chosen"] == "newsletter"
    assert narrowed.context["form"].traffic_chosen == "all"


@pytest.mark.usefixtures("some_mails")
def test_a_column_that_is_rarely_filled_is_shown_only_where_it_is(as_owner: Client) -> None:
    assert "held" not in numbers(as_owner.get("/dashboard/analytics/", {"utm_source": "newsletter"}), line="All")
    assert "held" in numbers(as_owner.get("/dashboard/analytics/", {"utm_source": "partner"}), line="All")


@pytest.mark.usefixtures("some_mails")
def test_a_share_says_of_what_it_is_one(as_owner: Client) -> None:
    cells = as_owner.get("/dashboard/analytics/").context["table"].total
    assert {cell.column.name: cell.share for cell in cells if cell.share} == {
        "delivered": "11.1 % of sent",
        "opened": "50 % of delivered",
        "clicked": "50 % of delivered",
        "unsubscribed": "50 % of delivered",
        "bounced": "5.56 % of sent",
        "complained": "5.56 % of sent",
        "attended": "33.3 % of registered",
    }


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"period": "decade"}, b"period"),
        ({"traffic": "x"}, b"traffic"),
        ({"sort_by": "x"}, b"sort_by"),
        ({"shoe": "1"}, b"shoe"),
        ({"utm_source": "x" * 201}, b"utm"),
    ],
)
def test_a_bad_parameter_is_named(as_owner: Client, query: dict[str, str], named: bytes) -> None:
    answer = as_owner.get("/dashboard/analytics/", query)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert named in answer.content


def test_without_mails_the_page_says_how_to_begin(as_owner: Client) -> None:
    assert b"No mails yet" in as_owner.get("/dashboard/analytics/").content


@pytest.mark.usefixtures("some_mails")
def test_a_search_without_result_says_so_in_other_words(as_owner: Client) -> None:
    page = as_owner.get("/dashboard/analytics/", {"utm_source": "nobody"})
    assert b"No mails fit" in page.content
    assert page.context["choices"][0]["chosen"] == "nobody"


@pytest.mark.usefixtures("some_mails", "fresh_charts")
@pytest.mark.parametrize(("kind", "total"), [("source", 23), ("seats", 3), ("funnel", 18 + 2 + 1 + 3 + 1)])
def test_a_charts_bars_open_the_rows_they_stand_for(as_owner: Client, kind: str, total: int) -> None:
    part = as_owner.get(
        f"/dashboard/analytics/charts/{kind}/", headers={"HX-Request": "true", "HX-Target": f"{kind}-wide"}
    )
    svg = part.content.decode()
    bars = re.findall(r'href="([^"]+)"><path[^>]*><title>[^<]*: ([\d,]+)', svg)
    assert sum(int(number) for _, number in bars) == total
    for url, number in bars:
        assert as_owner.get(unescape(url)).context["total"] == int(number)


@pytest.mark.usefixtures("some_mails", "fresh_charts")
def test_a_chart_has_a_name_and_nothing_the_policy_forbids(as_owner: Client) -> None:
    page = as_owner.get("/dashboard/analytics/charts/source/").content.decode()
    svg = page[page.index("<svg class") if "<svg class" in page else page.index("<svg xmlns=") :]
    assert 'aria-label="Mails by source, medium and campaign"' in svg
    assert "style=" not in svg
    assert "<style" not in svg
    assert "chart.invalid" not in svg


@pytest.mark.usefixtures("some_mails", "fresh_charts")
def test_what_fills_the_room_is_drawn_by_the_visit_that_is_credited(as_owner: Client) -> None:
    def bars(**query: str) -> list[str]:
        return re.findall(r"<title>([^<]+)</title></path>", as_owner.get(SEATS, query).content.decode())

    assert bars() == ["newsletter / email / tech_conf_2025: 2 registered", "No tracking: 1 registered"]
    assert "linkedin / social / june: 1 registered" in bars(model="first")
    assert bars(utm_source="newsletter") == ["email / tech_conf_2025: 2 registered"]


@pytest.mark.usefixtures("some_mails")
def test_without_registrations_the_page_says_so(as_owner: Client) -> None:
    page = as_owner.get("/dashboard/analytics/", {"utm_source": "partner"}).content.decode()
    assert "Nobody registered" in page
    assert "/charts/seats/" not in page


@pytest.mark.usefixtures("some_mails", "fresh_charts")
def test_the_same_numbers_are_drawn_once(as_owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[object] = []
    draw = drawing.artist.draw

    def counted(specification: dict[str, object]) -> str:
        drawn.append(specification)
        return draw(specification)

    monkeypatch.setattr(drawing.artist, "draw", counted)
    for _ in range(3):
        as_owner.get("/dashboard/analytics/charts/source/")
    assert len(drawn) == 1


@pytest.mark.usefixtures("fresh_charts")
def test_names_people_gave_are_text_in_a_chart(as_owner: Client) -> None:
    mails(1, "sent", ('<script>"&', "email", "x"), state_at=timezone.now())
    svg = as_owner.get("/dashboard/analytics/charts/source/").content.decode()
    assert "<script>&" not in svg
    assert '<script>"' not in svg
    assert "&lt;script" in svg


def test_an_unknown_chart_is_not_found(as_owner: Client) -> None:
    assert as_owner.get("/dashboard/analytics/charts/pie/").status_code == HTTPStatus.NOT_FOUND


def test_charts_are_kept_in_a_cache_with_a_bound() -> None:
    assert caches["charts"]._max_entries <= 1_000
    assert set(charts.WIDTHS) == {"narrow", "medium", "wide"}


def test_a_zone_of_a_fixed_offset_is_a_zone_as_any_other(as_owner: Client) -> None:
    as_owner.cookies["tz"] = "Etc/GMT-3"
    answer = as_owner.get("/dashboard/analytics/")
    assert (answer.status_code, answer.context["zone"]) == (HTTPStatus.OK, "Etc/GMT-3")
