"""The engagement score on OpenSearch: a question's own score, to which each thing that somebody did adds its points."""

from collections.abc import Iterator
from datetime import datetime

from opensearchpy import OpenSearch

from crm.search import opensearch_deeds, score
from crm.search.cursors import MAX_LIMIT
from crm.search.documents import HUMAN
from crm.search.opensearch_client import Json, search
from crm.search.opensearch_paging import Listing
from crm.search.opensearch_query import EVERYTHING, Query, equal, every, living, within
from crm.search.score import Deed
from crm.search.sqlite_schema import ENGAGEMENTS, PEOPLE, REGISTRATIONS, Table


def everybody() -> Query:
    """Return the query for people who did anything, whose `_score` is their engagement score."""
    parts = []
    for field, points in score.POINTS.items():
        for period in score.periods():
            kind, which = opensearch_deeds.each(field, period)
            each = {"constant_score": {"filter": which, "boost": points}}
            parts.append({"has_child": {"type": kind, "score_mode": "sum", "query": each}})
    return {"bool": {"should": parts, "minimum_should_match": 1}}


def at_least(number: int) -> Query:
    """Return the query for people whose score is at least so high."""
    # Sums of whole numbers are exact in the engine's 32 bits up to 16.7 million.
    return {"function_score": {"query": everybody(), "min_score": number}} if number else EVERYTHING


def highest(client: OpenSearch, index: str, limit: int) -> list[tuple[str, int]]:
    """Return the people with the highest scores above 0, and those."""
    body: Json = {
        "query": {"bool": {"must": [everybody()], "filter": [living(PEOPLE.name)]}},
        "sort": [{"_score": "desc"}, {"id": "asc"}],
        "size": limit,
        "_source": False,
    }
    found = search(client, index, body)["hits"]["hits"]
    return [(str(key), round(points)) for points, key in (hit["sort"] for hit in found)]


def deeds(client: OpenSearch, index: str, person_id: str, since: datetime) -> list[Deed]:
    """Return somebody's registrations for events since then, and what humans did with their mails."""
    theirs = equal("person_id", person_id)
    places = every([theirs, within("event_start_at", since, None)])
    done = every([theirs, within("at", since, None), equal("verdict", HUMAN)])
    return [
        *_rows(client, index, REGISTRATIONS, places, "-event_start_at"),
        *_rows(client, index, ENGAGEMENTS, done, "-at"),
    ]


def _rows[Row: Deed](client: OpenSearch, index: str, table: Table[Row], where: Query, sort: str) -> Iterator[Row]:
    cursor = None
    while True:
        page = Listing.of(table, where, sort, MAX_LIMIT, cursor).page(client, index)
        yield from page.items
        if page.next is None:
            return
        cursor = page.next
