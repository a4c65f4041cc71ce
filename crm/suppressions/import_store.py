"""Imports in DynamoDB: the file's good rows in parts, and a cursor that moves in the transactions that take them in."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import batched

from crm.core import clock, dynamo, walks
from crm.core.transaction import Transaction
from crm.suppressions.entities import Import, Problem
from crm.suppressions.tables import IMPORT_SK, ImportItem, RowsItem, import_pk, rows_sk

# Rows of one item, which holds 400 KB: the longest address and reason take 5,500 bytes, as JSON spells a character
# beyond the first 65,536 in twelve.
PART = 60
# How long rows are kept whose import was never started, or never ended.
_KEPT = timedelta(days=30)
LABEL = "import"


def store_rows(import_id: str, rows: Sequence[tuple[str, str]]) -> None:
    """Store (address, reason) of every good row. Parts of an import that is then not started expire."""
    expires_at = clock.now() + _KEPT
    for number, part in enumerate(batched(rows, PART)):
        entries = [list(row) for row in part]
        dynamo.put_new(RowsItem(import_pk(import_id), rows_sk(number * PART), entries=entries, expires_at=expires_at))


def start(tx: Transaction, given: Import) -> None:
    """Begin an import in an open transaction, with the walk that will end it."""
    item = ImportItem(
        import_pk(given.id),
        IMPORT_SK,
        name=given.name,
        actor=given.actor,
        rows=given.rows,
        refused=given.refused,
        doubled=given.doubled,
        problems=[[one.line, one.text, one.why] for one in given.problems],
        started_at=given.started_at,
    )
    tx.create(item, label=LABEL)
    walks.start(tx, kind=walks.SUPPRESSIONS, subject_id=given.id, actor=given.actor)


def find(import_id: str) -> Import | None:
    """Read an import consistently, or None."""
    item = dynamo.get(ImportItem, import_pk(import_id), IMPORT_SK)
    return None if item is None else _entity(import_id, item)


def part_from(found: Import) -> list[tuple[str, str]]:
    """Return the rows that come next, as far as they lie in one part; none once all are in.

    Raises:
        LookupError: they are there no more, as when the import stood still until they expired.
    """
    if found.is_done:
        return []
    first = found.next_row - found.next_row % PART
    item = dynamo.get(RowsItem, import_pk(found.id), rows_sk(first))
    if item is None:
        raise LookupError(f"the rows of import {found.id} from {first} on are gone")
    return [(row[0], row[1]) for row in item.entries[found.next_row - first :]]


def advance(tx: Transaction, found: Import, taken: int, added: int) -> None:
    """Move the cursor over the rows taken in; refused as `import` where it is no longer where it was read."""
    actions = [ImportItem.next_row.add(taken), ImportItem.added.add(added)]
    tx.update(_key(found.id), actions, ImportItem.next_row == found.next_row, label=LABEL)


def forget_rows(found: Import) -> None:
    """Delete the rows of an import whose rows are all in; again is harmless."""
    for first in range(0, found.rows, PART):
        RowsItem(import_pk(found.id), rows_sk(first)).delete()


def _key(import_id: str) -> ImportItem:
    return ImportItem(import_pk(import_id), IMPORT_SK)


def _entity(import_id: str, item: ImportItem) -> Import:
    return Import(
        id=import_id,
        name=item.name,
        actor=item.actor,
        rows=int(item.rows),
        started_at=item.started_at,
        next_row=int(item.next_row),
        added=int(item.added),
        refused=int(item.refused),
        doubled=int(item.doubled),
        problems=tuple(Problem(*one) for one in item.problems),
    )
