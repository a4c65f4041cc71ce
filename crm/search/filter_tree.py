"""The tree itself. Values are already typed and checked: texts trimmed, times aware."""

from dataclasses import dataclass
from datetime import datetime

Value = str | int | bool | datetime


@dataclass(frozen=True, slots=True)
class Period:
    """A time to count within: from `start` on, up to but without `before`, either may be None; or the last days."""

    start: datetime | None = None
    before: datetime | None = None
    last_days: int | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of one field: `field` names one of fields.FIELDS, `op` an operator its kind takes.

    `within` limits what a count counts: events by their start, mails by when they were accepted, opened or clicked.
    """

    field: str
    op: str
    values: tuple[Value, ...] = ()
    within: Period | None = None


@dataclass(frozen=True, slots=True)
class And:
    """Every part holds; of no parts: always."""

    parts: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part holds; of no parts: never."""

    parts: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Filter"


Filter = Condition | And | Or | Not
EVERYONE = And(())


def narrowed(tree: Filter, *parts: Filter) -> And:
    """Return those whom a filter matches and all these parts do, too."""
    return And((*(tree.parts if isinstance(tree, And) else (tree,)), *parts))


def matches_everyone(tree: Filter) -> bool:
    """Tell whether a filter leaves nobody out, whoever there is: said with an empty group, or "at least 0"."""
    return _always(tree) is True


def _always(tree: Filter) -> bool | None:
    """Return what holds of everybody: True, False, or None where it depends."""
    match tree:
        case And(parts):
            found = [_always(part) for part in parts]
            return False if False in found else True if all(found) else None
        case Or(parts):
            found = [_always(part) for part in parts]
            return True if True in found else None if None in found else False
        case Not(part):
            inner = _always(part)
            return None if inner is None else not inner
        case Condition(op=op, values=values):
            return True if op == "at_least" and values == (0,) else None
