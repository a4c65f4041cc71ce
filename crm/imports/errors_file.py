"""The rows of a file that were not taken, as a file: mended, it can be imported again as it is."""

from collections.abc import Iterator, Sequence

from crm.imports import row_store
from crm.imports.entities import BadRow, Import

# Two columns of ours, which no guess takes for anything; of a file that came from here, the old ones make room.
HEAD = ("import line", "import problem")


def of(found: Import) -> tuple[Sequence[str], Iterator[Sequence[str]]]:
    """Return head and rows: the line in the file that was imported, what is wrong, and the file's own columns."""
    places = [place for place, name in enumerate(found.head) if name not in HEAD]
    rows = (_cells(row, places, len(found.head)) for row in row_store.bad_rows(found.id))
    return [*HEAD, *(found.head[place] for place in places)], rows


def _cells(row: BadRow, places: Sequence[int], columns: int) -> list[str]:
    cells = [row.cells[place] if place < len(row.cells) else "" for place in places]
    return [str(row.line), row.words, *cells, *row.cells[columns:]]
