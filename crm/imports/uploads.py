"""Storing a file where web and worker both reach it: its rows, in parts, looked through once on the way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO

from crm.core import clock, csv_in, errors, ids
from crm.core.csv_in import Record
from crm.imports import guessing, row_store
from crm.imports.entities import (
    MAX_BYTES,
    MAX_COLUMNS,
    MAX_NAME,
    MAX_ROWS,
    UPDATE,
    UPLOADED,
    Import,
    Row,
    Settings,
)

FIELD = "file"
# Rows of a part: what is taken in between two moves of the cursor. Its item holds 400 KB, and JSON spells a character
# beyond the first 65,536 in twelve bytes.
PART, _PART_CHARACTERS = 200, 30_000
SAMPLES = 3
_MAX_HEAD, _KEPT_OF_LONG = 100, 200


@dataclass(slots=True)
class _Parts:
    """Puts rows into parts and stores each as soon as it is full."""

    import_id: str
    waiting: list[Row]
    size: int = 0
    parts: int = 0
    rows: int = 0

    def add(self, row: Row) -> None:
        length = sum(map(len, row.cells)) + len(row.problem)
        if self.waiting and (len(self.waiting) == PART or self.size + length > _PART_CHARACTERS):
            self.store()
        self.waiting.append(row)
        self.size += length
        self.rows += 1
        if self.rows > MAX_ROWS:
            raise errors.Invalid({FIELD: f"At most {MAX_ROWS:,} rows in one file."})

    def store(self) -> None:
        if self.waiting:
            row_store.store_part(self.import_id, self.parts, self.waiting)
            self.parts += 1
        self.waiting, self.size = [], 0


def store(*, name: str, size: int, file: BinaryIO, actor: str) -> Import:
    """Store a file's rows; return the import they make, its columns as they seem to be. It is written nowhere yet.

    What is stored of a file that is then refused, or never started, expires.

    Raises:
        errors.Invalid: naming `file`: too large, no text, no CSV, no rows, too many of them or too many columns.
        errors.Busy: DynamoDB throttled beyond the SDK's retries.
    """
    if size > MAX_BYTES:
        raise errors.Invalid({FIELD: f"At most {MAX_BYTES // 1_000_000} MB."})
    dialect = csv_in.sniff(file, field=FIELD)
    records = csv_in.records(file, dialect, field=FIELD)
    head, samples, rows = _begun(records)
    parts = _Parts(ids.new(), [])
    for row in rows:
        parts.add(row)
    parts.store()
    if not parts.rows:
        raise errors.Invalid({FIELD: "The file holds no rows besides its head." if head else "The file is empty."})
    return Import(
        id=parts.import_id,
        name="".join(char for char in name if char.isprintable())[:MAX_NAME] or "file",
        actor=actor,
        state=UPLOADED,
        encoding=dialect.encoding,
        head=head,
        rows=parts.rows,
        parts=parts.parts,
        created_at=clock.now(),
        settings=Settings(guessing.columns(head, samples), UPDATE),
    )


def samples_of(found: Import) -> list[Sequence[str]]:
    """Return the first few rows of a file, each with a cell for every column."""
    rows = row_store.part(found.id, 0)[:SAMPLES]
    return [(*row.cells, *[""] * (len(found.head) - len(row.cells)))[: len(found.head)] for row in rows]


def _begun(records: Iterator[Record]) -> tuple[tuple[str, ...], list[Sequence[str]], Iterator[Row]]:
    """Return the columns' names, the first few rows, and all rows. A file without a head gets numbers for names."""
    first = next(records, None)
    if first is None:
        return (), [], iter(())
    if first.problem:
        raise errors.Invalid({FIELD: f"Line {first.line}: {first.problem}"})
    if len(first.cells) > MAX_COLUMNS:
        raise errors.Invalid({FIELD: f"At most {MAX_COLUMNS} columns."})
    has_head = guessing.is_head(first.cells)
    early = [] if has_head else [first]
    early += islice(records, SAMPLES - len(early))
    names = first.cells if has_head else [""] * max(len(record.cells) for record in early)
    head = tuple(name[:_MAX_HEAD] or f"Column {number}" for number, name in enumerate(names, 1))
    return head, [record.cells for record in early], map(_row, chain(early, records))


def _row(record: Record) -> Row:
    if sum(map(len, record.cells)) > _PART_CHARACTERS:
        cells = tuple(cell[:_KEPT_OF_LONG] for cell in record.cells[: MAX_COLUMNS + 1])
        return Row(record.line, cells, f"This row has more than {_PART_CHARACTERS:,} characters.")
    return Row(record.line, record.cells, record.problem)
