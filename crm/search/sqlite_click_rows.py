"""The single clicks, each beside where its mail counts, so that a page of them and their number need no join.

Written anew, in the transaction that stores them, whenever a click or its mail changes. A click whose mail is not known
waits for it, as it does in the roll-up of `sqlite_clicks`.
"""

import json
import sqlite3
from collections.abc import Iterable

from crm.core.utm import PARAMETERS

TABLE = "clicks"
# What is compared of two files; rows are numbered as they come.
COLUMNS = ("id", "at", "link", "human", "state_at", *PARAMETERS, "campaign_id")
_MAILS = ", ".join(f"d.{name}" for name in ("state_at", *PARAMETERS, "campaign_id"))
_ADD = (
    f"INSERT INTO {TABLE} SELECT e.n, e.id, e.at, e.link, e.verdict = 'human', {_MAILS} "
    "FROM engagements e JOIN deliveries d ON d.id = e.mail_id WHERE e.kind = 'click' AND "
)
_LISTED = "IN (SELECT value FROM json_each(?))"


def create_tables(connection: sqlite3.Connection) -> None:
    """Lay the list of an empty file. Its indexes are in the order of pages, and hold all that is asked for."""
    texts = "".join(f", {name} TEXT NOT NULL" for name in (*PARAMETERS, "campaign_id"))
    connection.execute(
        f"CREATE TABLE {TABLE} (n INTEGER PRIMARY KEY, id TEXT NOT NULL, at INTEGER NOT NULL, link INTEGER NOT NULL, "
        f"human INTEGER NOT NULL, state_at INTEGER NOT NULL{texts})"
    )
    held = f"at, id, link, human, state_at, {', '.join(PARAMETERS)}"
    connection.execute(f"CREATE INDEX clicks_at ON {TABLE} ({held}, campaign_id)")
    connection.execute(f"CREATE INDEX clicks_campaign ON {TABLE} (campaign_id, {held})")


def move(connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """List engagements anew that changed, by the numbers of their rows."""
    wanted = (json.dumps(list(numbers)),)
    connection.execute(f"DELETE FROM {TABLE} WHERE n {_LISTED}", wanted)
    connection.execute(f"{_ADD} e.n {_LISTED}", wanted)


def move_mails(connection: sqlite3.Connection, mails: Iterable[str]) -> None:
    """List the clicks of mails anew that changed."""
    wanted = (json.dumps(list(mails)),)
    connection.execute(
        f"DELETE FROM {TABLE} WHERE n IN (SELECT n FROM engagements WHERE kind = 'click' AND mail_id {_LISTED})", wanted
    )
    connection.execute(f"{_ADD} e.mail_id {_LISTED}", wanted)
