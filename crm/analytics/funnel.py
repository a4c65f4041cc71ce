"""From send to seat: how many are left after each step, and where the others went missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crm.analytics import addresses
from crm.analytics.columns import Column, share
from crm.analytics.store import Question

STEPS = ("sent", "delivered", "clicked", "registered", "attended")


@dataclass(frozen=True, slots=True)
class Step:
    """A number with the address of its rows. `share`: of the step before, in words; `lost`: how many fewer they are."""

    column: Column
    number: int
    url: str
    share: str
    lost: int

    @property
    def state(self) -> str:
        """Whose colour it takes."""
        return self.column.name

    @property
    def fewer(self) -> str:
        """How many are missing, in words; empty where none are."""
        return f"{self.lost:,} lost" if self.lost else ""


def steps(
    question: Question, counts: Mapping[str, int], columns: Sequence[Column], more: Mapping[str, str]
) -> list[Step]:
    """Return the steps. `more` narrows the list of registrations further: to an event."""
    known = {column.name: column for column in columns}
    found: list[Step] = []
    for name in STEPS:
        column = known[name]
        number = column.of(counts)
        before = found[-1] if found else None
        part = share(number, before.number) if before else ""
        narrowed = {**column.query, **(more if column.page == "registrations" else {})}
        found.append(
            Step(
                column=column,
                number=number,
                url=addresses.rows(question, narrowed, page=column.page) if number else "",
                share=f"{part} of {before.column.name}" if before and part else "",
                lost=max(before.number - number, 0) if before else 0,
            )
        )
    return found
