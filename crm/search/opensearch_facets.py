"""The commonest values of a field among the people a filter matches."""

from collections.abc import Sequence

from opensearchpy import OpenSearch

from crm.core import errors
from crm.search import cursors
from crm.search.fields import BY_ANY_NAME, FACETS
from crm.search.opensearch_client import Json, search
from crm.search.opensearch_filters import KEYS
from crm.search.opensearch_paging import documents
from crm.search.opensearch_query import Query
from crm.search.sqlite_schema import PEOPLE
from crm.search.store import Unavailable
from crm.search.text import match_key

# Each shard tells this many times as many values as are wanted; ten times as many where that was not enough.
_OVERSIZE = (10, 100, 1_000)


def commonest(
    client: OpenSearch, alias: str, where: Query, field: str, *, text: str, limit: int
) -> Sequence[tuple[str, int]]:
    """Return values starting with `text`, as somebody spelled them, with how many of these people have them.

    Raises:
        errors.Invalid: naming `field` where many people do not share its values, or `limit`.
        Unavailable: the shards' own counts do not add up to certain ones, however many values each tells.
    """
    cursors.check_limit(limit)
    known = BY_ANY_NAME.get(field)
    if known is None or known.name not in FACETS:
        raise errors.Invalid({"field": f"Use one of {', '.join(FACETS)}."})
    for factor in _OVERSIZE:
        question = _question(where, known.name, match_key(text.strip()), limit, factor)
        found = search(client, alias, question)["aggregations"]["values"]
        if not found["doc_count_error_upper_bound"]:
            return [(_spelled(known.name, bucket), int(bucket["doc_count"])) for bucket in found["buckets"]]
    raise Unavailable


def _question(where: Query, field: str, prefix: str, limit: int, factor: int) -> Json:
    terms: Json = {"field": KEYS.get(field, field), "size": limit, "shard_size": limit * factor}
    terms["order"] = [{"_count": "desc"}, {"_key": "asc"}]
    if prefix:
        # Said twice: OpenSearch 3.3 takes `text.*` alone a shorter way, and fails where every value comes before it.
        terms["include"] = f"{_escaped(prefix)}|{_escaped(prefix)}.*"
    spelled = {"top_hits": {"size": 1, "sort": ["id"], "_source": ["doc"]}}
    return {"query": where, "size": 0, "aggs": {"values": {"terms": terms, "aggs": {"spelled": spelled}}}}


def _spelled(field: str, bucket: Json) -> str:
    (person,) = documents(PEOPLE, bucket["spelled"]["hits"]["hits"])
    value = getattr(person, field)
    return next(one for one in ((value,) if isinstance(value, str) else value) if match_key(one) == bucket["key"])


def _escaped(text: str) -> str:
    """Return a regular expression of OpenSearch's that is this text."""
    return "".join(c if c.isalnum() or not c.isascii() else f"\\{c}" for c in text)
