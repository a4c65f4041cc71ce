"""The UTM page and its CSV, beside the count."""

import csv
import io
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from bench.week.check import Check, cells
from bench.week.count import FIGURES, PARAMETERS, Ask, Count
from bench.week.markup import Node

LABELS = {
    "Sent": "sent",
    "Delivered": "delivered",
    "Opened": "opened",
    "Clicked": "clicked",
    "Unsubscribed": "unsubscribed",
    "Bounced": "bounced",
    "Complained": "complained",
    "Failed": "failed",
    "Pending": "pending",
    "Held": "held",
    "Left out": "skipped",
    "Cancelled": "cancelled",
    "Registered": "registered",
    "Attended": "attended",
    "Waiting": "waiting",
}
# Of what a figure is shown as a share.
WHOLES = {
    "delivered": "sent",
    "opened": "delivered",
    "clicked": "delivered",
    "unsubscribed": "delivered",
    "bounced": "sent",
    "complained": "sent",
    "attended": "registered",
}
# Stands for a show-up rate that cannot be told.
UNRATED = "\u2013"
_NONE, _NOTHING = "none", "No tracking"
_RARE = ("held", "skipped", "cancelled")
Path = tuple[str, ...]


def percent(part: int, whole: int) -> str:
    """Return a share as pages write it: three digits at most, and never all or nothing where it is not."""
    if not part or part > whole:
        return ""
    if 10_000 * part < whole:
        return "< 0.01 %"
    if part < whole and 1_000 * part > 999 * whole:
        return "> 99.9 %"
    text = f"{100 * part / whole:.1f}" if 10 * part >= whole else f"{100 * part / whole:.2f}"
    return f"{text.rstrip('0').rstrip('.')} %"


def page(check: Check, count: Count, ask: Ask, given: Mapping[str, str]) -> None:
    """Compare the page that the query `given` asks for, whose question is `ask`."""
    name = f"/dashboard/analytics/?{urlencode(given)}"
    shown = check.tree(name)
    tree = shown.first("table", lambda one: "tree" in one.classes)
    wanted = tree_of(count, ask, FIGURES)
    if tree is None:
        check.same(name, "table", "is there", bool(wanted), False)
        return
    columns = [one for one in FIGURES if one not in _RARE or wanted[()][one]]
    table(check, name, tree, wanted, columns)


def tree_of(count: Count, ask: Ask, told: Sequence[str]) -> dict[Path, dict[str, int]]:
    """Return path (source, medium, campaign; the empty one is all) -> figures, of those rows that tell anything."""
    found: dict[Path, dict[str, int]] = {}
    for key in count.keys(ask, PARAMETERS):
        for depth in range(4):
            path = key[:depth]
            if path not in found:
                found[path] = count.figures(ask.but(utm={**ask.utm, **dict(zip(PARAMETERS, path, strict=False))}))
    return {path: figures for path, figures in found.items() if any(figures[name] for name in told)}


def table(
    check: Check,
    name: str,
    tree: Node,
    wanted: Mapping[Path, Mapping[str, int]],
    columns: Sequence[str],
    *,
    is_rated: bool = True,
) -> None:
    """Compare a table of sources: each row, what its numbers open, that none is missing, and the sums.

    `is_rated`: whether a show-up rate is told.
    """
    seen = _shown(tree)
    by_text = {_texts(path): path for path in wanted if path}
    for texts, row in seen.items():
        if texts not in by_text:
            check.same(name, " / ".join(texts), "row", "no such row", "a row")
            continue
        _row(check, name, " / ".join(texts), row, wanted[by_text[texts]], columns=columns, is_rated=is_rated)
    for path in by_text.values():
        # What only repeats the row above it may be left out.
        repeats = len(path) > 1 and not path[-1] and all(wanted[path][one] == wanted[path[:-1]][one] for one in columns)
        check.same(name, " / ".join(_texts(path)), "is shown", True, repeats or _texts(path) in seen)
    for row in _lines(tree, "tfoot"):
        _row(check, name, "All", row, wanted[()], columns=columns, is_rated=is_rated)


def _shown(tree: Node) -> dict[Path, Node]:
    """Return the rows that a table shows, by the texts of their path."""
    seen: dict[Path, Node] = {}
    path: Path = ()
    for row in _lines(tree, "tbody"):
        level = int(row.classes[0].removeprefix("l"))
        head = row.first("th")
        assert head is not None
        kept = path[: level - 1]
        # A row that only repeats the one above it is left out: it had no value.
        path = (*kept, *[_NOTHING if kept == (_NOTHING,) else _NONE] * (level - 1 - len(kept)), head.text)
        seen[path] = row
    return seen


def _texts(path: Path) -> Path:
    found: list[str] = []
    for depth, value in enumerate(path, 1):
        found.append(value or (_NONE if any(path[:depth]) else _NOTHING))
    return tuple(found)


def _lines(tree: Node, part: str) -> list[Node]:
    found = tree.first(part)
    return list(found.all("tr")) if found else []


def _row(
    check: Check,
    name: str,
    row: str,
    line: Node,
    wanted: Mapping[str, int],
    *,
    columns: Sequence[str],
    is_rated: bool,
) -> None:
    found = {LABELS[cell.attrs["data-label"]]: cell for cell in cells(line)}
    check.same(name, row, "columns", list(columns), list(found))
    for column, cell in found.items():
        numbers(check, name, row, column, wanted, cell=cell, is_rated=is_rated)


def numbers(
    check: Check, name: str, row: str, column: str, wanted: Mapping[str, int], *, cell: Node, is_rated: bool = True
) -> None:
    """Compare a cell's number, what it opens, and the share beside it."""
    small = cell.first("small")
    said = small.text if small else ""
    if small:
        cell.inside.remove(small)
    check.shown(name, row, column, wanted[column], cell)
    if column in WHOLES:
        share = percent(wanted[column], wanted[WHOLES[column]])
        told = UNRATED if share and column == "attended" and not is_rated else share
        check.same(name, row, f"{column}, its share", told, said)


def file(check: Check, count: Count, ask: Ask, given: Mapping[str, str]) -> None:
    """Compare the CSV."""
    name = f"/dashboard/analytics/utm.csv?{urlencode(given)}"
    lines = list(csv.DictReader(io.StringIO(check.ask(name).body.decode("utf-8-sig"))))
    found = {tuple(line[key] for key in PARAMETERS): line for line in lines}
    keys = {path for path in tree_of(count, ask, FIGURES) if len(path) == len(PARAMETERS)}
    check.same(name, "rows", "keys", sorted(keys), sorted(found))
    for key, line in found.items():
        figures = count.figures(ask.but(utm=dict(zip(PARAMETERS, key, strict=True))))
        for column in line.keys() - set(PARAMETERS):
            check.same(name, " / ".join(key), column, figures[column], int(line[column]))
