"""What a failing disk does to a read model file."""

from crm.search.sqlite_connection import Database


def spoil(database: Database) -> None:
    """Overwrite all of the current file but its length."""
    file = database.path.with_name(database.generation())
    with database.write() as connection:
        connection.execute("DELETE FROM facts")
    database._connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with file.open("r+b") as opened:
        opened.write(b"spoilt! " * (file.stat().st_size // 8))
