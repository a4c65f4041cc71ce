"""Connections to the read model's file. Many processes read and write it: web, worker and projector.

The path is a symbolic link to a file named after its generation. A rebuild writes a new file and renames the link, so
readers see the old rows or the new ones, never none; the link is looked at before each transaction. (Renaming the
database itself would marry the new file to the old one's write-ahead log.)
"""

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from crm.core import ids
from crm.search import sqlite_files
from crm.search.store import PATIENCE_S, Swapped, Unavailable

log = logging.getLogger(__name__)

_OPENING_TRIES = 50
# Connections inherited by a fork belong to the parent: closing one in the child could drop the parent's locks.
_inherited: list[object] = []


class Database:
    """One read model file, followed when it is swapped for another. Safe to share between threads."""

    def __init__(
        self,
        path: Path,
        schema: int,
        create: Callable[[sqlite3.Connection], None],
        index: Callable[[sqlite3.Connection], None],
        *,
        is_building: bool = False,
    ) -> None:
        """`create` and `index` lay the tables of a new file; one of another `schema` is replaced by an empty one.

        A file that `is_building` is written by one process, gets its indexes at the end and nobody asks it anything.
        """
        self.path = path
        self._schema = schema
        self._create = create
        self._index = index
        self._is_building = is_building
        self._local = threading.local()
        # Threads of one process take turns here rather than by sleeping on SQLite's lock.
        self._turn = threading.Lock()

    def generation(self) -> str:
        """Return the name of the file that is current now, making an empty one where there is none."""
        try:
            return os.readlink(self.path)
        except FileNotFoundError:
            self._publish_empty(replacing=None)
            return os.readlink(self.path)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Give one consistent snapshot. Not to be nested with `write`. Raises Unavailable: the file cannot be read."""
        with self._answering():
            connection = self._connection()
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    @contextmanager
    def write(self, *, generation: str | None = None, wait_s: float = PATIENCE_S) -> Iterator[sqlite3.Connection]:
        """Open the one write transaction; commit at the end, roll back on an exception.

        Raises:
            Swapped: another file than `generation` is current. Nothing was stored.
            Unavailable: threads or processes held the file for `wait_s`, or the disk is full. Nothing was stored.
        """
        deadline = time.monotonic() + wait_s
        with self._answering(), self._in_turn(wait_s):
            connection = self._connection()
            if generation is not None and self._local.opened[0] != generation:
                raise Swapped
            sqlite_files.begin(connection, deadline - time.monotonic())
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def follow(self, work: Callable[[sqlite3.Connection], int], wait_s: float = PATIENCE_S) -> int:
        """Run `work` in a write transaction, again if the file was swapped meanwhile; return its last result.

        Whoever swaps files replays what it missed, but an author wants to see their write at once. `wait_s` is for
        all in all. Not for work that says how far something was read: the other file was read less far.
        """
        deadline = time.monotonic() + wait_s
        while True:
            before = self.generation()
            with self.write(wait_s=max(0.0, deadline - time.monotonic())) as connection:
                result = work(connection)
            if self.generation() == before:
                return result

    @contextmanager
    def snapshot(self, other: "Database | None" = None) -> Iterator[sqlite3.Connection]:
        """Give a consistent snapshot on a connection of its own, for reads that last while others write.

        `other` is attached under that name. Raises Unavailable: the file cannot be read.
        """
        with self._answering(), closing(self._opened()[1]) as connection:
            if other is not None:
                connection.execute("ATTACH ? AS other", (str(other.path.with_name(other.generation())),))
            connection.execute("BEGIN")
            yield connection

    def beside(self) -> "Database":
        """Return an empty database next to this one, without indexes, to be built up, indexed and swapped in."""
        path = self.path.with_name(f"{self.path.name}.building-{ids.new()}")
        other = Database(path, self._schema, self._create, self._index, is_building=True)
        other.generation()
        return other

    def index(self) -> None:
        """Add the indexes and gather the planner's statistics, once the rows of a new file are in."""
        with self.write() as connection:
            self._index(connection)
        self._connection().execute("ANALYZE")

    def swap(self, other: "Database") -> None:
        """Make the other database's file this one's, for every process, and remove the file it replaces."""
        replaced = self.path.with_name(self.generation())
        other.close()
        sqlite_files.save(other.path)
        os.replace(other.path, self.path)
        sqlite_files.remove(replaced)

    def discard(self) -> None:
        """Remove this database, link and file."""
        self.close()
        target = self.path.with_name(self.generation())
        self.path.unlink()
        sqlite_files.remove(target)

    def sweep(self) -> None:
        """Remove what was left by processes that were killed while they built a file or put one in place."""
        for file in sqlite_files.strays(self.path, self.generation()):
            file.unlink(missing_ok=True)

    def close(self) -> None:
        """Close this thread's connection, if it has one."""
        opened: tuple[str, sqlite3.Connection] | None = getattr(self._local, "opened", None)
        if opened is not None:
            opened[1].close()
            self._local.opened = None

    def abandon(self) -> None:
        """Forget the connections without closing them: after a fork they are the parent's."""
        _inherited.append(self._local)
        self._local = threading.local()
        self._turn = threading.Lock()

    def _connection(self) -> sqlite3.Connection:
        opened: tuple[str, sqlite3.Connection] | None = getattr(self._local, "opened", None)
        if opened is not None and opened[0] == self.generation():
            return opened[1]
        self.close()
        self._local.opened = self._opened()
        connection: sqlite3.Connection = self._local.opened[1]
        return connection

    def _opened(self) -> tuple[str, sqlite3.Connection]:
        for _ in range(_OPENING_TRIES):
            generation = self.generation()
            try:
                connection = sqlite_files.connect(self.path.with_name(generation), "rw", is_building=self._is_building)
            except sqlite3.DatabaseError as error:
                # Swapped and removed between looking and opening, deleted by hand, spoilt, or unreadable.
                if self.path.with_name(generation).exists() and not sqlite_files.is_spoilt(error):
                    raise
                self._publish_empty(replacing=generation)
                continue
            if connection.execute("PRAGMA user_version").fetchone()[0] == self._schema:
                return generation, connection
            connection.close()
            self._publish_empty(replacing=generation)
        raise sqlite3.OperationalError(f"{self.path} keeps changing")

    def _publish_empty(self, replacing: str | None) -> None:
        """Put an empty file in place of the one replaced, unless another process was quicker."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        name = f"{self.path.stem}-{ids.new()}.sqlite3"
        file = self.path.with_name(name)
        with closing(sqlite_files.connect(file, "rwc")) as connection:
            self._create(connection)
            if not self._is_building:
                self._index(connection)
            connection.execute(f"PRAGMA user_version={self._schema}")
        if not self._point_to(name, replacing):
            sqlite_files.remove(file)
        elif replacing is not None:
            sqlite_files.remove(self.path.with_name(replacing))

    def _point_to(self, name: str, replacing: str | None) -> bool:
        if replacing is None:
            try:
                self.path.symlink_to(name)
            except FileExistsError:
                return False
            return True
        if os.readlink(self.path) != replacing:
            return False
        link = self.path.with_name(f"{name}.link")
        link.symlink_to(name)
        os.replace(link, self.path)
        return True

    @contextmanager
    def _in_turn(self, wait_s: float) -> Iterator[None]:
        if not self._turn.acquire(timeout=wait_s):
            raise Unavailable
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if sqlite_files.is_spoilt(error):
                self._give_up()
            elif not isinstance(error, sqlite3.OperationalError):
                raise
            log.exception("the read model's file does not answer")
            raise Unavailable from error

    def _give_up(self) -> None:
        """Put an empty file in place of this thread's, which cannot be read; having no checkpoints, it gets rebuilt."""
        opened: tuple[str, sqlite3.Connection] | None = getattr(self._local, "opened", None)
        if opened is not None:
            self.close()
            self._publish_empty(replacing=opened[0])
