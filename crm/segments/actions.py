"""What can be done to a segment. Each action is one transaction: the segment, its name, the audit entry."""

from dataclasses import replace
from itertools import count

from crm.audit import repository as audit
from crm.core import clock, errors, ids, transaction
from crm.search import filters
from crm.search.filters import Filter
from crm.search.text import match_key
from crm.segments import repository
from crm.segments.entities import MAX_NAME, MAX_SEGMENTS, Segment, cleaned

_TAKEN = "A segment of this name exists already."
_STALE = "This segment was changed meanwhile. Look at the newest version and try again."


def create(*, name: str, where: Filter, actor: str) -> Segment:
    """Save a filter under a name.

    Raises:
        errors.Invalid: naming `name` or `filter`.
        errors.Conflict: the name is another segment's, whatever its case; or there are as many as there may be.
        errors.Busy: DynamoDB is overloaded; nothing was written.
    """
    now = clock.now()
    segment = cleaned(Segment(ids.new(), name, where, actor, now, now))
    if len(repository.every()) >= MAX_SEGMENTS:
        raise errors.Conflict(f"There are {MAX_SEGMENTS} segments. Delete one first.")
    tx = transaction.begin()
    repository.create(tx, segment)
    audit.record(tx, kind="segment", id=segment.id, action="created", actor=actor, after=_told(segment))
    try:
        tx.commit(segment)
    except transaction.Refused as refused:
        raise errors.Conflict(_TAKEN, field="name") from refused
    return segment


def change(
    *, segment_id: str, name: str | None = None, where: Filter | None = None, revision: int | None = None, actor: str
) -> Segment:
    """Give a segment another name or filter; what is None stays. With `revision`, refuse if it was edited since.

    Raises:
        errors.NotFound, errors.Invalid, errors.Conflict (name taken, or stale), errors.Busy.
    """
    patience = transaction.Patience()
    while True:
        before = _found(segment_id, revision)
        wanted = replace(
            before, name=before.name if name is None else name, where=before.where if where is None else where
        )
        after = replace(cleaned(wanted), revision=before.revision + 1, updated_at=clock.now())
        tx = transaction.begin(patience)
        repository.change(tx, before, after)
        told = {"before": _told(before), "after": _told(after)}
        audit.record(tx, kind="segment", id=segment_id, action="edited", actor=actor, **told)
        try:
            tx.commit(after)
        except transaction.Refused as refused:
            if "name" in refused.labels:
                raise errors.Conflict(_TAKEN, field="name") from refused
            patience.wait()
        else:
            return after


def duplicate(*, segment_id: str, actor: str) -> Segment:
    """Save a segment's filter once more, under a name like its own. Raises as `create` does, and errors.NotFound."""
    original = _found(segment_id, None)
    taken = {match_key(segment.name) for segment in repository.every()}
    endings = (" (copy)" if number == 1 else f" (copy {number})" for number in count(1))
    names = (original.name[: MAX_NAME - len(ending)] + ending for ending in endings)
    name = next(name for name in names if match_key(name) not in taken)
    return create(name=name, where=original.where, actor=actor)


def delete(*, segment_id: str, revision: int | None = None, actor: str) -> None:
    """Take a segment out of the list. Campaigns that are for it keep its filter as it is now.

    Raises:
        errors.NotFound, errors.Conflict (stale), errors.Busy.
    """
    patience = transaction.Patience()
    while True:
        segment = _found(segment_id, revision)
        tx = transaction.begin(patience)
        repository.delete(tx, segment, clock.now())
        audit.record(tx, kind="segment", id=segment_id, action="deleted", actor=actor, before=_told(segment))
        try:
            return tx.commit()
        except transaction.Refused:
            patience.wait()


def _found(segment_id: str, revision: int | None) -> Segment:
    segment = repository.find(segment_id)
    if segment is None:
        raise errors.NotFound("There is no such segment.")
    if revision is not None and revision != segment.revision:
        raise errors.Conflict(_STALE)
    return segment


def _told(segment: Segment) -> dict[str, object]:
    return {"name": segment.name, "filter": filters.to_json(segment.where)}
