"""Questions about people: inside the adapter, over HTTP, and the same asked of PostgreSQL. See README.md.

python -m bench.search [--people 1000000] [--registrations 5000000] [--folder FOLDER] [--requests 20]
[--no-postgres] [--opensearch]
"""

import argparse
import http.client
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import psycopg

from bench import environment, web
from bench.search import loading, opensearch, postgres, postgres_sql, timing
from bench.search.questions import COUNTS, FACETS, GROWN, PAGES, REQUEST_4, UNSELECTIVE, Question
from bench.search.timing import Times
from crm.search import filters
from crm.search.sqlite import SqliteSearchStore
from crm.search.store import SearchStore
from tests.engines.java import Tools

_LIMIT = 20
_GROWN = 1.5
_TIMES_FASTER = 3
# What request 4 may take where the bar is not that of the embedded read model.
_BAR_MS = 200


def main() -> int:
    """Load, measure and print; return 1 where a bar is missed."""
    given = _arguments()
    folder = Path(given.folder)
    large, small = (folder / str(given.people // share) for share in (1, 10))
    store = loading.store(large, given.people, given.registrations)
    loading.store(small, given.people // 10, given.registrations // 10)
    missed = _inside(store, given.requests)
    missed += _over_http(large, f"sqlite:///{large / 'read.sqlite3'}", given.requests)
    missed += _grown(large, small, given.requests)
    programs = None if given.no_postgres else postgres.programs()
    if programs is None:
        print("\nPostgreSQL: left out, or not installed")
    else:
        with postgres.loaded(store.database.path, programs) as connection:
            missed += _beside_postgres(store, connection, given.requests)
    if given.opensearch:
        missed += _opensearch(store, large, given)
    print(f"\nbars: {'kept' if not missed else f'{missed} missed'}")
    return int(missed > 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--registrations", type=int, default=None)
    parser.add_argument("--folder", default=str(Path(tempfile.gettempdir()) / "bench-search"))
    parser.add_argument("--requests", type=int, default=20)
    parser.add_argument("--no-postgres", action="store_true")
    parser.add_argument("--opensearch", action="store_true")
    given = parser.parse_args()
    given.registrations = given.registrations or given.people * 5
    return given


def _head(title: str, *columns: str) -> None:
    print(f"\n{title}\n{'':52}" + "".join(f"{column:>10}" for column in columns), flush=True)


def _line(name: str, times: Times, bar_ms: float) -> int:
    is_missed = times.percentile(95) > bar_ms
    print(f"{name:52} {times} {bar_ms:9.0f}{'  missed' if is_missed else ''}", flush=True)
    return int(is_missed)


def _page(store: SearchStore, question: Question) -> Callable[[], object]:
    return lambda: store.people(question.where, sort=question.sort, limit=_LIMIT)


def _inside(store: SearchStore, requests: int, pages: Sequence[Question] = PAGES) -> int:
    columns = ("p50 ms", "p95 ms", "CPU ms", "bar ms")
    _head("Inside the adapter: a page with total", *columns)
    missed = sum(_line(one.name, timing.of(_page(store, one), requests), one.bar_ms) for one in pages)
    _head("Inside the adapter: count as you type, split into who can be mailed", *columns)
    for one in (*COUNTS, *pages):
        missed += _line(one.name, timing.of(lambda one=one: store.split(one.where, "news"), requests), one.bar_ms)
    _head("Inside the adapter: facets", *columns)
    for field in FACETS:
        for one in UNSELECTIVE[1:5]:
            asked = timing.of(lambda field=field, one=one: store.facets(field, "", 10, one.where), requests)
            missed += _line(f"{field}, {one.name}", asked, 200)
    return missed


def _over_http(folder: Path, url: str, requests: int, pages: Sequence[Question] = PAGES) -> int:
    _head("Over HTTP: /users/filter", "p50 ms", "p95 ms", "CPU ms", "bar ms")
    missed = 0
    with _served(folder, url) as connection:
        for one in pages:
            times = requests * 10 if one.name == REQUEST_4.name else requests
            missed += _line(one.name, timing.of(lambda one=one: _ask(connection, one), times), one.bar_ms)
    return missed


@contextmanager
def _served(folder: Path, url: str) -> Iterator[http.client.HTTPConnection]:
    with web.process({**environment.VARIABLES, "DATA_DIR": str(folder), "READ_MODEL_URL": url}) as port:
        yield http.client.HTTPConnection("127.0.0.1", port, timeout=60)


def _ask(connection: http.client.HTTPConnection, question: Question) -> int:
    query = {**filters.to_query(question.where), "sort_by": question.sort, "limit": _LIMIT}
    address = f"/users/filter?{urlencode(query, doseq=True)}"
    connection.request("GET", address)
    try:
        response = connection.getresponse()
    except http.client.RemoteDisconnected:
        # The web process closes connections that lie idle, as one does while the other is slow to start.
        connection.request("GET", address)
        response = connection.getresponse()
    body = response.read()
    if response.status != http.client.OK:
        raise SystemExit(f"unexpected answer {response.status}: {body[:300]!r}")
    return int(json.loads(body)["total"])


def _grown(large: Path, small: Path, requests: int) -> int:
    """Ask a tenth of the people for what is common, and all of them for what a tenth as many have, in turn."""
    _head("Over HTTP: a tenth of the people against all, as many matches", "tenth ms", "all ms", "ratio", "matches", "")
    missed = 0
    few_url, many_url = (f"sqlite:///{folder / 'read.sqlite3'}" for folder in (small, large))
    with _served(small, few_url) as few, _served(large, many_url) as many:
        for common, rare in GROWN:
            asked = (lambda one=common: _ask(few, one), lambda one=rare: _ask(many, one))
            times = [each.percentile(50) for each in timing.in_turn(*asked, requests * 5)]
            missed += times[1] > _GROWN * times[0]
            totals = [ask() for ask in asked]
            numbers = f"{times[0]:10.2f}{times[1]:10.2f}{times[1] / times[0]:10.2f}"
            print(f"{rare.name:52}{numbers}{totals[0]:10,}{totals[1]:10,}", flush=True)
    return missed


def _beside_postgres(store: SqliteSearchStore, connection: psycopg.Connection, requests: int) -> int:
    """Ask both in turn, so that whatever else the machine does slows both."""
    _head("Beside PostgreSQL: a page with total", "ours p50", "p95", "its p50", "p95", "p50 ratio", "p95 ratio")
    missed = 0
    for one in PAGES:
        condition, values = postgres_sql.where(one.where)
        total, listed = _both(connection, f"FROM people WHERE {condition}", values, one.sort)
        found = store.people(one.where, sort=one.sort, limit=_LIMIT)
        if (total(), listed()) != (found.total, [person.id for person in found.items]):
            raise SystemExit(f"PostgreSQL answers {one.name} otherwise")
        ours, its = timing.in_turn(_page(store, one), lambda ask=(total, listed): [each() for each in ask], requests)
        ratios = [its.percentile(percent) / ours.percentile(percent) for percent in (50, 95)]
        missed += one in UNSELECTIVE and ratios[0] < _TIMES_FASTER
        numbers = [times.percentile(percent) for times in (ours, its) for percent in (50, 95)]
        print(f"{one.name:52}" + "".join(f"{number:10.1f}" for number in (*numbers, *ratios)), flush=True)
    return missed


def _opensearch(ours: SqliteSearchStore, folder: Path, given: argparse.Namespace) -> int:
    """Ask a node of the same people what was asked of the file, and then both in turn."""
    print("\nOpenSearch", flush=True)
    with opensearch.loaded(Tools.found(), given.people, given.registrations) as (store, url):
        pages = (replace(REQUEST_4, bar_ms=_BAR_MS), *PAGES[1:])
        missed = _inside(store, given.requests, pages)
        missed += _over_http(folder, url, given.requests, pages)
        _head("SQLite beside OpenSearch: a page with total", "sqlite p50", "p95", "other p50", "p95", "p50 ratio")
        for one in PAGES:
            times = timing.in_turn(_page(ours, one), _page(store, one), given.requests)
            numbers = [each.percentile(percent) for each in times for percent in (50, 95)]
            print(f"{one.name:52}" + "".join(f"{number:10.1f}" for number in (*numbers, numbers[2] / numbers[0])))
    return missed


def _both(
    connection: psycopg.Connection, source: str, values: list[object], sort: str
) -> tuple[Callable[[], int], Callable[[], list[str]]]:
    count = f"SELECT count(*) {source}"
    page = f"SELECT id {source} ORDER BY {postgres_sql.order(sort)} LIMIT {_LIMIT}"

    def total() -> int:
        return int(connection.execute(count.encode(), values).fetchone()[0])  # type: ignore[index]

    def listed() -> list[str]:
        return [key for (key,) in connection.execute(page.encode(), values)]

    return total, listed


if __name__ == "__main__":
    sys.exit(main())
