"""Which opens and clicks are a machine's, and for which reason."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from crm.deliveries.tokens import MailRef
from crm.engagement import classification
from crm.engagement.entities import CLICK, OPEN, UNSUBSCRIBE, Engagement, Seen

NOON = datetime(2025, 8, 1, 12, tzinfo=UTC)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0 Safari/537.36"
OUTLOOK = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)"
_numbers = count(1)


def seen(kind: str = CLICK, **values: object) -> Seen:
    return Seen(**{"kind": kind, "at": NOON, "agent": BROWSER, **values})  # type: ignore[arg-type]


CUBOT = "Mozilla/5.0 (Linux; Android 13; CUBOT_X70) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile"


def row(link: int, after_s: float = 0, kind: str = CLICK, why: str = "", agent: str = BROWSER) -> Engagement:
    at = NOON + timedelta(seconds=after_s)
    return Engagement(MailRef("c", 0, "p", "mail"), f"{next(_numbers)}", "campaign", kind, at, link, agent, why)


@pytest.mark.parametrize(
    "agent", [BROWSER, OUTLOOK, "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko GoogleImageProxy", CUBOT]
)
def test_person_who_opens_later_is_human(agent: str) -> None:
    assert classification.of_one(seen(OPEN, agent=agent), NOON - timedelta(seconds=5)) == ""


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"is_hidden": True}, "honeypot"),
        ({"is_head": True}, "head"),
        ({"is_prefetch": True}, "prefetch"),
        ({"agent": "Mozilla/5.0"}, "prefetch"),
        ({"agent": ""}, "agent"),
        ({"agent": "python-requests/2.32"}, "agent"),
        ({"agent": "Mozilla/5.0 (compatible; BingPreview/1.0b)"}, "agent"),
        ({"agent": "Barracuda Sentinel (EE)"}, "agent"),
        ({"agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}, "agent"),
        ({"agent": "Slackbot-LinkExpanding 1.0"}, "agent"),
        ({"agent": "Java/17.0.2"}, "agent"),
        ({"agent": "SkypeUriPreview Preview/0.5"}, "agent"),
    ],
)
def test_what_no_person_does_is_a_machines(given: dict[str, object], why: str) -> None:
    assert classification.of_one(seen(**given), NOON - timedelta(hours=1)) == why


@pytest.mark.parametrize(("after_s", "why"), [(-60, "early"), (0, "early"), (4.999, "early"), (5, "")])
def test_nobody_reads_within_five_seconds_of_delivery(after_s: float, why: str) -> None:
    assert classification.of_one(seen(), NOON - timedelta(seconds=after_s)) == why


def test_delivery_that_is_not_known_makes_no_machine() -> None:
    assert classification.of_one(seen(), None) == ""


def test_unsubscribing_is_always_a_humans() -> None:
    assert classification.of_one(seen(UNSUBSCRIBE, agent="curl/8"), NOON) == ""


def test_three_links_within_two_seconds_are_all_a_machines() -> None:
    rows = [row(1), row(2, 1), row(3, 2)]

    assert classification.of_several(rows) == {one.id: "burst" for one in rows}


def test_opening_within_a_burst_is_the_same_machines() -> None:
    opened = row(0, 0.5, OPEN)

    assert opened.id in classification.of_several([row(1), opened, row(2, 1), row(3, 1.5)])


@pytest.mark.parametrize(
    "rows",
    [
        [row(1), row(2, 1)],
        [row(1), row(2, 1), row(3, 2.001)],
        [row(1), row(1, 0.1), row(1, 0.2), row(2, 0.3)],
    ],
    ids=["two links", "three links in more time", "two links clicked often"],
)
def test_less_than_a_burst_stays_human(rows: list[Engagement]) -> None:
    assert classification.of_several(rows) == {}


def test_later_real_click_counts_though_a_burst_came_before() -> None:
    real = row(2, 60)

    assert real.id not in classification.of_several([row(1), row(2, 0.1), row(3, 0.2), real])


# A gateway that follows one link a second comes to the hidden one long after the first; its name stays the same.
@pytest.mark.parametrize("after_s", [-30, -2.6, 2.6, 30])
def test_whoever_follows_the_hidden_link_did_what_they_do_half_a_minute_around_it(after_s: float) -> None:
    hidden, other = row(0, why="honeypot"), row(1, after_s)

    assert classification.of_several([hidden, other]) == {other.id: "beside-honeypot"}


@pytest.mark.parametrize("after_s", [-2, 2])
def test_what_others_do_right_beside_the_hidden_link_is_the_same_machines(after_s: float) -> None:
    hidden, other = row(0, why="honeypot"), row(1, after_s, agent=OUTLOOK)

    assert classification.of_several([hidden, other]) == {other.id: "beside-honeypot"}


@pytest.mark.parametrize(("after_s", "agent"), [(2.001, OUTLOOK), (-2.001, OUTLOOK), (30.001, BROWSER)])
def test_real_click_counts_though_the_hidden_link_was_followed(after_s: float, agent: str) -> None:
    assert classification.of_several([row(0, why="honeypot"), row(1, after_s, agent=agent)]) == {}


def test_what_a_follower_of_the_hidden_link_did_reaches_no_further() -> None:
    mine, later = row(0, 20, why="beside-honeypot"), row(2, 40)

    assert classification.of_several([row(0, why="honeypot"), mine, later]) == {}


def test_unsubscribing_within_a_burst_stays_a_humans() -> None:
    left = row(0, 1, UNSUBSCRIBE)

    assert left.id not in classification.of_several([row(1), left, row(2, 1), row(3, 1)])
