"""The tree itself. Values are already typed and checked: texts trimmed, times aware."""

from dataclasses import dataclass
from datetime import datetime

Value = str | int | bool | datetime


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of one field: `field` names one of fields.FIELDS, `op` an operator its kind takes."""

    field: str
    op: str
    values: tuple[Value, ...] = ()


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
