"""What clients of `/analytics` may rely on."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from crm.analytics.figure_schemas import EXAMPLE
from crm.analytics.link_schemas import EXAMPLE as LINKS_EXAMPLE
from crm.analytics.store import STATES
from crm.core.touches import Touch
from crm.core.utm import PARAMETERS
from crm.search import engine
from crm.search.documents import DeliveryDocument
from tests.api_client import ApiClient
from tests.mail_documents import mail
from tests.search.documents import engagement, mail_links, registration

pytestmark = pytest.mark.usefixtures("data_dir")
NOON = datetime(2025, 8, 1, 12, tzinfo=UTC)
NEWSLETTER = ("newsletter", "email", "tech_conf_2025")
numbers = count(1)


@pytest.fixture
def api() -> ApiClient:
    return ApiClient()


def mails(number: int, state: str, utm: tuple[str, str, str] = NEWSLETTER, at: datetime = NOON) -> None:
    """Put mails of one kind into the read model."""
    engine.store().apply([_mail(state, utm, at) for _ in range(number)])


def _mail(state: str, utm: tuple[str, str, str], at: datetime) -> DeliveryDocument:
    number = next(numbers)
    return DeliveryDocument(
        id=f"c/{number}/mail",
        version=1,
        deleted=False,
        kind="campaign",
        campaign_id="c",
        event_id=None,
        person_id=str(number),
        step="mail",
        email=f"{number}@example.com",
        subject="Hello",
        state=state,
        state_at=at,
        reason="",
        attempt=1,
        utm_source=utm[0],
        utm_medium=utm[1],
        utm_campaign=utm[2],
        created_at=at,
        sent_at=None,
    )


def fields_at_fault(problem: Any) -> list[str]:
    return [error["field"] for error in problem["errors"]]


def test_pending_is_everything_not_final(api: ApiClient) -> None:
    for number, state in enumerate(STATES, 1):
        mails(number, state)
    summary = api.get("/analytics")["summary"]
    assert summary["states"] == {state: number for number, state in enumerate(STATES, 1)}
    assert summary["pending"] == sum(summary["states"][state] for state in ("pending", "sending", "unknown"))
    finals = ("sent", "failed", "held", "skipped", "cancelled")
    assert {state: summary[state] for state in finals} == {state: summary["states"][state] for state in finals}
    assert summary["total"] == sum(summary[part] for part in (*finals, "pending")) == sum(range(1, len(STATES) + 1))


def test_nothing_is_counted_as_zero(api: ApiClient) -> None:
    answer = api.get("/analytics")
    assert (answer["summary"]["sent"], answer["summary"]["failed"], answer["summary"]["pending"]) == (0, 0, 0)
    assert answer["rows"] == []


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ({}, 7),
        ({"utm_source": "newsletter"}, 3),
        ({"utm_medium": "email"}, 5),
        ({"utm_campaign": "tech_conf_2025"}, 1),
        ({"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "tech_conf_2025"}, 1),
        ({"utm_source": "Newsletter"}, 0),
        ({"utm_source": ""}, 7),
    ],
)
def test_any_subset_of_utm_parameters_narrows(api: ApiClient, asked: dict[str, str], sent: int) -> None:
    mails(1, "sent")
    mails(2, "sent", ("newsletter", "social", "other"))
    mails(4, "sent", ("partner", "email", "other"))
    answer = api.get("/analytics", **asked)
    assert answer["summary"]["sent"] == sent
    assert sum(row["sent"] for row in answer["rows"]) == sent


def test_rows_name_their_utm_and_come_most_sent_first(api: ApiClient) -> None:
    mails(1, "sent")
    mails(2, "sent", ("", "", ""))
    rows = api.get("/analytics")["rows"]
    assert [(row["utm_source"], row["utm_medium"], row["utm_campaign"], row["sent"]) for row in rows] == [
        ("", "", "", 2),
        (*NEWSLETTER, 1),
    ]


def test_registrations_add_no_row_of_mails(api: ApiClient) -> None:
    mails(1, "sent")
    touch = Touch("linkedin", "social", "june", "", NOON)
    engine.store().apply([registration("e", "p", registered_at=NOON, first_touch=touch, last_touch=touch)])
    assert [row["utm_source"] for row in api.get("/analytics")["rows"]] == ["newsletter"]


def test_period_includes_its_start_and_not_its_end(api: ApiClient) -> None:
    mails(1, "sent", at=NOON)
    one_second = timedelta(seconds=1)
    periods = {
        (NOON, NOON + one_second): 1,
        (NOON - one_second, NOON): 0,
        (NOON + one_second, NOON + 2 * one_second): 0,
        (NOON, NOON): 0,
    }
    for (start, end), sent in periods.items():
        assert api.get("/analytics", **{"from": start.isoformat(), "to": end.isoformat()})["summary"]["sent"] == sent


def test_period_takes_any_offset(api: ApiClient) -> None:
    mails(1, "sent", at=NOON)
    assert api.get("/analytics", **{"from": "2025-08-01T17:30:00+05:30"})["summary"]["sent"] == 1
    assert api.get("/analytics", to="2025-08-01T17:30:00+05:30")["summary"]["sent"] == 0


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"from": "yesterday"}, "from"),
        ({"from": "2025-08-01T12:00:00"}, "from"),
        ({"from": "2025-08-01"}, "from"),
        ({"to": "1754049600"}, "to"),
        ({"to": "2025-02-30T00:00:00Z"}, "to"),
        ({"from": "2025-08-02T00:00:00Z", "to": "2025-08-01T00:00:00Z"}, "to"),
        ({"utm_source": "x" * 201}, "utm_source"),
        ({"utm_medium": "a\x00b"}, "utm_medium"),
        ({"utm_term": "x"}, "utm_term"),
        ({"since": "2025-08-02T00:00:00Z"}, "since"),
        ({"group_by": "state"}, "group_by"),
        ({"group_by": "link,utm_source"}, "group_by"),
        ({"group_by": "link", "interval": "day"}, "interval"),
        ({"group_by": "link", "timezone": "UTC"}, "timezone"),
        ({"group_by": "link", "model": "last"}, "model"),
        ({"group_by": "utm_source," + "x" * 200}, "group_by"),
        ({"interval": "minute"}, "interval"),
        ({"interval": "day", "timezone": "Mars/Olympus"}, "timezone"),
        ({"model": "middle"}, "model"),
        ({"traffic": "bots"}, "traffic"),
    ],
)
def test_parameter_that_cannot_be_used_is_named(api: ApiClient, asked: dict[str, str], field: str) -> None:
    status, problem, _ = api.call("GET", "/analytics?" + "&".join(f"{n}={v}" for n, v in asked.items()))
    assert (status, fields_at_fault(problem)) == (422, [field])


def test_call_of_old_answers_what_it_always_did(api: ApiClient) -> None:
    mails(2, "sent")
    _, body, _ = api.call("GET", "/analytics?utm_source=newsletter&utm_medium=email&utm_campaign=tech_conf_2025")
    states = {**dict.fromkeys(STATES, 0), "sent": 2}
    counts = {"sent": 2, "failed": 0, "pending": 0, "held": 0, "skipped": 0, "cancelled": 0, "total": 2}
    row = {**counts, "states": states, **dict(zip(PARAMETERS, NEWSLETTER, strict=True))}
    assert json.dumps(body) == json.dumps(
        {"summary": {**counts, "states": states}, "rows": [row], "asOf": body["asOf"]}
    )


@pytest.fixture
def week(data_dir: Path) -> None:
    """A mail that was read and clicked, one that came back, and who registered by them."""
    told = [_mail("sent", NEWSLETTER, NOON), _mail("sent", NEWSLETTER, NOON)]
    told = [replace(told[0], outcome="delivered"), replace(told[1], outcome="bounced")]
    touch, other = (Touch(source, "email", "june", "", NOON) for source in ("newsletter", "partner"))
    engine.store().apply(
        [
            *told,
            engagement(told[0].id, "1", kind="open"),
            engagement(told[0].id, "2", kind="click"),
            engagement(told[1].id, "3", kind="open", verdict="machine"),
            registration("e", "p", registered_at=NOON, first_touch=other, last_touch=touch),
        ]
    )


@pytest.mark.usefixtures("week")
def test_example_of_the_documentation_is_true(api: ApiClient) -> None:
    asked = {"group_by": "utm_source", "interval": "day", "from": "2025-08-01T00:00:00Z", "to": "2025-08-02T00:00:00Z"}
    answer = api.get("/analytics", **asked)
    assert answer == {**EXAMPLE, "asOf": answer["asOf"]}


@pytest.fixture
def clicked(data_dir: Path) -> None:
    """Two mails of one campaign in which links were clicked, one of another that a machine clicked in."""
    told = [mail("sent", state_at=NOON, id=f"c/{name}/mail") for name in "ab"]
    other = mail("sent", state_at=NOON, id="d/a/mail", campaign_id="d", utm=("partner", "", ""))
    clicks = [(told[0], 1), (told[0], 1), (told[1], 1), (told[1], 2)]
    engine.store().apply(
        [
            *told,
            other,
            mail_links("c", 1, "https://example.com/agenda?utm_source=newsletter", "https://example.com/map"),
            *(engagement(row.id, str(n), kind="click", link=link) for n, (row, link) in enumerate(clicks)),
            engagement(other.id, "1", campaign_id="d", kind="click", link=0, verdict="machine"),
        ]
    )


@pytest.mark.usefixtures("clicked")
def test_example_of_links_in_the_documentation_is_true(api: ApiClient) -> None:
    answer = api.get("/analytics", group_by="link", **{"from": "2025-08-01T00:00:00Z", "to": "2025-08-02T00:00:00Z"})
    assert answer == {**LINKS_EXAMPLE, "asOf": answer["asOf"]}


@pytest.mark.usefixtures("clicked")
@pytest.mark.parametrize(
    ("asked", "links", "total"),
    [
        ({"traffic": "all"}, [("c", "1"), ("c", "2"), ("d", "0")], (3, 5)),
        ({"traffic": "all", "campaign_id": "d"}, [("d", "0")], (1, 1)),
        ({"traffic": "all", "utm_source": "newsletter"}, [("c", "1"), ("c", "2")], (2, 4)),
        ({"campaign_id": "d"}, [], (0, 0)),
        ({"to": "2025-08-01T00:00:00Z"}, [], (0, 0)),
    ],
)
def test_links_are_those_of_the_mails_asked_for(
    api: ApiClient, asked: dict[str, str], links: list[tuple[str, str]], total: tuple[int, int]
) -> None:
    answer = api.get("/analytics", group_by="link", **asked)
    assert [(row["keys"]["campaign_id"], row["keys"]["link"]) for row in answer["rows"]] == links
    assert (answer["total"]["clicked"], answer["total"]["clicks"]) == total
    assert answer["traffic"] == asked.get("traffic", "human")


@pytest.mark.usefixtures("week")
def test_model_says_which_touch_is_credited_and_traffic_whose_opens_count(api: ApiClient) -> None:
    first = api.get("/analytics", group_by="utm_source", model="first", traffic="all")
    figures = {row["keys"]["utm_source"]: row["figures"] for row in first["rows"]}
    assert (figures["newsletter"]["registered"], figures["partner"]["registered"]) == (0, 1)
    assert figures["newsletter"]["opened"] == first["total"]["opened"] == 2
    assert api.get("/analytics", traffic="human")["total"]["opened"] == 1


@pytest.mark.usefixtures("week")
def test_rows_are_grouped_by_what_was_asked(api: ApiClient) -> None:
    keys = [row["keys"] for row in api.get("/analytics", group_by="utm_medium,campaign_id")["rows"]]
    assert keys == [{"utm_medium": "email", "campaign_id": "c"}, {"utm_medium": "email", "campaign_id": ""}]
    assert [row["keys"] for row in api.get("/analytics", group_by="")["rows"]] == [{}]


@pytest.mark.usefixtures("week")
def test_days_are_those_of_the_time_zone(api: ApiClient) -> None:
    (point,) = api.get("/analytics", interval="day", timezone="Pacific/Kiritimati")["series"]
    assert point["start"] == "2025-08-01T10:00:00Z"


def test_more_hours_than_anybody_reads_are_refused(api: ApiClient) -> None:
    mails(1, "sent", at=NOON)
    mails(1, "sent", at=NOON - timedelta(days=365))
    status, problem, _ = api.call("GET", "/analytics?interval=hour")
    assert (status, fields_at_fault(problem)) == (422, ["interval"])
    assert len(api.get("/analytics", interval="day")["series"]) == 366


def test_answer_says_how_new_it_is(api: ApiClient) -> None:
    assert "asOf" in api.get("/analytics")
