"""Imports in DynamoDB. Refused as `import` where one is not in the state, or not as far, as it was read."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from crm.core import clock, dynamo
from crm.core.transaction import Transaction
from crm.imports.entities import KEPT, LISTED, UPLOADED, Counts, Import, Settings
from crm.imports.tables import IMPORTS_PK, PeopleImportItem

LABEL = "import"


def create(tx: Transaction, new: Import) -> None:
    """Add an import to an open transaction. One that is not started yet expires, with its rows, if it never is."""
    item = PeopleImportItem(
        IMPORTS_PK,
        new.id,
        name=new.name,
        actor=new.actor,
        state=new.state,
        encoding=new.encoding,
        head=list(new.head),
        rows=new.rows,
        parts=new.parts,
        **_told(new.settings),
        created_at=new.created_at,
        started_at=new.started_at,
        expires_at=new.created_at + KEPT if new.state == UPLOADED else None,
    )
    tx.create(item, label=LABEL)


def start(tx: Transaction, found: Import, settings: Settings, now: datetime) -> None:
    """Let an uploaded file be taken in."""
    actions: list[Action] = [getattr(PeopleImportItem, name).set(value) for name, value in _told(settings).items()]
    actions += [PeopleImportItem.started_at.set(now), PeopleImportItem.expires_at.remove()]
    move(tx, found, to="running", actions=actions)


def move(tx: Transaction, found: Import, *, to: str, actions: Sequence[Action] = ()) -> None:
    """Bring an import from the state it was read in into another."""
    stepped = [PeopleImportItem.state.set(to), *actions]
    tx.update(_key(found.id), stepped, PeopleImportItem.state == found.state, label=LABEL)


def end(tx: Transaction, found: Import, *, to: str, counts: Counts, now: datetime) -> None:
    """Let an import be over, adding the last rows' counts."""
    stepped = [*_counted(counts), PeopleImportItem.ended_at.set(now)]
    move(tx, found, to=to, actions=stepped)


def begin_undo(tx: Transaction, found: Import, *, to: str, now: datetime) -> None:
    """Let an import be taken back."""
    move(tx, found, to=to, actions=[PeopleImportItem.undo_started_at.set(now)])


def end_undo(tx: Transaction, found: Import, *, to: str, now: datetime) -> None:
    """Let an undo be over."""
    move(tx, found, to=to, actions=[PeopleImportItem.undo_ended_at.set(now)])


def advance(found: Import, counts: Counts) -> bool:
    """Move the cursor over a part that is in, with what became of its rows. False where another worker did."""
    actions = [PeopleImportItem.next_part.set(found.next_part + 1), *_counted(counts)]
    return _moved(found, actions, PeopleImportItem.next_part == found.next_part)


def advance_undo(found: Import, *, shard: int, after: str, undone: int, left: int) -> bool:
    """Move an undo's cursor. False where another worker did."""
    actions = [
        PeopleImportItem.undo_shard.set(shard),
        PeopleImportItem.undo_after.set(after),
        PeopleImportItem.undone.add(undone),
        PeopleImportItem.left.add(left),
    ]
    as_read = (PeopleImportItem.undo_shard == found.undo_shard) & (PeopleImportItem.undo_after == found.undo_after)
    return _moved(found, actions, as_read)


def find(import_id: str) -> Import | None:
    """Read an import consistently, or None."""
    item = dynamo.get(PeopleImportItem, IMPORTS_PK, import_id)
    # Of one that was never started, nothing is good any more once it may be deleted at any moment.
    if item is None or (item.expires_at is not None and item.expires_at <= clock.now()):
        return None
    return _entity(item)


def newest() -> Iterator[Import]:
    """Yield the newest imports, newest first, read consistently."""
    for item in dynamo.query(PeopleImportItem, IMPORTS_PK, scan_index_forward=False, limit=LISTED):
        yield _entity(item)


def _moved(found: Import, actions: Sequence[Action], condition: Condition) -> bool:
    try:
        dynamo.update(_key(found.id), actions, condition & (PeopleImportItem.pk.exists()))
    except dynamo.ConditionFailed:
        return False
    return True


def _told(settings: Settings) -> dict[str, Any]:
    return {"columns": list(settings.columns), "treatment": settings.treatment, "tags": list(settings.tags)}


def _counted(counts: Counts) -> list[Action]:
    return [getattr(PeopleImportItem, name).add(number) for name, number in asdict(counts).items() if number]


def _key(import_id: str) -> PeopleImportItem:
    return PeopleImportItem(IMPORTS_PK, import_id)


def _entity(item: PeopleImportItem) -> Import:
    return Import(
        id=item.sk,
        name=item.name,
        actor=item.actor,
        state=item.state,
        encoding=item.encoding,
        head=tuple(item.head),
        rows=int(item.rows),
        parts=int(item.parts),
        created_at=item.created_at,
        settings=Settings(tuple(item.columns), item.treatment, tuple(item.tags)),
        next_part=int(item.next_part),
        counts=Counts(int(item.created), int(item.updated), int(item.skipped), int(item.refused)),
        started_at=item.started_at,
        ended_at=item.ended_at,
        undo_shard=int(item.undo_shard),
        undo_after=item.undo_after,
        undone=int(item.undone),
        left=int(item.left),
        undo_started_at=item.undo_started_at,
        undo_ended_at=item.undo_ended_at,
    )
