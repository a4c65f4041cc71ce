"""Cursors: where the next page starts, signed, so that nobody can hand us a place of their own making."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing

from crm.core import errors

_SALT = "cursor"
MAX_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page. `key` is its sort key, None where that was empty."""

    key: str | int | None
    id: str


def write(question: Sequence[str], cursor: Cursor) -> str:
    """Return the cursor as text, good for this question (its list and its order) only."""
    # Compressed: a long key would make an address longer than servers take.
    return signing.dumps([*question, cursor.key, cursor.id], salt=_SALT, compress=True)


def read(question: Sequence[str], text: str | None) -> Cursor | None:
    """Return the place that `write` was given; None for the first page.

    Raises:
        errors.Invalid: naming `cursor`: not ours, or of another list or order.
    """
    if not text:
        return None
    try:
        values: list[Any] = signing.loads(text, salt=_SALT)
    except (signing.BadSignature, ValueError) as error:
        raise errors.Invalid({"cursor": "This cursor is not one of ours."}) from error
    if values[:-2] != list(question):
        raise errors.Invalid({"cursor": "This cursor belongs to another list or order."})
    return Cursor(values[-2], values[-1])


def check_limit(limit: int) -> None:
    """Raise errors.Invalid, naming `limit`, unless it is 1…100."""
    if not 1 <= limit <= MAX_LIMIT:
        raise errors.Invalid({"limit": f"Give a number from 1 to {MAX_LIMIT}."})
