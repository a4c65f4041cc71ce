"""What a segment is, free of storage: a filter with a name, asked anew each time it is used."""

import json
from dataclasses import dataclass, replace
from datetime import datetime

from crm.core import errors
from crm.core.text import has_controls, trimmed
from crm.people import filter_body
from crm.search import filters
from crm.search.filters import And, Filter
from crm.search.text import match_key

MAX_NAME = 100
# All of them share one partition, which lists read whole.
MAX_SEGMENTS = 500


@dataclass(frozen=True, slots=True)
class Segment:
    """A saved filter. `revision` is the ETag; `created_by` names its owner as audit entries do.

    `deleted`: it is in no list any more, but campaigns that are for it still find its filter.
    """

    id: str
    name: str
    where: Filter
    created_by: str
    created_at: datetime
    updated_at: datetime
    revision: int = 1
    deleted: bool = False

    @property
    def query(self) -> str:
        """The filter as an address carries it."""
        return filters.address(self.where)

    @property
    def sort_key(self) -> tuple[str, str]:
        """Where it stands in a list."""
        return match_key(self.name), self.id


def cleaned(segment: Segment) -> Segment:
    """Return the segment with its name trimmed.

    Raises:
        errors.Invalid: naming `name` or `filter`: no name, too long, not printable; matches everybody whoever there is.
    """
    name = trimmed(segment.name)
    problems = {"name": why} if (why := _name_problem(name)) else {}
    if filters.matches_everyone(segment.where):
        problems["filter"] = "This filter matches everybody. Narrow it first."
    if problems:
        raise errors.Invalid(problems)
    filter_body.demand_linkable(segment.where)
    return replace(segment, name=name)


def _name_problem(name: str) -> str:
    if not name:
        return "This is required."
    if len(name) > MAX_NAME:
        return f"At most {MAX_NAME} characters."
    return "Control characters are not allowed." if has_controls(name) else ""


def is_same(one: Filter, other: Filter) -> bool:
    """Tell whether two filters say the same, but for the order of what they say."""
    return _parts(one) == _parts(other)


def _parts(where: Filter) -> set[str]:
    parts = where.parts if isinstance(where, And) else (where,)
    return {json.dumps(filters.to_json(part)) for part in parts}
