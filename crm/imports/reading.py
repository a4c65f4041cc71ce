"""From a row of a file to what it says of a person, or to what is wrong with it."""

import re
from collections.abc import Mapping
from dataclasses import asdict, replace

from crm.core import errors
from crm.imports.entities import EMAIL, FULL_NAME, TAGS, BadRow, Import, Row, Settings, label
from crm.people.entities import API_NAMES, PersonFields, cleaned

_TAGS = re.compile(r"[;|]")
_FIELDS = {spelled: name for name, spelled in API_NAMES.items()}


def wanted(found: Import, row: Row) -> PersonFields | BadRow:
    """Return what a row says of a person, the address in lower case, the import's own tags among theirs; or why not.

    Cells of columns that are taken for nothing do not matter; what a row says nothing of is empty.
    """
    if row.problem:
        return BadRow(row.line, row.cells, (("", row.problem),))
    if any(row.cells[len(found.head) :]):
        why = f"More cells than columns: {len(row.cells)} instead of {len(found.head)}. Quote those that hold commas."
        return BadRow(row.line, row.cells, (("", why),))
    try:
        return cleaned(_fields(found.settings, row))
    except errors.Invalid as error:
        return refused(found, row, error)


def refused(found: Import, row: Row, error: errors.Invalid) -> BadRow:
    """Return a row with what is wrong with it, each under the head of its column."""
    reasons = tuple((_head(found, _FIELDS.get(name, name)), why) for name, why in error.fields.items())
    return BadRow(row.line, row.cells, reasons)


def merged(stored: PersonFields, given: PersonFields) -> PersonFields:
    """Return a person's fields with what a row says of them: empty cells change nothing, tags come on top.

    Raises:
        errors.Invalid: naming `tags`: too many together.
    """
    said = {name: value for name, value in asdict(given).items() if value and name not in (EMAIL, TAGS)}
    tags = tuple(dict.fromkeys((*stored.tags, *given.tags)))
    return cleaned(replace(stored, **said, tags=tags))


def split_tags(text: str) -> tuple[str, ...]:
    """Return the tags of a cell, which semicolons or bars separate."""
    return tuple(tag for part in _TAGS.split(text) if (tag := part.strip()))


def _fields(settings: Settings, row: Row) -> PersonFields:
    cells = {field: cell for field, cell in zip(settings.columns, row.cells, strict=False) if field}
    tags = dict.fromkeys((*split_tags(cells.pop(TAGS, "")), *settings.tags))
    names = _names(cells.pop(FULL_NAME, ""))
    email = cells.pop(EMAIL, "").lower()
    return PersonFields(**{**names, **cells, EMAIL: email}, tags=tuple(tags))


def _names(full: str) -> Mapping[str, str]:
    first, _, last = full.partition(" ")
    return {"first_name": first, "last_name": last.strip()} if full else {}


def _head(found: Import, field: str) -> str:
    columns, head = found.settings.columns, found.head
    if field in ("first_name", "last_name") and field not in columns and FULL_NAME in columns:
        return label(columns, head, FULL_NAME)
    return label(columns, head, field)
