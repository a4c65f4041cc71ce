"""The list of clicks behind a number: who clicked which link of which mail, when, and whether a machine did."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client

from crm.core import paging
from crm.search import engine
from tests.factories import person
from tests.mail_documents import NEWSLETTER, NOON, mail
from tests.search.documents import campaign, engagement, mail_links

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir")]
CLICKS = "/dashboard/clicks/"
AGENDA = "https://www.example.com/agenda?utm_source=newsletter"


def clicked(mail_id: str, number: int, **values: object) -> None:
    """Put one more click into the read model, an hour after the one of the number before."""
    at = NOON + timedelta(hours=number)
    engine.store().apply([engagement(mail_id, str(number), **{"kind": "click", "link": 1, "at": at, **values})])


@pytest.fixture(autouse=True)
def _mails(tables: None, data_dir: None) -> None:
    """Two mails of a campaign, one of none."""
    engine.store().apply(
        [
            campaign("c", name="<Tech Conference>"),
            mail_links("c", 1, AGENDA),
            mail(utm=NEWSLETTER, id="c/a/mail"),
            mail(utm=NEWSLETTER, id="c/b/mail", state_at=NOON + timedelta(days=1)),
            mail(utm=("", "", ""), id="e/a/ticket", kind="confirmation", campaign_id=None),
        ]
    )


def test_a_click_says_who_clicked_which_link_of_which_mail_and_when(as_owner: Client) -> None:
    reader = person(first_name="Ada", last_name="Byron", email="ada@example.com")
    clicked("c/a/mail", 1, person_id=reader.id)
    page = as_owner.get(CLICKS)
    (row,) = page.context["rows"]
    assert (row.person.name, row.link, row.mail, row.click.at) == (
        "Ada Byron",
        "example.com/agenda",
        "<Tech Conference>",
        NOON + timedelta(hours=1),
    )
    text = page.content.decode()
    assert f'href="/dashboard/people/{reader.id}/">Ada Byron</a>' in text
    assert 'href="/dashboard/campaigns/c/">&lt;Tech Conference&gt;</a>' in text


def test_machines_are_listed_by_a_switch_with_the_rule_that_says_so(as_owner: Client) -> None:
    clicked("c/a/mail", 1)
    clicked("c/a/mail", 2, link=0, verdict="machine", why="honeypot")
    clicked("e/a/ticket", 3, link=0, verdict="machine", why="agent", campaign_id=None)
    clicked("c/b/mail", 4, link=9, verdict="machine", why="early")
    page = as_owner.get(CLICKS, {"utm_source": ""})
    assert [page.context["total"], *page.context["rows"]] == [0]
    everything = as_owner.get(page.context["switch"][1]["url"])
    assert [(row.link, row.mail, row.why) for row in everything.context["rows"]] == [
        ("An unknown link", "Other mail", "A known scanner")
    ]
    rows = as_owner.get(CLICKS, {"traffic": "all"}).context["rows"]
    assert [(row.link, row.click.verdict, row.why) for row in rows] == [
        ("Link 9", "machine", "Less than 5 seconds after delivery"),
        ("An unknown link", "machine", "A known scanner"),
        ("The hidden link", "machine", "Followed the link that nobody sees"),
        ("example.com/agenda", "human", ""),
    ]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"campaign_id": "c"}, [2, 1]),
        ({"campaign_id": ""}, [3]),
        ({"link": "1"}, [2, 1]),
        ({"link": "2"}, [3]),
        ({"utm_medium": "email", "from": "2025-08-02T12:00:00Z"}, [2]),
        ({"utm_medium": "email", "before": "2025-08-02T12:00:00Z"}, [1]),
    ],
)
def test_an_address_narrows_the_list(as_owner: Client, query: dict[str, str], numbers: list[int]) -> None:
    clicked("c/a/mail", 1)
    clicked("c/b/mail", 2)
    clicked("e/a/ticket", 3, link=2, campaign_id=None)
    page = as_owner.get(CLICKS, query)
    assert [row.click.id.rpartition("/")[2] for row in page.context["rows"]] == list(map(str, numbers))
    assert page.context["total"] == len(numbers)


def test_what_the_list_is_narrowed_to_is_said(as_owner: Client) -> None:
    page = as_owner.get(CLICKS, {"campaign_id": "c", "link": "1", "utm_source": "", "traffic": "all"})
    text = page.content.decode()
    for said in ("people and machines", "example.com/agenda", "&lt;Tech Conference&gt;", "none"):
        assert f"<b>{said}</b>" in text
    assert "No such clicks" in text
    assert "<b>Other mail</b>" in as_owner.get(CLICKS, {"campaign_id": ""}).content.decode()


def test_pages_follow_one_another_without_a_gap(as_owner: Client) -> None:
    for number in range(paging.PAGE_SIZE + 1):
        clicked("c/a/mail", number)
    first = as_owner.get(CLICKS, {"campaign_id": "c"})
    second = as_owner.get(first.context["pager"].next, headers={"HX-Request": "true", "HX-Target": "clicks-table"})
    seen = [row.click.at for page in (first, second) for row in page.context["rows"]]
    assert seen == [NOON + timedelta(hours=number) for number in reversed(range(paging.PAGE_SIZE + 1))]
    assert "<h1>" not in second.content.decode()


@pytest.mark.parametrize("query", [{"link": "x"}, {"traffic": "bots"}, {"from": "yesterday"}, {"cursor": "x"}])
def test_what_an_address_cannot_ask_is_named(as_owner: Client, query: dict[str, str]) -> None:
    answer = as_owner.get(CLICKS, query)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert next(iter(query)).encode() in answer.content
