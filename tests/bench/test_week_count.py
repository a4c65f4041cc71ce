"""The independent count of the scripted week counts what it says, and its check notices what differs."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bench.week import markup, periods, script
from bench.week.browser import Answer, Browser
from bench.week.check import Check
from bench.week.count import Ask, Count
from bench.week.rows import NO_TOUCH, Deed, Mail, Place, Rows

NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)
NEWSLETTER = ("newsletter", "email", "june")
MAIL = Mail("c/p/mail", "c", "p", NEWSLETTER, "sent", NOON, "", "delivered", is_hard_bounce=False)
PLACE = Place("e", "p", "registered", NOON, (*NEWSLETTER, "c"), ("google", "", "", ""), attended=True)


def rows(*, mails: list[Mail], deeds: list[Deed] | None = None, places: list[Place] | None = None) -> Rows:
    return Rows(mails, deeds or [], {}, places or [], {}, {})


def test_machines_are_counted_only_where_all_traffic_is() -> None:
    machine = replace(MAIL, id="c/q/mail")
    deeds = [
        Deed(MAIL.id, "p", "open", 0, "early"),
        Deed(MAIL.id, "p", "open", 0, ""),
        Deed(machine.id, "q", "open", 0, "burst"),
    ]
    count = Count(rows(mails=[MAIL, machine], deeds=deeds))

    assert count.figures(Ask())["opened"] == 1
    assert count.figures(Ask(traffic="all"))["opened"] == 2


def test_registration_counts_once_in_each_model() -> None:
    untagged = replace(PLACE, person_id="q", first=NO_TOUCH, last=NO_TOUCH)
    count = Count(rows(mails=[], places=[PLACE, untagged, replace(PLACE, person_id="r", status="cancelled")]))

    def registered(source: str, model: str) -> int:
        return count.figures(Ask(utm={"utm_source": source}, model=model))["registered"]

    assert [registered(source, "first") for source in ("newsletter", "google", "")] == [1, 0, 1]
    assert [registered(source, "last") for source in ("newsletter", "google", "")] == [0, 1, 1]


def test_period_takes_its_start_and_leaves_its_end() -> None:
    later = replace(MAIL, id="c/q/mail", state_at=NOON + timedelta(hours=1))
    count = Count(rows(mails=[MAIL, later]))

    assert count.figures(Ask(since=NOON, before=later.state_at))["sent"] == 1


def test_day_on_which_clocks_are_set_forward_has_23_hours() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    since, before = periods.period("1", NOON + timedelta(days=1), berlin)

    assert since is not None
    assert before is not None
    assert len(periods.stretches(since, before, "hour", berlin)) == 23


def test_same_seed_plans_the_same_week() -> None:
    crowds = script.crowds(300, 7)

    assert crowds == script.crowds(300, 7) != script.crowds(300, 8)
    assert len(crowds["alpha"]) * 2 + sum(len(crowds[one]) for one in ("beta", "gamma", "delta")) == 300


class _Site:
    """Answers pages from memory."""

    def __init__(self, pages: Mapping[str, str]) -> None:
        self._pages = pages

    def __call__(self, _method: str, path: str, _body: bytes | None, _headers: Mapping[str, str]) -> Answer:
        return Answer(200, {}, [], self._pages[path].encode())


def check(pages: Mapping[str, str]) -> Check:
    return Check(Browser(_Site(pages), "http://localhost", "", ""))


def page(said: str, rows: int, following: str = "") -> str:
    link = f'<a rel="next" href="{following}">Next</a>' if following else ""
    table = f'<table class="data-table"><tbody>{"<tr><td></td></tr>" * rows}</tbody></table>'
    return f'<section class="panel">{table}<nav class="pager"><span>{said}</span>{link}</nav></section>'


def test_number_that_its_rows_do_not_add_up_to_is_named() -> None:
    checking = check({"/list": page("1 to 2 of 3", 2, "/list?2"), "/list?2": page("3 to 3 of 3", 1)})
    cell = markup.read('<td class="num"><a href="/list">4</a></td>')

    checking.shown("/page", "row", "sent", 4, cell)

    (found,) = checking.differences
    assert (found.row, found.expected, found.found) == ("row", 4, 3)


def test_following_page_that_lists_something_else_is_noticed() -> None:
    checking = check({"/list": page("1 to 2 of 3", 2, "/list?2"), "/list?2": page("3 to 22 of 40", 1)})

    assert checking.rows_at("/list") == -1
