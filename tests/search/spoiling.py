"""What a failing disk does to a read model file."""

from crm.search.sqlite_connection import Database


def spoil(database: Database, kept: int = 0) -> None:
    """Overwrite all of the current file but so many bytes at its beginning, and its length."""
    file = database.path.with_name(database.generation())
    with database.write() as connection:
        connection.execute("DELETE FROM facts")
    database._connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with file.open("r+b") as opened:
        opened.seek(kept)
        opened.write(b"spoilt! " * ((file.stat().st_size - kept) // 8))
