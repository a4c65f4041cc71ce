"""The table of sources, their media and their campaigns. Every number carries the address that lists its rows."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from crm.analytics import addresses
from crm.analytics.columns import Column, share, shown
from crm.analytics.store import STATES, Question, Row
from crm.core.utm import PARAMETERS

NONE, NOTHING = "none", "No tracking"
# More rows than these are not read but searched: the table then stops at media, or at sources.
LINES_SHOWN = 60
_LEFT_OUT = {1: "media and campaigns", 2: "campaigns"}
DEFAULT_SORT = "-sent"
BY_NAME = "name"

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A number, the address of its rows (empty for 0), and what share of what it is: 97.8 %, empty where of nothing.

    `unsaid`: why no share is told where one might be looked for.
    """

    column: Column
    number: int
    url: str
    percent: str
    unsaid: str = ""

    @property
    def share(self) -> str:
        """The share in words: 97.8 % of sent."""
        return f"{self.percent} of {self.column.whole}" if self.percent else ""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table. `level` 1 is a source, 2 a medium of it, 3 a campaign; `url` narrows the page to it."""

    level: int
    text: str
    url: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, the tree's rows, and the sum of all. `left_out`: the levels for which there are too many rows."""

    columns: Sequence[Column]
    lines: Sequence[Line]
    total: Sequence[Cell]
    left_out: str


def table(
    question: Question, rows: Sequence[Row], columns: Sequence[Column], sort: str, narrowed: Callable[..., str]
) -> Table:
    """Return the table, each level sorted by a column's name (`-` before it for descending) or by the texts.

    `narrowed` returns the page's address for UTM parameters.
    """
    sums = _sums(rows)
    counted = shown(columns, sums[()])
    found = {path: sum_ for path, sum_ in sums.items() if path and not _says_nothing(path, sums)}
    depths = [depth for depth in (3, 2) if sum(len(path) <= depth for path in found) <= LINES_SHOWN]
    deepest = max(depths, default=1)
    kept = [path for path in found if len(path) <= deepest]
    rank = _ranked(columns, sums, sort)
    lines = []
    for path in sorted(kept, key=lambda path: [rank(path[:end]) for end in range(1, len(path) + 1)]):
        utm = dict(zip(PARAMETERS, path, strict=False))
        text = path[-1] or (NONE if any(path) else NOTHING)
        # A value that is not there cannot be asked for on this page; its numbers still open their rows.
        url = narrowed(**utm) if all(path) else ""
        lines.append(Line(len(path), text, url, cells(question, sums[path], counted, utm)))
    left_out = _LEFT_OUT[deepest] if len(kept) < len(found) else ""
    return Table(counted, lines, cells(question, sums[()], counted, {}), left_out)


def cells(
    question: Question, counts: Mapping[str, int], columns: Sequence[Column], utm: Mapping[str, str]
) -> list[Cell]:
    """Return the numbers of one row."""
    numbers = {column.name: column.of(counts) for column in columns}
    found = []
    for column in columns:
        number, whole = numbers[column.name], numbers.get(column.whole, 0)
        url = addresses.rows(question, column.query, utm, page=column.page) if number else ""
        found.append(Cell(column, number, url, share(number, whole) if number else ""))
    return found


def telling(rows: Sequence[Row], columns: Sequence[Column]) -> list[Row]:
    """Return the rows in which any of these columns has a number."""
    return [row for row in rows if any(column.of(row.counts) for column in columns)]


def ranked(rows: Sequence[Row], columns: Sequence[Column], sort: str) -> list[Row]:
    """Return the rows in the order of the table, without the sums in between."""
    sums = _sums(rows)
    rank = _ranked(columns, sums, sort)
    paths = {_path(row): row for row in rows}
    return [paths[path] for path in sorted(paths, key=lambda path: [rank(path[:end]) for end in (1, 2, 3)])]


def _sums(rows: Sequence[Row]) -> dict[Path, Counter[str]]:
    """Return the counts of every path of the tree, the empty one's (all) too."""
    sums: dict[Path, Counter[str]] = {(): Counter()}
    for row in rows:
        path = _path(row)
        for depth in range(len(path) + 1):
            sums.setdefault(path[:depth], Counter()).update(row.counts)
    return sums


def _path(row: Row) -> Path:
    return tuple(row.keys[name] for name in PARAMETERS)


def _says_nothing(path: Path, sums: Mapping[Path, Counter[str]]) -> bool:
    """Tell whether a row only repeats the one above it: no value, and nothing beside it."""
    return len(path) > 1 and not path[-1] and sums[path] == sums[path[:-1]]


def _ranked(
    columns: Sequence[Column], sums: Mapping[Path, Counter[str]], sort: str
) -> Callable[[Path], tuple[int, int, str]]:
    name, sign = sort.removeprefix("-"), -1 if sort.startswith("-") else 1
    by = next((column for column in columns if column.name == name), None)
    alphabet = {text: place for place, text in enumerate(sorted({path[-1] for path in sums if path}))}

    def rank(path: Path) -> tuple[int, int, str]:
        if by is None:
            return (sign * alphabet[path[-1]], 0, "")
        return (sign * by.of(sums[path]), -sum(sums[path][state] for state in STATES), path[-1])

    return rank
