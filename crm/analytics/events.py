"""The table of events: how many registered, how many of them came, and how many wait."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from crm.analytics import columns, tree
from crm.analytics.forms import EventsForm
from crm.analytics.store import Row
from crm.analytics.tree import Cell
from crm.core import clock
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

    @property
    def unrated(self) -> str:
        """Why it has no show-up rate; empty where it has one."""
        if self.event is None or not self.event.uses_check_in:
            return "Nobody is checked in: everybody with a place counts as come."
        return "" if self.event.end_at <= clock.now() else "Not over yet: people may still come."


@dataclass(frozen=True, slots=True)
class Lines:
    """All events with a number, the latest start first, and the sums of all of them."""

    all: Sequence[Line]
    total: Sequence[Cell]

    @property
    def unrated(self) -> str:
        """Why they have no show-up rate together; empty where each has one."""
        return "Some of the events are not over, or check nobody in." if any(line.unrated for line in self.all) else ""

    @property
    def shown(self) -> Sequence[Line]:
        """The lines that a page has room for; the file has all."""
        return self.all[:LINES_SHOWN]


def lines(form: EventsForm, rows: Sequence[Row]) -> Lines:
    """Return the table of rows by event."""
    counts = {row.keys["event_id"]: row.counts for row in rows}
    known = search.store().events_by_id(list(counts))
    latest = sorted(counts, key=lambda key: (known[key].start_at.timestamp() if key in known else 0.0, key))
    made = [Line(key, known.get(key), _cells(form, counts[key], key)) for key in reversed(latest)]
    made = [replace(line, cells=rated(line.cells, line.unrated)) for line in made]
    total = sum((Counter(numbers) for numbers in counts.values()), Counter[str]())
    found = Lines(made, _cells(form, total, form.event_chosen))
    return replace(found, total=rated(found.total, found.unrated))


def rated(cells: Sequence[Cell], unrated: str) -> list[Cell]:
    """Take the show-up rate off, and say why, where there is none to tell."""
    return [replace(cell, percent="", unsaid=unrated) if cell.percent and unrated else cell for cell in cells]


def _cells(form: EventsForm, counts: Mapping[str, int], event_id: str) -> list[Cell]:
    narrowed = {"event": event_id} if event_id else {}
    placed = [column.narrowed(**narrowed) for column in form.columns]
    waiting = columns.waiting(form.model_chosen).narrowed(**narrowed)
    ever = replace(form.question, since=None, before=None)
    return [*tree.cells(form.question, counts, placed, {}), *tree.cells(ever, counts, [waiting], {})]
