"""Next and previous for lists paged by keyset.

A cursor leads forward only, so the way back travels in the address: `trail` holds the cursors of the pages before.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from crm.core import links

PAGE_SIZE = 20
# Each cursor is about a hundred characters; addresses past a few thousand break proxies and logs.
TRAIL_MAX = 12
START_MAX = 10**9
# Of lines longer than 8,190 characters gunicorn wants to know nothing (crm_site/gunicorn_conf.py).
ADDRESS_MAX = 8_000
SEPARATOR = "~"


@dataclass(frozen=True, slots=True)
class Pager:
    """Where a list stands. `first` and `last` count rows from 1; an address is empty where there is no such page."""

    first: int
    last: int
    total: int
    previous: str
    next: str


def _number(text: str) -> int:
    return min(int(text), START_MAX) if text.isascii() and text.isdigit() else 0


def _address(request: HttpRequest, *, cursor: str, trail: Sequence[str], start: int) -> str:
    place = {"cursor": cursor, "trail": SEPARATOR.join(trail), "start": str(start) if start else ""}
    # An empty UTM parameter asks for rows without one.
    address = links.changed(request.path, request.GET, place, keep_empty=True)
    if len(address) > ADDRESS_MAX and trail:
        # Rather a shorter way back than no way on.
        return _address(request, cursor=cursor, trail=trail[1:], start=start)
    return address


def pager(request: HttpRequest, *, rows: int, total: int, next_cursor: str | None, limit: int = PAGE_SIZE) -> Pager:
    """Return the links around the page that `request` asked for, which showed `rows` rows of `total`."""
    cursor = request.GET.get("cursor", "")
    trail = [part for part in request.GET.get("trail", "").split(SEPARATOR) if part][-TRAIL_MAX:]
    start = _number(request.GET.get("start", "")) if cursor else 0
    onward, back = "", ""
    if next_cursor:
        kept = [*trail, cursor] if cursor else trail
        onward = _address(request, cursor=next_cursor, trail=kept, start=start + rows)
    if cursor:
        before = trail[-1] if trail else ""
        back = _address(request, cursor=before, trail=trail[:-1], start=max(start - limit, 0) if before else 0)
    return Pager(start + 1 if rows else 0, start + rows, total, back, onward)
