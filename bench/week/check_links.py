"""Clicked links, on their page, in its CSV, over the API and on campaigns' own pages, beside the count."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, urlencode, urlsplit

from bench.week import markup
from bench.week.check import Check, cells
from bench.week.check_api import Api
from bench.week.check_utm import percent
from bench.week.count import Ask, Count
from bench.week.markup import Node
from bench.week.rows import Campaign

# Campaign ('' : none) and the number of a link.
_Key = tuple[str, int]
_FIGURES = ("clicked", "clicks")
_LABELS = {"Clicked": "clicked", "Clicks": "clicks"}
_ALL: _Key = ("all", -1)
# A campaign's page shows so many, the page of links more than any week has.
_ON_CAMPAIGNS_PAGE = 8


def page(check: Check, count: Count, ask: Ask, given: Mapping[str, str]) -> None:
    """Compare the page that the query `given` asks for, whose question is `ask`."""
    name = f"/dashboard/analytics/links/?{urlencode(given)}"
    shown = check.tree(name).first("table", lambda one: "links" in one.classes)
    wanted = _wanted(count, ask)
    if shown is None:
        check.same(name, "table", "is there", len(wanted) > 1, False)
        return
    found = _shown(shown)
    check.same(name, "rows", "links", sorted(wanted), sorted(found))
    for key in wanted.keys() & found.keys():
        _row(check, count, name, key, found[key], wanted=wanted[key], has_campaign=True)


def of_campaign(check: Check, count: Count, one: Campaign) -> None:
    """Compare the links on a campaign's own page, which come once it is there."""
    name = f"/dashboard/campaigns/{one.id}/"
    part = check.staff.get(name, **{"HX-Request": "true", "HX-Target": "campaign-links"})
    check.same(name, "links", "answer", 200, part.status)
    shown, wanted = markup.read(part.text).first("table"), _wanted(count, Ask(campaign_id=one.id))
    found = _shown(shown) if shown else {}
    most = sorted((numbers["clicked"] for key, numbers in wanted.items() if key != _ALL), reverse=True)
    listed = [wanted[key]["clicked"] for key in found if key in wanted and key != _ALL]
    check.same(name, "links", "those clicked in most mails", most[:_ON_CAMPAIGNS_PAGE], listed)
    for key in found:
        _row(check, count, name, key, found[key], wanted=wanted.get(key, {}), has_campaign=False)


def file(check: Check, count: Count, ask: Ask, given: Mapping[str, str]) -> None:
    """Compare the CSV."""
    name = f"/dashboard/analytics/links.csv?{urlencode(given)}"
    lines = csv.DictReader(io.StringIO(check.ask(name).body.decode("utf-8-sig")))
    found = {(line["campaign_id"], int(line["link"])): line for line in lines}
    wanted = {key: numbers for key, numbers in _wanted(count, ask).items() if key != _ALL}
    check.same(name, "rows", "links", sorted(wanted), sorted(found))
    for key in wanted.keys() & found.keys():
        _figures(check, name, key, wanted[key], {one: int(found[key][one]) for one in _FIGURES})
        check.same(name, str(key), "address", _address(count, key), found[key]["address"])
        check.same(name, str(key), "campaign", _campaign(count, key), found[key]["campaign"])


def api(check: Check, count: Count, ask: Ask, get: Api, given: Mapping[str, str]) -> None:
    """Compare what the API answers."""
    name = f"/analytics?{urlencode({**given, 'group_by': 'link'})}"
    answer = json.loads(get(name).body)
    found = {(row["keys"]["campaign_id"], int(row["keys"]["link"])): row for row in answer["rows"]}
    wanted = _wanted(count, ask)
    _figures(check, name, _ALL, wanted.pop(_ALL), answer["total"])
    check.same(name, "rows", "keys", sorted(wanted), sorted(found))
    for key in wanted.keys() & found.keys():
        _figures(check, name, key, wanted[key], found[key]["figures"])
        check.same(name, str(key), "address", _address(count, key), found[key]["address"])


def _wanted(count: Count, ask: Ask) -> dict[_Key, Mapping[str, int]]:
    """Return the numbers of each clicked link, and of all: a mail in which two were clicked counts once there."""
    links, whole = count.links(ask), count.figures(ask)
    clicks = sum(numbers["clicks"] for numbers in links.values())
    total = {"clicked": whole["clicked"], "clicks": clicks, "delivered": whole["delivered"]}
    return {**links, _ALL: total}


def _shown(table: Node) -> dict[_Key, Node]:
    """Return the rows of a table by what the numbers in them say that they are of."""
    bodies = (("tbody", False), ("tfoot", True))
    return {
        _ALL if is_sum else _key(line): line
        for part, is_sum in bodies
        for body in table.all(part)
        for line in body.all("tr")
    }


def _key(line: Node) -> _Key:
    link = next(a for cell in cells(line) for a in cell.all("a"))
    asked = parse_qs(urlsplit(link.attrs["href"]).query)
    return asked.get("campaign_id", [""])[0], int(asked["link"][0])


def _row(
    check: Check,
    count: Count,
    name: str,
    key: _Key,
    line: Node,
    *,
    wanted: Mapping[str, int],
    has_campaign: bool,
) -> None:
    """Compare a row's numbers, what they open, the shares beside them, and what the link is said to be."""
    row = f"link {key[1]} of {key[0]}" if key != _ALL else "All"
    by_label = {cell.attrs.get("data-label", ""): cell for cell in cells(line)}
    for label, figure in _LABELS.items():
        cell = by_label[label]
        small = cell.first("small")
        if small:
            cell.inside.remove(small)
        check.shown(name, row, figure, wanted.get(figure, -1), cell)
        if figure == "clicked":
            share = percent(wanted.get(figure, 0), wanted.get("delivered", 0))
            check.same(name, row, "its share", share, small.text if small else "")
    if key == _ALL:
        return
    part = by_label["Of all clicked"].text
    check.same(name, row, "of all clicked", percent(wanted.get("clicked", 0), wanted.get("any", 0)), part)
    head = line.first("th")
    assert head is not None
    texts = [_spoken(count, key), *([_campaign(count, key)] if has_campaign else [])]
    check.same(name, row, "text", " ".join(texts), head.text)


def _figures(check: Check, name: str, key: _Key, wanted: Mapping[str, int], found: Mapping[str, int]) -> None:
    for figure in _FIGURES:
        check.same(name, str(key), figure, wanted[figure], found[figure])


def _links(count: Count, key: _Key) -> Sequence[str]:
    ours = count.rows.campaigns.get(key[0])
    return ours.links if ours else ()


def _address(count: Count, key: _Key) -> str:
    links = _links(count, key)
    return links[key[1] - 1] if 0 < key[1] <= len(links) else ""


def _spoken(count: Count, key: _Key) -> str:
    address = _address(count, key)
    if address:
        return address.partition("//")[2].removeprefix("www.").removesuffix("/")
    return f"Link {key[1]}" if key[1] else "The hidden link, or an unknown one"


def _campaign(count: Count, key: _Key) -> str:
    ours = count.rows.campaigns.get(key[0])
    return ours.name if ours else "Other mail"
