"""The pages Funnel, Time, Events and People of the analytics with their CSV, beside the count."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from bench.week import check_utm, markup, periods
from bench.week.check import Check, cells
from bench.week.check_utm import percent
from bench.week.count import OF_PLACES, Ask, Count
from bench.week.markup import Node
from bench.week.rows import Event

STEPS = ("sent", "delivered", "clicked", "registered", "attended")
# As docs/adr/0012 says: points for each within a year, twice as many for the last 90 days.
_POINTS = {"attended": 10, "registered": 3, "clicked": 2, "opened": 1}
_TOP = 100


def funnel(check: Check, count: Count, ask: Ask, given: Mapping[str, str]) -> None:
    """Compare the funnel and its CSV. An event narrows the registrations only."""
    mails, places = count.figures(ask.but(event_id="")), count.figures(ask)
    wanted = {step: (places if step in OF_PLACES else mails)[step] for step in STEPS}
    name = f"/dashboard/analytics/funnel/?{urlencode(given)}"
    found = check.tree(name).first("ol", lambda one: "funnel" in one.classes)
    assert found is not None
    before = ""
    for step, line in zip(STEPS, found.all("li"), strict=True):
        _step(check, name, step, line, wanted, before=before)
        before = step
    file = f"/dashboard/analytics/funnel.csv?{urlencode(given)}"
    lines = list(csv.DictReader(io.StringIO(check.ask(file).body.decode("utf-8-sig"))))
    check.same(file, "rows", "steps", list(STEPS), [line["step"] for line in lines])
    for line, previous in zip(lines, ("", *STEPS), strict=False):
        step = line["step"]
        check.same(file, step, "number", wanted[step], int(line["number"]))
        check.same(file, step, "lost", _lost(wanted, step, previous), int(line["lost"]))


def _lost(wanted: Mapping[str, int], step: str, before: str) -> int:
    return max(wanted[before] - wanted[step], 0) if before else 0


def _step(check: Check, name: str, step: str, line: Node, wanted: Mapping[str, int], *, before: str) -> None:
    bold, small = line.first("b"), line.first("small")
    assert bold is not None
    assert small is not None
    check.shown(name, step, "number", wanted[step], bold)
    is_part = bool(before) and wanted[step] <= wanted[before] > 0
    share = (percent(wanted[step], wanted[before]) or "0 %") if is_part else ""
    lost = _lost(wanted, step, before)
    parts = [f"{share} of {before}" if share else "", f"{lost:,} lost" if lost else ""]
    check.same(name, step, "share and loss", ", ".join(filter(None, parts)), small.text)


def time(check: Check, count: Count, ask: Ask, given: Mapping[str, str], *, now: datetime, zone: ZoneInfo) -> None:
    """Compare one number over time: each stretch, the same of the period before, and both sums."""
    name, measure, interval = f"/dashboard/analytics/time/?{urlencode(given)}", given["measure"], given["per"]
    page = check.tree(name)
    since, before = periods.period(given["period"], now, zone)
    assert since is not None
    assert before is not None
    days = periods.DAYS[given["period"]]
    stretches = periods.stretches(since, before, interval, zone)
    wanted = _series(count, ask, measure, stretches)
    # The same days and hours, so many days before.
    earlier = [(_earlier(start, days, zone), _earlier(end, days, zone)) for start, end in stretches]
    likes = _series(count, ask, measure, earlier)
    table = next(one for one in page.all("table") if "keep" in one.classes)
    lines = [line for body in table.all("tbody") for line in body.all("tr")]
    check.same(name, "table", "stretches", len(wanted), len(lines))
    for (start, number), (_, like), line in zip(reversed(wanted), reversed(likes), lines, strict=False):
        head, (cell, previous, _) = line.first("th"), cells(line)
        assert head is not None
        text = periods.spoken(periods.begin(start, interval, zone), interval, zone)
        check.same(name, text, "stretch", text, head.text)
        check.shown(name, text, measure, number, cell)
        check.same(name, text, f"{measure}, before", like, markup.number(previous.text))
    check.same(name, "legend", measure, [sum(n for _, n in wanted), sum(n for _, n in likes)], _legend(page))
    _time_file(check, given, [n for _, n in wanted], [n for _, n in likes])


def _legend(page: Node) -> list[int]:
    legend = page.first("ul", lambda one: "legend" in one.classes)
    return [markup.number(bold.text) for bold in legend.all("b")] if legend else []


def _earlier(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    wall = moment.astimezone(zone).replace(tzinfo=None) - timedelta(days=days)
    return wall.replace(tzinfo=zone).astimezone(UTC)


def _series(
    count: Count, ask: Ask, measure: str, stretches: Sequence[tuple[datetime, datetime]]
) -> list[tuple[datetime, int]]:
    return [(start, count.figures(ask.but(since=start, before=end))[measure]) for start, end in stretches]


def _time_file(check: Check, given: Mapping[str, str], wanted: list[int], likes: list[int]) -> None:
    name = f"/dashboard/analytics/time.csv?{urlencode(given)}"
    lines = list(csv.DictReader(io.StringIO(check.ask(name).body.decode("utf-8-sig"))))
    check.same(name, "all", given["measure"], wanted, [int(line[given["measure"]]) for line in lines])
    check.same(name, "all", "before", likes, [int(line["period_before"]) for line in lines])


def events(check: Check, count: Count, ask: Ask, given: Mapping[str, str]) -> None:
    """Compare the table of events, the sums, what led to the registrations, and the CSV."""
    name = f"/dashboard/analytics/events/?{urlencode(given)}"
    page = check.tree(name)
    columns = ("registered", "attended", "waiting")
    wanted = {event: count.figures(ask.but(event_id=event)) for event in count.rows.events}
    told = {event: one for event, one in wanted.items() if any(one[name] for name in columns)}
    told = {event: one for event, one in told.items() if ask.event_id in ("", event)}
    _lines(check, count, name, page, told)
    tree = page.first("table", lambda one: "tree" in one.classes)
    sources = check_utm.tree_of(count, ask, OF_PLACES)
    if tree is not None:
        rated = all(_is_rated(count.rows.events[event]) for event in told)
        check_utm.table(check, name, tree, sources, OF_PLACES, is_rated=rated)
    check.same(name, "sources", "are shown", bool(sources), tree is not None)
    _placed_over_time(check, name, page, count.figures(ask)["registered"])
    file = f"/dashboard/analytics/events.csv?{urlencode(given)}"
    lines = {line["event_id"]: line for line in csv.DictReader(io.StringIO(check.ask(file).body.decode("utf-8-sig")))}
    check.same(file, "rows", "events", sorted(told), sorted(lines))
    for event in told.keys() & lines.keys():
        for column in columns:
            check.same(file, lines[event]["event"], column, told[event][column], int(lines[event][column]))


def _is_rated(event: Event) -> bool:
    return event.uses_check_in and event.end_at <= datetime.now(UTC)


def _lines(check: Check, count: Count, name: str, page: Node, told: Mapping[str, Mapping[str, int]]) -> None:
    table = page.first("table", lambda one: "figures" in one.classes and "tree" not in one.classes)
    check.same(name, "events", "are shown", bool(told), table is not None)
    if table is None:
        return
    ids = {count.rows.events[event].title: event for event in told}
    rows = [line for body in table.all("tbody") for line in body.all("tr")]
    check.same(name, "events", "rows", len(told), len(rows))
    for line in rows:
        head = line.first("th")
        assert head is not None
        event = count.rows.events[ids[head.text.removesuffix(" no check-in")]]
        _event_row(check, name, event.title, line, told[event.id], is_rated=_is_rated(event))
    sums = {column: sum(one[column] for one in told.values()) for column in ("registered", "attended", "waiting")}
    is_rated = all(_is_rated(count.rows.events[event]) for event in told)
    for foot in table.all("tfoot"):
        for line in foot.all("tr"):
            _event_row(check, name, "All", line, sums, is_rated=is_rated)


def _event_row(check: Check, name: str, row: str, line: Node, wanted: Mapping[str, int], *, is_rated: bool) -> None:
    for cell in cells(line):
        column = check_utm.LABELS[cell.attrs["data-label"]]
        small = cell.first("small")
        if column == "attended":
            share = percent(wanted["attended"], wanted["registered"])
            told = share if is_rated or not share else check_utm.UNRATED
            check.same(name, row, "show-up rate", told, small.text if small else "")
        if small:
            cell.inside.remove(small)
        check.shown(name, row, column, wanted[column], cell)


def _placed_over_time(check: Check, name: str, page: Node, wanted: int) -> None:
    """Compare the registrations over time: their sum, and what each number opens."""
    table = page.first("table", lambda one: "keep" in one.classes)
    if table is None:
        check.same(name, "over time", "registered", wanted, 0)
        return
    found = 0
    for body in table.all("tbody"):
        for line in body.all("tr"):
            (cell,) = cells(line)
            number = markup.number(cell.text)
            found += number
            link = cell.first("a")
            head = line.first("th")
            check.opens(name, head.text if head else "", "registered", number, link.attrs["href"] if link else "")
    check.same(name, "over time", "registered", wanted, found)


def people(check: Check, count: Count) -> None:
    """Compare the engagement scores, on the page, in the CSV, and on the pages of those who lead."""
    scores = _scores(count)
    wanted = sorted(scores.values(), reverse=True)[:_TOP]
    name, file = "/dashboard/analytics/people/most-engaged/", "/dashboard/analytics/people.csv"
    table = check.tree(name).first("table")
    lines = [line for body in table.all("tbody") for line in body.all("tr")] if table else []
    found: dict[str, int] = {}
    for line in lines:
        link = line.first("a")
        assert link is not None
        found[link.attrs["href"].rstrip("/").rpartition("/")[2]] = markup.number(cells(line)[0].text)
    check.same(name, "all", "scores", wanted, list(found.values()))
    for person, number in found.items():
        check.same(name, person, "score", scores.get(person, 0), number)
    told = {
        line["id"]: int(line["engagement"])
        for line in csv.DictReader(io.StringIO(check.ask(file).body.decode("utf-8-sig")))
    }
    check.same(file, "all", "scores", found, told)
    for person in list(found)[:10]:
        _of_person(check, person, found[person])


def _of_person(check: Check, person: str, score: int) -> None:
    name = f"/dashboard/people/{person}/"
    title = check.tree(name).by_id("engagement-title")
    total = title.first("span", lambda one: "total" in one.classes) if title else None
    check.same(name, "engagement", "score", score, markup.number(total.text) if total else 0)


def _scores(count: Count) -> dict[str, int]:
    """Return person -> score, where it is not 0. Everything the script does is of the last 90 days, or to come."""
    found: dict[str, int] = {}
    for place in count.rows.places:
        is_off = count.rows.events[place.event_id].status == "cancelled"
        if place.status == "registered" and not is_off:
            did = _POINTS["registered"] + (_POINTS["attended"] if place.attended else 0)
            found[place.person_id] = found.get(place.person_id, 0) + 2 * did
    mails = {deed.mail_id: deed.person_id for deed in count.rows.deeds}
    for mail, person in mails.items():
        did = sum(_POINTS[name] for name in ("opened", "clicked") if name in count.deeds_of(mail))
        found[person] = found.get(person, 0) + 2 * did
    return {person: score for person, score in found.items() if score and person in count.rows.people}
