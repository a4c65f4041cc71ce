"""The shapes all operations share. Bodies and answers are camelCase; query parameters are as their schema names them.

Bodies are strict: no unknown fields, and "7" is no number. Rules of the product (which text is an e-mail address, how
long a name may be) belong to the features' entities, so that forms obey them too; bounds here only keep input small.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Protocol, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

from crm.core import text

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_WHOLE = re.compile(r"-?[0-9]{1,15}")


def _instant(value: object) -> datetime:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise ValueError("A time such as 2025-08-01T09:00:00Z, with its offset.")
    try:
        # Python keeps microseconds; finer digits are cut.
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("There is no such time.") from error


def _whole(value: object) -> object:
    # Left to itself pydantic reads "1_000", " 7" and "7.0" as numbers.
    if isinstance(value, str):
        if not _WHOLE.fullmatch(value):
            raise ValueError("A whole number.")
        return int(value)
    return value


def _without_controls(value: str) -> str:
    if text.has_controls(value):
        raise ValueError("Control characters are not allowed.")
    return value


# RFC 3339 with any offset, as an aware datetime in UTC.
Instant = Annotated[datetime, BeforeValidator(_instant)]
# A whole number from a query string.
Whole = Annotated[int, BeforeValidator(_whole)]
# A short text from a query string.
Term = Annotated[str, Field(max_length=200), AfterValidator(_without_controls)]


def _without_null(schema: dict[str, Any]) -> None:
    for field in schema.get("properties", {}).values():
        kinds = [kind for kind in field.pop("anyOf", []) if kind != {"type": "null"}]
        field.update(*kinds)


class In(BaseModel):
    """A body. Unknown fields are refused by name, and so is null: a client that lost a value must not be taken for one
    that left the field out, which may mean now, or everybody."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True, json_schema_extra=_without_null)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_null(cls, value: object) -> object:
        if value is None:
            raise ValueError("Not null: leave it out instead.")
        return value


class Out(BaseModel):
    """An answer. Made by name from entities and documents; times are answered in UTC."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, serialize_by_alias=True, frozen=True)


class Query(BaseModel):
    """Query parameters. Unknown ones are refused for every operation, see `guards`."""


class ListQuery(Query):
    """What every list takes."""

    limit: Whole = Field(20, ge=1, le=100)
    cursor: str | None = Field(None, max_length=2_000)


class _Page[Document](Protocol):
    @property
    def items(self) -> Sequence[Document]: ...
    @property
    def next(self) -> str | None: ...
    @property
    def total(self) -> int | None: ...


class PageOut[Row: Out](Out):
    """A page of rows; `next` is the cursor of the following page, null on the last. `total` is null where unknown."""

    items: Sequence[Row]
    next: str | None
    total: int | None = None

    @classmethod
    def of[Document](cls, page: _Page[Document], row: Callable[[Document], Row]) -> Self:
        """Map a page of the read model, row by row."""
        return cls(items=[row(document) for document in page.items], next=page.next, total=page.total)
