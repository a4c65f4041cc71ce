"""Tagging jobs in DynamoDB: whom each is for, in chunks, and a cursor that moves in the transactions that tag them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from pynamodb.expressions.update import Action

from crm.core import clock, dynamo, walks
from crm.core.transaction import Transaction
from crm.people.tables import TAGGING_PK, TaggingChunkItem, TaggingItem, chunk_pk
from crm.people.tagging_job import CANCELLED, CHOOSING, DONE, LISTED, OUTCOMES, WORKING, Tagging, Tags
from crm.search import filters

LABEL = "tagging"
# Ids of one item, which holds 400 KB.
CHUNK = 5_000
# How long ids are kept that no job came to its end with.
_KEPT = timedelta(days=30)


def start(tx: Transaction, job: Tagging) -> None:
    """Begin a job in an open transaction, with the walk that will end it."""
    item = TaggingItem(
        TAGGING_PK,
        job.id,
        where=filters.to_json(job.where),
        add_tags=list(job.tags.add),
        remove_tags=list(job.tags.remove),
        state=job.state,
        actor=job.actor,
        started_at=job.started_at,
        freeze_id=job.freeze_id or None,
        total=job.total,
    )
    tx.create(item, label=LABEL)
    walks.start(tx, kind=walks.TAGGING, subject_id=job.id, actor=job.actor)


def find(job_id: str) -> Tagging | None:
    """Read a job consistently, or None."""
    item = dynamo.get(TaggingItem, TAGGING_PK, job_id)
    return None if item is None else _entity(item)


def newest() -> Iterator[Tagging]:
    """Yield the newest jobs, newest first, read consistently."""
    for item in dynamo.query(TaggingItem, TAGGING_PK, scan_index_forward=False, limit=LISTED):
        yield _entity(item)


def store_chunk(job_id: str, freeze_id: str, number: int, person_ids: Sequence[str]) -> None:
    """Store one chunk, of at most `CHUNK` ids. Those of a list that is not used expire."""
    item = TaggingChunkItem(chunk_pk(job_id, freeze_id), _chunk_sk(number), person_ids="\n".join(person_ids))
    item.expires_at = clock.now() + _KEPT
    dynamo.put_new(item)


def rest_of_chunk(job: Tagging) -> list[str]:
    """Return who comes next, as far as they lie in one chunk.

    Raises:
        LookupError: they are there no more, as when the job stood still until they expired.
    """
    number, done = divmod(job.next_row, CHUNK)
    item = dynamo.get(TaggingChunkItem, chunk_pk(job.id, job.freeze_id), _chunk_sk(number))
    if item is None:
        raise LookupError(f"the people of job {job.id} from {job.next_row} on are gone")
    return item.person_ids.split("\n")[done:]


def name_chosen(job: Tagging, freeze_id: str, total: int) -> None:
    """Say whom the job is for. Nothing happens where another list won, or the job was cancelled."""
    actions = [TaggingItem.freeze_id.set(freeze_id), TaggingItem.total.set(total)]
    actions.append(TaggingItem.state.set(WORKING if total else DONE))
    try:
        dynamo.update(_key(job.id), actions, TaggingItem.state == CHOOSING)
    except dynamo.ConditionFailed:
        return


def advance(tx: Transaction, job: Tagging, moves: Mapping[str, int]) -> None:
    """Move the cursor over people by what became of them; refused as `tagging` where it is no longer where it was
    read, or the job is over."""
    moved = sum(moves.values())
    actions: list[Action] = [getattr(TaggingItem, name).add(moves[name]) for name in OUTCOMES if moves.get(name)]
    actions.append(TaggingItem.next_row.add(moved))
    if job.total == job.next_row + moved:
        actions.append(TaggingItem.state.set(DONE))
    is_there = (TaggingItem.next_row == job.next_row) & (TaggingItem.state == WORKING)
    tx.update(_key(job.id), actions, is_there, label=LABEL)


def cancel(tx: Transaction, job: Tagging) -> None:
    """End a job where it is; refused as `tagging` where it is over."""
    tx.update(_key(job.id), [TaggingItem.state.set(CANCELLED)], TaggingItem.state == job.state, label=LABEL)


def _key(job_id: str) -> TaggingItem:
    return TaggingItem(TAGGING_PK, job_id)


def _chunk_sk(number: int) -> str:
    return f"{number:06d}"


def _entity(item: TaggingItem) -> Tagging:
    return Tagging(
        id=item.sk,
        where=filters.from_json(item.where),
        tags=Tags(tuple(item.add_tags), tuple(item.remove_tags)),
        state=item.state,
        actor=item.actor,
        started_at=item.started_at,
        freeze_id=item.freeze_id or "",
        total=None if item.total is None else int(item.total),
        next_row=int(item.next_row),
        **{name: int(getattr(item, name)) for name in OUTCOMES},
    )
