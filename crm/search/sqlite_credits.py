"""Credits: each registration counted once at its first touch and once at its last, those of nobody's touch at "".

Moved by the difference between a registration before and now, as `sqlite_rollups` is.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence

from crm.core.touches import Touch
from crm.search import sqlite_tallies
from crm.search.documents import TOUCHES, RegistrationDocument
from crm.search.sqlite_codec import micros
from crm.search.sqlite_tallies import BUCKET, Key, Place

Moves = Sequence[tuple[RegistrationDocument | None, RegistrationDocument | None]]
_NOWHERE: Place = ("", "", "", "")


def move(connection: sqlite3.Connection, moves: Moves) -> None:
    """Take away what each registration was and add what it is now."""
    by: Counter[Key] = Counter()
    for pair in moves:
        for row, step in zip(pair, (-1, 1), strict=True):
            if row is not None:
                by.update(dict.fromkeys(_keys(row), step))
    if by:
        sqlite_tallies.move(connection, by)


def _keys(row: RegistrationDocument) -> Iterator[Key]:
    """Yield what a registration counts for: nothing but while it has a place."""
    if row.status != "registered" or row.registered_at is None:
        return
    for name in TOUCHES:
        place = _place(row.first_touch if name == "first" else row.last_touch)
        for measure in ("registered", *(["attended"] if row.attended else [])):
            yield micros(row.registered_at) // BUCKET, place, f"{measure}_{name}"


def _place(touch: Touch | None) -> Place:
    return _NOWHERE if touch is None else (touch.source, touch.medium, touch.campaign, touch.campaign_id)
