"""The Filter: a tree of AND / OR / NOT over typed conditions on people. One definition for the API's query string,
the form, campaign audiences and every adapter. The work is done in the filter_* modules; import from here.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from crm.search import filter_json, filter_query, filter_words
from crm.search.fields import FIELDS, OPERATORS, Field, Kind
from crm.search.filter_query import PARAMETERS, TREE, Parameter
from crm.search.filter_tree import EVERYONE, And, Condition, Filter, Not, Or, Period, Value, matches_everyone, narrowed

__all__ = [
    "EVERYONE",
    "FIELDS",
    "OPERATORS",
    "PARAMETERS",
    "TREE",
    "And",
    "Condition",
    "Field",
    "Filter",
    "Kind",
    "Not",
    "Or",
    "Parameter",
    "Period",
    "Value",
    "address",
    "describe",
    "from_json",
    "from_query",
    "matches_everyone",
    "narrowed",
    "to_json",
    "to_query",
]


def from_query(given: Mapping[str, Any]) -> Filter:
    """Build the filter that a query string's parameters say together; those of paging and sorting left out.

    Takes a QueryDict or a mapping of values and lists. Empty values count as not given.

    Raises:
        errors.Invalid: naming each parameter that is unknown, given twice, or has a bad value.
    """
    return filter_query.read(given)


def to_query(where: Filter) -> dict[str, str | list[str]]:
    """Return parameters that `from_query` turns into a filter of the same meaning (`urlencode(…, doseq=True)`)."""
    return filter_query.write(where)


def address(where: Filter) -> str:
    """Return the same as text, as links carry it; empty for everyone."""
    return urlencode(to_query(where), doseq=True)


def from_json(given: Any) -> Filter:  # noqa: ANN401 - whatever JSON holds
    """Build a filter from a tree as `to_json` writes it, or from a flat object of `from_query`'s parameters.

    Raises:
        errors.Invalid: naming the field that is unknown or whose value is bad, or `filter` for a bad shape.
    """
    is_flat = isinstance(given, Mapping) and not filter_json.is_tree(given)
    return filter_query.read(given) if is_flat else filter_json.read(given)


def to_json(where: Filter) -> dict[str, Any]:
    """Return the tree as JSON, for storing: `from_json` gives back an equal one."""
    return filter_json.write(where)


def describe(where: Filter, names: Mapping[str, str] | None = None) -> str:
    """Say whom a filter matches, as a phrase that starts with People or Everyone.

    `names` maps ids of events and campaigns to what they are called; those without are "chosen" ones.
    """
    return filter_words.describe(where, names or {})
