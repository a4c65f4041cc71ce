"""The projector: polls the streams, says how fresh the read model is, and rebuilds it where the streams cannot help."""

import logging
import os
import secrets
import socket
import time
from threading import Event

from crm.core import clock, errors
from crm.search.sqlite import SqliteSearchStore
from crm.search.store import Unavailable
from worker import rebuild
from worker.stream_api import StreamApi, StreamAway
from worker.streams import NeedsRebuild, Poller

log = logging.getLogger(__name__)

IDLE_S = 0.2
# DynamoDB or the read model does not answer.
AWAY_S = 0.5
NOTE_S = 1.0
TIDY_S = 600.0
# Asked to stop: what is there now is still stored, but for no longer than this.
DRAIN_S = 6.0


class Projector:
    """One process reads all shards that no other holds."""

    def __init__(self, store: SqliteSearchStore, api: StreamApi) -> None:
        self._store = store
        self._api = api
        self._owner = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._poller = Poller(api, store, self._owner)
        self._note_at = 0.0
        self._tidy_at = time.monotonic() + TIDY_S

    def run(self, stop: Event) -> None:
        """Project until asked to stop, then what has been written until now."""
        while not stop.is_set():
            self.step(stop)
        self._drain()

    def step(self, stop: Event) -> None:
        """Poll once, then wait if there was nothing."""
        try:
            moved = self._poller.round()
            self._note()
            if not moved:
                self._tidy()
                stop.wait(IDLE_S)
        except NeedsRebuild as reason:
            log.warning("rebuilding the read model: %s", reason)
            self._rebuild(stop)
        except (StreamAway, Unavailable, errors.Busy) as error:
            log.warning("cannot project now: %s", error)
            stop.wait(AWAY_S)

    def _rebuild(self, stop: Event) -> None:
        try:
            rebuild.rebuild(self._store, self._api, self._owner, stop.is_set)
        except (rebuild.Stopped, NeedsRebuild) as reason:
            # Another process is at it, or the streams began anew meanwhile: look again soon.
            log.warning("not rebuilt: %s", reason)
            stop.wait(AWAY_S)

    def _note(self) -> None:
        as_of = self._poller.as_of()
        if as_of is not None and time.monotonic() >= self._note_at:
            self._store.note_freshness(as_of)
            self._note_at = time.monotonic() + NOTE_S

    def _tidy(self) -> None:
        if time.monotonic() >= self._tidy_at:
            self._store.tidy()
            self._tidy_at = time.monotonic() + TIDY_S

    def _drain(self) -> None:
        asked, deadline = clock.now(), time.monotonic() + DRAIN_S
        try:
            while self._poller.round() and time.monotonic() < deadline:
                as_of = self._poller.as_of()
                if as_of is not None and as_of > asked:
                    break
            if (reached := self._poller.as_of()) is not None:
                self._store.note_freshness(reached)
            self._poller.release()
        except (NeedsRebuild, StreamAway, Unavailable, errors.Busy) as error:
            log.warning("stopped before all was projected: %s", error)
