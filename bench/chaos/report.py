"""The table of a scenario: what was promised, what was found, and whether that is the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.chaos.reckoning import Reckoning

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One promise."""

    what: str
    wanted: str
    found: str
    is_kept: bool


@dataclass(slots=True)
class Report:
    """A scenario's outcome. `scenario` says what was done, exactly enough to do it again."""

    scenario: str
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_kept(self) -> bool:
        """Whether every promise was."""
        return all(line.is_kept for line in self.lines)

    def add(self, what: str, wanted: str, found: object, *, is_kept: bool) -> None:
        """Add a promise and what became of it."""
        self.lines.append(Line(what, wanted, str(found), is_kept))

    def none_of(self, what: str, found: Sequence[str]) -> None:
        """Promise that there is none of a kind; the first few are named where there are some."""
        named = f": {', '.join(found[:_SHOWN])}" if found else ""
        self.add(what, "0", f"{len(found)}{named}", is_kept=not found)

    def text(self) -> str:
        """Write it as a Markdown table."""
        rows = [f"| {one.what} | {one.wanted} | {one.found} | {'yes' if one.is_kept else 'NO'} |" for one in self.lines]
        head = [f"\n### {self.scenario}\n", "| what | promised | found | kept |", "|---|---|---|---|"]
        return "\n".join([*head, *rows, "", *(f"- {note}" for note in self.notes)])


def account(report: Report, found: Reckoning, *, may_be_open: frozenset[str] = frozenset()) -> None:
    """Add what holds for every campaign, whatever was done to it.

    `may_be_open`: states that are no loss yet, where the quarter of an hour for news of them was not waited for.
    """
    states = ", ".join(f"{number} {state}" for state, number in sorted(found.states.items()))
    rows = sum(found.states.values())
    stuck = [f"{one} is {state}" for one, state in found.open.items() if state not in may_be_open]
    report.add("matched = people", str(found.people), found.matched, is_kept=found.matched == found.people)
    report.add("rows = people", str(found.people), f"{rows}: {states}", is_kept=rows == found.people)
    report.none_of("lost: without a row", found.without_row)
    report.none_of("lost: never final", stuck)
    report.add("rows too many", "0", found.surplus_rows, is_kept=not found.surplus_rows)
    report.none_of("mailed twice (two accepted calls)", found.twice)
    report.none_of("said to be sent, never accepted", found.never_accepted)
    report.none_of("accepted, said not to be", found.denied)
    report.notes.append(f"{found.calls} calls, {found.accepted} accepted")
    report.notes.append(f"{found.in_doubt} in doubt and listed; SES has {found.in_doubt_accepted} of them")
