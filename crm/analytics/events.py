"""The table of events: how many registered, how many of them came, and how many wait."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from crm.analytics import columns, tree
from crm.analytics.forms import EventsForm
from crm.analytics.store import Row
from crm.analytics.tree import Cell
from crm.search import engine as search
from crm.search.documents import EventDocument

LINES_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Line:
    """An event's numbers, each with the address of its rows; `event` is None where it was deleted."""

    id: str
    event: EventDocument | None
    cells: Sequence[Cell]

    @property
    def title(self) -> str:
        """What it is called."""
        return self.event.title if self.event else "Deleted event"

    @property
    def is_checked(self) -> bool:
        """Whether who came is known: without check-in, everybody with a place counts as having come."""
        return self.event is not None and self.event.uses_check_in


@dataclass(frozen=True, slots=True)
class Lines:
    """All events with a number, the latest start first, and the sums of all of them."""

    all: Sequence[Line]
    total: Sequence[Cell]

    @property
    def shown(self) -> Sequence[Line]:
        """The lines that a page has room for; the file has all."""
        return self.all[:LINES_SHOWN]


def lines(form: EventsForm, rows: Sequence[Row]) -> Lines:
    """Return the table of rows by event."""
    counts = {row.keys["event_id"]: row.counts for row in rows}
    known = search.store().events_by_id(list(counts))
    latest = sorted(counts, key=lambda key: (known[key].start_at.timestamp() if key in known else 0.0, key))
    made = [_unrated(Line(key, known.get(key), _cells(form, counts[key], key))) for key in reversed(latest)]
    total = sum((Counter(numbers) for numbers in counts.values()), Counter[str]())
    sums = _cells(form, total, form.event_chosen)
    return Lines(made, sums if all(line.is_checked for line in made) else _without_rate(sums))


def _unrated(line: Line) -> Line:
    """Take the show-up rate off an event at which nobody was checked in."""
    return line if line.is_checked else replace(line, cells=_without_rate(line.cells))


def _without_rate(cells: Sequence[Cell]) -> list[Cell]:
    return [replace(cell, percent="") for cell in cells]


def _cells(form: EventsForm, counts: Mapping[str, int], event_id: str) -> list[Cell]:
    narrowed = {"event": event_id} if event_id else {}
    placed = [column.narrowed(**narrowed) for column in form.columns]
    waiting = columns.waiting(form.model_chosen).narrowed(**narrowed)
    ever = replace(form.question, since=None, before=None)
    return [*tree.cells(form.question, counts, placed, {}), *tree.cells(ever, counts, [waiting], {})]
