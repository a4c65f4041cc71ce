"""The rows of imports in DynamoDB: the file's, in parts; the bad ones; what was taken; what an undo left.

Labels: `row` where what became of an address is written, or settled, already.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from crm.core import clock, dynamo
from crm.core.transaction import Transaction
from crm.imports.entities import KEPT, SHARDS, BadRow, Left, Row, Taken
from crm.imports.tables import (
    BAD,
    LEFT,
    BadRowItem,
    LeftItem,
    PartItem,
    TakenItem,
    import_pk,
    line_sk,
    part_sk,
    taken_pk,
)

LABEL = "row"


def store_part(import_id: str, number: int, rows: Sequence[Row]) -> None:
    """Store some rows of a file. Parts of an import that is then not started expire."""
    entries = [[row.line, list(row.cells), row.problem] for row in rows]
    dynamo.put_new(PartItem(import_pk(import_id), part_sk(number), entries=entries, expires_at=clock.now() + KEPT))


def part(import_id: str, number: int) -> list[Row]:
    """Read a part of a file consistently.

    Raises:
        LookupError: it is there no more, as when the import stood still until it expired.
    """
    item = dynamo.get(PartItem, import_pk(import_id), part_sk(number))
    if item is None:
        raise LookupError(f"part {number} of import {import_id} is gone")
    return [Row(int(line), tuple(cells), problem) for line, cells, problem in item.entries]


def forget_parts(import_id: str, parts: int) -> None:
    """Delete a file's rows; again is harmless."""
    for number in range(parts):
        PartItem(import_pk(import_id), part_sk(number)).delete()


def store_bad(import_id: str, row: BadRow) -> None:
    """Keep a row that was not taken; again changes nothing."""
    reasons = [list(reason) for reason in row.reasons]
    key = import_pk(import_id), line_sk(BAD, row.line)
    dynamo.put_new(BadRowItem(*key, cells=list(row.cells), reasons=reasons, expires_at=clock.now() + KEPT))


def bad_rows(import_id: str, *, after: int = 0, most: int | None = None) -> Iterator[BadRow]:
    """Yield the rows that were not taken, in the order of the file, behind a line."""
    bounds = BadRowItem.sk.between(line_sk(BAD, after + 1), line_sk(BAD, 999_999_999))
    found = dynamo.query(BadRowItem, import_pk(import_id), bounds, limit=most, page_size=most or 500)
    for item in islice(found, most):
        reasons = tuple((column, why) for column, why in item.reasons)
        yield BadRow(int(item.sk.removeprefix(BAD)), tuple(item.cells), reasons)


def record(tx: Transaction, import_id: str, taken: Taken) -> None:
    """Add to an open transaction what becomes of an address."""
    tx.create(_item(import_id, taken), label=LABEL)


def record_alone(import_id: str, taken: Taken) -> bool:
    """Write what becomes of an address for which nothing else is written. False: something became of it already."""
    return dynamo.put_new(_item(import_id, taken))


def taken_of(import_id: str, digests: Iterable[str]) -> Mapping[str, Taken]:
    """Read what became of addresses, consistently; those of which nothing did are left out."""
    keys = [(taken_pk(import_id, digest[0]), digest) for digest in digests]
    return {item.sk: _taken(item) for item in dynamo.get_many(TakenItem, keys).values()}


def taken_after(import_id: str, shard: int, after: str, most: int) -> list[Taken]:
    """Read what was taken, consistently, in the order of digests, behind one."""
    behind = TakenItem.sk > after if after else None
    found = dynamo.query(TakenItem, taken_pk(import_id, SHARDS[shard]), behind, limit=most, page_size=most)
    return [_taken(item) for item in found]


def settle(tx: Transaction, import_id: str, taken: Taken, left: str) -> None:
    """Add to an open transaction that an undo is done with a row, and what it left of it."""
    item = TakenItem(taken_pk(import_id, taken.digest[0]), taken.digest)
    tx.update(item, [TakenItem.settled.set(left)], TakenItem.settled.does_not_exist(), label=LABEL)


def store_left(import_id: str, left: Left) -> None:
    """Keep a row that an undo leaves as it is; again changes nothing."""
    key = import_pk(import_id), line_sk(LEFT, left.line)
    expires_at = clock.now() + KEPT
    dynamo.put_new(LeftItem(*key, person_id=left.person_id, email=left.email, why=left.why, expires_at=expires_at))


def left_rows(import_id: str, *, most: int | None = None) -> Iterator[Left]:
    """Yield the rows that an undo left as they are, in the order of the file."""
    found = dynamo.query(LeftItem, import_pk(import_id), LeftItem.sk.startswith(LEFT), limit=most)
    for item in found:
        yield Left(int(item.sk.removeprefix(LEFT)), item.person_id, item.email, item.why)


def _item(import_id: str, taken: Taken) -> TakenItem:
    return TakenItem(
        taken_pk(import_id, taken.digest[0]),
        taken.digest,
        line=taken.line,
        person_id=taken.person_id,
        action=taken.action,
        before=dict(taken.before),
        after=dict(taken.after),
        expires_at=clock.now() + KEPT,
    )


def _taken(item: TakenItem) -> Taken:
    return Taken(item.sk, int(item.line), item.person_id, item.action, item.before, item.after, item.settled)
