"""The analytics page: every number opens exactly its mails, and the charts are drawn from the same numbers."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from http import HTTPStatus
from pathlib import Path

import pytest
from django.core.cache import caches
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from crm.analytics import charts, drawing
from tests.mail_documents import NEWSLETTER, mails

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir")]
PARTNER = ("partner", "social", "design_night")


@pytest.fixture
def some_mails(data_dir: Path) -> None:
    """Mails of the last days: two sources, one without, several states."""
    now = timezone.now()
    mails(5, "sent", NEWSLETTER, state_at=now)
    mails(2, "failed", NEWSLETTER, state_at=now - timedelta(days=2))
    mails(3, "sent", PARTNER, state_at=now - timedelta(days=5))
    mails(1, "held", PARTNER, state_at=now - timedelta(days=5))
    mails(4, "sent", ("", "", ""), state_at=now - timedelta(days=6))
    mails(7, "sent", NEWSLETTER, state_at=now - timedelta(days=200))


@pytest.fixture
def fresh_charts(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """A cache of charts of the test's own, and no process left behind."""
    settings.CACHES = {
        **settings.CACHES,
        "charts": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": str(tmp_path)},
    }
    yield
    drawing.artist.rest()


@pytest.mark.usefixtures("some_mails")
@pytest.mark.parametrize(
    "query", [{}, {"period": "all"}, {"utm_source": "partner"}, {"period": "7", "utm_medium": "email"}]
)
def test_every_number_opens_exactly_its_mails(as_owner: Client, query: dict[str, str]) -> None:
    shown = as_owner.get("/dashboard/analytics/", query).context
    lines = [*shown["lines"], *shown["stretches"]]
    numbers = [cell for line in lines for cell in line.cells] + list(shown["sums"])
    assert any(cell.mails for cell in numbers)
    for cell in numbers:
        if cell.mails:
            assert as_owner.get(cell.url).context["total"] == cell.mails


@pytest.mark.usefixtures("some_mails")
def test_rows_form_a_tree_whose_sums_add_up(as_owner: Client) -> None:
    lines = as_owner.get("/dashboard/analytics/").context["lines"]
    assert [(line.level, line.text) for line in lines] == [
        (1, "newsletter"),
        (2, "email"),
        (3, "tech_conf_2025"),
        (1, "No tracking"),
        (1, "partner"),
        (2, "social"),
        (3, "design_night"),
    ]
    tops = [line.cells[-1].mails for line in lines if line.level == 1]
    assert sum(tops) == as_owner.get("/dashboard/analytics/").context["sums"][-1].mails == 15


@pytest.mark.usefixtures("some_mails")
def test_a_row_narrows_the_page_to_itself(as_owner: Client) -> None:
    line = as_owner.get("/dashboard/analytics/").context["lines"][1]
    narrowed = as_owner.get(line.url)
    assert narrowed.context["sums"][-1].mails == line.cells[-1].mails
    assert narrowed.context["choices"][0]["chosen"] == "newsletter"


@pytest.mark.usefixtures("some_mails")
def test_a_column_is_shown_only_where_some_mail_is_in_that_state(as_owner: Client) -> None:
    def labels(query: dict[str, str]) -> list[str]:
        return [cell.label for cell in as_owner.get("/dashboard/analytics/", query).context["sums"]]

    assert labels({"utm_source": "newsletter"}) == ["Sent", "Pending", "Failed", "Left out", "All"]
    assert "Held" in labels({"utm_source": "partner"})


@pytest.mark.parametrize(
    ("query", "named"),
    [({"period": "decade"}, b"period"), ({"shoe": "1"}, b"shoe"), ({"utm_source": "x" * 201}, b"utm")],
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
@pytest.mark.parametrize("kind", ["time", "source"])
def test_a_charts_bars_open_the_mails_they_stand_for(as_owner: Client, kind: str) -> None:
    part = as_owner.get(
        f"/dashboard/analytics/charts/{kind}/", headers={"HX-Request": "true", "HX-Target": f"{kind}-wide"}
    )
    svg = part.content.decode()
    bars = re.findall(r'href="([^"]+)"><path[^>]*><title>[^<]*: ([\d,]+) ', svg)
    assert sum(int(mails) for _, mails in bars) == 15
    for url, number in bars:
        assert as_owner.get(unescape(url)).context["total"] == int(number)


@pytest.mark.usefixtures("some_mails", "fresh_charts")
def test_a_chart_has_a_name_and_nothing_the_policy_forbids(as_owner: Client) -> None:
    page = as_owner.get("/dashboard/analytics/charts/time/").content.decode()
    svg = page[page.index("<svg class") if "<svg class" in page else page.index("<svg xmlns=") :]
    assert 'aria-label="Mails per day, by the state they are in"' in svg
    assert "style=" not in svg
    assert "<style" not in svg
    assert "chart.invalid" not in svg


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
