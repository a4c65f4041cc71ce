"""Building the read model anew from the tables, and comparing it with them, while it is read and written."""

import gc
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass

from crm.core import brief_redis, clock, heartbeats
from crm.search.digests import Digest
from crm.search.documents import AnyDocument
from crm.search.store import Checkpoint, Difference, RebuildableStore, Unavailable
from crm.upkeep import mending
from worker import scanning, turns
from worker.scanning import Batch, Found
from worker.stopping import Stop
from worker.stream_api import Shard, StreamApi, Trimmed
from worker.streams import Poller

log = logging.getLogger(__name__)

_LEASE = "rebuild"
_LEASE_S = 60.0
# A difference that is only a matter of the projector's lag is gone after a while.
SETTLE_S = 10.0
_SETTLE_STEP_S = 0.5
_SAY_S = 1.0
# So many objects are made before Python looks for cycles among them.
_COLLECT_AFTER = 20_000


class Stopped(Exception):
    """Asked to stop, or another process is rebuilding. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was built: rows and tombstones by kind, and how long each part took, in seconds."""

    rows: Mapping[str, int]
    scanned_s: float
    total_s: float


def rebuild(store: RebuildableStore, api: StreamApi, stop: Stop) -> Report:
    """Fill a store beside the present one and show it in its place. Readers see the old rows, then the new ones.

    Raises:
        Stopped: `stop` said so, or another process holds the lease.
        StreamAway, Unavailable, PynamoDBException: what was built so far is discarded.
    """
    with _alone(stop) as is_over:
        store.sweep()
        built, report = _built(store, api, is_over)
        store.adopt(built)
        # Once more: what others, such as a Lambda function, told the old one since then is in the streams by now.
        catch_up(store, api, is_over)
        mending.sweep_all(store)
        log.info("read model rebuilt: %s", report)
        return report


def verify(store: RebuildableStore, api: StreamApi, stop: Stop) -> Sequence[Difference]:
    """Compare every row with the tables; return those that still differ after the projector had time to catch up.

    Raises:
        Stopped: `stop` said so, or another process rebuilds or verifies.
    """
    with _alone(stop) as is_over:
        built, _ = _built(store, api, is_over)
        try:
            return _settled(store, built, api, is_over)
        finally:
            built.discard()


def _settled[Store: RebuildableStore](store: Store, built: Store, api: StreamApi, stop: Stop) -> Sequence[Difference]:
    deadline = time.monotonic() + SETTLE_S
    differing = store.differences(built)
    while differing and time.monotonic() < deadline and not stop():
        time.sleep(_SETTLE_STEP_S)
        catch_up(built, api, stop)
        differing = store.differences(built)
    return differing


def catch_up(store: RebuildableStore, api: StreamApi, stop: Stop) -> None:
    """Read the streams into a store until all that was written before is in it, and note how fresh that makes it.

    What is written meanwhile is the projector's: where somebody writes all the time, there is always something more.

    Raises:
        Stopped, NeedsRebuild, StreamAway: as their names say.
    """
    asked, poller = clock.now(), Poller(api, store, owner=None)
    while poller.round():
        _go_on(stop)
        as_of = poller.as_of()
        if as_of is not None and as_of > asked:
            break
    store.note_freshness(poller.as_of())


@contextmanager
def _few_collections() -> Iterator[None]:
    """Have Python look for cycles rarely, and not among what there was before: a sixth less work for each row."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


@_few_collections()
def _built[Store: RebuildableStore](store: Store, api: StreamApi, stop: Stop) -> tuple[Store, Report]:
    started = time.monotonic()
    built = store.beside()
    try:
        # First the positions, then the items: what changes in between is replayed.
        built.apply([], _positions(store, api))
        expected = _load(built, stop)
        scanned = time.monotonic()
        built.finish()
        if built.digests() != expected:
            raise RuntimeError(f"read {expected} from the tables but stored {built.digests()}")
        catch_up(built, api, stop)
        _go_on(stop)
    except BaseException:
        built.discard()
        raise
    rows = {kind: digest.rows for kind, digest in expected.items()}
    return built, Report(rows, scanned - started, time.monotonic() - started)


def _load(built: RebuildableStore, stop: Stop) -> Mapping[str, Digest]:
    """Store every item's document; return kind -> digest of what was read."""
    digests: dict[str, Digest] = {}
    rows, say_at = 0, 0.0
    with closing(scanning.batches()) as batches:
        for batch in batches:
            _go_on(stop)
            for kind, digest in built.digests_of(_stored(built, batch)).items():
                digests[kind] = digests.get(kind, Digest()) + digest
            rows += len(batch)
            if time.monotonic() >= say_at:
                _say(rows)
                say_at = time.monotonic() + _SAY_S
    return digests


def _say(rows: int) -> None:
    try:
        heartbeats.rebuilt(rows)
    except brief_redis.AWAY as error:
        log.warning("nobody is told that %s rows are read: %s", rows, type(error).__name__)


def _stored(built: RebuildableStore, batch: Batch) -> list[AnyDocument]:
    """Store a batch; lay aside what cannot be stored and return the rest."""
    found = [one.document for one in batch]
    try:
        built.apply(found)
    except Unavailable:
        raise
    except Exception:
        log.exception("a batch was refused; its documents are tried one by one")
        return [one.document for one in batch if _is_stored(built, one)]
    return found


def _is_stored(built: RebuildableStore, one: Found) -> bool:
    try:
        built.apply([one.document])
    except Unavailable:
        raise
    except Exception as error:
        scanning.lay_aside(one.table, one.image, error)
        return False
    return True


def _positions(store: RebuildableStore, api: StreamApi) -> list[Checkpoint]:
    """Return where replaying has to start in each shard: where the present store is, else at the oldest record."""
    stored = {(one.stream, one.shard): one.sequence for one in store.checkpoints()}
    return [
        Checkpoint(shard.stream, shard.id, _usable(api, shard, stored.get((shard.stream, shard.id), "")))
        for shard in api.shards()
    ]


def _usable(api: StreamApi, shard: Shard, position: str) -> str:
    if position.isdecimal():
        try:
            api.iterator(shard, position)
        except Trimmed:
            return ""
    return position


@contextmanager
def _alone(stop: Stop) -> Iterator[Stop]:
    """Hold the lease; give a `stop` that also knows whether it was lost. Raises Stopped: another process holds it."""
    with turns.take(_LEASE, _LEASE_S) as turn, ThreadPoolExecutor(1) as pool:
        if not turn.is_ours:
            raise Stopped("another process is rebuilding or verifying the read model")
        # Indexes may take minutes to be made, in which nobody asks.
        with turn.kept(pool):
            yield turn.over(stop)


def _go_on(stop: Stop) -> None:
    if stop():
        raise Stopped("asked to stop, or another process has taken over")
