"""The stream poller: parents before children, one poller at a time, the checkpoint stored with the rows."""

import logging
import time
from collections.abc import Iterable
from datetime import datetime
from itertools import takewhile

from pynamodb.exceptions import PynamoDBException

from crm.core import clock, errors, leases
from crm.search.store import CLOSED, Checkpoint, SearchStore, Swapped
from worker.stream_api import IteratorExpired, Shard, StreamApi, StreamAway, Trimmed
from worker.stream_records import Applier, Poisoned, sequence, written_at

log = logging.getLogger(__name__)

LEASE = "streams"
# After a killed poller the streams wait as long for the next one.
LEASE_S = 6.0
_RENEW_S = 2.0
# How often the shards are listed again. A shard that ends is noticed at once, by itself.
_LIST_AGAIN_S = 15.0


class NeedsRebuild(Exception):
    """The streams do not reach back to where the read model is: only the tables themselves know what is missing."""


class _Reader:
    """One shard being read. `position` is the number of the last record stored."""

    def __init__(self, shard: Shard, position: str) -> None:
        self.shard = shard
        self.position = position
        self.iterator: str | None = None
        self.as_of: datetime | None = None


class Poller:
    """Reads both tables' streams into one store. Not to be shared between threads."""

    def __init__(self, api: StreamApi, store: SearchStore, owner: str | None) -> None:
        """`owner` names this poller in the lease; None reads without one, into a store of its own."""
        self._api = api
        self._store = store
        self._owner = owner
        self._applier = Applier(store)
        self._readers: dict[tuple[str, str], _Reader] = {}
        self._generation = ""
        self._list_at = 0.0
        self._is_held = owner is None
        self._renew_at = 0.0

    def round(self) -> int:
        """Read one page of every shard that may be read now; return 0 when nothing more was there to do.

        Where another poller reads, nothing is. One reads them all: so it alone knows how fresh the rows are.

        Raises:
            NeedsRebuild: records were missed, or the read model never saw these streams.
            StreamAway, errors.Busy (the read model's Unavailable is one): try again; all iterators are dropped.
        """
        try:
            if not self._holds():
                return 0
            self._look_around()
            return sum(self._read(reader) for reader in takewhile(lambda _: self._holds(), self._ready()))
        except Trimmed as error:
            self.drop()
            raise NeedsRebuild(str(error)) from error
        except Swapped:
            # Read on from where the new file is, at once: it lacks what the old one was told since it was built.
            self.drop()
            return 1
        except (StreamAway, errors.Busy):
            self.drop()
            raise
        except PynamoDBException as error:
            self.drop()
            raise StreamAway(str(error)) from error

    def as_of(self) -> datetime | None:
        """Return up to when everything is stored; None while a shard was not read yet, or another poller reads."""
        if not self._is_held:
            return None
        ready = self._ready()
        moments = [reader.as_of for reader in ready if reader.as_of is not None]
        return min(moments) if moments and len(moments) == len(ready) else None

    def drop(self) -> None:
        """Forget the iterators and list the shards anew: an iterator may outlive the stream it was made for."""
        self._readers = {}
        self._list_at = 0.0

    def release(self) -> None:
        """Give back the lease, so that the next poller need not wait."""
        if self._owner is not None and self._is_held:
            leases.release(LEASE, self._owner)
            self._is_held = False

    def _look_around(self) -> None:
        generation = self._store.generation()
        if generation != self._generation:
            # Swapped: the new file's checkpoints may be behind what the old one had.
            self.drop()
            self._generation = generation
        if time.monotonic() < self._list_at:
            return
        shards = self._api.shards()
        checkpoints = {(one.stream, one.shard): one for one in self._store.checkpoints()}
        _check(shards, checkpoints.values())
        self._store.forget_checkpoints(_gone(shards, checkpoints.values()), generation=generation)
        for shard in shards:
            key = (shard.stream, shard.id)
            if key not in self._readers:
                self._readers[key] = _Reader(shard, checkpoints[key].sequence if key in checkpoints else "")
        known = {(shard.stream, shard.id) for shard in shards}
        self._readers = {key: reader for key, reader in self._readers.items() if key in known}
        self._list_at = time.monotonic() + _LIST_AGAIN_S

    def _ready(self) -> list[_Reader]:
        """Return the unfinished shards whose parent is finished or gone."""
        unfinished = {key for key, reader in self._readers.items() if reader.position != CLOSED}
        return [
            self._readers[key]
            for key in sorted(unfinished)
            if (key[0], self._readers[key].shard.parent) not in unfinished
        ]

    def _read(self, reader: _Reader) -> int:
        asked = clock.now()
        try:
            if reader.iterator is None:
                reader.iterator = self._api.iterator(reader.shard, reader.position)
            page = self._api.page(reader.iterator)
            self._applier.apply(reader.shard, page.records, self._generation)
        except (IteratorExpired, Poisoned):
            self._step_back(reader)
            return 1
        reader.iterator = page.next
        if page.records:
            reader.position = sequence(page.records[-1])
        # AWS says when a record was written to the second only, so this may look older than it is, never newer.
        seen = written_at(page.records[-1]) if page.records else asked
        reader.as_of = seen if reader.as_of is None else max(reader.as_of, seen)
        if page.next is None:
            self._close(reader)
            return len(page.records) + 1
        return len(page.records)

    def _step_back(self, reader: _Reader) -> None:
        """Go on at the checkpoint, which is right before the record that failed."""
        stored = {(one.stream, one.shard): one.sequence for one in self._store.checkpoints()}
        reader.position = stored.get((reader.shard.stream, reader.shard.id), "")
        reader.iterator = None

    def _close(self, reader: _Reader) -> None:
        reader.position = CLOSED
        closed = Checkpoint(reader.shard.stream, reader.shard.id, CLOSED)
        self._store.apply([], [closed], generation=self._generation)
        # Its children are to be found.
        self._list_at = 0.0

    def _holds(self) -> bool:
        """Hold the lease for the next seconds, or tell that another poller does."""
        if self._owner is None or time.monotonic() < self._renew_at:
            return self._is_held
        was_held, self._is_held = self._is_held, leases.acquire(LEASE, self._owner, LEASE_S)
        if self._is_held and not was_held:
            # Whoever had it before may have read on.
            self.drop()
        # While another one has it, it is asked for again at once.
        self._renew_at = time.monotonic() + _RENEW_S if self._is_held else 0.0
        return self._is_held


def _check(shards: Iterable[Shard], checkpoints: Iterable[Checkpoint]) -> None:
    """Raise NeedsRebuild unless every stream was read before and holds what follows."""
    positions = {(one.stream, one.shard): one.sequence for one in checkpoints}
    read = {stream for stream, _ in positions}
    for shard in shards:
        if shard.stream not in read:
            raise NeedsRebuild(f"{shard.stream} was never read")
        position = positions.get((shard.stream, shard.id), "")
        if position.isdecimal() and shard.first.isdecimal() and int(shard.first) > int(position):
            # An emulator that was restarted: same stream, same shard, but other records.
            raise NeedsRebuild(f"{shard.stream} began anew")


def _gone(shards: Iterable[Shard], checkpoints: Iterable[Checkpoint]) -> list[Checkpoint]:
    """Return the checkpoints of shards that are no more. Raises NeedsRebuild if one of them was not read to its end."""
    known = {(shard.stream, shard.id) for shard in shards}
    gone = [one for one in checkpoints if (one.stream, one.shard) not in known]
    if unread := [one for one in gone if one.sequence != CLOSED]:
        raise NeedsRebuild(f"{unread[0].stream}: shard {unread[0].shard} went before it was read")
    return gone
