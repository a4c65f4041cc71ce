"""The numbers of opens, clicks and unsubscribes are those of the rows, however the rows came in."""

import random
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from crm.analytics.store import CampaignEngagement, MailEngagement
from crm.search.documents import EngagementDocument
from tests.analytics.conftest import Stores
from tests.search.conftest import sqlite
from tests.search.documents import delivery, engagement


def _history(seed: int) -> list[EngagementDocument]:
    """Make rows of which some change their verdict later."""
    chance = random.Random(seed)
    rows = []
    for number in range(200):
        person = chance.randrange(20)
        row = {"kind": chance.choice(["open", "click", "unsubscribe"]), "person_id": f"p{person}"}
        for version in (1, 2):
            verdict = chance.choice(["human", "machine"])
            rows.append(engagement(f"c/p{person}/mail", str(number), version=version, verdict=verdict, **row))
    return rows


def _counted(rows: Iterable[EngagementDocument]) -> CampaignEngagement:
    latest = {row.id: row for row in sorted(rows, key=lambda row: row.version)}.values()
    human, everybody, total = defaultdict(set), defaultdict(set), defaultdict(int)
    for row in latest:
        everybody[row.kind].add(row.person_id)
        total[row.kind] += 1
        if row.verdict == "human":
            human[row.kind].add(row.person_id)
    numbers = [number for kind in ("open", "click") for number in (len(human[kind]), len(everybody[kind]), total[kind])]
    return CampaignEngagement(*numbers, len(everybody["unsubscribe"]))


def test_campaigns_numbers_are_those_of_its_rows_told_in_any_order_and_repeatedly(stores: Stores) -> None:
    search, analytics = stores
    rows = _history(1)
    told = rows * 2
    random.Random(2).shuffle(told)
    for start in range(0, len(told), 7):
        search.apply(told[start : start + 7])

    assert analytics.campaign_engagement("c") == _counted(rows)


def test_click_that_turns_out_a_machines_leaves_the_human_number(stores: Stores) -> None:
    search, analytics = stores
    search.apply([engagement("c/p/mail", kind="click")])
    search.apply([engagement("c/p/mail", kind="click", version=2, verdict="machine", why="burst")])

    found = analytics.campaign_engagement("c")

    assert (found.clicked, found.clicked_all, found.clicks) == (0, 1, 1)


def test_removed_row_leaves_no_number_behind(stores: Stores) -> None:
    search, analytics = stores
    search.apply([engagement("c/p/mail")])
    search.apply([engagement("c/p/mail", version=2, deleted=True)])

    assert analytics.campaign_engagement("c") == CampaignEngagement()
    assert analytics.mail_engagement(["c/p/mail"]) == {}


def test_mails_numbers_tell_humans_from_everything(stores: Stores) -> None:
    search, analytics = stores
    machine = engagement("c/p/mail", "2", verdict="machine", why="agent")
    click = engagement("c/p/mail", "3", kind="click", link=1)
    search.apply([engagement("c/p/mail"), machine, click, engagement("e/q/confirmation#1", campaign_id=None)])

    found = analytics.mail_engagement(["c/p/mail", "e/q/confirmation#1", "c/x/mail"])

    assert found == {"c/p/mail": MailEngagement(1, 2, 1, 1, 0), "e/q/confirmation#1": MailEngagement(1, 1, 0, 0, 0)}


@pytest.mark.parametrize(
    ("kind", "sql"),
    [
        ("engagement_sums", "UPDATE engagement_sums SET people = 7"),
        ("clicked", "UPDATE clicked SET total = 7"),
        ("link_tallies", "DELETE FROM link_tallies WHERE bucket > 0"),
        ("clicks", "UPDATE clicks SET state_at = 7"),
    ],
)
def test_stores_with_other_numbers_differ(tmp_path: Path, kind: str, sql: str) -> None:
    rows = [delivery("c/p/mail"), engagement("c/p/mail", kind="click", link=1)]
    search = sqlite(tmp_path)
    search.apply(rows)
    other = search.beside()
    other.apply(rows)
    assert search.differences(other) == []

    with other.database.write() as connection:
        connection.execute(sql)

    assert {difference.kind for difference in search.differences(other)} == {kind}
