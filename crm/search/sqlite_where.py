"""A condition of SQL with its parameters."""

from dataclasses import dataclass

from crm.search.sqlite_schema import SqlValue


@dataclass(frozen=True, slots=True)
class Where:
    """A condition with its parameters."""

    sql: str
    values: tuple[SqlValue, ...] = ()

    def __and__(self, other: "Where") -> "Where":
        if TRUE in (self, other):
            return other if self == TRUE else self
        return Where(f"{self.sql} AND {other.sql}", self.values + other.values)


TRUE, FALSE = Where("1"), Where("0")
