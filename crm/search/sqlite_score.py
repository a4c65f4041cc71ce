"""Everybody's engagement score at once: counts within periods, each as often as it has points."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from crm.search import score, sqlite_periods, sqlite_sets, sqlite_walk
from crm.search.documents import HUMAN, EngagementDocument, RegistrationDocument
from crm.search.score import Deed
from crm.search.sqlite_codec import decode, micros
from crm.search.sqlite_counts import Counts
from crm.search.sqlite_marks import ALIVE
from crm.search.sqlite_paging import Listing
from crm.search.sqlite_schema import PEOPLE
from crm.search.sqlite_where import TRUE

_PLACES = "SELECT doc FROM registrations WHERE person_id = ? AND event_start_at >= ?"
_DONE = f"SELECT doc FROM engagements WHERE person_id = ? AND at >= ? AND verdict = '{HUMAN}'"


def everybody(connection: sqlite3.Connection) -> Counts:
    """Return the scores, of those who are no more, too."""
    scores, periods = Counts(), score.periods()
    for field, points in score.POINTS.items():
        found = (one for period in periods for one in sqlite_periods.sets(connection, field, period))
        scores = scores.plus(Counts(found), points)
    return scores


def highest(connection: sqlite3.Connection, limit: int) -> list[tuple[str, int]]:
    """Return the people with the highest scores above 0, and those."""
    listing = Listing.of(PEOPLE, TRUE, "id", limit, None)
    scores = everybody(connection)
    alive = sqlite_sets.read(connection, "field = ?", (ALIVE,))
    higher, same = scores.highest(limit, scores.at_least(1, alive))
    rows = [row for members in (higher, same) for row in sqlite_walk.rows(connection, listing, members, len(alive))]
    found = [(row.id, scores.of(row.n)) for row in rows]
    return sorted(found, key=lambda one: (-one[1], one[0]))[:limit]


def deeds(connection: sqlite3.Connection, person_id: str, since: datetime) -> Sequence[Deed]:
    """Return somebody's registrations for events since then, and what humans did with their mails."""
    asked = (person_id, micros(since))
    places = [decode(RegistrationDocument, doc) for (doc,) in connection.execute(_PLACES, asked)]
    return [*places, *(decode(EngagementDocument, doc) for (doc,) in connection.execute(_DONE, asked))]
