"""The read model's files: how one is opened, removed, recognised as spoilt, and told from what was left behind."""

import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from crm.search.store import PATIENCE_S

_PRAGMAS = (
    f"PRAGMA busy_timeout={PATIENCE_S * 1000:.0f}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA journal_size_limit=67108864",
)
# Mapped pages are shared by all who read a file.
_SERVING = ("PRAGMA cache_size=-8000", "PRAGMA mmap_size=1073741824")
# One process writes everywhere in a file that is being built: what it would map grows with the file, a cache does not.
# After a power cut it is built anew, so it is on disk when it is put in place, and nothing waits for that before.
_BUILDING = (
    "PRAGMA cache_size=-64000",
    "PRAGMA mmap_size=0",
    "PRAGMA synchronous=OFF",
    "PRAGMA wal_autocheckpoint=8000",
)
_SPOILT = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# A file so young may be one that another process is about to put in place, which takes milliseconds.
STRAY_S = 30.0


def connect(file: Path, mode: str, *, is_building: bool = False) -> sqlite3.Connection:
    """Open a file. `mode` is SQLite's: rw never makes an empty file where a swapped one was just removed."""
    connection = sqlite3.connect(
        f"{file.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
    )
    try:
        for pragma in (*_PRAGMAS, *(_BUILDING if is_building else _SERVING)):
            connection.execute(pragma)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def begin(connection: sqlite3.Connection, wait_s: float) -> None:
    """Begin to write, waiting no longer than this for another process. Reads on the connection wait as ever."""
    connection.execute(f"PRAGMA busy_timeout={max(0.0, wait_s) * 1000:.0f}")
    try:
        connection.execute("BEGIN IMMEDIATE")
    finally:
        connection.execute(f"PRAGMA busy_timeout={PATIENCE_S * 1000:.0f}")


def save(file: Path) -> None:
    """Wait until the disk has all that was written to a file."""
    with file.open("rb") as written:
        os.fsync(written.fileno())


def remove(file: Path) -> None:
    """Remove a file with its log and index."""
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def is_spoilt(error: sqlite3.Error) -> bool:
    """Tell whether the file itself is at fault: it is no database, or its pages contradict each other."""
    # The low byte is the error, the others say more about it; an error of Python's own has no code.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _SPOILT


def strays(path: Path, current: str) -> Iterator[Path]:
    """Find the generations and links beside the link at `path` that are not of the generation `current`."""
    for pattern in (f"{path.stem}-*.sqlite3*", f"{path.name}-*.sqlite3*", f"{path.name}.building-*"):
        for file in path.parent.glob(pattern):
            if not file.name.startswith(current) and time.time() - _touched(file) > STRAY_S:
                yield file


def _touched(file: Path) -> float:
    try:
        return file.lstat().st_mtime
    except FileNotFoundError:
        # Removed by its owner since it was listed: as good as new, so it is left alone.
        return time.time()
