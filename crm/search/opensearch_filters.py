"""A Filter as a query of OpenSearch over people. What hangs on a person is asked through the join, as counts are."""

import re
from collections.abc import Callable
from datetime import datetime

from crm.search import opensearch_deeds as deeds
from crm.search import opensearch_mappings as mappings
from crm.search import opensearch_score
from crm.search.fields import FIELDS, Kind
from crm.search.filter_tree import And, Condition, Filter, Not, Or, Value
from crm.search.filter_values import days_ago
from crm.search.opensearch_deeds import Hosting
from crm.search.opensearch_query import NOTHING, Query, any_of, equal, every, filled, no, some, within
from crm.search.text import match_key, words

_SPECIAL = re.compile(r"[\\*?]")
# What of a document has several keys.
KEYS = {"tags": "tag", "unsubscribed_from": "left"}


def people(tree: Filter, hosting: Hosting) -> Query:
    """Return the query for those documents of people that a filter means; `hosting` looks up who runs events."""
    match tree:
        case And(parts):
            return every([people(part, hosting) for part in parts])
        case Or(parts):
            return some([people(part, hosting) for part in parts])
        case Not(part):
            return no(people(part, hosting))
        case Condition(field) if FIELDS[field].kind in {Kind.EVENT, Kind.CAMPAIGN}:
            return deeds.done(tree, hosting)
        case Condition() if deeds.is_counted(tree):
            return deeds.counted(tree, hosting)
        case Condition():
            return _BY_KIND[FIELDS[tree.field].kind](tree)


def having_words(text: str, field: str = "words") -> Query:
    """Return the query that every word of `text` starts a word of the document."""
    asked = words(text)
    return every([_starting(field, word) for word in asked]) if asked else NOTHING


def having_left(kind: str) -> Query:
    """Return the query for those who have unsubscribed from this kind of mail."""
    return {"term": {"left": match_key(kind)}}


def _starting(field: str, word: str) -> Query:
    if len(word) <= mappings.HEAD:
        return {"term": {f"{field}_heads": word}}
    return {"prefix": {field: word}}


def _text(condition: Condition) -> Query:
    name, op = condition.field, condition.op
    keys = [match_key(str(value)) for value in condition.values]
    if op == "one_of":
        return any_of(name, set(keys))
    tests: dict[str, Callable[[], Query]] = {
        "is": lambda: equal(name, keys[0]),
        "is_not": lambda: no(equal(name, keys[0])),
        "contains": lambda: {"wildcard": {name: f"*{_SPECIAL.sub(r'\\\g<0>', keys[0])}*"}},
        "starts_with": lambda: {"prefix": {name: keys[0]}},
        "empty": lambda: no(filled(name)),
        "not_empty": lambda: filled(name),
    }
    return tests[op]()


def _keys(condition: Condition) -> Query:
    field = KEYS[condition.field]
    if not condition.values:
        return no(filled(field)) if condition.op == "empty" else filled(field)
    has = any_of(field, {match_key(str(value)) for value in condition.values})
    return no(has) if condition.op == "is_not" else has


def _number(condition: Condition) -> Query:
    numbers = [int(value) for value in condition.values if isinstance(value, int)]
    if condition.op == "between":
        return {"range": {condition.field: {"gte": numbers[0], "lte": numbers[1]}}}
    if condition.op in ("is", "is_not"):
        same = equal(condition.field, numbers[0])
        return no(same) if condition.op == "is_not" else same
    return {"range": {condition.field: {"gte" if condition.op == "at_least" else "lte": numbers[0]}}}


def _score(condition: Condition) -> Query:
    return deeds.compared(condition, opensearch_score.at_least)


def _time(condition: Condition) -> Query:
    moments = [_moment(value) for value in condition.values]
    match condition.op:
        case "before":
            return within(condition.field, None, moments[0])
        case "between":
            return within(condition.field, moments[0], moments[1])
    return within(condition.field, moments[0], None)


def _moment(value: Value) -> datetime:
    # "In the last N days" holds a number of days.
    return value if isinstance(value, datetime) else days_ago(int(value))


def _flag(condition: Condition) -> Query:
    return equal(condition.field, int(bool(condition.values[0])))


def _id(condition: Condition) -> Query:
    return any_of("id", {str(value) for value in condition.values})


def _search(condition: Condition) -> Query:
    return having_words(str(condition.values[0]))


_BY_KIND: dict[Kind, Callable[[Condition], Query]] = {
    Kind.TEXT: _text,
    Kind.TAGS: _keys,
    Kind.NUMBER: _number,
    Kind.SCORE: _score,
    Kind.TIME: _time,
    Kind.FLAG: _flag,
    Kind.ID: _id,
    Kind.SEARCH: _search,
    Kind.WORDS: _keys,
}
