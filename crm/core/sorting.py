"""Column heads that sort a list: the address says by what, a click on the head in use turns the order round."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from crm.core import links

PARAMETER = "sort_by"
# A new order starts at its first page.
PLACE = ("cursor", "trail", "start")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list. `field` empty: not sorted by; numbers and times start with the greatest."""

    label: str
    field: str = ""
    is_number: bool = False
    starts_descending: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head as drawn: `url` empty where it does not sort, `order` ascending, descending or empty."""

    label: str
    url: str
    order: str
    is_number: bool


def heads(request: HttpRequest, columns: Sequence[Column], sort: str) -> list[Head]:
    """Return the heads of a list that is sorted by `sort` now."""
    return [_head(request, column, sort) for column in columns]


def _head(request: HttpRequest, column: Column, sort: str) -> Head:
    if not column.field:
        return Head(column.label, "", "", column.is_number)
    order = {column.field: "ascending", f"-{column.field}": "descending"}.get(sort, "")
    descends = order == "ascending" or (not order and (column.is_number or column.starts_descending))
    changes = {**dict.fromkeys(PLACE, ""), PARAMETER: f"-{column.field}" if descends else column.field}
    return Head(column.label, links.changed(request.path, request.GET, changes), order, column.is_number)
