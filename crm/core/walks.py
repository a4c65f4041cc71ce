"""Walks: work that touches many things, found again until it is done.

The action that makes it necessary writes the walk in its own transaction; the worker runs it, one transaction
after the other, and deletes it when finished. All open walks share one small partition, so the sweep finds them with
one consistent query and no index.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pynamodb.attributes import UnicodeAttribute, UTCDateTimeAttribute

from crm.core import clock, dynamo, ids
from crm.core.dynamo import CrmItem
from crm.core.transaction import Transaction

log = logging.getLogger(__name__)

EVENT, PERSON, SUPPRESSIONS, TAGGING, IMPORT = "event", "person", "suppressions", "tagging", "import"
_PK = "WALK"


class WalkItem(CrmItem, discriminator="walk"):
    """An unfinished walk over the registrations of one event or person, or over the rows of a file, or of a job."""

    kind = UnicodeAttribute()
    subject_id = UnicodeAttribute()
    actor = UnicodeAttribute()
    cursor = UnicodeAttribute(default="")
    started_at = UTCDateTimeAttribute()


@dataclass(frozen=True, slots=True)
class Walk:
    """`cursor` is the sort key of the last registration dealt with, empty at the start."""

    id: str
    kind: str
    subject_id: str
    actor: str
    cursor: str


Stop = Callable[[], bool]
# Goes on with a walk; True once it is done.
Run = Callable[[Walk, Stop], bool]


def start(tx: Transaction, *, kind: str, subject_id: str, actor: str) -> None:
    """Add a walk to an open transaction."""
    item = WalkItem(_PK, ids.new(), kind=kind, subject_id=subject_id, actor=actor, started_at=clock.now())
    tx.create(item, label="walk")


def open_walks() -> Iterator[Walk]:
    """Yield all unfinished walks, oldest first, read consistently."""
    for item in dynamo.query(WalkItem, _PK, page_size=100):
        yield Walk(item.sk, item.kind, item.subject_id, item.actor, item.cursor)


def advance(walk_id: str, cursor: str) -> bool:
    """Remember how far a walk is. False where somebody else has finished it."""
    try:
        dynamo.update(WalkItem(_PK, walk_id), [WalkItem.cursor.set(cursor)], WalkItem.pk.exists())
    except dynamo.ConditionFailed:
        return False
    return True


def finish(walk_id: str) -> None:
    """Delete a walk that is done; again is harmless."""
    WalkItem(_PK, walk_id).delete()


def run_open(runs: Mapping[str, Run], stop: Stop) -> int:
    """Run all unfinished walks of these kinds until `stop` says so; return how many were finished."""
    finished = 0
    for walk in open_walks():
        if walk.kind not in runs:
            continue
        try:
            is_done = runs[walk.kind](walk, stop)
        except Exception:
            # One walk that cannot go on must not hold up the others; it stays for the next run.
            log.exception("walk %s of %s %s did not finish", walk.id, walk.kind, walk.subject_id)
            continue
        if is_done:
            finish(walk.id)
            finished += 1
        if stop():
            break
    return finished
