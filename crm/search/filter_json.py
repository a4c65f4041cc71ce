"""A Filter as JSON: {"and": […]}, {"or": […]}, {"not": …} and {"field", "op", "value" or "values"}.

A condition on a count may have `within`, see filter_periods.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from crm.core import errors
from crm.search import filter_periods, filter_values
from crm.search.fields import ARITY, BY_ANY_NAME, FIELDS, MANY, NO_VALUE, ONE, OPERATORS, Field
from crm.search.filter_tree import And, Condition, Filter, Not, Or, Value

MAX_DEPTH = 10
MAX_CONDITIONS = 200
MAX_VALUES = 1_000
_CONDITION_KEYS = {"field", "op", "value", "values", "within"}
_GROUPS = ({"and"}, {"or"}, {"not"})


def is_tree(given: Mapping[str, Any]) -> bool:
    """Tell a tree from the flat form of the query string's parameters."""
    return bool(given.keys() & {"and", "or", "not", "field", "op"})


def read(given: object) -> Filter:
    """Build the tree.

    Raises:
        errors.Invalid: naming the field that is unknown or whose value is bad, or `filter` for a bad shape.
    """
    tree = _node(given, MAX_DEPTH)
    if _size(tree) > MAX_CONDITIONS:
        raise errors.Invalid({"filter": f"At most {MAX_CONDITIONS} conditions."})
    return tree


def write(tree: Filter) -> dict[str, Any]:
    """Return what `read` turns into this very tree."""
    match tree:
        case And(parts):
            return {"and": [write(part) for part in parts]}
        case Or(parts):
            return {"or": [write(part) for part in parts]}
        case Not(part):
            return {"not": write(part)}
        case Condition(field, op, values, within):
            named: dict[str, Any] = {"field": FIELDS[field].camel, "op": op}
            if within is not None:
                named["within"] = filter_periods.write(within)
            written = [filter_values.written(value) for value in values]
            if ARITY[op] == NO_VALUE:
                return named
            return {**named, "value": written[0]} if ARITY[op] == ONE else {**named, "values": written}


def condition(name: str, field: Field, op: str, raw: Sequence[object]) -> Condition:
    """Build a condition from operands as given, blaming `name`.

    Raises:
        errors.Invalid: the field does not take this operator, or these values.
    """
    if op not in OPERATORS[field.kind]:
        raise errors.Invalid({name: f"Use one of {', '.join(OPERATORS[field.kind])}."})
    _check_count(name, op, len(raw))
    try:
        values: tuple[Value, ...] = tuple(filter_values.read(field.kind, op, one) for one in raw)
    except filter_values.BadValue as bad:
        raise errors.Invalid({name: str(bad)}) from bad
    return Condition(field.name, op, values)


def _node(given: object, depth: int) -> Filter:
    if not isinstance(given, Mapping):
        raise errors.Invalid({"filter": "Give an object."})
    if not depth:
        raise errors.Invalid({"filter": f"At most {MAX_DEPTH} levels."})
    if given.keys() <= _CONDITION_KEYS:
        return _condition(given)
    if set(given) not in _GROUPS:
        strange = next((str(key) for key in given if {key} not in _GROUPS), "filter")
        raise errors.Invalid({strange: "Give one of and, or, not; or field, op and value."})
    if "not" in given:
        return Not(_node(given["not"], depth - 1))
    group, parts = next(iter(given.items()))
    if not isinstance(parts, list):
        raise errors.Invalid({group: "Give a list."})
    nodes = tuple(_node(part, depth - 1) for part in parts)
    return And(nodes) if group == "and" else Or(nodes)


def _condition(given: Mapping[str, Any]) -> Condition:
    name, op = given.get("field"), given.get("op")
    if not isinstance(name, str) or name not in BY_ANY_NAME:
        raise errors.Invalid({name if isinstance(name, str) and name else "field": "There is no such field."})
    if not isinstance(op, str) or op not in ARITY:
        raise errors.Invalid({name: f"Use one of {', '.join(OPERATORS[BY_ANY_NAME[name].kind])}."})
    values = given.get("values", [given["value"]] if "value" in given else [])
    if not isinstance(values, list):
        raise errors.Invalid({name: "Give a list of values."})
    made = condition(name, BY_ANY_NAME[name], op, values)
    return replace(made, within=filter_periods.read(name, made, given["within"])) if "within" in given else made


def _check_count(name: str, op: str, count: int) -> None:
    wanted = ARITY[op]
    if wanted == MANY:
        if not 1 <= count <= MAX_VALUES:
            raise errors.Invalid({name: f"Give 1 to {MAX_VALUES} values."})
    elif count != {NO_VALUE: 0, ONE: 1}.get(wanted, 2):
        raise errors.Invalid({name: f"{op} takes {wanted} value{'s' if wanted != ONE else ''}."})


def _size(tree: Filter) -> int:
    match tree:
        case And(parts) | Or(parts):
            return 1 + sum(map(_size, parts))
        case Not(part):
            return 1 + _size(part)
    return 1


def has_one_value(field: Field) -> bool:
    """Tell whether a parameter of this field may be given once only."""
    return "one_of" not in OPERATORS[field.kind]
