"""The parts that queries of OpenSearch are made of."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from crm.search.sqlite_codec import micros

Query = dict[str, Any]
EVERYTHING: Query = {"match_all": {}}
NOTHING: Query = {"match_none": {}}


def every(parts: Sequence[Query]) -> Query:
    """Return the query that all parts hold."""
    wanted = [part for part in parts if part != EVERYTHING]
    return wanted[0] if len(wanted) == 1 else {"bool": {"filter": wanted}} if wanted else EVERYTHING


def some(parts: Sequence[Query]) -> Query:
    """Return the query that at least one part holds."""
    return {"bool": {"should": list(parts), "minimum_should_match": 1}} if parts else NOTHING


def no(part: Query) -> Query:
    """Return the query that the part does not hold."""
    return {"bool": {"must_not": [part]}}


def equal(field: str, value: str | int | bool) -> Query:
    """Return the query for one key; an empty text is a key that is not there."""
    return {"term": {field: value}} if value != "" else no(filled(field))


def any_of(field: str, values: Collection[str]) -> Query:
    """Return the query for any of some keys that are not empty."""
    return {"terms": {field: sorted(values)}}


def filled(field: str) -> Query:
    """Return the query for documents that have a key."""
    return {"exists": {"field": field}}


def within(field: str, start: datetime | None, before: datetime | None) -> Query:
    """Return the query for times from `start` on, up to but without `before`; None: without end."""
    bounds = {"gte": start, "lt": before}
    given = {sign: micros(moment) for sign, moment in bounds.items() if moment is not None}
    return {"range": {field: given}} if given else EVERYTHING


def living(table: str) -> Query:
    """Return the query for what is shown of one kind of document."""
    return every([{"term": {"table": table}}, {"term": {"deleted": False}}])
