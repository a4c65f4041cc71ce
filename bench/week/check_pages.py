"""The pages of campaigns and events and the morning page, beside the count."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bench.week import markup, periods
from bench.week.check import Check, cells
from bench.week.check_api import Api
from bench.week.count import STATES, Ask, Count
from bench.week.markup import Node
from bench.week.rows import Campaign, Event

_OUTCOMES = ("delivered", "bounced", "complained", "delayed", "rejected")
_DEEDS = ("opened", "clicked")


def campaign(check: Check, count: Count, one: Campaign, get: Api) -> None:
    """Compare a campaign's page and what the API answers of it."""
    wanted = _of_campaign(count, one)
    name = f"/dashboard/campaigns/{one.id}/"
    page = check.tree(name)
    links = {node.attrs["id"]: node for node in page.all("a", lambda node: "id" in node.attrs)}
    for key, link in links.items():
        figure = _figure(key)
        if figure is not None and figure in wanted:
            bold = link.first("b")
            number = markup.number((bold or link).text)
            check.same(name, key, "number", wanted[figure], number)
            check.opens(name, key, "number", number, link.attrs["href"])
    must = {f"result-{step}" for step in ("sent", *_OUTCOMES[:3], *_DEEDS, "unsubscribed", "registered", "attended")}
    check.same(name, "page", "figures", [], sorted(must - links.keys()))
    for raw in _DEEDS:
        is_more = wanted[f"{raw}_all"] != wanted[raw]
        check.same(name, f"raw-{raw}", "is shown", is_more, f"raw-{raw}" in links)
    _reasons(check, count, one, page, name)
    _tabs(check, page_of_recipients := f"{name}mails/", check.tree(page_of_recipients))
    _api(check, count, one, wanted, get)


def _figure(key: str) -> str | None:
    """Return what a link's id says that its number is."""
    kind, _, rest = key.partition("-")
    if kind == "result":
        return {"none": "unheard"}.get(rest, rest)
    if kind == "raw":
        return f"{rest}_all"
    named = {"sent": "sent", "to-mail": "queued", "matched": "matched", "queued": "queued", "left-out": "skipped"}
    named |= {"left-out-sum": "skipped"} | {f"{state}-count": f"state:{state}" for state in STATES}
    return named.get(rest) if kind == "live" else None


def _of_campaign(count: Count, one: Campaign) -> dict[str, int]:
    ask = Ask(campaign_id=one.id)
    found = count.figures(ask)
    raw = count.figures(ask.but(traffic="all"))
    outcomes = Counter(mail.outcome for mail in count.mails(ask) if mail.state == "sent")
    found |= {outcome: outcomes[outcome] for outcome in _OUTCOMES} | {"unheard": outcomes[""]}
    found |= {f"{deed}_all": raw[deed] for deed in _DEEDS}
    return found | {"matched": one.matched, "queued": found["total"] - found["skipped"]}


def _reasons(check: Check, count: Count, one: Campaign, page: Node, name: str) -> None:
    wanted = Counter(mail.reason for mail in count.mails(Ask(campaign_id=one.id)) if mail.state == "skipped")
    links = page.all("a", lambda node: node.attrs.get("id", "").startswith("live-reason-"))
    found = {link.attrs["href"].rpartition("reason=")[2]: link for link in links}
    check.same(name, "left out", "reasons", sorted(wanted), sorted(found))
    for reason in wanted.keys() & found.keys():
        check.shown(name, f"left out, {reason}", "number", wanted[reason], _wrapped(found[reason]))


def _wrapped(link: Node) -> Node:
    return Node("", {}, [link])


def _tabs(check: Check, name: str, page: Node) -> None:
    """Compare the switch over a list with the rows that each part of it opens."""
    switch = page.first("div", lambda node: "segmented" in node.classes)
    for link in switch.all("a") if switch else ():
        label, _, number = link.text.rpartition(" ")
        href = link.attrs["href"]
        url = href if href.startswith("/") else f"{name}{href}"
        check.opens(name, label, "number", markup.number(number), url)


def _api(check: Check, count: Count, one: Campaign, wanted: Mapping[str, int], get: Api) -> None:
    name = f"/campaigns/{one.id}"
    found = json.loads(get(name).body)
    check.same(name, "campaign", "matched", wanted["matched"], found["matched"])
    check.same(name, "campaign", "queued", wanted["queued"], found["queued"])
    reasons = Counter(mail.reason for mail in count.mails(Ask(campaign_id=one.id)) if mail.state == "skipped")
    check.same(name, "campaign", "excluded", dict(reasons), found["excluded"])
    for state in STATES:
        check.same(name, "deliveries", state, wanted[f"state:{state}"], found["deliveries"].get(state, 0))
    for key, number in found["outcomes"].items():
        figure = {"openedAll": "opened_all", "clickedAll": "clicked_all"}.get(key, key)
        check.same(name, "outcomes", key, wanted[figure], number)


def campaigns(check: Check, count: Count) -> None:
    """Compare the list of campaigns."""
    name = "/dashboard/campaigns/"
    table = check.tree(name).first("table")
    rows = [line for body in table.all("tbody") for line in body.all("tr")] if table else []
    check.same(name, "all", "campaigns", len(count.rows.campaigns), len(rows))
    for line in rows:
        link = line.first("a")
        assert link is not None
        one = count.rows.campaigns[link.attrs["href"].rstrip("/").rpartition("/")[2]]
        wanted = _of_campaign(count, one)
        figures = {"Matched": "matched", "Left out": "skipped", "Failed": "failed"}
        for cell in cells(line):
            label = cell.attrs["data-label"]
            check.shown(name, one.name, label, wanted[figures[label]], cell)
        fill = line.first("span", lambda node: "fill" in node.classes)
        found = [(markup.number(a.text), a.attrs["href"]) for a in fill.all("a")] if fill else []
        check.same(name, one.name, "sent of queued", [wanted["sent"], wanted["queued"]], [n for n, _ in found])
        for number, url in found:
            check.opens(name, one.name, "sent of queued", number, url)


def event(check: Check, count: Count, one: Event, get: Api) -> None:
    """Compare an event's page, the API, and the counters on its item with its registrations."""
    places = [place for place in count.rows.places if place.event_id == one.id]
    states = Counter(place.status for place in places)
    name = f"/dashboard/events/{one.id}/"
    page = check.tree(name)
    for figure, number in (("taken", one.taken), ("waiting", one.waiting)):
        check.same("DynamoDB", one.title, figure, states["registered" if figure == "taken" else "waitlisted"], number)
    equation = page.first("div", lambda node: "equation" in node.classes)
    shown = [(markup.number(a.text), a.attrs["href"]) for a in equation.all("a")] if equation else []
    check.same(name, "places", "taken, waiting", [states["registered"], states["waitlisted"]], [n for n, _ in shown])
    for number, url in shown:
        check.opens(name, "places", "number", number, url)
    aside = page.by_id("event-places")
    for link in aside.all("a", lambda node: node.first("b") is not None) if aside else ():
        bold = link.first("b")
        assert bold is not None
        check.opens(name, link.text, "number", markup.number(bold.text), link.attrs["href"])
    _tabs(check, name, page)
    found = json.loads(get(f"/events/{one.id}").body)
    check.same(f"/events/{one.id}", "event", "taken", states["registered"], found["taken"])
    check.same(f"/events/{one.id}", "event", "waiting", states["waitlisted"], found["waiting"])


def home(check: Check, count: Count, now: datetime, zone: ZoneInfo) -> None:
    """Compare the morning page: its four numbers, the next events, what needs attention."""
    name, rows = "/dashboard/", count.rows
    page = check.tree(name)
    since, before = periods.period("7", now, zone)
    assert since is not None
    # "7 days" there are seven whole ones and today.
    since = (since.astimezone(zone).replace(tzinfo=None) - timedelta(days=1)).replace(tzinfo=zone)
    ask = Ask(since=since, before=before)
    coming = [one for one in rows.events.values() if one.status == "published" and one.start_at > now]
    wanted = {
        "People": len(rows.people),
        "New people, 7 days": sum(one.created_at >= since for one in rows.people.values()),
        "Events to come": len(coming),
        "Mails sent, 7 days": count.figures(ask)["sent"],
    }
    found = _stats(page)
    check.same(name, "numbers", "labels", sorted(wanted), sorted(found))
    for label, number_ in wanted.items():
        check.same(name, label, "number", number_, found[label][0])
        check.opens(name, label, "number", *found[label])
    _next(check, count, page, name, since)
    _attention(check, count, page, name, since)


def _stats(page: Node) -> dict[str, tuple[int, str]]:
    """Return label -> number and where it leads."""
    stats = page.first("ul", lambda node: "stats" in node.classes)
    found: dict[str, tuple[int, str]] = {}
    for link in stats.all("a") if stats else ():
        label, number = link.first("span"), link.first("b")
        assert label is not None
        assert number is not None
        found[label.text] = (markup.number(number.text), link.attrs["href"])
    return found


def _next(check: Check, count: Count, page: Node, name: str, since: datetime) -> None:
    section = page.by_id("next-events")
    for body in section.all("tbody") if section else ():
        for line in body.all("tr"):
            link = line.first("a")
            assert link is not None
            one = count.rows.events[link.attrs["href"].rstrip("/").rpartition("/")[2]]
            ask = Ask(event_id=one.id, since=since)
            (cell,) = cells(line)
            shown = cell.first("a")
            number = markup.number(shown.text.split()[0].removeprefix("+")) if shown else 0
            check.same(name, one.title, "registered within 7 days", count.figures(ask)["registered"], number)
            check.opens(name, one.title, "registered within 7 days", number, shown.attrs["href"] if shown else "")


def _attention(check: Check, count: Count, page: Node, name: str, since: datetime) -> None:
    ever, lately = count.figures(Ask()), count.figures(Ask(since=since))
    wanted = {"unknown": ever["state:unknown"], "held": ever["held"], "failed": lately["failed"]}
    section = page.by_id("needs-attention")
    found: dict[str, tuple[int, str]] = {}
    for line in section.all("li") if section else ():
        link = line.first("a")
        if link is not None and line.attrs.get("data-state") in wanted and "/mails/" in link.attrs["href"]:
            found[line.attrs["data-state"]] = (markup.number(link.text.split()[0]), link.attrs["href"])
    for state, number in wanted.items():
        check.same(name, f"needs attention, {state}", "number", number, found.get(state, (0, ""))[0])
        check.opens(name, f"needs attention, {state}", "number", *found.get(state, (0, "")))
