"""The page of clicked links: which link, in how many mails, how often; every number opens its rows."""

import csv
import io
import re
from html import unescape
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.search import engine
from tests.mail_documents import NEWSLETTER, mail
from tests.search.documents import campaign, engagement, mail_links

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir")]
LINKS = "/dashboard/analytics/links/"
TAGGED = "?utm_source=newsletter&utm_medium=email&utm_campaign=tech_conf_2025"
AGENDA, PLACES = f"https://www.example.com/agenda{TAGGED}", f"https://example.com/e/conf{TAGGED}#places"


@pytest.fixture(autouse=True)
def _clicks(tables: None, data_dir: None) -> None:
    """Four mails of one campaign, of which three were clicked by humans, and one of another by a machine."""
    now = timezone.now()
    first, second, third, fourth = (mail(utm=NEWSLETTER, state_at=now, outcome="delivered") for _ in range(4))
    other = mail(utm=("partner", "", ""), state_at=now, outcome="delivered", id="d/1/mail", campaign_id="d")
    ticket = mail(utm=("", "", ""), state_at=now, id="e/1/confirmation", kind="confirmation", campaign_id=None)
    clicks = [
        (first, 1, "human"),
        (first, 1, "human"),
        (first, 2, "human"),
        (second, 1, "human"),
        (second, 1, "machine"),
        (third, 2, "human"),
        (third, 0, "machine"),
        (fourth, 2, "machine"),
    ]
    told = [
        engagement(row.id, str(number), kind="click", link=link, verdict=verdict)
        for number, (row, link, verdict) in enumerate(clicks)
    ]
    told.append(engagement(other.id, "1", campaign_id="d", kind="click", link=7, verdict="machine"))
    told.append(engagement(ticket.id, "1", campaign_id=None, kind="click", link=0, verdict="machine", why="agent"))
    known = [
        campaign("c", name="Tech Conference"),
        campaign("d", name="<Partners>"),
        mail_links("c", 1, AGENDA, PLACES),
    ]
    engine.store().apply([first, second, third, fourth, other, ticket, *told, *known])


def lines(page: Any) -> list[tuple[str, str, int, int]]:
    """Return text, campaign, mails clicked and clicks of each line."""
    rows = [line for line, _ in page.context["rows"]]
    return [(line.text, line.mail, *(cell.number for cell in line.cells)) for line in rows]


def test_each_link_says_where_it_leads_in_how_many_mails_it_was_clicked_and_how_often(as_owner: Client) -> None:
    page = as_owner.get(LINKS)
    assert lines(page) == [
        ("example.com/agenda", "Tech Conference", 2, 3),
        ("example.com/e/conf#places", "Tech Conference", 2, 2),
    ]
    assert [line.part for line, _ in page.context["rows"]] == ["66.7 %", "66.7 %"]
    assert [(cell.number, cell.percent) for cell in page.context["total"]] == [(3, "60 %"), (5, "")]
    assert 'href="https://www.example.com/agenda"' in page.content.decode()


def test_machines_count_by_a_switch_the_links_that_are_not_known_too(as_owner: Client) -> None:
    page = as_owner.get(LINKS, {"traffic": "all"})
    assert lines(page) == [
        ("example.com/e/conf#places", "Tech Conference", 3, 3),
        ("example.com/agenda", "Tech Conference", 2, 4),
        ("Link 7", "<Partners>", 1, 1),
        ("The hidden link, or an unknown one", "Other mail", 1, 1),
        ("The hidden link, or an unknown one", "Tech Conference", 1, 1),
    ]
    assert [cell.number for cell in page.context["total"]] == [6, 10]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"traffic": "all"},
        {"traffic": "all", "campaign_id": "d", "period": "7"},
        {"traffic": "all", "utm_source": "newsletter", "period": "all"},
        {"utm_source": "newsletter", "sort_by": "name"},
    ],
)
def test_every_number_opens_exactly_its_mails_or_clicks(as_owner: Client, query: dict[str, str]) -> None:
    page = as_owner.get(LINKS, query)
    cells = [cell for line, _ in page.context["rows"] for cell in line.cells] + list(page.context["total"])
    assert {cell.column.name for cell in cells if cell.number} == {"clicked", "clicks"}
    for cell in cells:
        assert as_owner.get(cell.url).context["total"] == cell.number


def test_the_list_of_mails_says_which_link(as_owner: Client) -> None:
    page = as_owner.get(LINKS)
    listed = as_owner.get(page.context["rows"][0][0].cells[0].url).content.decode()
    assert re.search(r"Link <b>example.com/agenda</b>", listed)


def test_a_campaigns_links_are_asked_for_by_its_name_and_let_go_again(as_owner: Client) -> None:
    page = as_owner.get(LINKS, {"traffic": "all"})
    narrowed = as_owner.get(page.context["rows"][2][1])
    assert lines(narrowed) == [("Link 7", "<Partners>", 1, 1)]
    text = narrowed.content.decode()
    assert "Only of <b>&lt;Partners&gt;</b>" in text
    assert lines(as_owner.get(narrowed.context["narrowed"]["url"])) == lines(page)


@pytest.mark.parametrize(
    ("sort", "tops"),
    [
        ("-clicks", ["example.com/agenda", "example.com/e"]),
        ("clicks", ["Link 7", "The hidden"]),
        ("name", ["example.com/agenda"]),
        ("-name", ["The hidden"]),
    ],
)
def test_any_number_sorts_the_links(as_owner: Client, sort: str, tops: list[str]) -> None:
    page = as_owner.get(LINKS, {"traffic": "all", "sort_by": sort})
    assert all(text.startswith(top) for (text, *_), top in zip(lines(page), tops, strict=False))
    assert page.content.decode().count("aria-sort=") == 1


def test_csv_holds_the_numbers_that_are_shown(as_owner: Client) -> None:
    page = as_owner.get(LINKS, {"traffic": "all", "sort_by": "clicks"})
    file = b"".join(as_owner.get(page.context["csv_url"]).streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(file)))
    assert [(row["campaign"], int(row["clicked"]), int(row["clicks"])) for row in rows] == [
        tuple(found[1:]) for found in lines(page)
    ]
    assert rows[-1]["address"] == "https://www.example.com/agenda"


@pytest.mark.usefixtures("fresh_charts")
def test_bars_open_their_mails(as_owner: Client) -> None:
    svg = as_owner.get("/dashboard/analytics/charts/links/").content.decode()
    bars = re.findall(r'href="([^"]+)"><path[^>]*><title>[^<]*: ([\d,]+) mails<', svg)
    assert [int(number) for _, number in bars] == [2, 2]
    for url, number in bars:
        assert as_owner.get(unescape(url)).context["total"] == int(number)


def test_where_nobody_clicked_the_page_says_so(as_owner: Client) -> None:
    page = as_owner.get(LINKS, {"utm_source": "partner"})
    assert "No link was clicked" in page.content.decode()


@pytest.mark.parametrize("query", [{"link": "x"}, {"link": "-1"}, {"link": "12345"}])
def test_a_link_that_is_no_number_is_named(as_owner: Client, query: dict[str, str]) -> None:
    answer = as_owner.get("/dashboard/mails/", query)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert b"link" in answer.content
