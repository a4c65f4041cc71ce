"""The filter builder's draft: a tree as it is being put together, half-filled conditions included.

Its parts are named by their place: `b` is the whole, `b-0` its first part, `b-0-2` the third part of that.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict

from crm.core import errors
from crm.people import filter_body
from crm.people.forms import listed, written
from crm.search import filters
from crm.search.fields import ARITY, BY_ANY_NAME, MANY, NO_VALUE, TWO
from crm.search.filter_json import MAX_CONDITIONS, MAX_DEPTH
from crm.search.filters import EVERYONE, OPERATORS, Filter, Kind

ROOT = "b"
FIRST_FIELD = "company"
DAYS, DATES = "days", "dates"
# Kinds whose value is any text: it stays when a condition turns from one to another.
TEXTS = frozenset({Kind.TEXT, Kind.TAGS, Kind.SEARCH})
# Kinds of which several values are typed in one line; of others they are chosen, each by itself.
TYPED = frozenset({Kind.TEXT, Kind.TAGS, Kind.ID})
# What stands before a group's link where it is negated.
NOT = "not-"
_PLACE = re.compile(r"-(\d{1,3})(?:-|$)")
# What a condition on a number begins with: more people ask for "at least" than for "is".
_FIRST_OPS = {Kind.NUMBER: "at_least", Kind.SCORE: "at_least"}


@dataclass(frozen=True, slots=True)
class Row:
    """A condition as typed. `values`: what stands in its inputs; of a list, all in one line with commas between.

    `period`: empty, `days` or `dates`; with it `days`, or `start` and `before`, as typed.
    """

    field: str = FIRST_FIELD
    op: str = "is"
    values: tuple[str, ...] = ()
    period: str = ""
    days: str = ""
    start: str = ""
    before: str = ""

    @property
    def kind(self) -> Kind:
        """The kind of its field."""
        return BY_ANY_NAME[self.field].kind


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions and groups that hold together (`and`) or one at least (`or`); `negated`: that they do not."""

    link: str = "and"
    negated: bool = False
    parts: "tuple[Row | Group, ...]" = ()

    @property
    def full_link(self) -> str:
        """Its link, as one of four: and, or, not-and, not-or."""
        return f"{NOT if self.negated else ''}{self.link}"


Node = Row | Group


@dataclass(frozen=True, slots=True)
class Reading:
    """What a draft says so far. `problems` maps the place of each bad condition to what is wrong with it."""

    where: Filter
    problems: Mapping[str, str]


def of(where: Filter) -> Group:
    """Return the draft that says what a filter does."""
    node = _node(filters.to_json(where))
    return node if isinstance(node, Group) else Group(parts=(node,))


def _node(tree: Mapping[str, Any]) -> Node:
    if "not" in tree:
        inner = _node(tree["not"])
        if isinstance(inner, Group) and not inner.negated:
            return replace(inner, negated=True)
        # Of one part, "none of these" says the same as "not all of these", and reads better.
        return Group("or", negated=True, parts=(inner,))
    for link in ("and", "or"):
        if link in tree:
            return Group(link, parts=tuple(_node(part) for part in tree[link]))
    return _row(tree)


def _row(tree: Mapping[str, Any]) -> Row:
    values = [str(one).lower() if isinstance(one, bool) else str(one) for one in _values(tree)]
    is_list = ARITY[tree["op"]] == MANY and BY_ANY_NAME[tree["field"]].kind in TYPED
    within = tree.get("within", {})
    return Row(
        field=tree["field"],
        op=tree["op"],
        values=(written(values),) if is_list else tuple(values),
        period=DAYS if "lastDays" in within else DATES if within else "",
        days=str(within.get("lastDays", "")),
        start=within.get("from", ""),
        before=within.get("before", ""),
    )


def _values(tree: Mapping[str, Any]) -> Sequence[object]:
    found: Sequence[object] = tree.get("values", [tree["value"]] if "value" in tree else [])
    return found


def posted(data: QueryDict) -> Group:
    """Return the draft that stands in the builder's inputs. What is no place, field or operator is left out."""
    return _group(data, ROOT, MAX_DEPTH)


def _group(data: QueryDict, path: str, depth: int) -> Group:
    found = {
        int(match[1]) for name in data if name.startswith(f"{path}-") and (match := _PLACE.match(name[len(path) :]))
    }
    parts = [_part(data, f"{path}-{number}", depth - 1) for number in sorted(found)[:MAX_CONDITIONS]]
    link = data.get(f"{path}-link", "")
    is_or = link.removeprefix(NOT) == "or"
    return Group("or" if is_or else "and", link.startswith(NOT), tuple(part for part in parts if part is not None))


def _part(data: QueryDict, path: str, depth: int) -> Node | None:
    if f"{path}-link" in data:
        return _group(data, path, depth) if depth else None
    known = BY_ANY_NAME.get(data.get(f"{path}-field", ""))
    if known is None:
        return None
    was = BY_ANY_NAME.get(data.get(f"{path}-was", ""), known)
    op = data.get(f"{path}-op", "")
    row = Row(known.camel, op if op in OPERATORS[known.kind] else first_op(known.kind))
    if was.kind is not known.kind and not {was.kind, known.kind} <= TEXTS:
        # Another kind of field: what was typed for the one before says nothing about it.
        return replace(row, op=first_op(known.kind))
    typed = {name: data.get(f"{path}-{name}", "").strip() for name in ("period", "days", "start", "before")}
    return replace(row, values=tuple(data.getlist(f"{path}-value")), **typed)


def first_op(kind: Kind) -> str:
    """Return the operator that a new condition on a field of this kind begins with."""
    return _FIRST_OPS.get(kind) or OPERATORS[kind][0]


def changed(draft: Group, do: str) -> Group:
    """Return the draft after a button was pressed: `add:<group>`, `group:<group>` or `remove:<part>`."""
    what, _, path = do.partition(":")
    place = [int(step) for step in path.removeprefix(ROOT).split("-") if step.isdigit()]
    match what:
        case "add":
            return _with(draft, place, lambda group: (*group.parts, Row()))
        case "group":
            return _with(draft, place, lambda group: (*group.parts, _other(group)))
        case "remove" if place:
            return _with(draft, place[:-1], lambda group: group.parts[: place[-1]] + group.parts[place[-1] + 1 :])
    return draft


def _other(group: Group) -> Group:
    """Return a new group within another: it holds together otherwise, or it would say nothing new."""
    return Group("or" if group.link == "and" else "and", parts=(Row(),))


def _with(group: Group, place: Sequence[int], change: Callable[[Group], tuple[Node, ...]]) -> Group:
    if not place:
        return replace(group, parts=change(group))
    first, *rest = place
    inner = group.parts[first] if first < len(group.parts) else None
    if not isinstance(inner, Group):
        return group
    return replace(group, parts=(*group.parts[:first], _with(inner, rest, change), *group.parts[first + 1 :]))


def read(draft: Group) -> Reading:
    """Return the filter that the draft says. Conditions that want a value are not part of it yet; nor are bad ones."""
    problems: dict[str, str] = {}
    tree = _json(draft, ROOT, problems)
    try:
        where = EVERYONE if tree is None else filters.from_json(tree)
        filter_body.demand_linkable(where)
    except errors.Invalid as invalid:
        return Reading(EVERYONE, {**problems, ROOT: " ".join(invalid.fields.values())})
    return Reading(where, problems)


def _json(node: Node, path: str, problems: dict[str, str]) -> dict[str, Any] | None:
    if isinstance(node, Row):
        return _condition(node, path, problems)
    parts = [_json(part, f"{path}-{number}", problems) for number, part in enumerate(node.parts)]
    said = [part for part in parts if part is not None]
    if not said:
        return None
    group: dict[str, Any] = {node.link: said}
    return {"not": group} if node.negated else group


def _condition(row: Row, path: str, problems: dict[str, str]) -> dict[str, Any] | None:
    values, arity = typed_values(row), ARITY[row.op]
    if len(values) < {NO_VALUE: 0, TWO: 2}.get(arity, 1):
        return None
    given: dict[str, Any] = {"field": row.field, "op": row.op}
    if arity != NO_VALUE:
        given |= {"values": values}
    if within := _within(row):
        given["within"] = within
    try:
        return filters.to_json(filters.from_json(given))
    except errors.Invalid as invalid:
        problems[path] = " ".join(invalid.fields.values())
        return None


def typed_values(row: Row) -> list[str]:
    """Return the values in a row's inputs, without empty ones."""
    lines = [value.strip() for value in row.values if value.strip()]
    if ARITY[row.op] != MANY or row.kind not in TYPED:
        return lines
    return [one for line in lines for one in listed(line)]


def _within(row: Row) -> dict[str, str]:
    if row.kind is not Kind.NUMBER or row.period not in (DAYS, DATES):
        return {}
    typed = {"lastDays": row.days} if row.period == DAYS else {"from": row.start, "before": row.before}
    return {name: text for name, text in typed.items() if text}
