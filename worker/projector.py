"""The projector: polls the streams, says how fresh the read model is, and rebuilds it where the streams cannot help."""

import logging
import subprocess
import sys
import time
from collections.abc import Callable
from threading import Event

from pynamodb.exceptions import PynamoDBException

from crm.core import clock, errors, leases
from crm.search.store import RebuildableStore
from crm.upkeep import mending
from worker.stream_api import StreamApi, StreamAway
from worker.streams import NeedsRebuild, Poller

log = logging.getLogger(__name__)

IDLE_S = 0.2
# DynamoDB or the read model does not answer.
AWAY_S = 0.5
COMPLAIN_S = 10.0
# A rebuild reads both tables whole: one that fails is tried again after as long, then twice as long, and so on.
REBUILD_AGAIN_S = 5.0
REBUILD_AGAIN_MOST_S = 600.0
NOTE_S = 1.0
TIDY_S = 600.0
# Some of what was laid aside is tried again as often, in turn.
MEND_S = 30.0
# Asked to stop: what is there now is still stored, but for no longer than this.
DRAIN_S = 6.0


def rebuild_in_child(stop: Event) -> None:
    """Run `manage.py rebuild_read_model`: its memory goes when it is done, and this process stays small."""
    with subprocess.Popen([sys.executable, sys.argv[0], "rebuild_read_model"]) as child:  # noqa: S603
        while child.poll() is None:
            if stop.wait(IDLE_S):
                child.terminate()
                _ended(child)


def _ended(child: "subprocess.Popen[bytes]") -> None:
    try:
        child.wait(DRAIN_S)
    except subprocess.TimeoutExpired:
        # While an index is made it hears nothing. What it leaves, the next one removes.
        child.kill()


class Projector:
    """One process reads all shards that no other holds."""

    def __init__(self, store: RebuildableStore, api: StreamApi, rebuild: Callable[[Event], None]) -> None:
        """`rebuild` builds the read model anew, or leaves it as it is when the event says stop or it cannot."""
        self._store = store
        self._rebuild = rebuild
        self._poller = Poller(api, store, leases.owner())
        self._note_at = 0.0
        self._complain_at = 0.0
        self._rebuild_at = 0.0
        self._rebuild_again_s = REBUILD_AGAIN_S
        self._tidy_at = time.monotonic() + TIDY_S
        self._mend_at, self._mend_from = time.monotonic() + MEND_S, ""

    def run(self, stop: Event) -> None:
        """Project until asked to stop, then what has been written until now."""
        while not stop.is_set():
            self.step(stop)
        self._drain()

    def step(self, stop: Event) -> None:
        """Poll once, then wait if there was nothing."""
        try:
            moved = self._poller.round()
            self._rebuild_at, self._rebuild_again_s = 0.0, REBUILD_AGAIN_S
            self._note()
            self._mend()
            if not moved:
                self._tidy()
                stop.wait(IDLE_S)
        except NeedsRebuild as reason:
            self._rebuild_if_due(reason, stop)
            stop.wait(AWAY_S)
        except (StreamAway, PynamoDBException, errors.Busy) as error:
            self._complain(error)
            stop.wait(AWAY_S)

    def _rebuild_if_due(self, reason: NeedsRebuild, stop: Event) -> None:
        # In between the poller goes on asking: somebody else's rebuild may succeed where this one's did not.
        if time.monotonic() < self._rebuild_at:
            return
        log.warning("rebuilding the read model: %s", reason)
        self._rebuild(stop)
        self._rebuild_at = time.monotonic() + self._rebuild_again_s
        self._rebuild_again_s = min(2 * self._rebuild_again_s, REBUILD_AGAIN_MOST_S)

    def _complain(self, error: Exception) -> None:
        # DynamoDB may be away for long: twice a second would bury everything else.
        if time.monotonic() >= self._complain_at:
            log.warning("cannot project now: %s", error)
            self._complain_at = time.monotonic() + COMPLAIN_S

    def _note(self) -> None:
        as_of = self._poller.as_of()
        if as_of is not None and time.monotonic() >= self._note_at:
            self._store.note_freshness(as_of)
            self._note_at = time.monotonic() + NOTE_S

    def _tidy(self) -> None:
        if time.monotonic() >= self._tidy_at:
            # Before, so that one that fails or lasts too long does not keep the streams waiting again and again.
            self._tidy_at = time.monotonic() + TIDY_S
            self._store.tidy()

    def _mend(self) -> None:
        if time.monotonic() >= self._mend_at:
            self._mend_at = time.monotonic() + MEND_S
            self._mend_from = mending.sweep(self._store, self._mend_from)

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
        except (NeedsRebuild, StreamAway, PynamoDBException, errors.Busy) as error:
            log.warning("stopped before all was projected: %s", error)
