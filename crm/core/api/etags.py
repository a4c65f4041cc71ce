"""`ETag` and `If-Match`: an edit made on an older revision is refused instead of undoing somebody's work."""

import re

from django.http import HttpRequest

_STRONG = re.compile(r'"([1-9][0-9]{0,14})"')
OPENAPI = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": "The ETag of the revision this change was made on. 409 where it is not the newest one.",
}


def of(revision: int) -> str:
    """Return the ETag of a revision."""
    return f'"{revision}"'


def expected(request: HttpRequest) -> int | None:
    """Return the revision that `If-Match` names, or None where any will do.

    Whatever is no ETag of ours becomes 0, which no revision is: the action then answers that it is stale.
    """
    given = request.headers.get("If-Match", "*").strip()
    if given == "*":
        return None
    match = _STRONG.fullmatch(given)
    return int(match[1]) if match else 0
