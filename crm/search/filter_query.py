"""A Filter as parameters of a query string: the sample requests' own; `filter` has JSON for what they cannot say."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.datastructures import MultiValueDict

from crm.core import errors
from crm.search import filter_json, filter_values
from crm.search.fields import FIELDS, Field, Kind, camel
from crm.search.filter_tree import EVERYONE, And, Condition, Filter, Value

TREE = "filter"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter's name in snake case, the field it tests, and how."""

    name: str
    field: Field
    op: str


def _of(field: Field) -> list[Parameter]:
    if field.kind in {Kind.NUMBER, Kind.SCORE}:
        return [Parameter(f"{field.name}_min", field, "at_least"), Parameter(f"{field.name}_max", field, "at_most")]
    if field.kind is Kind.TIME:
        stem = field.name.removesuffix("_at")
        return [Parameter(f"{stem}_from", field, "after"), Parameter(f"{stem}_before", field, "before")]
    return [Parameter(field.name, field, "matches" if field.kind is Kind.SEARCH else "is")]


_ALL = [parameter for field in FIELDS.values() for parameter in _of(field)]
# Every parameter by both its spellings.
PARAMETERS: Mapping[str, Parameter] = {name: one for one in _ALL for name in (one.name, camel(one.name))}
_BY_TEST = {(one.field.name, one.op): one for one in _ALL}


def read(given: Mapping[str, Any]) -> Filter:
    """Build the filter that all parameters together say; a value may be a list, meaning any of it.

    Empty values count as not given, as a form sends them.

    Raises:
        errors.Invalid: naming each parameter that is unknown, given twice, or has a bad value.
    """
    parts: dict[str, Filter] = {}
    problems: dict[str, str] = {}
    for name, raw in given.lists() if isinstance(given, MultiValueDict) else given.items():
        values = _given(raw)
        if not values and (name in PARAMETERS or name == TREE):
            continue
        try:
            key = PARAMETERS[name].name if name in PARAMETERS else name
            if key in parts:
                raise errors.Invalid({name: "Given twice."})
            parts[key] = _part(name, values)
        except errors.Invalid as invalid:
            problems |= invalid.fields
    if problems:
        raise errors.Invalid(problems)
    conditions = tuple(parts.values())
    return conditions[0] if len(conditions) == 1 else And(conditions) if conditions else EVERYONE


def write(tree: Filter) -> dict[str, str | list[str]]:
    """Return parameters that `read` turns into a filter of the same meaning: as many plain ones as can say it."""
    parts = tree.parts if isinstance(tree, And) else (tree,)
    found: dict[str, str | list[str]] = {}
    rest: list[Filter] = []
    for part in parts:
        parameter = _parameter_of(part)
        if parameter is None or parameter.name in found or not isinstance(part, Condition):
            rest.append(part)
            continue
        texts = [_written(value) for value in part.values]
        found[parameter.name] = texts[0] if len(texts) == 1 else texts
    if rest:
        left = rest[0] if len(rest) == 1 else And(tuple(rest))
        found[TREE] = json.dumps(filter_json.write(left), ensure_ascii=False, separators=(",", ":"))
    return found


def _given(raw: object) -> list[object]:
    values = list(raw) if isinstance(raw, list | tuple) else [raw]
    return [value for value in values if value is not None and not (isinstance(value, str) and not value.strip())]


def _part(name: str, values: Sequence[object]) -> Filter:
    if name == TREE:
        return _tree(values)
    parameter = PARAMETERS.get(name)
    if parameter is None:
        raise errors.Invalid({name: "There is no such parameter."})
    if len(values) > 1:
        if filter_json.has_one_value(parameter.field):
            raise errors.Invalid({name: "Give one value."})
        return filter_json.condition(name, parameter.field, "one_of", values)
    return filter_json.condition(name, parameter.field, parameter.op, values)


def _tree(values: Sequence[object]) -> Filter:
    if len(values) != 1 or not isinstance(values[0], str):
        raise errors.Invalid({TREE: "Give one text holding JSON."})
    try:
        return filter_json.read(json.loads(values[0]))
    except (ValueError, RecursionError) as error:
        raise errors.Invalid({TREE: "This is not JSON."}) from error


def _parameter_of(part: Filter) -> Parameter | None:
    if not isinstance(part, Condition) or part.within is not None:
        return None
    op = "is" if part.op == "one_of" else part.op
    return _BY_TEST.get((part.field, op))


def _written(value: Value) -> str:
    plain = filter_values.written(value)
    return str(plain).lower() if isinstance(plain, bool) else str(plain)
