"""Roll-up of clicked links: how often each was clicked and in how many mails, by where these came from and when.

Moved by what a click or a mail was and is now, in the transaction that stores it, as `sqlite_rollups` is. A click
counts where its mail does: under the mail's UTM parameters, in the quarter hour in which that came into its state.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from crm.search.documents import HUMAN, DeliveryDocument, EngagementDocument
from crm.search.mail_links import MEASURES
from crm.search.sqlite_codec import micros
from crm.search.sqlite_tallies import BUCKET, EVER

CLICK = "click"
# A quarter hour, then UTM source, medium, campaign, campaign id.
_Place = tuple[int, str, str, str, str]
_Key = tuple[_Place, int]
# A number for each measure.
_Numbers = tuple[int, ...]
Clicks = Sequence[tuple[EngagementDocument | None, EngagementDocument | None]]
Mails = Sequence[tuple[DeliveryDocument | None, DeliveryDocument | None]]

_KEY = ("bucket", "utm_source", "utm_medium", "utm_campaign", "campaign_id", "link")
_LISTED = "IN (SELECT value FROM json_each(?))"
_PLACES = f"SELECT id, state_at, utm_source, utm_medium, utm_campaign, campaign_id FROM deliveries WHERE id {_LISTED}"
_ADD = (
    f"INSERT INTO link_tallies VALUES ({', '.join('?' * (len(_KEY) + len(MEASURES)))}) ON CONFLICT DO UPDATE SET "
    f"{', '.join(f'{measure} = {measure} + excluded.{measure}' for measure in MEASURES)}"
)
_DROP = f"DELETE FROM link_tallies WHERE {' AND '.join(f'{name} = ?' for name in _KEY)} AND clicks_all = 0"


def create_tables(connection: sqlite3.Connection) -> None:
    """Lay the roll-ups of an empty file: of each mail's links, where `human` and `total` count clicks, and of all."""
    connection.execute(
        "CREATE TABLE clicked (mail TEXT, link INTEGER, human INTEGER NOT NULL, total INTEGER NOT NULL, "
        "PRIMARY KEY (mail, link)) WITHOUT ROWID"
    )
    connection.execute(
        "CREATE TABLE link_tallies (bucket INTEGER, utm_source TEXT, utm_medium TEXT, utm_campaign TEXT, "
        f"campaign_id TEXT, link INTEGER, {', '.join(f'{measure} INTEGER NOT NULL' for measure in MEASURES)}, "
        f"PRIMARY KEY ({', '.join(_KEY)})) WITHOUT ROWID"
    )
    connection.execute("CREATE INDEX link_tallies_campaign ON link_tallies (campaign_id, bucket)")


def move(connection: sqlite3.Connection, moves: Clicks) -> None:
    """Take away what each click was and add what it is now; those whose mail is not known wait for it."""
    human: Counter[tuple[str, int]] = Counter()
    total: Counter[tuple[str, int]] = Counter()
    for pair in moves:
        for row, step in zip(pair, (-1, 1), strict=True):
            if row is not None and row.kind == CLICK:
                total[row.mail_id, row.link] += step
                human[row.mail_id, row.link] += step * (row.verdict == HUMAN)
    changed = [key for key in total if total[key] or human[key]]
    mails = json.dumps(sorted({mail for mail, _ in changed}))
    places = {key: _place(at, *utm) for key, at, *utm in connection.execute(_PLACES, (mails,))}
    by: dict[_Key, _Numbers] = {}
    for mail, link in changed:
        numbers = _move_mail(connection, mail, link, human[mail, link], total[mail, link])
        if mail in places:
            _add(by, (places[mail], link), numbers)
    _move(connection, by)


def move_mails(connection: sqlite3.Connection, moves: Mails) -> None:
    """Take the clicks of each mail away from where it counted, and add them where it counts now."""
    clicked = _clicked(connection, {mail.id for pair in moves for mail in pair if mail is not None})
    by: dict[_Key, _Numbers] = {}
    for pair in moves:
        for mail, step in zip(pair, (-1, 1), strict=True):
            if mail is not None:
                utm = (mail.utm_source, mail.utm_medium, mail.utm_campaign, mail.campaign_id or "")
                for link, numbers in clicked.get(mail.id, ()):
                    key = _place(micros(mail.state_at), *utm), link
                    _add(by, key, tuple(step * number for number in numbers))
    _move(connection, by)


def _clicked(connection: sqlite3.Connection, mails: Iterable[str]) -> Mapping[str, Sequence[tuple[int, _Numbers]]]:
    found: dict[str, list[tuple[int, _Numbers]]] = defaultdict(list)
    sql = f"SELECT mail, link, human, total FROM clicked WHERE mail {_LISTED}"
    for mail, link, human, total in connection.execute(sql, (json.dumps(list(mails)),)):
        found[mail].append((link, _numbers(human, total)))
    return found


def _move_mail(connection: sqlite3.Connection, mail: str, link: int, human: int, total: int) -> _Numbers:
    """Count clicks to a mail's link; return by how much each measure changes."""
    sql = "SELECT human, total FROM clicked WHERE mail = ? AND link = ?"
    had = connection.execute(sql, (mail, link)).fetchone() or (0, 0)
    has = (had[0] + human, had[1] + total)
    if has[1]:
        connection.execute("REPLACE INTO clicked VALUES (?, ?, ?, ?)", (mail, link, *has))
    else:
        connection.execute("DELETE FROM clicked WHERE mail = ? AND link = ?", (mail, link))
    return tuple(now - before for now, before in zip(_numbers(*has), _numbers(*had), strict=True))


def _numbers(human: int, total: int) -> _Numbers:
    return int(human > 0), int(total > 0), human, total


def _place(state_at: int, source: str, medium: str, campaign: str, campaign_id: str) -> _Place:
    return state_at // BUCKET, source, medium, campaign, campaign_id


def _add(by: dict[_Key, _Numbers], key: _Key, numbers: _Numbers) -> None:
    """Add to the quarter hour, and to all of them."""
    here, link = key
    for place in (here, (EVER, *here[1:])):
        held = by.get((place, link), (0,) * len(MEASURES))
        by[place, link] = tuple(map(sum, zip(held, numbers, strict=True)))


def _move(connection: sqlite3.Connection, by: Mapping[_Key, _Numbers]) -> None:
    """Store what changed. What comes to no click is gone."""
    rows = [(*place, link, *numbers) for (place, link), numbers in by.items() if any(numbers)]
    connection.executemany(_ADD, rows)
    connection.executemany(_DROP, [row[: len(_KEY)] for row in rows])
