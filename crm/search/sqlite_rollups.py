"""Roll-ups of deliveries, moved by the difference between a delivery before and now, in the transaction that stores it.

So a replay changes nothing, and no question's cost grows with the number of mails. `crm.analytics` reads them.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from crm.search import sqlite_click_rows, sqlite_clicks, sqlite_tallies
from crm.search.documents import DeliveryDocument
from crm.search.sqlite_codec import micros
from crm.search.sqlite_tallies import BUCKET, Key, Place

# Why a mail was left out is a measure of its own, beside the state that it details.
SKIPPED_FOR = "skipped:"
# What was done with a mail: its kind among the engagements -> the measure of mails with which a human did it, and of
# those with which anything did. Machines unsubscribe nobody.
DEEDS: Mapping[str, tuple[str, str]] = {
    "open": ("opened", "opened_all"),
    "click": ("clicked", "clicked_all"),
    "unsubscribe": ("", "unsubscribed"),
}
Moves = Sequence[tuple[DeliveryDocument | None, DeliveryDocument | None]]
# Mail and measure -> by how much.
Deeds = Mapping[tuple[str, str], int]

_PLACES = "SELECT id, state_at, utm_source, utm_medium, utm_campaign, campaign_id FROM deliveries WHERE id IN {}"
_ENGAGED = "SELECT mail, kind, human, total FROM engaged WHERE mail IN {}"
_LISTED = "(SELECT value FROM json_each(?))"


def create_tables(connection: sqlite3.Connection) -> None:
    """Lay the roll-ups of an empty file."""
    sqlite_tallies.create_tables(connection)
    connection.execute(
        "CREATE TABLE outcomes (campaign_id TEXT, outcome TEXT, is_hard_bounce INTEGER, count INTEGER NOT NULL, "
        "PRIMARY KEY (campaign_id, outcome, is_hard_bounce)) WITHOUT ROWID"
    )


def move(connection: sqlite3.Connection, moves: Moves) -> None:
    """Take away what each delivery was and add what it is now."""
    _move_tallies(connection, moves)
    sqlite_clicks.move_mails(connection, moves)
    sqlite_click_rows.move_mails(connection, {mail.id for pair in moves for mail in pair if mail is not None})
    _move_outcomes(connection, moves)


def move_deeds(connection: sqlite3.Connection, changes: Deeds) -> None:
    """Count mails to measures of deeds, or take them off again; those whose mail is not known wait for it."""
    wanted = json.dumps(sorted({mail for mail, _ in changes}))
    rows = connection.execute(_PLACES.format(_LISTED), (wanted,))
    places: dict[str, tuple[int, Place]] = {key: (at // BUCKET, tuple(place)) for key, at, *place in rows}
    by: Counter[Key] = Counter()
    for (mail, measure), change in changes.items():
        if mail in places:
            by[*places[mail], measure] += change
    sqlite_tallies.move(connection, by)


def deeds(kind: str, human: int, total: int) -> set[str]:
    """Return the measures of a mail with which a kind of thing was done so often."""
    by_human, by_all = DEEDS[kind]
    return {by_human if human > 0 else "", by_all if total > 0 else ""} - {""}


def _move_tallies(connection: sqlite3.Connection, moves: Moves) -> None:
    done = _done(connection, {mail.id for pair in moves for mail in pair if mail is not None})
    by: Counter[Key] = Counter()
    for pair in moves:
        for mail, step in zip(pair, (-1, 1), strict=True):
            if mail is not None:
                for measure in [*_measures(mail), *done[mail.id]]:
                    by[micros(mail.state_at) // BUCKET, _place(mail), measure] += step
    sqlite_tallies.move(connection, by)


def _done(connection: sqlite3.Connection, mails: Iterable[str]) -> Mapping[str, set[str]]:
    """Return mail -> the measures of what was done with it, told before the mail or after."""
    done: dict[str, set[str]] = defaultdict(set)
    for mail, *deed in connection.execute(_ENGAGED.format(_LISTED), (json.dumps(list(mails)),)):
        done[mail] |= deeds(*deed)
    return done


def _measures(mail: DeliveryDocument) -> list[str]:
    reason = f"{SKIPPED_FOR}{mail.reason}" if mail.state == "skipped" else ""
    return [measure for measure in (mail.state, reason, mail.outcome) if measure]


def _place(mail: DeliveryDocument) -> Place:
    return mail.utm_source, mail.utm_medium, mail.utm_campaign, mail.campaign_id or ""


def _move_outcomes(connection: sqlite3.Connection, moves: Moves) -> None:
    """Only campaigns' mails are counted by outcome, and only those of which SES told one."""
    by: Counter[tuple[str, str, bool]] = Counter()
    for pair in moves:
        for mail, step in zip(pair, (-1, 1), strict=True):
            if mail is not None and mail.campaign_id and mail.outcome:
                by[mail.campaign_id, mail.outcome, mail.is_hard_bounce] += step
    moved = [(*key, change) for key, change in by.items() if change]
    connection.executemany(
        "INSERT INTO outcomes VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count", moved
    )
    connection.executemany(
        "DELETE FROM outcomes WHERE campaign_id = ? AND outcome = ? AND is_hard_bounce = ? AND count = 0",
        [row[:-1] for row in moved],
    )
