"""Credits: each registration counted once at its first touch and once at its last, those of nobody's touch at "".

Beside them each event's places, whatever led to them. Moved by the difference between a registration before and now, as
`sqlite_rollups` is.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence

from crm.core.touches import Touch
from crm.core.utm import PARAMETERS
from crm.search import credit_keys, sqlite_tallies
from crm.search.documents import TOUCHES, RegistrationDocument
from crm.search.sqlite_codec import micros
from crm.search.sqlite_schema import PLACES_COUNTED
from crm.search.sqlite_tallies import BUCKET, EVER, SPANS, Key, Place, spans

Moves = Sequence[tuple[RegistrationDocument | None, RegistrationDocument | None]]
_NOWHERE: Place = ("", "", "", "")
# Of an event: who has a place, who of them came, and who waits. The last are counted for ever alone.
_ADD = (
    "INSERT INTO event_tallies VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET registered = registered + "
    "excluded.registered, attended = attended + excluded.attended, waitlisted = waitlisted + excluded.waitlisted"
)
_DROP = "DELETE FROM event_tallies WHERE bucket = ? AND event_id = ? AND registered = 0 AND waitlisted = 0"
_Numbers = tuple[int, int, int]

# The rows with a place, each in its quarter hour.
PLACED = (
    f"SELECT {', '.join(PLACES_COUNTED)}, registered_at / {BUCKET} AS bucket FROM registrations "
    "WHERE status = 'registered' AND registered_at IS NOT NULL"
)
# Each of these, or of some of them under the name of `cut`, once for each touch, and once more where they came.
CREDITED = " UNION ALL ".join(
    f"""SELECT {", ".join(f"{credit_keys.name(touch, key)} AS {key}" for key in (*PARAMETERS, "campaign_id"))}, bucket,
        '{measure}_{touch}' AS measure FROM cut WHERE {condition}"""
    for touch in TOUCHES
    for measure, condition in (("registered", "1"), ("attended", "attended = 1"))
)
_OF_EVENTS = (
    "INSERT INTO event_tallies SELECT bucket, event_id, count(*), sum(attended), 0 FROM cut GROUP BY bucket, event_id",
    *(
        f"INSERT INTO event_tallies SELECT {span} AS span, event_id, sum(registered), sum(attended), 0 "
        "FROM event_tallies WHERE bucket > ? GROUP BY span, event_id"
        for span in SPANS
    ),
    "INSERT INTO event_tallies SELECT ?, event_id, 0, 0, count(*) FROM registrations WHERE status = 'waitlisted' "
    "GROUP BY event_id ON CONFLICT DO UPDATE SET waitlisted = excluded.waitlisted",
)


def create_tables(connection: sqlite3.Connection) -> None:
    """Lay the roll-up of an empty file."""
    connection.execute(
        "CREATE TABLE event_tallies (bucket INTEGER, event_id TEXT, registered INTEGER NOT NULL, "
        "attended INTEGER NOT NULL, waitlisted INTEGER NOT NULL, PRIMARY KEY (bucket, event_id)) WITHOUT ROWID"
    )
    connection.execute("CREATE INDEX event_tallies_event ON event_tallies (event_id, bucket)")


def count(connection: sqlite3.Connection) -> None:
    """Fill the empty roll-ups of a file from its rows: many at once cost a fraction of moving for each."""
    connection.execute(f"CREATE TEMP TABLE cut AS {PLACED}")
    sqlite_tallies.fill(connection, CREDITED)
    for sql in _OF_EVENTS:
        connection.execute(sql, (EVER,) * sql.count("?"))
    connection.execute("DROP TABLE cut")


def move(connection: sqlite3.Connection, moves: Moves) -> None:
    """Take away what each registration was and add what it is now."""
    by: Counter[Key] = Counter()
    for pair in moves:
        for row, step in zip(pair, (-1, 1), strict=True):
            if row is not None:
                by.update(dict.fromkeys(_keys(row), step))
    if by:
        sqlite_tallies.move(connection, by)
    _move_events(connection, moves)


def _move_events(connection: sqlite3.Connection, moves: Moves) -> None:
    by: dict[tuple[int, str], _Numbers] = {}
    for pair in moves:
        for row, step in zip(pair, (-1, 1), strict=True):
            for span, numbers in _places(row) if row is not None else ():
                held = by.get(span, (0, 0, 0))
                by[span] = (held[0] + step * numbers[0], held[1] + step * numbers[1], held[2] + step * numbers[2])
    changes = [(*span, *numbers) for span, numbers in by.items() if any(numbers)]
    connection.executemany(_ADD, changes)
    connection.executemany(_DROP, [row[:2] for row in changes if min(row[2:]) < 0])


def _places(row: RegistrationDocument) -> Iterator[tuple[tuple[int, str], _Numbers]]:
    if row.status == "waitlisted":
        yield (EVER, row.event_id), (0, 0, 1)
    elif (bucket := _bucket(row)) is not None:
        for span in spans(bucket):
            yield (span, row.event_id), (1, int(row.attended), 0)


def _keys(row: RegistrationDocument) -> Iterator[Key]:
    """Yield what a registration counts for: nothing but while it has a place."""
    bucket = _bucket(row)
    if bucket is None:
        return
    for name in TOUCHES:
        place = _place(row.first_touch if name == "first" else row.last_touch)
        for measure in ("registered", *(["attended"] if row.attended else [])):
            yield bucket, place, f"{measure}_{name}"


def _bucket(row: RegistrationDocument) -> int | None:
    """Return the quarter hour in which they got the place that they have, None where they have none."""
    if row.status != "registered" or row.registered_at is None:
        return None
    return micros(row.registered_at) // BUCKET


def _place(touch: Touch | None) -> Place:
    return _NOWHERE if touch is None else (touch.source, touch.medium, touch.campaign, touch.campaign_id)
